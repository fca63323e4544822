"""Calls to a server that may be away: tried again, given up in time, not begun while it is known to be away.

Knows neither vectors nor what is asked.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from tenacity import (
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    stop_after_delay,
    wait_exponential_jitter,
)

from index.errors import IndexSlow, IndexUnavailable

FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0  # seconds between tries
REST = 2.0  # seconds for which a server that did not answer is not asked again: nobody waits for it in turn

T = TypeVar("T")


class Calls:
    """Makes calls to one server. Threads share one.

    Parameters
    ----------
    server : str
        What to call it in errors: kind, host and port, and no password.
    is_passing : callable
        Whether an error is one after which the same call may succeed: the server is away, or overtaxed.
    errors : tuple of exception types
        What a call may raise; all of them become `IndexUnavailable`, those that do not pass at once.
    seconds : float
        How long one call may take with all its tries.
    is_slow : callable
        Whether an error says that a server which is there did not do it in time: `IndexSlow`.
    """

    def __init__(
        self,
        server: str,
        is_passing: Callable[[BaseException], bool],
        errors: tuple[type[Exception], ...],
        seconds: float,
        is_slow: Callable[[BaseException], bool] = lambda _: False,
    ) -> None:
        self.server, self.seconds = server, seconds
        self._is_passing, self._is_slow, self._errors = is_passing, is_slow, errors
        self._lock = threading.Lock()
        self._away_until, self._why = 0.0, IndexUnavailable()

    def __call__(self, work: Callable[[], T]) -> T:
        """Return what ``work`` returns; it may run more than once, and has to be of the same effect then.

        A server that was away gets one try, until it answers again.

        Raises
        ------
        IndexUnavailable
            When the server does not answer in time, or not at all.
        """
        with self._lock:
            was_away = self._away_until > 0
            if time.monotonic() < self._away_until:
                raise type(self._why)(*self._why.args)
        tries = Retrying(
            retry=retry_if_exception(self._is_passing),
            stop=stop_after_attempt(1) if was_away else stop_after_delay(self.seconds),
            wait=wait_exponential_jitter(FIRST_PAUSE, LONGEST_PAUSE),
            reraise=True,
        )
        try:
            done = tries(work)
        except self._errors as error:
            kind = IndexSlow if self._is_slow(error) else IndexUnavailable
            why = kind(f"{self.server} does not answer: {_line(error)}; start it, or see its log")
            if self._is_passing(error):
                with self._lock:
                    self._away_until, self._why = time.monotonic() + REST, why
            raise why from error
        if was_away:
            with self._lock:
                self._away_until = 0.0
        return done


def _line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__
