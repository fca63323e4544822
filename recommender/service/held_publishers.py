"""Which archives are open: each from its first request on, until others need the room.

Lives on the event loop; archives are opened and closed in threads. Knows no HTTP.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager
from contextvars import copy_context
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from recommender.concurrency.retries import attempt, told
from recommender.concurrency.whose import PUBLISHER
from recommender.service import problems
from recommender.service.idempotency import IdempotentAnswers
from recommender.service.problems import Problem
from recommender.service.publisher import Due, Publisher, Shared
from recommender.service.publisher_metrics import PublisherMetrics
from recommender.service.publishers_settings import PublishersSettings, place_of

log = logging.getLogger("related.publishers")
T = TypeVar("T")
OPENERS = 4  # threads that open; as many close, and as many look and begin threads: none waits for others
OPEN_SECONDS = 30.0  # for which a request waits until an archive is open
DRAIN_SECONDS = 0.05  # between looks, at the end, whether anybody still has one in hand
FAILED_SECONDS = 5.0  # for which one that could not be opened is not tried again
FAILED_KEPT = 1000  # of those at most

_UNKNOWN = "there is no publisher of this name here; the operator has the list"
_SLOW = "the archive of this publisher takes long to open; try again in a moment"
_BROKEN = "the archive of this publisher cannot be opened just now; the service's log has the reason"


class HeldPublishers:
    """The archives of a directory.

    Parameters
    ----------
    directory : Path
        Each directory in it is an archive.
    settings : PublishersSettings
        How many may be open.
    shared : Shared
        What all of them share.
    root_of : callable
        Returns what stands before the paths of a publisher.

    Attributes
    ----------
    on_open : callable
        Told of each that was opened.
    due : dict of str to Due
        When those whose threads do not run have work, as far as it is known.
    """

    def __init__(
        self, directory: Path, settings: PublishersSettings, shared: Shared, root_of: Callable[[str], str]
    ) -> None:
        self.directory, self.settings, self.shared, self._root_of = directory, settings, shared, root_of
        self.metrics, self.due = PublisherMetrics(), dict[str, Due]()
        self._open: OrderedDict[str, Publisher] = OrderedDict()  # least recently used first
        self._heavy: OrderedDict[str, Publisher] = OrderedDict()
        self._coming: dict[str, asyncio.Task[None]] = {}
        self._going: dict[str, asyncio.Task[None]] = {}
        self._failed: OrderedDict[str, float] = OrderedDict()  # until when each is not tried again
        self._memory: dict[str, dict[type, Any]] = {}
        self._places: dict[tuple[int, ...], str] = {}  # which files are open, and by whose name
        self._openers, self._closers, self._lookers = (
            ThreadPoolExecutor(OPENERS, thread_name_prefix=name) for name in ("open", "close", "look")
        )
        self.on_open: Callable[[str, Publisher], None] = lambda name, one: None
        self.metrics.open.set_function(lambda: len(self._open))
        self.metrics.loaded.set_function(lambda: len(self._heavy))

    def at_hand(self, name: str) -> Publisher | None:
        """Return an open one."""
        return self._open.get(name)

    def is_there(self, name: str) -> bool:
        """Return whether the directory of an open one is still the one that was opened."""
        place, _ = attempt(lambda: place_of(self.directory, name))
        return place is not None and self._places.get(place[1:]) == name

    @property
    def all_open(self) -> list[Publisher]:
        """Those that are open."""
        return list(self._open.values())

    @asynccontextmanager
    async def held(self, name: str, *, asked: bool = True) -> AsyncIterator[Publisher]:
        """Have a publisher in hand, opened where it is not: meanwhile it is not closed.

        Parameters
        ----------
        name : str
            Its name.
        asked : bool
            Whether somebody asks for it: of others those are closed first that were asked least recently.

        Raises
        ------
        Problem
            404 where there is none of that name, 503 where its archive cannot be opened, or not soon.
        """
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                one = await self._taken(name)
        except TimeoutError:
            raise problems.busy(_SLOW) from None
        try:
            yield one
        finally:
            self._left(name, one, asked=asked)

    async def _taken(self, name: str) -> Publisher:
        while True:
            one = self._open.get(name)
            if one is not None and name not in self._going:
                one.uses += 1
                return one
            if (going := self._going.get(name)) is not None:
                await asyncio.wait([going])
                continue
            coming = self._coming.get(name)
            if coming is None:
                coming = self._coming[name] = asyncio.create_task(self._opened(name))
                coming.add_done_callback(lambda done: self._came(name, done))
            await asyncio.shield(coming)

    def _came(self, name: str, done: asyncio.Task[None]) -> None:
        self._coming.pop(name, None)
        if not done.cancelled():
            done.exception()  # who waited was told; nobody may have waited any more

    def _left(self, name: str, one: Publisher, *, asked: bool) -> None:
        one.uses -= 1
        if self._open.get(name) is not one:  # closed under it, at the end of the process
            return
        if asked:
            self.touch(name, one)
        if one.service.worker.is_wanted:
            self.rouse(name, one)
        elif one.is_heavy:
            self._heavy[name] = one
        self.trim()

    def touch(self, name: str, one: Publisher) -> None:
        """Count an open one as asked just now: others are closed before it."""
        one.used_at = time.monotonic()
        for held in (self._open, self._heavy):
            if name in held:
                held.move_to_end(name)

    def rouse(self, name: str, one: Publisher) -> None:
        """Let the threads of one that is in hand, or was just now, begin."""
        one.uses += 1
        one.used_at = time.monotonic()
        self._heavy[name] = one
        starting = asyncio.ensure_future(self.aside(name, one.rouse))
        starting.add_done_callback(lambda done: self._roused(name, one, done))

    def _roused(self, name: str, one: Publisher, done: asyncio.Future[None]) -> None:
        one.uses -= 1
        if not done.cancelled() and (error := done.exception()) is not None:
            one.is_broken = True
            _warn(name, "the threads of a publisher did not start", error)
        self.trim()

    async def _opened(self, name: str) -> None:
        """Open one, or raise the `Problem` of why not."""
        failed = self._failed.get(name)
        if failed is not None and time.monotonic() < failed:
            raise _broken()
        find = partial(place_of, self.directory, name)
        place, error = await self.aside(name, lambda: attempt(find), self._openers)
        if error is not None:
            raise self._failure(name, error)
        if place is None:
            raise Problem(404, "no-publisher", _UNKNOWN)
        path, *file = place
        if (other := self._places.setdefault(tuple(file), name)) != name:  # a link, or a disk without case
            log.warning("%s and %s are one archive; it is served by the name of the latter", name, other)
            raise Problem(404, "no-publisher", _UNKNOWN)
        memory = self._memory.setdefault(name, {})
        root, shared = self._root_of(name), self.shared
        one, error = await self.aside(
            name, lambda: attempt(lambda: Publisher.open(path, root, shared, memory)), self._openers
        )
        if one is None:
            self._free_place(name)
            raise self._failure(name, error)
        self._failed.pop(name, None)
        self.on_open(name, one)
        self._open[name] = one
        self.metrics.opened.inc()

    def _free_place(self, name: str) -> None:
        self._places = {file: held for file, held in self._places.items() if held != name}

    def _failure(self, name: str, error: Exception | None) -> Problem:
        self.metrics.opening_failed.inc()
        words = told(error) if error else "for no reason"
        log.error("an archive could not be opened: %s", words, extra={"facts": {"publisher": name}})
        self._failed[name] = time.monotonic() + FAILED_SECONDS
        while len(self._failed) > FAILED_KEPT:
            self._failed.popitem(last=False)
        return _broken()

    def has_room(self, name: str, rested: float) -> bool:
        """Return whether a publisher may be loaded: there is room, or one to be closed has rested so long."""
        if name in self._heavy or len(self._heavy) < self.settings.loaded:
            return True
        now = time.monotonic()
        return any(one.is_unused and now - one.used_at >= rested for one in self._heavy.values())

    def trim(self) -> None:
        """Close the least recently used that nobody has in hand, while there are more than there may be."""
        for name in [name for name, one in self._heavy.items() if one.is_broken and one.is_unused]:
            self.close(name)
        for held, most in ((self._heavy, self.settings.loaded), (self._open, self.settings.open)):
            excess = len(held) - most
            for name, one in list(held.items()) if excess > 0 else []:
                if excess > 0 and one.is_unused:
                    self.close(name)
                    excess -= 1

    def close(self, name: str) -> asyncio.Task[None]:
        """Begin to close one that is open; who asks for it meanwhile waits, and has it opened anew."""
        if name not in self._going:
            going = self._going[name] = asyncio.create_task(self._closed(name, self._open[name]))
            self._open.pop(name)
            self._heavy.pop(name, None)
            going.add_done_callback(lambda _: self._going.pop(name, None))
        return self._going[name]

    async def _closed(self, name: str, one: Publisher) -> None:
        due, error = await self.aside(name, lambda: attempt(one.close), self._closers)
        self._free_place(name)
        if error is not None:
            _warn(name, "an archive was not closed as it should be", error)
            due = Due(is_patient=True, at=self.shared.clock() + FAILED_SECONDS)
        self.know(name, due)

    def know(self, name: str, due: Due | None) -> None:
        """Note when one whose threads do not run has work."""
        if due is None:
            self.due.pop(name, None)
        else:
            self.due[name] = due

    def forget(self, names: set[str]) -> None:
        """Close those that are gone from the directory, and remember nothing of them."""
        for held in (self.due, self._memory):
            for name in [each for each in held if each not in names and each not in self._coming]:
                del held[name]
        for memory in self._memory.values():
            if IdempotentAnswers in memory:
                memory[IdempotentAnswers].forget()  # what is too old
        for name, one in list(self._open.items()):
            if name not in names and one.is_unused:
                self.close(name)

    async def aside(self, name: str, work: Callable[[], T], threads: Executor | None = None) -> T:
        """Do something that blocks for a publisher, in a thread whose log lines have its name."""
        context = copy_context()
        context.run(PUBLISHER.set, name)
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(threads or self._lookers, context.run, work)

    async def close_all(self) -> None:
        """Close all of them, each after what it has in hand, as far as that ends within `stop_seconds`."""
        ends = time.monotonic() + self.shared.settings.stop_seconds
        for coming in list(self._coming.values()):
            await asyncio.wait([coming])
        while time.monotonic() < ends and any(map(_is_asked, self._open.values())):
            await asyncio.sleep(DRAIN_SECONDS)
        await asyncio.gather(*(self.close(name) for name in list(self._open)), *self._going.values())
        await asyncio.to_thread(self.shared.pools.close)
        for threads in (self._openers, self._closers, self._lookers):
            threads.shutdown(wait=True)


def _is_asked(one: Publisher) -> bool:
    return one.uses > 0 or not one.service.work.is_idle


def _broken() -> Problem:
    return Problem(503, "archive", _BROKEN, {"retry-after": str(problems.BUSY_SECONDS)})


def _warn(name: str, what: str, error: BaseException) -> None:
    log.warning("%s: %s", what, told(error), extra={"facts": {"publisher": name}})
