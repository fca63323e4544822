"""Stories that readers click more come forward, once that foretells the newest clicks. Knows no doors."""

from __future__ import annotations

import logging
from datetime import UTC, date, datetime, timedelta

from index.storage.background import Check
from recommender.archive.click_appeals import ClickAppeals, ClickAttempt, ClickJournal
from recommender.archive.weights_journal import now
from recommender.catalog.clicks import ClicksTable
from recommender.engine.engine import Engine
from recommender.evaluation.click_appeal import tried
from recommender.evaluation.tuning import unhurried

DAYS = 28  # of clicks, up to yesterday

log = logging.getLogger("related.learning")


class ClickLearner:
    """Keeps what clicks do to the ranking of one archive in step with them.

    Parameters
    ----------
    engine : Engine
        Open on the archive.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine, self._catalog = engine, engine.archive.catalog
        self._appeals = ClickAppeals(self._catalog)

    def look(self, check: Check = unhurried) -> ClickJournal:
        """Learn where that is due, and return what is known then; see `Learner.look`."""
        journal = self._appeals.journal()
        return journal if self.today.isoformat() < journal.next_day else self.learn(check)

    def learn(self, check: Check = unhurried) -> ClickJournal:
        """Learn now: what does not win on the newest clicks is not in use from then on."""
        today = self.today
        check()
        rows = ClicksTable(self._catalog).by_day((today - timedelta(DAYS)).isoformat(), today.isoformat())
        check()
        found = tried(rows)
        check()
        attempt = ClickAttempt(now(), found.clicks, found.won, found.strength, found.gain, found.problem)
        if not found.won:
            return self._appeals.lost(attempt, today)
        log.info("clicks count: %+.4f a click on the newest of %d", found.gain, found.clicks)
        return self._appeals.take(attempt, found.appeal, today)

    def undo(self, why: str) -> ClickJournal:
        """Go back to what was in use before; see `ClickAppeals.go_back`."""
        return self._appeals.go_back(self.today, why)

    @property
    def today(self) -> date:
        """The day, in the zone of the archive."""
        return datetime.fromtimestamp(self._engine.clock(), self._engine.settings.timezone or UTC).date()
