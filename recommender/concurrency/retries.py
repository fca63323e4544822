"""How the work of a background thread goes on after an error: counted, told, tried again after a while.

Knows nothing of the work. No word of a story gets out here: of an error that is not ours only its kind and
its place in the code are told, since its message may quote what it failed on.
"""

from __future__ import annotations

import logging
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from recommender.errors import ArchiveBusyError, ArchiveError, ModelError
from recommender.story.timestamps import format_time

log = logging.getLogger(__name__)

T = TypeVar("T")

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0  # seconds; doubles from failure to failure
BUSY_TRIES = 3  # times in a row that another writer may be in the way before that is called a failure
_FRAMES = 3  # places in the code, the innermost last: enough to find the line


@dataclass(frozen=True, slots=True)
class Trouble:
    """What keeps failing: since when (epoch seconds), with what error, and how often in a row."""

    since: float
    error: str
    times: int

    def __str__(self) -> str:
        since = format_time(datetime.fromtimestamp(int(self.since), UTC))
        return f"failing since {since} ({self.times} in a row): {self.error}"


def attempt(
    work: Callable[[], T], passing: tuple[type[Exception], ...] = ()
) -> tuple[T, None] | tuple[None, Exception]:
    """Return what a piece of background work returns, or what it raised; errors of the kinds `passing` go on.

    The one place where every error is caught: above it is only the end of a thread, and work that ends with
    one error is never done again.
    """
    try:
        return work(), None
    except passing:
        raise
    except Exception as error:
        return None, error


class Endurance:
    """Runs pieces of work again and again, whatever they raise. One thread runs them, any may ask.

    Parameters
    ----------
    name : str
        Of the work, for the log.
    clock : callable
        Returns now, epoch seconds.
    """

    def __init__(self, name: str, clock: Callable[[], float] = time.time) -> None:
        self.name, self._clock = name, clock
        self.failures = 0
        self._trouble: Trouble | None = None
        self._is_busy = False

    def run(self, work: Callable[[], T]) -> T | None:
        """Return what a piece of work returns; None when it failed."""
        result, error = attempt(work)
        if error is not None:
            self._failed(error)
            return None
        if self._trouble is not None:
            log.info("%s: works again", self.name)
        self._trouble = None
        return result

    @property
    def trouble(self) -> Trouble | None:
        """What fails, or None; that another writer is in the way now and then is no failure."""
        found = self._trouble
        return None if found is None or (self._is_busy and found.times < BUSY_TRIES) else found

    @property
    def pause(self) -> float:
        """Seconds to wait before the next try; 0 while nothing fails."""
        times = self._trouble.times if self._trouble else 0
        return min(FIRST_PAUSE * 2 ** min(times - 1, 30), LONGEST_PAUSE) if times else 0.0

    def wait(self, stopping: threading.Event) -> bool:
        """Wait before the next try; return whether it is to be made."""
        return not stopping.wait(self.pause)

    def _failed(self, error: Exception) -> None:
        before = self._trouble
        since, times = (before.since, before.times) if before else (self._clock(), 0)
        self.failures += 1
        self._is_busy = isinstance(error, ArchiveBusyError)
        self._trouble = Trouble(since, told(error), times + 1)
        log.warning("%s: %s; tried again in %.0f s", self.name, self._trouble, self.pause)


def told(error: BaseException) -> str:
    """Return what may be told of an error: all of one of ours that quotes no story, else kind and place."""
    if isinstance(error, ArchiveError | ModelError):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    places = (f"{Path(frame.filename).name}:{frame.lineno} {frame.name}" for frame in frames)
    return f"{type(error).__name__} at {', '.join(places) or 'an unknown place'}"


def told_fully(error: BaseException) -> str:
    """Return an error's traceback, what led to it first, with `told` of each: texts may quote a story."""
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    parts = [before, *(error.exceptions if isinstance(error, BaseExceptionGroup) else ())]
    led = [told_fully(part) for part in parts if part is not None]
    return "\n".join([*led, "".join(traceback.format_tb(error.__traceback__)) + told(error)])
