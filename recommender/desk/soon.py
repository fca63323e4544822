"""What takes long the first time: done in the background, waited for a moment, and looked at again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar

from index import BackgroundJob
from recommender.concurrency.retries import attempt

T = TypeVar("T")

GRACE_SECONDS = 1.0  # that somebody waits for what they ask: nearly always it is there by then
PAUSE_SECONDS = 0.01
WARM_SECONDS = 60.0  # in which who looks again finds that it does not take long any more
MOST = 8

Aside = Callable[[Callable[[], Any]], Coroutine[Any, Any, Any]]


@dataclass(frozen=True, slots=True)
class _Done:
    begun: float
    ended: float
    answer: Any
    error: Exception | None


class Soon:
    """Does one thing at a time in the background. An answer is never older than its question.

    Parameters
    ----------
    aside : callable
        Does what does not take long any more, for who waits for it; see `Work.read_behind`.
    ticks : callable
        Returns seconds of a clock that never goes back.
    """

    def __init__(self, aside: Aside, ticks: Callable[[], float] = time.monotonic) -> None:
        self._aside, self._ticks, self._job = aside, ticks, BackgroundJob()
        self._done: dict[Hashable, _Done] = {}

    @property
    def running(self) -> bool:
        """Whether anything is done."""
        return self._job.running

    async def of(self, key: Hashable, work: Callable[[], T]) -> T | None:
        """Return what some work returns, or raise what it raises; None while it goes on.

        Parameters
        ----------
        key : hashable
            Names the work.
        work : callable
            Reads alone, and remembers what took it long.
        """
        asked = self._ticks()
        for _ in range(max(1, round(GRACE_SECONDS / PAUSE_SECONDS))):
            is_running = self.running  # asked first: what ends now may not be found below
            done = self._done.pop(key, None)
            if done is not None and asked - done.ended < WARM_SECONDS:
                if done.begun < asked:  # something may be hidden since
                    again: T = await self._aside(work)
                    return again
                if done.error is not None:
                    raise done.error
                answer: T = done.answer
                return answer
            if not is_running:
                self._job.start(lambda _: self._do(key, work))
            await asyncio.sleep(PAUSE_SECONDS)
        return None

    def close(self) -> None:
        """Return when nothing is done any more."""
        self._job.stop()

    def _do(self, key: Hashable, work: Callable[[], object]) -> None:
        begun = self._ticks()
        answer, error = attempt(work)  # it is told to who asked
        for oldest in list(self._done)[: max(len(self._done) - MOST + 1, 0)]:  # others take theirs meanwhile
            self._done.pop(oldest, None)
        self._done[key] = _Done(begun, self._ticks(), answer, error)
