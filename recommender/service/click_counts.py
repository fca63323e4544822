"""What readers saw and clicked, held for some seconds, then added to the catalog's counts. Knows no HTTP."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta, tzinfo
from itertools import islice

from recommender.catalog.clicks import MOST_AT_ONCE, ClickRow, ClicksTable
from recommender.catalog.comparisons import TeamClicks
from recommender.errors import ArchiveError

MOST_HELD = 20_000  # slots of a day; more are not counted until these are written
MOST_STRANGERS = 1_000
"""Stories, not known to take part in a comparison yet, whose counts are held: anybody may name some."""

MOST_OF_ONE = 200
"""Slots of one story's block, in both settings' order, whose counts for them are held: a block has fewer."""

HOLD_SECONDS = 10.0
SINCE = (
    15 * 86_400
)  # seconds: stories older than these take part in no comparison, for a page in a cache a day more

log = logging.getLogger("related.service")

Slot = tuple[str, int]  # the id of a target, and its position
Key = tuple[str, str, str, int]  # day, source, target, position
TeamKey = tuple[int, str, str, str, str]  # comparison, day, source, team, target


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
        self._comparisons = table.comparisons
        self._held: dict[Key, tuple[int, int]] = {}
        self._teams: dict[TeamKey, tuple[int, int]] = {}
        self._taking_part: frozenset[str] = frozenset()  # ids of stories whose counts were added
        self._strangers: set[str] = set()  # ids of those that are held, and of which that is not known
        self._held_of: Counter[str] = Counter()  # counts by team that are held, by the story's id
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._written_at = clock()
        self._is_failing = False

    def count(self, source: str, shown: Iterable[Slot], clicked: Iterable[Slot]) -> bool:
        """Count slots of a block; return whether it is time to `write`."""
        now = self._clock()
        day = self._day(now).isoformat()
        with self._lock:
            for slots, times in ((shown, (1, 0)), (clicked, (0, 1))):
                for target, position in set(slots):
                    self._hold((day, source, target, position), *times)
            is_due = bool(self._held or self._teams) and not 0 <= now - self._written_at < HOLD_SECONDS
            if is_due:
                self._written_at = now
        return is_due

    def count_teams(
        self,
        comparison: int,
        source: str,
        teams: Mapping[str, Sequence[str]],
        seen: tuple[Sequence[Slot], Sequence[Slot]],
    ) -> None:
        """Count slots of a block that were shown, and clicked, for the settings that put them there.

        Where both are said to have put one there, it is of neither.
        """
        day = self._day(self._clock()).isoformat()
        shown, clicked = ({target for target, _ in some} for some in seen)
        named = Counter(target for targets in teams.values() for target in set(targets))
        of = {target: team for team, targets in teams.items() for target in targets if named[target] == 1}
        with self._lock:
            for target in (shown | clicked) & of.keys():
                if not self._has_room(source):
                    return
                times = (int(target in shown), int(target in clicked))
                self._hold_team((comparison, day, source, of[target], target), *times)

    def _has_room(self, source: str) -> bool:
        """Return whether counts of a story's block may be held; anybody may name stories that are none."""
        if source in self._taking_part or source in self._strangers:
            return True
        return len(self._strangers) < MOST_STRANGERS

    def write(self) -> bool:
        """Add some of what is held to the catalog, or all; return whether to go on.

        What cannot be written stays held. The days that are over are forgotten.
        """
        with self._writing:
            return self._write()

    def _write(self) -> bool:
        with self._lock:
            some = [ClickRow(*key, *self._held.pop(key)) for key in list(islice(self._held, MOST_AT_ONCE))]
            teams = {key: self._teams.pop(key) for key in list(islice(self._teams, MOST_AT_ONCE))}
            count = len(teams)
        try:
            self._table.forget((self._day(self._clock()) - timedelta(self._days)).isoformat())
            if teams:
                known = self._comparisons.add(self._of_held(teams), int(self._clock()) - SINCE)
                with self._lock:
                    self._taking_part |= known
                    self._held_of = Counter(key[2] for key in self._teams)
                    self._strangers = set(self._held_of) - self._taking_part
                teams = {}
            self._table.add(some)
        except ArchiveError as error:
            self._put_back(some, teams)
            if not self._is_failing:
                log.warning("clicks wait until they can be written: %s", error)
            self._is_failing = True
            return False
        self._is_failing = False
        return MOST_AT_ONCE in (len(some), count)

    def _of_held(self, counts: Mapping[TeamKey, tuple[int, int]]) -> list[TeamClicks]:
        """Return counts by team; those of slots in which no story that is held can stand are left out."""
        held = self._table.held({target for _, _, _, _, target in counts})
        sums: dict[tuple[int, str, str, str], tuple[int, int]] = {}
        for (comparison, day, source, team, target), (shown, clicked) in counts.items():
            if target in held:
                key = (comparison, day, source, team)
                before = sums.get(key, (0, 0))
                sums[key] = (before[0] + shown, before[1] + clicked)
        return [TeamClicks(*key, *times) for key, times in sums.items()]

    def _has_any(self) -> bool:
        with self._writing:  # what is being written may come back
            return bool(self._held or self._teams)

    def close(self) -> None:
        """Write what is held; where nothing can be written, it is lost."""
        while self._has_any() and self.write():
            pass
        if self._held:
            log.warning("clicks of %d slots are lost: they could not be written", len(self._held))

    def _put_back(self, rows: Sequence[ClickRow], teams: Mapping[TeamKey, tuple[int, int]]) -> None:
        with self._lock:
            for key, times in teams.items():
                self._hold_team(key, *times)
            for day, source, target, position, shown, clicked in rows:
                self._hold((day, source, target, position), shown, clicked)

    def _hold_team(self, key: TeamKey, shown: int, clicked: int) -> None:
        before = self._teams.get(key)
        if before is not None:
            self._teams[key] = (before[0] + shown, before[1] + clicked)
        elif len(self._teams) < MOST_HELD and self._held_of[key[2]] < MOST_OF_ONE:
            self._teams[key] = (shown, clicked)
            self._held_of[key[2]] += 1
            if key[2] not in self._taking_part:
                self._strangers.add(key[2])

    def _hold(self, key: Key, shown: int, clicked: int) -> None:
        before = self._held.get(key)
        if before is not None:
            self._held[key] = (before[0] + shown, before[1] + clicked)
        elif len(self._held) < MOST_HELD:
            self._held[key] = (shown, clicked)

    def _day(self, now: float) -> date:
        return datetime.fromtimestamp(now, self._zone).date()
