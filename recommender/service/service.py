"""The service itself: one newsroom, its guards and its threads. The handlers are functions over it."""

from __future__ import annotations

import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from typing import Any, TypeVar

from recommender.catalog.bulk_jobs import BulkJobs
from recommender.catalog.clicks import ClicksTable
from recommender.catalog.refusals import Refusals
from recommender.concurrency.retries import Endurance, attempt, told
from recommender.engine.block import Block
from recommender.engine.render import stylesheet_version
from recommender.errors import ArchiveError, StoryError
from recommender.newsroom import BlockChange, Newsroom, Published, Worker
from recommender.service.archive_figures import ArchiveFigures
from recommender.service.auth import Admission, Caller
from recommender.service.bodies import Bodies
from recommender.service.click_counts import ClickCounts
from recommender.service.idempotency import IdempotentAnswers
from recommender.service.jobs import Jobs
from recommender.service.keys import Keyring
from recommender.service.limits import Together
from recommender.service.problems import Problem
from recommender.service.reembedding_thread import Reembedding
from recommender.service.response_cache import MOST_BYTES, SHARED_BYTES, ResponseCache
from recommender.service.settings import ServiceSettings
from recommender.service.story_room import StoryRoom
from recommender.service.telemetry import Metrics
from recommender.service.work import Pools, Work
from recommender.story.story import Story

log = logging.getLogger("related.service")

T = TypeVar("T")

Seat = Callable[[Block, int], Awaitable[Block]]
"""Returns a block of so many slots with stories of other titles in those that it leaves free."""

STYLESHEET = "/related-stories.{version}.css"  # its path, new with every version: caches keep it for ever
BEACON_SCRIPT = "/related-stories.js"
WARM_BLOCKS, WARM_SECONDS = 2000, 10.0  # what is read before the service is ready: pages of some weeks


class Service:
    """What the handlers share.

    Parameters
    ----------
    newsroom : Newsroom
        Does the work.
    settings : ServiceSettings
        The operator's choices.
    clock : callable
        Returns now, epoch seconds.
    root : str
        What stands before all of its paths, such as ``/p/gazette``; where a proxy puts it there, nothing.
    pools : Pools, optional
        Threads that it shares with other services of the process, and the room for bodies.
    memory : dict, optional
        What outlives it, so that one that is closed and opened again goes on: answers by idempotency key,
        tries to sign in.
    """

    def __init__(
        self,
        newsroom: Newsroom,
        settings: ServiceSettings,
        clock: Callable[[], float] = time.time,
        *,
        root: str = "",
        pools: Pools | None = None,
        memory: dict[type, Any] | None = None,
    ) -> None:
        self.root, self._memory = root, {} if memory is None else memory
        self._ends: list[Callable[[], None]] = []
        self._unfinished: list[Callable[[], bool]] = []
        self.newsroom, self.settings, self.clock = newsroom, settings, clock
        catalog = newsroom.archive.catalog
        is_alone = pools is None
        self.metrics, self.figures = Metrics(is_alone=is_alone), ArchiveFigures(newsroom, is_alone=is_alone)
        self.metrics.registry.register(self.figures)
        self.work = Work(settings, self.metrics.waiting, pools)
        self.bodies = Bodies(settings, within=pools.bodies if pools else None)
        self.idempotency = self.kept(IdempotentAnswers)
        self.jobs = Jobs(BulkJobs(catalog), self.work, clock)
        self.on_close(self.jobs.close)
        home = settings.public_url.rstrip("/") or root
        self.stylesheet_url = home + STYLESHEET.format(version=stylesheet_version())
        self.beacon_url = home + BEACON_SCRIPT if settings.beacon else ""
        self.response_cache = ResponseCache(
            self.stylesheet_url, MOST_BYTES if is_alone else SHARED_BYTES, beacon_url=self.beacon_url
        )
        self.clicks = ClickCounts(
            ClicksTable(catalog), newsroom.settings.timezone, settings.beacon_days, clock
        )
        self.on_close(self.clicks.close)
        self.admission = Admission(
            Keyring(catalog, clock), catalog.version, settings, clock, self.kept(Together)
        )
        self.reembedding = Reembedding(newsroom.archive, lambda: self.work.is_busy)
        self.on_close(self.reembedding.close)
        self.counts(lambda: self.reembedding.is_at_work)
        self.counts(lambda: self.jobs.are_at_work)
        self.counts(lambda: self.idempotency.is_at_work)
        self._refusals = Refusals(catalog)
        self.worker = Worker(newsroom, self._told)
        self.metrics.left_alone.set_function(lambda: self.worker.left_alone)
        self.metrics.storing.set_function(lambda: not (catalog.read_only or catalog.write_problem))
        self.threads: dict[str, Endurance] = {}
        self.is_warm = self.is_stopping = False
        self.guests: Seat | None = None
        self._beforehand: list[Callable[[], object]] = []

    def kept(self, kind: type[T], make: Callable[[], T] | None = None) -> T:
        """Return what outlives the service, made where there is none yet."""
        if kind not in self._memory:
            self._memory[kind] = (make or kind)()
        found: T = self._memory[kind]
        return found

    @property
    def is_idle(self) -> bool:
        """Whether nothing of what was asked goes on; the event loop alone may ask."""
        return self.work.is_idle and not any(is_at_work() for is_at_work in self._unfinished)

    def counts(self, is_at_work: Callable[[], bool]) -> None:
        """Have something count as going on while `is_at_work` returns true; it has to answer at once."""
        self._unfinished.append(is_at_work)

    def watch(self, thread: Endurance) -> Endurance:
        """Show how the work of a thread goes in `/ready` and the metrics; return it."""
        self.threads[thread.name] = thread
        self.metrics.watch(thread)
        return thread

    def warm(self, is_ending: Callable[[], bool]) -> None:
        """Do beforehand what the first who ask would have to wait for, unless it comes to an end meanwhile.

        The model is loaded, the latest stories' stored blocks are read, and one is made.
        """
        archive = self.newsroom.archive
        steps: tuple[Callable[[], object], ...] = (
            lambda: archive.embedder.encode(["warm"]),
            lambda: self.newsroom.recall(WARM_BLOCKS, WARM_SECONDS),
            lambda: self.newsroom.made(archive.catalog.nums()[-1:]),
        )
        for step in steps:
            if is_ending():
                return
            step()
        self.is_warm = True

    def beforehand(self, read: Callable[[], object]) -> None:
        """Have something read when all that blocks need is, so that nobody waits for it later."""
        self._beforehand.append(read)

    def read_beforehand(self, is_ending: Callable[[], bool]) -> None:
        """Read what pages do not wait for. What fails is read by who asks for it, who is told why."""
        for read in self._beforehand:
            if is_ending():
                return
            _, error = attempt(read)
            if error is not None:
                log.warning("something could not be read beforehand: %s", told(error))

    def _told(self, changes: Sequence[BlockChange]) -> None:
        self.metrics.changed.inc(len(changes))

    def count(self, published: Published) -> None:
        """Count what became of a story, and the blocks that it changed."""
        if not published.dry_run:
            self.metrics.stories.labels(published.outcome.value).inc()
            self.metrics.changed.inc(len(published.changed))
            self.worker.wake()

    def refused(self, way: str, errors: Sequence[StoryError]) -> None:
        """Keep what was refused for who looks after it at the desk; where nothing can be kept, it is not."""
        try:
            self._refusals.add(way, errors, self.clock())
        except ArchiveError as error:
            log.warning("what was refused is not kept: %s", error)

    def room(self) -> StoryRoom:
        """Return how many more stories may be held, as of now."""
        return StoryRoom(self.newsroom.archive.catalog, self.settings.most_stories)

    def need_room(self, story: Story) -> None:
        """Raise a 507 `Problem` where a story is one more than may be held."""
        try:
            self.room().take(story)
        except StoryError as error:
            raise Problem(507, "story-quota", error.plain) from error

    def cache_control(self, caller: Caller) -> str:
        """Return how a block may be cached: at its reader only where a key was needed to see it."""
        scope = "public" if caller.is_anybody else "private"
        # No purge tells of other titles' stories: a copy that may hold one is asked for again each time.
        age = self.settings.cache_seconds if self.guests is None else 0
        return f"{scope}, max-age={age}" if age else f"{scope}, no-cache"

    def on_close(self, end: Callable[[], None]) -> None:
        """Have `end` called before the threads of requests end: it ends what they began beside them."""
        self._ends.append(end)

    def close(self) -> None:
        """Finish what was begun."""
        with ExitStack() as last_first:  # each, whatever another raises
            last_first.callback(self.work.close)
            for end in reversed(self._ends):
                last_first.callback(end)
