"""Where blocking work is done: a bounded queue before a few threads, so that the event loop never waits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from prometheus_client import Gauge

from recommender.service.problems import busy

P = ParamSpec("P")
R = TypeVar("R")

READERS = 2  # threads that make blocks which are not stored, and embed text queries


class Work:
    """Runs functions in threads.

    Writes share one thread: SQLite lets one write at a time, and the model uses all cores for one story, so
    a second would only make both slower. Reads have threads of their own and do not wait behind a bulk load.

    Parameters
    ----------
    waiting : int
        How many may wait for each kind of thread, or have one.
    gauge : Gauge
        Shows how many do.
    """

    def __init__(self, waiting: int, gauge: Gauge) -> None:
        self._waiting, self._gauge = waiting, gauge
        self._writer = _Lane("write", 1)
        self._reader = _Lane("read", READERS)

    async def write(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run something that writes; raise a 503 `Problem` when too much waits already."""
        return await self._run(self._writer, lambda: function(*args, **kwargs))

    async def read(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Run something that takes long and writes nothing; raise a 503 `Problem` when too much waits."""
        return await self._run(self._reader, lambda: function(*args, **kwargs))

    async def _run(self, lane: _Lane, function: Callable[[], R]) -> R:
        if lane.held >= self._waiting:
            raise busy("too many requests wait for the archive; try again in a moment")
        lane.held += 1
        self._gauge.inc()
        future = asyncio.wrap_future(lane.pool.submit(function))

        def release(_: asyncio.Future[R]) -> None:
            lane.held -= 1
            self._gauge.dec()

        future.add_done_callback(release)
        # A client who hangs up does not stop a write half way: what is begun is finished.
        return await asyncio.shield(future)

    def close(self) -> None:
        """Finish what was begun, and take nothing more."""
        for lane in (self._writer, self._reader):
            lane.pool.shutdown(wait=True)


class _Lane:
    """A pool of threads and the number of requests that hold a place in it."""

    def __init__(self, name: str, threads: int) -> None:
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self.held = 0
