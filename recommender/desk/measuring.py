"""Measures the quality of blocks in the background, giving way to whoever waits for a page."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from msgspec import structs

from index import BackgroundJob, Check
from recommender.errors import RelatedError
from recommender.evaluation import quality
from recommender.newsroom import Newsroom

DAY = timedelta(days=1)
BUSY_SECONDS = 0.2  # between looks whether pages still wait
FAILED = "The measurement failed; the log of the service names the error. Begin it again in a while."

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
        self.problem = ""  # of the last one, in words

    @property
    def running(self) -> bool:
        """Whether it is at it."""
        return self._job.running

    def start(self) -> None:
        """Begin, unless it is under way."""
        self._job.start(self._measure)

    def start_again(self, made: str) -> None:
        """Begin where the last measurement, of the time `made` (RFC 3339), is a day old."""
        if datetime.now(UTC) - datetime.fromisoformat(made) > DAY:
            self.start()

    def wait(self) -> None:
        """Return when nothing is measured."""
        self._job.wait()

    def close(self) -> None:
        """End what is measured, and return when it has."""
        self._job.stop()

    def _measure(self, check: Check) -> None:
        newsroom = self._newsroom

        def unhurried() -> None:
            check()
            while self._is_busy():
                time.sleep(BUSY_SECONDS)
                check()

        self.problem = FAILED  # until it has ended well, or it is known better
        try:
            found = quality.measure(newsroom.engine, check=unhurried)
            found = structs.replace(found, exposure=tuple(newsroom.exposure().to_rows()))
            quality.save(newsroom.archive.path, found)
        except (RelatedError, OSError) as error:
            log.warning("quality: %s", error)
            self.problem = str(error)
        else:
            self.problem = ""
