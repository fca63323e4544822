"""Readers' clicks compare the settings that hold with others: begun, told of and ended by an editor.

Knows no page and no beacon; how a block is drafted by two is in `team_draft`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Any

from recommender.archive.live_settings import CHOOSABLE
from recommender.catalog.comparisons import TRIED, Comparisons, TeamClicks
from recommender.errors import EditError, NotFoundError
from recommender.newsroom.settings_choice import LONGEST_NOTE, SettingsDesk
from recommender.newsroom.state import NewsroomState
from recommender.newsroom.team_draft import DAYS
from recommender.story.timestamps import format_time

COMPARED = tuple(name for name in CHOOSABLE if name != "slots")
"""The settings that may differ: a block that two draft has as many slots as the settings that hold say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonEntry:
    """A comparison as it is kept, with what was counted by now.

    Attributes
    ----------
    num : int
        From 1, without gaps.
    values : mapping of str to float
        What is chosen in what is tried; any other setting is as the file has it.
    by, note, at
        Who began it, why, and when.
    ended_by, ended_at
        Who ended it, and when; None while it runs.
    wins, losses, ties : int
        Blocks on days on which what is tried was clicked more often, less often, and as often.
    clicks, clicks_now : int
        Clicks on slots of what is tried, and of what holds.
    """

    num: int
    values: Mapping[str, float]
    by: str
    note: str
    at: datetime
    ended_by: str | None
    ended_at: datetime | None
    wins: int
    losses: int
    ties: int
    clicks: int
    clicks_now: int

    @property
    def in_words(self) -> str:
        """What is tried, on one line."""
        return ", ".join(f"{name} {value:g}" for name, value in self.values.items()) or "as the file has them"

    def to_dict(self) -> dict[str, object]:
        """Return it as JSON objects."""
        told: dict[str, object] = {name: getattr(self, name) for name in self.__slots__}
        times = {"at": self.at, "ended_at": self.ended_at}
        return (
            told
            | {name: None if time is None else format_time(time) for name, time in times.items()}
            | {"values": dict(self.values)}
        )


class ComparisonDesk:
    """Begins and ends the comparisons of one archive, one at a time."""

    def __init__(self, state: NewsroomState, settings_desk: SettingsDesk) -> None:
        self._state, self._settings_desk = state, settings_desk
        self._comparisons = Comparisons(state.catalog)

    def entries(self) -> list[ComparisonEntry]:
        """Return all comparisons, oldest first, with what was counted of each."""
        return [_entry(row, self._comparisons.counts(row["num"])) for row in self._comparisons.all()]

    def latest(self) -> ComparisonEntry | None:
        """Return the one that runs, or ran last; None where none has."""
        rows = self._comparisons.all()
        return _entry(rows[-1], self._comparisons.counts(rows[-1]["num"])) if rows else None

    def start(self, values: Mapping[str, object], by: str, note: str = "") -> ComparisonEntry:
        """Let readers compare the settings that hold with some in place of theirs.

        Raises
        ------
        EditError
            When one runs, or nothing would differ, or a value is impossible.
        """
        live = self._state.archive.live_settings
        chosen = self._settings_desk.over_held(values)
        tried = live.under(chosen)
        if all(getattr(live.current, name) == getattr(tried, name) for name in COMPARED):
            raise EditError(f"nothing would differ; move one of {', '.join(COMPARED)}")
        if not by.strip():
            raise EditError("nobody is named as the editor; say who does it")
        if len(note) > LONGEST_NOTE:
            raise EditError(f"the note has {len(note)} characters; say it in {LONGEST_NOTE}")
        now = self._now()
        chosen.pop("slots", None)
        row = {"values": chosen, "by": by, "note": note.strip()}
        if self._comparisons.start(row, now, self._since(now)) is None:
            raise EditError("a comparison runs already; end it first")
        return self._followed()

    def stop(self, by: str) -> ComparisonEntry:
        """End the comparison that runs; all blocks are those of the settings that hold again.

        Raises `NotFoundError` where none runs.
        """
        now = self._now()
        if not self._comparisons.stop(by, now, self._since(now)):
            raise NotFoundError("no comparison runs; begin one first")
        return self._followed()

    def _followed(self) -> ComparisonEntry:
        self._state.archive.live_settings.look()
        return self.entries()[-1]

    def _now(self) -> int:
        return int(self._state.engine.clock())

    def _since(self, now: int) -> int:
        return now - (DAYS + 1) * 86_400


def _entry(row: Mapping[str, Any], counts: list[TeamClicks]) -> ComparisonEntry:
    apart = [
        sum(each.clicked if each.team == TRIED else -each.clicked for each in unit) for unit in _units(counts)
    ]
    clicks = sum(each.clicked for each in counts if each.team == TRIED)
    ended = row.get("ended_at")
    return ComparisonEntry(
        num=row["num"],
        values=row["values"],
        by=row["by"],
        note=row["note"],
        at=datetime.fromtimestamp(row["at"], UTC),
        ended_by=row.get("ended_by"),
        ended_at=None if ended is None else datetime.fromtimestamp(ended, UTC),
        wins=sum(each > 0 for each in apart),
        losses=sum(each < 0 for each in apart),
        ties=sum(not each for each in apart),
        clicks=clicks,
        clicks_now=sum(each.clicked for each in counts) - clicks,
    )


def _units(counts: list[TeamClicks]) -> Iterator[list[TeamClicks]]:
    """Yield the counts of each block and day: for each the coins were thrown anew."""
    for _, some in groupby(counts, key=lambda each: (each.day, each.source)):
        yield list(some)
