"""Readers' clicks compare the settings that hold with others: begun, told of and ended by an editor.

Knows no page and no beacon; how a block is drafted by two is in `team_draft`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from recommender.archive.live_settings import CHOOSABLE
from recommender.catalog.comparisons import Comparisons
from recommender.catalog.setting_rows import in_words
from recommender.errors import ConflictError, EditError, NotFoundError
from recommender.newsroom.editor_names import check_name
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
        return in_words(self.values)

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
        return [_entry(row) for row in self._comparisons.all()]

    def latest(self) -> ComparisonEntry | None:
        """Return the one that runs, or ran last; None where none has."""
        return next((_entry(row) for row in self._comparisons.all(1)), None)

    def start(self, values: Mapping[str, object], by: str, note: str = "") -> ComparisonEntry:
        """Let readers compare the settings that hold with some in place of theirs.

        Raises
        ------
        ConflictError
            When one runs, or settings were chosen meanwhile.
        EditError
            When nothing would differ, or a value is impossible.
        """
        live = self._state.archive.live_settings
        live.look()
        choice, chosen = self._settings_desk.over_held(values)
        tried = self._settings_desk.under(chosen)
        if all(getattr(live.current, name) == getattr(tried, name) for name in COMPARED):
            raise EditError(f"nothing would differ; move one of {', '.join(COMPARED)}")
        check_name(by)
        if len(note) > LONGEST_NOTE:
            raise EditError(f"the note has {len(note)} characters; say it in {LONGEST_NOTE}")
        now = self._now()
        chosen.pop("slots", None)
        row = {"values": chosen, "by": by, "note": note.strip()}
        if self._comparisons.start(row, now, self._since(now), choice) is None:
            live.look()
            if live.runs:
                raise ConflictError("a comparison runs already; end it first")
            raise ConflictError("settings were chosen meanwhile; look at them, and begin again")
        return self._followed()

    def stop(self, by: str, num: int | None = None) -> ComparisonEntry:
        """End the comparison that runs; all blocks are those of the settings that hold again.

        Parameters
        ----------
        by : str
            Who does it.
        num : int, optional
            Which one: where it has ended, it stays as it is. The one that runs by default.

        Raises
        ------
        NotFoundError
            When none runs, or there is none of this number.
        """
        check_name(by)
        if num is not None:
            named = next((entry for entry in self.entries() if entry.num == num), None)
            if named is None:
                raise NotFoundError(f"there is no comparison {num}; list them first")
            if named.ended_by is not None:
                return named
        now = self._now()
        if not self._comparisons.stop(by, now, self._since(now), num) and num is None:
            raise NotFoundError("no comparison runs; begin one first")
        return self._followed(num)

    def _followed(self, num: int | None = None) -> ComparisonEntry:
        self._state.archive.live_settings.look()
        told = self.entries() if num is not None else [_entry(self._comparisons.all(1)[0])]
        return next(entry for entry in told if num in (None, entry.num))

    def _now(self) -> int:
        return int(self._state.engine.clock())

    def _since(self, now: int) -> int:
        return now - (DAYS + 1) * 86_400


def _entry(row: Mapping[str, Any]) -> ComparisonEntry:
    at, ended = (
        None if row[name] is None else datetime.fromtimestamp(row[name], UTC) for name in ("at", "ended_at")
    )
    return ComparisonEntry(**{**row, "at": at, "ended_at": ended})
