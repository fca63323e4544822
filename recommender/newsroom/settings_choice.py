"""How editors choose settings of blocks over those of the file: tried, saved with who and why, taken back.

Knows no page. What is chosen counts in every process at once; blocks are made anew behind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from recommender.archive.live_settings import CHOOSABLE, to_number
from recommender.catalog.chosen_settings import ChosenSettings
from recommender.catalog.setting_rows import in_words
from recommender.errors import ConflictError, EditError, NotFoundError, SettingsError, shown
from recommender.newsroom.editor_names import check_name
from recommender.newsroom.state import NewsroomState
from recommender.settings import Settings
from recommender.story.timestamps import format_time

LONGEST_NOTE = 500  # characters
MOST_SLOTS = 50  # of all blocks: more is a slip


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsChoice:
    """A choice as it was kept.

    Attributes
    ----------
    num : int
        From 1, without gaps; the last one holds.
    values : mapping of str to float
        All settings that are chosen from then on, whatever a file says; any other is as the file has it.
    by, note, at
        Who chose them, why, and when.
    puts_back : int or None
        The choice that this one took back; None where it is one of its own.
    """

    num: int
    values: Mapping[str, float]
    by: str
    note: str
    at: datetime
    puts_back: int | None = None

    @property
    def in_words(self) -> str:
        """What is chosen, on one line."""
        return in_words(self.values)

    def to_dict(self) -> dict[str, object]:
        """Return it as JSON objects."""
        told: dict[str, object] = {"num": self.num, "values": dict(self.values), "by": self.by}
        return told | {"note": self.note, "at": format_time(self.at), "puts_back": self.puts_back}


class SettingsDesk:
    """Keeps what is chosen for one archive."""

    def __init__(self, state: NewsroomState) -> None:
        self._state, self._live = state, state.archive.live_settings
        self._chosen = ChosenSettings(state.catalog)

    def choices(self, most: int | None = None) -> list[SettingsChoice]:
        """Return all choices, or so many of the newest, oldest first; the last one holds."""
        return [_choice(row) for row in self._chosen.all(most)]

    def read(self, values: Mapping[str, object]) -> Settings:
        """Return the settings that hold now, with some in place of theirs.

        Raises
        ------
        EditError
            When one is none that can be chosen, or its value impossible.
        """
        now = {name: getattr(self._live.current, name) for name in CHOOSABLE}
        return self.under(over(now, _read(values)))

    def under(self, chosen: Mapping[str, object]) -> Settings:
        """Return the settings as if these were chosen; raise `EditError` for an impossible one."""
        try:
            return self._live.under(chosen)
        except SettingsError as error:  # also of what holds: another version may have allowed it
            raise EditError(str(error)) from error

    def over_held(self, values: Mapping[str, object]) -> tuple[int, dict[str, float]]:
        """Return the number of the choice that holds, 0 for none, and all that is chosen with some over it.

        Raises as `read` does.
        """
        num, held = self._held()
        return num, over(held, _read(values))

    def choose(
        self, values: Mapping[str, object], by: str, note: str = "", after: int | None = None
    ) -> SettingsChoice:
        """Let settings hold from now on; those that are not named stay as they are.

        None in place of a value: as the file has it again. Does nothing where all is chosen already. Of two
        who chose in sight of the same choice (`after`, its number) the second is told, by a `ConflictError`;
        so is who chooses while readers compare settings.
        """
        num, held = self._held()
        chosen = over(held, _read(values))
        self.under(chosen)
        if num and chosen == held:
            return self._get(num)
        return self._keep(chosen, by, note, num if after is None else after)

    def put_back(self, num: int, by: str, after: int | None = None) -> SettingsChoice:
        """Let the settings hold that held before a choice; does nothing where they hold already."""
        self._get(num)
        values = self._get(num - 1).values if num > 1 else {}
        last, held = self._held()
        if values == held:
            return self._get(last)
        after = last if after is None else after
        return self._keep(values, by, f"as before choice {num}", after, puts_back=num)

    def _held(self) -> tuple[int, dict[str, float]]:
        newest = self._chosen.newest()
        return (0, {}) if newest is None else (newest["num"], newest["values"])

    def _get(self, num: int) -> SettingsChoice:
        row = self._chosen.get(num)
        if row is None:
            raise NotFoundError(f"there is no choice {num} of settings; the list has their numbers")
        return _choice(row)

    def _keep(
        self, values: Mapping[str, float], by: str, note: str, after: int, puts_back: int | None = None
    ) -> SettingsChoice:
        check_name(by)
        if len(note) > LONGEST_NOTE:
            raise EditError(f"the note has {len(note)} characters; say it in {LONGEST_NOTE}")
        row = {"values": dict(values), "by": by, "note": note.strip(), "at": int(self._state.engine.clock())}
        row |= {} if puts_back is None else {"puts_back": puts_back}
        num = self._chosen.add(row, after)
        self._live.look()
        if num is None:
            raise self._refused()
        return _choice(row | {"num": num})

    def _refused(self) -> ConflictError:
        """Return why a choice, or a comparison with what was held, is not kept."""
        if self._live.runs:
            return ConflictError("readers' clicks compare the settings that hold with others; end that first")
        last = self.choices(1)
        who = f"{last[0].by} chose settings meanwhile (choice {last[0].num})" if last else "no choice holds"
        return ConflictError(f"{who}; look at them, and choose again")


def over(held: Mapping[str, float], named: Mapping[str, float | None]) -> dict[str, float]:
    """Return what is chosen once some are named: what was held stays, but for what is to be as in the file.

    It is never compared with the file: that of another process, or its environment, may say something else.
    """
    return {name: value for name, value in {**held, **named}.items() if value is not None}


def _read(values: Mapping[str, object]) -> dict[str, float | None]:
    for name in values:
        if name not in CHOOSABLE:
            known = ", ".join(CHOOSABLE)
            raise EditError(f"{shown(name)} is none of the settings to choose; those are {known}")
    try:
        read = {name: to_number(name, value) for name, value in values.items() if value is not None}
        Settings(**read)  # type: ignore[arg-type]
    except SettingsError as error:
        raise EditError(str(error)) from error
    if read.get("slots", 0) > MOST_SLOTS:
        raise EditError(f"setting slots is {read['slots']:g}; give {MOST_SLOTS} at most")
    return dict.fromkeys(values) | read


def _choice(row: Mapping[str, Any]) -> SettingsChoice:
    told = {name: row[name] for name in ("num", "values", "by", "note")}
    at = datetime.fromtimestamp(row["at"], UTC)
    return SettingsChoice(**told, at=at, puts_back=row.get("puts_back"))
