"""Who waits for whom on few cores: the background for a publish that somebody waits for. Knows no stories."""

from __future__ import annotations

import threading
import time
from types import TracebackType

SETTLED = 0.1
"""Seconds after a publish in which the background waits on: a newsroom's system sends one story after the
other, and a block that was begun between two takes a core from the embedding of the second."""


class Precedence:
    """A context for what must not wait; the background gives way to all that are within one.

    Threads share one. Within one process only: others have cores, or a scheduler, of their own.
    """

    def __init__(self) -> None:
        self._under_way = 0
        self._ended, self._by = float("-inf"), 0  # when the last one did, and in which thread
        self._changed = threading.Condition()

    def __enter__(self) -> None:
        with self._changed:
            self._under_way += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._under_way -= 1
            self._ended, self._by = time.monotonic(), threading.get_ident()
            self._changed.notify_all()

    @property
    def is_wanted(self) -> bool:
        """Whether anything is under way that the background gives way to."""
        return self._under_way > 0

    def give_way(self, seconds: float) -> bool:
        """Wait until nothing is under way, and was a moment ago in another thread, `seconds` at most.

        Return whether nothing is under way.
        """
        gives_up = time.monotonic() + seconds
        with self._changed:
            while (left := min(self._free_from(), gives_up) - time.monotonic()) > 0:
                self._changed.wait(left)
            return not self._under_way

    def _free_from(self) -> float:
        if self._under_way:
            return float("inf")
        return self._ended + (0 if self._by == threading.get_ident() else SETTLED)
