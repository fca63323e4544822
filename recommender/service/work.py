"""Where blocking work is done: a few threads, and queues that turn away what would have to wait too long."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from functools import partial
from typing import ParamSpec, TypeVar

from prometheus_client import Gauge

from recommender.service.bodies import Bodies
from recommender.service.problems import Problem, busy
from recommender.service.settings import ServiceSettings

log = logging.getLogger("related.service")

P = ParamSpec("P")
R = TypeVar("R")

READERS = 2  # threads that make blocks which are not stored, and embed text queries
ASIDE = 2  # passwords whose hashes are made at once, each in 64 MiB
HASTE = 0.1
"""Of the time that may be waited, once nobody was served at once for as long as all of it: in a queue that
never empties everybody would wait for as long as may be, and no more be served. So does CoDel (RFC 8289)."""


class Work:
    """Runs functions in threads.

    Writes share one thread: SQLite lets one write at a time, and the model uses all cores for one story, so
    a second would only make both slower. Reads have threads of their own and do not wait behind a bulk load.
    What goes behind has its turn when nobody else waits for the same threads, and never all of them: of two
    readers one is left to those who wait for a page.

    Parameters
    ----------
    settings : ServiceSettings
        How many may wait for each kind of thread, and for how long.
    gauge : Gauge
        Shows how many do.
    pools : Pools, optional
        Threads that several services share. Each has its own queues and its own few turns at a time, so none
        of them takes all; whoever waits has waited no longer for that than the settings say.
    """

    def __init__(self, settings: ServiceSettings, gauge: Gauge, pools: Pools | None = None) -> None:
        self._gauge = gauge
        self._shares = pools is not None
        self._pools = pools = pools or Pools(1, READERS, 1)
        waiting, read, write = settings.waiting, settings.read_wait_seconds, settings.write_wait_seconds
        self._writer = _Lane(
            pools.write, 1, waiting, write, hurries=False
        )  # a newsroom waits rather than fail
        self._reader = _Lane(pools.read, READERS, waiting, read, hurries=True)
        self._checker = _Lane(pools.check, 1, waiting, read, hurries=True)
        self._by_themselves: set[asyncio.Future[None]] = set()  # the loop alone would let them go

    @property
    def is_busy(self) -> bool:
        """Whether any request waits for a thread."""
        return any(lane.is_waited_for for lane in self._lanes)

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs and nobody waits; the event loop alone may ask."""
        return not self._by_themselves and all(lane.is_idle for lane in self._lanes)

    @property
    def _lanes(self) -> tuple[_Lane, ...]:
        return self._writer, self._reader, self._checker

    async def write(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run something that writes; raise a 503 `Problem` when it would have to wait too long."""
        return await self._run(self._writer, lambda: function(*args, **kwargs))

    async def write_behind(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a piece of a bulk load, which waits for as long as it takes."""
        return await self._run(self._writer, lambda: function(*args, **kwargs), behind=True)

    def write_by_itself(self, function: Callable[[], bool]) -> None:
        """Write behind all others, with nobody waiting.

        `function` writes a piece and returns whether there is more, so that others have their turn between.
        """
        task = asyncio.ensure_future(self._written(function))
        self._by_themselves.add(task)
        task.add_done_callback(self._by_themselves.discard)

    async def _written(self, function: Callable[[], bool]) -> None:
        try:
            while await self.write_behind(function):
                pass
        except Problem as problem:
            log.warning("what goes by itself is not written now: %s", problem.detail)

    async def read(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run something that takes long and writes nothing; raise a 503 `Problem` as `write` does."""
        return await self._run(self._reader, lambda: function(*args, **kwargs))

    async def read_behind(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a costly read after those that pages wait for; raise a 503 `Problem` as `write` does."""
        return await self._run(self._reader, lambda: function(*args, **kwargs), behind=True)

    async def check(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run a short check, which does not wait behind the work that it checks."""
        return await self._run(self._checker, lambda: function(*args, **kwargs))

    async def aside(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run what takes a processor or much memory for a while, and is not the archive's."""
        run = partial(copy_context().run, function, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._pools.aside, run)

    async def _run(self, lane: _Lane, function: Callable[[], R], *, behind: bool = False) -> R:
        self._gauge.inc()
        try:
            # What was not begun when its client hangs up is not done; what was is finished.
            await lane.turn(behind=behind)
            future = asyncio.wrap_future(lane.threads.pool.submit(copy_context().run, function))
            future.add_done_callback(lambda _: lane.leave(behind=behind))
            return await asyncio.shield(future)
        finally:
            self._gauge.dec()

    def close(self) -> None:
        """Finish what was begun, and take nothing more. Threads that are shared go on for others."""
        if not self._shares:
            self._pools.close()


class Pools:
    """The threads: of one service, or shared by several.

    Parameters
    ----------
    write, read, check : int
        How many of each kind at most.

    Attributes
    ----------
    bodies : Bodies, optional
        The room that all bodies of requests may take.
    """

    def __init__(self, write: int = 4, read: int = 8, check: int = 2) -> None:
        self.write, self.read, self.check = (
            _Threads(most, name) for name, most in (("write", write), ("read", read), ("check", check))
        )
        self.bodies: Bodies | None = None
        self.aside = ThreadPoolExecutor(ASIDE, thread_name_prefix="aside")

    def close(self) -> None:
        """Finish what was begun."""
        for pool in (self.write.pool, self.read.pool, self.check.pool, self.aside):
            pool.shutdown(wait=True)


class _Turns:
    """How many may be at work at a time, and how many of these behind others: one place is left to those."""

    def __init__(self, most: int) -> None:
        self.free, self.free_behind = most, max(1, most - 1)

    def has(self, *, behind: bool) -> bool:
        """Return whether there is one."""
        return self.free > 0 and (self.free_behind > 0 or not behind)

    def take(self, count: int, *, behind: bool) -> None:
        """Take one, or give it back with a count of -1."""
        self.free -= count
        self.free_behind -= count * behind


class _Threads:
    """A pool of threads, and the lanes in which somebody waits: each in its turn, what goes behind last.

    Nobody waits in the pool itself, where none could go first or give up.
    """

    def __init__(self, most: int, name: str) -> None:
        self.pool, self.turns = ThreadPoolExecutor(most, thread_name_prefix=name), _Turns(most)
        self.waiting: dict[_Lane, None] = {}  # whoever was served last comes last

    def serve(self) -> None:
        """Give a thread that is free to who waits for it, and may have it."""
        for behind in (False, True):
            for lane in list(self.waiting):
                if lane.serve(behind=behind):
                    del self.waiting[lane]
                    if lane.is_waited_for:
                        self.waiting[lane] = None
                    return


class _Lane:
    """The turns that a service has in threads, and who waits for one. Lives on the event loop.

    Parameters
    ----------
    threads : _Threads
        The threads.
    turns : int
        How many of them at a time.
    most : int
        Who comes when so many wait is turned away at once.
    seconds : float
        So is who has waited for so long.
    hurries : bool
        Whether that time shrinks while the queue does not empty; else what goes behind may wait for ever.
    """

    def __init__(self, threads: _Threads, turns: int, most: int, seconds: float, *, hurries: bool) -> None:
        self.threads, self._most, self._seconds, self._hurries = threads, most, seconds, hurries
        self._turns, self._all = _Turns(turns), turns
        self._first: deque[asyncio.Future[None]] = deque()
        self._behind: deque[asyncio.Future[None]] = deque()
        self._idle_at = float("-inf")  # when somebody was last served at once, by the loop's clock

    @property
    def is_waited_for(self) -> bool:
        """Whether anybody waits for a thread; any thread may ask."""
        return bool(self._first or self._behind)

    @property
    def is_idle(self) -> bool:
        """Whether nothing runs and nobody waits."""
        return self._turns.free == self._all and not self.is_waited_for

    async def turn(self, *, behind: bool) -> None:
        """Return when a thread is free for the caller, who has to `leave` it."""
        loop = asyncio.get_running_loop()
        if self.is_idle:  # where others take all threads, who waits first has not waited at all
            self._idle_at = loop.time()
        if self._may(behind=behind):
            self._take(behind=behind)
            self._idle_at = loop.time()
            return
        queue = self._behind if behind else self._first
        if len(queue) >= self._most:
            raise busy("too many requests wait for the archive; try again in a moment")
        ticket = loop.create_future()
        queue.append(ticket)
        self.threads.waiting.setdefault(self)
        came = False
        try:
            async with asyncio.timeout(self._patience(loop.time(), behind)):
                await ticket
            came = True
        except TimeoutError:
            raise busy("the archive has more to do than it can; try again in a moment") from None
        finally:
            if not came and ticket.done() and not ticket.cancelled():
                self.leave(behind=behind)  # its turn came in the moment in which it gave up
            elif ticket in queue:
                queue.remove(ticket)
            if not self.is_waited_for:
                self.threads.waiting.pop(self, None)

    def _patience(self, now: float, behind: bool) -> float | None:
        if not self._hurries:
            return None if behind else self._seconds
        stands = now - self._idle_at > self._seconds
        return self._seconds * HASTE if stands else self._seconds

    def leave(self, *, behind: bool) -> None:
        """Give the thread to who waits next and may have it."""
        for turns in (self._turns, self.threads.turns):
            turns.take(-1, behind=behind)
        self.threads.serve()

    def serve(self, *, behind: bool) -> bool:
        """Let who waits first begin; return whether anybody could."""
        queue = self._behind if behind else self._first
        while queue and self._may(behind=behind):
            ticket = queue.popleft()
            if not ticket.done():
                self._take(behind=behind)
                ticket.set_result(None)
                return True
        return False

    def _may(self, *, behind: bool) -> bool:
        return self._turns.has(behind=behind) and self.threads.turns.has(behind=behind)

    def _take(self, *, behind: bool) -> None:
        for turns in (self._turns, self.threads.turns):
            turns.take(1, behind=behind)
