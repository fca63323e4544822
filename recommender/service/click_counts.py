"""What readers saw and clicked, held for some seconds, then added to the catalog's counts. Knows no HTTP."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta, tzinfo

from recommender.catalog.clicks import ClickRow, ClicksTable
from recommender.errors import ArchiveError

MOST_HELD = 20_000  # slots of a day; more are not counted until these are written
HOLD_SECONDS = 10.0

log = logging.getLogger("related.service")

Slot = tuple[str, int]  # the id of a target, and its position


class ClickCounts:
    """Counts that wait to be written. Threads share one.

    Parameters
    ----------
    table : ClicksTable
        Where they are kept.
    zone : tzinfo or None
        Of the days; UTC by default.
    days : int
        For which they are kept.
    clock : callable
        Returns now, epoch seconds.
    """

    def __init__(
        self, table: ClicksTable, zone: tzinfo | None, days: int, clock: Callable[[], float]
    ) -> None:
        self._table, self._zone, self._days, self._clock = table, zone or UTC, days, clock
        self._held: dict[tuple[str, str, str, int], list[int]] = {}
        self._lock = threading.Lock()
        self._written_at = clock()

    def count(self, source: str, shown: Iterable[Slot], clicked: Iterable[Slot]) -> bool:
        """Count slots of a block; return whether it is time to `write`."""
        now = self._clock()
        day = self._day(now).isoformat()
        with self._lock:
            for place, slots in enumerate((shown, clicked)):
                for target, position in set(slots):
                    key = (day, source, target, position)
                    if key in self._held or len(self._held) < MOST_HELD:
                        self._held.setdefault(key, [0, 0])[place] += 1
            is_due = bool(self._held) and not 0 <= now - self._written_at < HOLD_SECONDS
            if is_due:
                self._written_at = now
        return is_due

    def write(self) -> None:
        """Add what is held to the catalog, and forget the days that are over."""
        with self._lock:
            held, self._held = self._held, {}
        self._table.add([ClickRow(*key, *counts) for key, counts in held.items()])
        self._table.forget((self._day(self._clock()) - timedelta(self._days)).isoformat())

    def close(self) -> None:
        """Write what is held; where nothing can be written, it is lost."""
        if not self._held:
            return
        try:
            self.write()
        except ArchiveError as error:
            log.warning("clicks of the last seconds are lost: %s", error)

    def _day(self, now: float) -> date:
        return datetime.fromtimestamp(now, self._zone).date()
