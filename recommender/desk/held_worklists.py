"""The lists of what needs a person, made in the background: they read what all blocks show."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass

from index import BackgroundJob
from recommender.concurrency.retries import attempt, told
from recommender.errors import RelatedError
from recommender.newsroom import Newsroom
from recommender.newsroom.worklists import Worklists

FRESH_SECONDS = 120.0  # after which whoever looks has them made anew
GRACE_SECONDS = 0.5  # that somebody waits for them: those of a small archive are made by then
PAUSE_SECONDS = 0.02

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Held:
    """The lists, and when they were made, epoch seconds."""

    lists: Worklists
    made: float


class HeldWorklists:
    """The lists as they were made last; whoever looks meanwhile sees the same ones. Threads share it.

    Parameters
    ----------
    newsroom : Newsroom
    clock : callable
        Returns now, epoch seconds.

    Attributes
    ----------
    held : Held or None
        None before they were made first.
    problem : str
        Why they could not be made the last time; empty where they were.
    """

    def __init__(self, newsroom: Newsroom, clock: Callable[[], float]) -> None:
        self._newsroom, self._clock, self._job = newsroom, clock, BackgroundJob()
        self.held: Held | None = None
        self.problem = ""

    @property
    def running(self) -> bool:
        """Whether they are being made."""
        return self._job.running

    async def look(self) -> tuple[Held | None, bool]:
        """Return the lists, and whether newer ones are being made: those held are too old, or there are none.

        What takes a moment only is waited for.
        """
        if not self._is_fresh():
            self._job.start(lambda _: self._make())
        for _ in range(int(GRACE_SECONDS / PAUSE_SECONDS)):
            if not self.running:
                break
            await asyncio.sleep(PAUSE_SECONDS)
        running = self.running  # asked first: what ends now may not be in what is returned
        return self.held, running

    def close(self) -> None:
        """Return when nothing is made any more."""
        self._job.stop()

    def _is_fresh(self) -> bool:
        return self.held is not None and 0 <= self._clock() - self.held.made < FRESH_SECONDS

    def _make(self) -> None:
        # Every error ends here: what a job raises would keep the next one waiting.
        now = self._clock()
        lists, error = attempt(self._newsroom.worklists)
        self.problem = "" if error is None else str(error) if isinstance(error, RelatedError) else told(error)
        if lists is not None:
            self.held = Held(lists, now)
        if error is not None:
            log.warning("lists of what needs a person: %s", told(error))
