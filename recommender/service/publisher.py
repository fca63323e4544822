"""One publisher of many while its archive is open: quiet until there is work.

What it serves is the application of a single archive, below a path of its own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from recommender.archive.archive import OpenModel
from recommender.archive.archive_place import ArchivePlace
from recommender.catalog import Catalog
from recommender.catalog.blocks import Blocks
from recommender.catalog.bulk_acts import BulkActs
from recommender.catalog.deliveries import Deliveries
from recommender.following.settings import load_follow_settings
from recommender.newsroom import Newsroom
from recommender.service.app import app_of
from recommender.service.background import ServiceThreads
from recommender.service.publishers_settings import settings_of
from recommender.service.service import Service
from recommender.service.settings import ServiceSettings
from recommender.service.work import Pools

Pages = Callable[[Service], Sequence[BaseRoute]]


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


class Publisher:
    """An open archive with its service. Its counts live on the event loop; what blocks is said to.

    Attributes
    ----------
    uses : int
        Requests, and work, that have it in hand.
    used_at : float
        When one last had, monotonic seconds.
    """

    def __init__(self, service: Service, app: ASGIApp, *, follows: bool) -> None:
        self.service, self.app, self._follows = service, app, follows
        self._threads: ServiceThreads | None = None
        self._starting = threading.Lock()
        self.uses, self.used_at = 0, time.monotonic()

    @classmethod
    def open(cls, path: Path, root: str, shared: Shared, memory: dict[type, Any]) -> Self:
        """Open the archive of a publisher, and nothing of it that a stored block does not need. Blocks."""
        settings = settings_of(path, shared.settings)
        follows = bool(load_follow_settings(path).addresses)
        newsroom = Newsroom.open(
            path, background=True, on_demand=True, models=shared.models, clock=shared.clock
        )
        try:
            service = Service(newsroom, settings, shared.clock, root=root, pools=shared.pools, memory=memory)
            service.is_warm = True  # nothing is read beforehand
            return cls(service, app_of(service, shared.pages(service)), follows=follows)
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
            if self._threads is None:
                beside = ServiceThreads(self.service, warms=False)
                beside.start()
                self._threads = beside
        self.service.worker.wake()

    def next_work(self, now: float) -> float | None:
        """Return when there is something to do that nobody asks for, None when nothing is known. Blocks."""
        catalog, settings = self.service.newsroom.archive.catalog, self.service.settings
        return next_work(catalog, now, tells=bool(settings.webhook_url), follows=self._follows)

    def close(self) -> float | None:
        """Finish what was begun, close the archive and return when it has work again. Blocks."""
        newsroom = self.service.newsroom
        if self._threads is not None:
            self._threads.stop()
        else:
            self.service.close()
        try:
            return self.next_work(self.service.clock())
        finally:
            newsroom.close()


def work_of(path: Path, shared: Shared) -> float | None:
    """Return when a closed archive has work, None when none is known. Opens the catalog alone; blocks."""
    settings = settings_of(path, shared.settings)
    follows = bool(load_follow_settings(path).addresses)
    with ArchivePlace.of(path).open_catalog() as catalog:
        return next_work(catalog, shared.clock(), tells=bool(settings.webhook_url), follows=follows)


def next_work(catalog: Catalog, now: float, *, tells: bool, follows: bool) -> float | None:
    """Return when an archive has work that nobody asks for, epoch seconds, None when none is known.

    Parameters
    ----------
    catalog : Catalog
        Of the archive.
    now : float
        Epoch seconds.
    tells : bool
        Whether changes are posted.
    follows : bool
        Whether it follows sites, which are asked as they come due.
    """
    blocks = Blocks(catalog)
    if follows or blocks.cursor() < catalog.last_seq() or BulkActs(catalog).unfinished():
        return now
    due = [blocks.next_due(), Deliveries(catalog).next_due() if tells else None]
    return min((float(each) for each in due if each is not None), default=None)
