"""Which archives are open: each from its first request on, until others need the room.

Lives on the event loop; archives are opened and closed in threads. Knows no HTTP.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from contextvars import copy_context
from pathlib import Path
from typing import Any, TypeVar

from recommender.concurrency.retries import attempt, told
from recommender.concurrency.whose import PUBLISHER
from recommender.service import problems
from recommender.service.problems import Problem
from recommender.service.publisher import Publisher, Shared
from recommender.service.publisher_metrics import PublisherMetrics
from recommender.service.publishers_settings import PublishersSettings, path_of

log = logging.getLogger("related.publishers")

T = TypeVar("T")

OPENERS = 4  # threads that open, close and look
FAILED_SECONDS = 5.0  # for which one that could not be opened is not tried again
FAILED_KEPT = 1000  # of those at most

_UNKNOWN = "there is no publisher of this name here; the operator has the list"
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
    due : dict of str to float
        When those that are closed have work, epoch seconds, as far as it is known.
    """

    def __init__(
        self,
        directory: Path,
        settings: PublishersSettings,
        shared: Shared,
        root_of: Callable[[str], str],
    ) -> None:
        self.directory, self.settings, self.shared, self._root_of = directory, settings, shared, root_of
        self.metrics, self.due = PublisherMetrics(), dict[str, float]()
        self._open: OrderedDict[str, Publisher] = OrderedDict()  # least recently used first
        self._heavy: OrderedDict[str, Publisher] = OrderedDict()
        self._coming: dict[str, asyncio.Task[None]] = {}
        self._going: dict[str, asyncio.Task[None]] = {}
        self._failed: OrderedDict[str, tuple[float, Problem]] = OrderedDict()
        self._memory: dict[str, dict[type, Any]] = {}
        self._openers = ThreadPoolExecutor(OPENERS, thread_name_prefix="publishers")
        self.metrics.open.set_function(lambda: len(self._open))
        self.metrics.loaded.set_function(lambda: len(self._heavy))

    def at_hand(self, name: str) -> Publisher | None:
        """Return an open one."""
        return self._open.get(name)

    @property
    def all_open(self) -> list[Publisher]:
        """Those that are open."""
        return list(self._open.values())

    @asynccontextmanager
    async def held(self, name: str) -> AsyncIterator[Publisher]:
        """Have a publisher in hand, opened where it is not: meanwhile it is not closed.

        Raises
        ------
        Problem
            404 where there is none of that name, 503 where its archive cannot be opened.
        """
        one = await self._taken(name)
        try:
            yield one
        finally:
            self._left(name, one)

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
                coming.add_done_callback(lambda _: self._coming.pop(name, None))
            await asyncio.shield(coming)

    def _left(self, name: str, one: Publisher) -> None:
        one.uses -= 1
        one.used_at = time.monotonic()
        self._open.move_to_end(name)
        if one.service.worker.is_wanted:
            self.rouse(name, one)
        elif one.is_heavy:
            self._note_heavy(name, one)

    def rouse(self, name: str, one: Publisher) -> None:
        """Let the threads of one that is in hand, or was just now, begin."""
        one.uses += 1
        self._note_heavy(name, one)
        starting = asyncio.ensure_future(self.aside(name, one.rouse))
        starting.add_done_callback(lambda done: self._roused(one, done))

    def _roused(self, one: Publisher, done: asyncio.Future[None]) -> None:
        one.uses -= 1
        if not done.cancelled() and (error := done.exception()) is not None:
            log.warning("the threads of a publisher did not start: %s", told(error))

    def _note_heavy(self, name: str, one: Publisher) -> None:
        self._heavy[name] = one
        self._heavy.move_to_end(name)
        self._trim(self._heavy, self.settings.loaded)

    async def _opened(self, name: str) -> None:
        """Open one, or raise the `Problem` of why not."""
        failed = self._failed.get(name)
        if failed is not None and time.monotonic() < failed[0]:
            raise failed[1]
        path = path_of(self.directory, name)
        if path is None:
            raise Problem(404, "no-publisher", _UNKNOWN)
        memory = self._memory.setdefault(name, {})
        root, shared = self._root_of(name), self.shared
        result = await self.aside(name, lambda: attempt(lambda: Publisher.open(path, root, shared, memory)))
        one, error = result
        if error is not None:
            self._fail(name, error)
        elif one is not None:
            self._failed.pop(name, None)
            self._open[name] = one
            self.due.pop(name, None)  # it is looked at again when it is closed
            self.metrics.opened.inc()
            self._trim(self._open, self.settings.open, but=name)

    def _fail(self, name: str, error: Exception) -> None:
        self.metrics.opening_failed.inc()
        log.error(
            "an archive could not be opened: %s",
            told(error) if error else "",
            extra={"facts": {"publisher": name}},
        )
        problem = Problem(503, "archive", _BROKEN, {"retry-after": str(problems.BUSY_SECONDS)})
        self._failed[name] = (time.monotonic() + FAILED_SECONDS, problem)
        while len(self._failed) > FAILED_KEPT:
            self._failed.popitem(last=False)
        raise problem

    def has_room(self, rested: float) -> bool:
        """Return whether one more may be loaded: there is room, or who makes it has rested for so long."""
        if len(self._heavy) < self.settings.loaded:
            return True
        oldest = next(iter(self._heavy.values()))
        return oldest.is_unused and time.monotonic() - oldest.used_at >= rested

    def _trim(self, held: OrderedDict[str, Publisher], most: int, but: str = "") -> None:
        """Close the least recently used that nobody has in hand, while there are more than there may be."""
        excess = len(held) - most
        for name, one in list(held.items()) if excess > 0 else []:
            if excess <= 0:
                return
            if one.is_unused and name != but and name not in self._going:
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
        due, error = await self.aside(name, lambda: attempt(one.close))
        if error is not None:
            log.warning("an archive was not closed as it should be: %s", told(error))
            due = self.shared.clock()
        self.know(name, due)

    def know(self, name: str, due: float | None) -> None:
        """Note when one that is closed has work."""
        if due is None:
            self.due.pop(name, None)
        else:
            self.due[name] = due

    async def aside(self, name: str, work: Callable[[], T]) -> T:
        """Do something that blocks for a publisher, in a thread whose log lines have its name."""
        context = copy_context()
        context.run(PUBLISHER.set, name)
        return await asyncio.get_running_loop().run_in_executor(self._openers, context.run, work)

    async def close_all(self) -> None:
        """Close all of them, each after what it has in hand."""
        for coming in list(self._coming.values()):
            await asyncio.wait([coming])
        await asyncio.gather(*(self.close(name) for name in list(self._open)), *self._going.values())
        await asyncio.to_thread(self.shared.pools.close)
        self._openers.shutdown(wait=True)
