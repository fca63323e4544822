"""Stories on which making blocks fails: each is left alone for a growing while, so that it stops no other."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import NamedTuple

from recommender.concurrency.retries import told

log = logging.getLogger(__name__)

FIRST_WHILE, LONGEST_WHILE = 10.0, 3600.0  # seconds; doubles from failure to failure
IN_A_ROW = 5  # failures without one success from which it is not the stories that are at fault


class _Left(NamedTuple):
    times: int
    until: float


class FailedStories:
    """Who is left alone now. One thread changes it, any may ask.

    Parameters
    ----------
    clock : callable
        Returns seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._left: dict[int, _Left] = {}
        self._in_a_row = 0

    def nums(self) -> set[int]:
        """Return the nums of the stories that are left alone now."""
        now = self._clock()
        return {num for num, left in list(self._left.items()) if left.until > now}

    def add(self, num: int, error: Exception) -> None:
        """Leave a story alone for a while; raise the error where one after the other fails."""
        times = self._left[num].times + 1 if num in self._left else 1
        pause = min(FIRST_WHILE * 2.0 ** min(times - 1, 30), LONGEST_WHILE)
        self._left[num] = _Left(times, self._clock() + pause)
        self._in_a_row += 1
        log.warning("story number %d is left alone for %.0f s: %s", num, pause, told(error))
        if self._in_a_row >= IN_A_ROW:
            raise error

    def take_back(self, nums: list[int]) -> None:
        """Note that work on stories did not fail."""
        self._in_a_row = 0
        for num in nums:
            self._left.pop(num, None)
