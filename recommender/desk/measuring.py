"""Measures the quality of blocks in the background, giving way to whoever waits for a page."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from msgspec import structs

from index import BackgroundJob, Check
from index.storage.background import Stopped
from recommender.concurrency.retries import attempt, told
from recommender.errors import RelatedError
from recommender.evaluation import quality
from recommender.newsroom import Newsroom

DAY = timedelta(days=1)
BUSY_SECONDS = 0.2  # between looks whether pages still wait
FAILED = "Something is wrong with the measuring itself"

log = logging.getLogger(__name__)


class Measuring:
    """Measures one thing at a time and keeps what it found. Threads share it.

    Parameters
    ----------
    newsroom : Newsroom
    is_busy : callable
        Returns whether pages wait: nothing is measured meanwhile.
    """

    def __init__(self, newsroom: Newsroom, is_busy: Callable[[], bool]) -> None:
        self._newsroom, self._is_busy, self._job = newsroom, is_busy, BackgroundJob()
        self.ended: datetime | None = None  # when the last one did, well or not
        self.problem = ""  # of the last one, in words

    @property
    def running(self) -> bool:
        """Whether it is at it."""
        return self._job.running

    @property
    def is_possible(self) -> bool:
        """Whether what is found can be kept."""
        return not self._newsroom.archive.catalog.read_only

    def start(self) -> None:
        """Begin, unless it is under way or nothing can be kept."""
        if self.is_possible:
            self._job.start(self._measure)

    def start_again(self, made: str) -> None:
        """Begin where the last measurement, of the time `made` (RFC 3339), and the last try are a day old."""
        last = datetime.fromisoformat(made)
        if datetime.now(UTC) - (max(last, self.ended) if self.ended else last) > DAY:
            self.start()

    def wait(self) -> None:
        """Return when nothing is measured."""
        self._job.wait()

    def close(self) -> None:
        """End what is measured, and return when it has."""
        self._job.stop()

    def _measure(self, check: Check) -> None:
        # Every error ends here: what a job raises would keep the next one, which an editor asks for, waiting.
        _, error = attempt(lambda: self._find(check), passing=(Stopped,))
        self.problem, self.ended = _in_words(error) if error else "", datetime.now(UTC)
        if error:
            log.warning("quality: %s", error if isinstance(error, RelatedError) else told(error))

    def _find(self, check: Check) -> None:
        newsroom = self._newsroom

        def unhurried() -> None:
            check()
            while self._is_busy():
                time.sleep(BUSY_SECONDS)
                check()

        found = quality.measure(newsroom.engine, check=unhurried)
        found = structs.replace(found, exposure=tuple(newsroom.exposure().to_rows()))
        quality.save(newsroom.archive.path, found)


def _in_words(error: Exception) -> str:
    """Return what a person is told of an error: of one that is nobody's but ours only where it came up."""
    return str(error) if isinstance(error, RelatedError | OSError) else f"{FAILED}: {told(error)}"
