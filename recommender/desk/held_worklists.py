"""The lists of what needs a person, kept for two minutes: they read what all blocks show."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from recommender.newsroom import Newsroom
from recommender.newsroom.worklists import Worklists

HELD_SECONDS = 120.0  # making them takes about a second at a hundred thousand stories


@dataclass
class HeldWorklists:
    """The lists as they were made last, for two minutes: whoever looks meanwhile sees the same ones."""

    made: float = float("-inf")
    lists: Worklists | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def of(self, newsroom: Newsroom, now: float) -> tuple[Worklists, float]:
        """Return the lists, and when they were made, epoch seconds."""
        with self.lock:
            if self.lists is None or not 0 <= now - self.made < HELD_SECONDS:
                self.lists, self.made = newsroom.worklists(), now
            return self.lists, self.made
