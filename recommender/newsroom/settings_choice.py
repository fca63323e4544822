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
from recommender.errors import EditError, NotFoundError, SettingsError, shown
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
        return ", ".join(f"{name} {value:g}" for name, value in self.values.items()) or "as the file has them"

    def to_dict(self) -> dict[str, object]:
        """Return it as JSON objects."""
        told: dict[str, object] = {"num": self.num, "values": dict(self.values), "by": self.by}
        return told | {"note": self.note, "at": format_time(self.at), "puts_back": self.puts_back}


class SettingsDesk:
    """Keeps what is chosen for one archive."""

    def __init__(self, state: NewsroomState) -> None:
        self._state, self._live = state, state.archive.live_settings
        self._chosen = ChosenSettings(state.catalog)

    def choices(self) -> list[SettingsChoice]:
        """Return all choices, oldest first; the last one holds."""
        return [_choice(row) for row in self._chosen.all()]

    def read(self, values: Mapping[str, object]) -> Settings:
        """Return the settings that hold now, with some in place of theirs.

        Raises
        ------
        EditError
            When one is none that can be chosen, or its value impossible.
        """
        now = {name: getattr(self._live.current, name) for name in CHOOSABLE}
        return self._live.under(over(now, _read(values)))

    def over_held(self, values: Mapping[str, object]) -> dict[str, float]:
        """Return all that would be chosen with some in place of what is; raises as `read` does."""
        choices = self.choices()
        return over(choices[-1].values if choices else {}, _read(values))

    def choose(
        self, values: Mapping[str, object], by: str, note: str = "", after: int | None = None
    ) -> SettingsChoice:
        """Let settings hold from now on; those that are not named stay as they are.

        None in place of a value: as the file has it again. Does nothing where all is chosen already. Of two
        who chose in sight of the same choice (`after`, its number) the second is told.
        """
        choices = self.choices()
        chosen = over(choices[-1].values if choices else {}, _read(values))
        self._live.under(chosen)
        if choices and chosen == choices[-1].values:
            return choices[-1]
        return self._keep(chosen, by, note, len(choices) if after is None else after)

    def put_back(self, num: int, by: str, after: int | None = None) -> SettingsChoice:
        """Let the settings hold that held before a choice; does nothing where they hold already."""
        choices = self.choices()
        if not 1 <= num <= len(choices):
            raise NotFoundError(f"there is no choice {num} of settings; the list has their numbers")
        values = choices[num - 2].values if num > 1 else {}
        if values == choices[-1].values:
            return choices[-1]
        after = len(choices) if after is None else after
        return self._keep(values, by, f"as before choice {num}", after, puts_back=num)

    def _keep(
        self, values: Mapping[str, float], by: str, note: str, after: int, puts_back: int | None = None
    ) -> SettingsChoice:
        if self._live.compared is not None:
            raise EditError("readers' clicks compare the settings that hold with others; end that first")
        if not by.strip():
            raise EditError("nobody is named as the editor; say who does it")
        if len(note) > LONGEST_NOTE:
            raise EditError(f"the note has {len(note)} characters; say it in {LONGEST_NOTE}")
        row = {"values": dict(values), "by": by, "note": note.strip(), "at": int(self._state.engine.clock())}
        row |= {} if puts_back is None else {"puts_back": puts_back}
        num = self._chosen.add(row, after)
        if num is None:
            last = self.choices()[-1]
            raise EditError(
                f"{last.by} chose settings meanwhile (choice {last.num}); look at them, and choose again"
            )
        self._live.look()
        return _choice(row | {"num": num})


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
