"""One publisher of many while its archive is open: quiet until there is work.

What it serves is the application of a single archive, below a path of its own.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple, Self

from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from recommender.archive.archive import OpenModel
from recommender.archive.archive_place import ArchivePlace
from recommender.archive.snapshots import ARCHIVE_ID
from recommender.catalog import Catalog
from recommender.catalog.blocks import Blocks
from recommender.catalog.bulk_acts import BulkActs
from recommender.catalog.deliveries import Deliveries
from recommender.catalog.web_sources import WebSources
from recommender.concurrency.whose import OwnThread
from recommender.following.settings import FollowSettings, load_follow_settings
from recommender.newsroom import Newsroom
from recommender.service.app import app_of
from recommender.service.background import ServiceThreads
from recommender.service.bodies import Bodies
from recommender.service.publishers_settings import settings_of
from recommender.service.service import Service
from recommender.service.settings import ServiceSettings
from recommender.service.work import Pools

log = logging.getLogger("related.publishers")

BODIES = 4  # publishers whose bodies all may fill their room at once
LATE_SECONDS = 0.5  # between looks whether a thread that did not end in time has ended

Pages = Callable[[Service], Sequence[BaseRoute]]


class Due(NamedTuple):
    """When an archive has work (epoch seconds), and whether it may wait for others: a followed site may."""

    is_patient: bool
    at: float


class _Identity(str):
    """Of an archive, so that nothing of one is remembered for another that came to its place."""

    __slots__ = ()


@dataclass(frozen=True, kw_only=True)
class Shared:
    """What all publishers of a process share.

    Attributes
    ----------
    settings : ServiceSettings
        Those of the service that count where a publisher has none of its own.
    pages : callable
        Returns what is served beside the calls, such as the desk.
    models : callable
        Opens an embedding model, once for all.
    pools : Pools
        Threads.
    clock : callable
        Returns now, epoch seconds.
    """

    settings: ServiceSettings
    pages: Pages
    models: OpenModel
    pools: Pools
    clock: Callable[[], float] = time.time

    def __post_init__(self) -> None:
        self.pools.bodies = Bodies(self.settings, times=BODIES)


class Publisher:
    """An open archive with its service. Its counts live on the event loop; what blocks is said to.

    Attributes
    ----------
    uses : int
        Requests, and work, that have it in hand.
    used_at : float
        When one last had, monotonic seconds.
    is_broken : bool
        Whether its threads did not start: to be closed as soon as nobody has it in hand.
    """

    def __init__(self, service: Service, app: ASGIApp, follows: FollowSettings) -> None:
        self.service, self.app, self._follows = service, app, follows
        self._threads: ServiceThreads | None = None
        self._starting, self._is_closed = threading.Lock(), False
        self.uses, self.used_at, self.is_broken = 0, time.monotonic(), False
        service.counts(lambda: self._threads is not None and self._threads.are_at_work)

    @classmethod
    def open(cls, path: Path, root: str, shared: Shared, memory: dict[type, Any]) -> Self:
        """Open the archive of a publisher, and nothing of it that a stored block does not need. Blocks."""
        settings = settings_of(path, shared.settings)
        follows = load_follow_settings(path)
        newsroom = Newsroom.open(
            path, background=True, on_demand=True, models=shared.models, clock=shared.clock
        )
        try:
            identity = _Identity(newsroom.archive.catalog.setting(ARCHIVE_ID) or "")
            if memory.get(_Identity) != identity:  # another archive was here
                memory.clear()
                memory[_Identity] = identity
            service = Service(
                newsroom,
                settings,
                shared.clock,
                root=root,
                pools=shared.pools,
                memory=memory,
            )
            service.is_warm = True  # nothing is read beforehand
            return cls(service, app_of(service, shared.pages(service)), follows)
        except BaseException:
            newsroom.close()
            raise

    @property
    def is_awake(self) -> bool:
        """Whether its threads run."""
        return self._threads is not None

    @property
    def is_heavy(self) -> bool:
        """Whether it holds more than what stored blocks need."""
        return self.is_awake or self.service.newsroom.archive.is_loaded

    @property
    def is_unused(self) -> bool:
        """Whether nobody has it in hand, and nothing that was asked goes on."""
        return not self.uses and self.service.is_idle

    def rouse(self) -> None:
        """Let its threads run: the embargo clock, blocks, webhooks, followed sites, learning. Blocks."""
        with self._starting:
            if self._is_closed:
                return
            if self._threads is None:
                self._threads = ServiceThreads(self.service, warms=False)  # `close` ends what was started
                self._threads.start()
            self.service.worker.wake()

    def next_work(self, now: float) -> Due | None:
        """Return when there is something to do that nobody asks for, None when nothing is known. Blocks."""
        catalog, settings = self.service.newsroom.archive.catalog, self.service.settings
        return next_work(catalog, now, self._follows, tells=bool(settings.webhook_url))

    def close(self) -> Due | None:
        """Finish what was begun, close the archive and return when it has work again. Blocks.

        Where a thread does not end in time, the archive is closed once it has.
        """
        with self._starting:
            self._is_closed, threads = True, self._threads
        try:
            end = self.service.close if threads is None else threads.stop
            end()
            now = self.service.clock()
            due = self.next_work(now)
            # A site that did not have its turn is not asked more often for that.
            rest = self._follows.least_seconds
            return due._replace(at=max(due.at, now + rest)) if due and due.is_patient else due
        finally:
            if threads is not None and threads.are_running:
                log.warning("threads did not end in time; the archive is closed when they have")
                OwnThread(self._close_later, "closing", (threads,)).start()
            else:
                self.service.newsroom.close()

    def _close_later(self, threads: ServiceThreads) -> None:
        while threads.are_running:
            time.sleep(LATE_SECONDS)
        self.service.newsroom.close()


def work_of(path: Path, shared: Shared) -> Due | None:
    """Return when a closed archive has work, None when none is known. Opens the catalog alone; blocks."""
    settings = settings_of(path, shared.settings)
    follows = load_follow_settings(path)
    with ArchivePlace.of(path).open_catalog() as catalog:
        return next_work(catalog, shared.clock(), follows, tells=bool(settings.webhook_url))


def next_work(catalog: Catalog, now: float, follows: FollowSettings, *, tells: bool) -> Due | None:
    """Return when an archive has work that nobody asks for, None when none is known.

    Parameters
    ----------
    catalog : Catalog
        Of the archive.
    now : float
        Epoch seconds.
    follows : FollowSettings
        The sites that it follows, which are asked as they come due.
    tells : bool
        Whether changes are posted.
    """
    blocks, sites = Blocks(catalog), WebSources(catalog)
    if blocks.cursor() < catalog.last_seq() or BulkActs(catalog).unfinished():
        return Due(is_patient=False, at=now)
    due = [blocks.next_due(), Deliveries(catalog).next_due() if tells else None]
    found = [Due(is_patient=False, at=float(each)) for each in due if each is not None]
    rows = [sites.get(each.url) for each in follows.addresses]
    found += [Due(is_patient=True, at=float(row.due) if row else now) for row in rows]
    return min(found, key=lambda each: each.at, default=None)
