"""Waits for a piece of work for so long and no longer: the work goes on, and who asked answers without it.

Knows not what the work is.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Generic, TypeVar

T = TypeVar("T")


class InTime(Generic[T]):
    """Runs work in threads that nobody waits for at the end of the process. Threads share one.

    Parameters
    ----------
    seconds : float
        How long the caller waits. While one piece is late, nobody waits for another, nor is one begun.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._late: Future[T] | None = None

    def run(self, work: Callable[[], T]) -> T | None:
        """Return what `work` returns, and raise what it raises; None where that is not known in time."""
        if self._late is not None and not self._late.done():
            return None
        done: Future[T] = Future()
        threading.Thread(target=_run, args=(work, done), name="in time", daemon=True).start()
        if not wait([done], self._seconds).done:
            self._late = done
            return None
        return done.result()


def _run(work: Callable[[], T], done: Future[T]) -> None:
    try:
        done.set_result(work())
    except BaseException as error:  # whatever it is, who waits for it is told
        done.set_exception(error)
