"""How a newsroom steers all of its blocks: rules are read, kept with who and when, and ended.

Ranks nothing: what a rule does to a block is in `recommender.engine.steering`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from typing import Any, TypedDict

from recommender.catalog.steering import SteeringRules
from recommender.engine.question import whole
from recommender.engine.requested_filters import AnswerFilter, Names, When, moment, names
from recommender.engine.steering import NO_STEERING, Steering, SteeringAct, SteeringRule
from recommender.errors import EditError, NotFoundError, shown
from recommender.newsroom.editor_names import check_name
from recommender.story.timestamps import format_time

STRENGTH, MOST_STRENGTH = 3.0, 10.0  # standard deviations: three put a story before nearly all others
MOST_DAYS = 100_000
_SELECTING = ("section", "tag", "kind", "language")
_MOVING = (SteeringAct.BOOST, SteeringAct.BURY)


class SteeringFields(TypedDict, total=False):
    """What a rule may say, by name. Of one name any may hold, of several names all.

    Attributes
    ----------
    section, tag, kind, language : str or iterable of str
        The stories that it is about, wherever they would be linked to; without any of these, all.
    story : str or iterable of str
        Ids or addresses of single stories.
    strength : float
        How far stories are boosted or buried: 3 by default, 10 at most.
    days : int
        How old stories may be.
    until : str, date or datetime
        The last day, or moment, of the rule; without it the rule holds until it is ended.
    """

    section: Names
    tag: Names
    kind: Names
    language: Names
    story: Names
    strength: float
    days: int
    until: When


@dataclass(frozen=True, slots=True, kw_only=True)
class SteeringEntry:
    """A rule as it was kept.

    Attributes
    ----------
    num : int
        The name by which `Newsroom.end_steering` ends it.
    act : SteeringAct
    fields : mapping
        What it says; see `SteeringFields`.
    by, at
        Who made it, and when.
    ends : datetime or None
        Its last moment.
    ended_by, ended_at
        Who ended it before, and when; None where nobody has.
    """

    num: int
    act: SteeringAct
    fields: Mapping[str, Any]
    by: str
    at: datetime
    ends: datetime | None = None
    ended_by: str | None = None
    ended_at: datetime | None = None

    def holds(self, now: float) -> bool:
        """Return whether blocks are steered by it at `now`, epoch seconds."""
        return self.ended_at is None and (self.ends is None or now <= self.ends.timestamp())

    @property
    def row(self) -> dict[str, Any]:
        """What it says, as it is kept."""
        ends = {} if self.ends is None else {"ends": int(self.ends.timestamp())}
        return {"act": self.act.value, **self.fields, **ends}

    def to_dict(self) -> dict[str, object]:
        """Return it as JSON objects."""
        times = {"at": self.at, "ends": self.ends, "ended_at": self.ended_at}
        told = {name: None if time is None else format_time(time) for name, time in times.items()}
        who = {"by": self.by, "ended_by": self.ended_by}
        return {"num": self.num, "act": self.act.value, **self.fields, **who, **told}


class SteeringDesk:
    """Makes and ends the rules of one archive.

    Parameters
    ----------
    rules : SteeringRules
        Where they are kept.
    zone : tzinfo or None
        Of days.
    now : callable
        Returns the present moment, epoch seconds.
    id_of : callable
        Returns the id of a held story by its id or address; raises `NotFoundError` where there is none.
    """

    def __init__(
        self, rules: SteeringRules, zone: tzinfo | None, now: Callable[[], int], id_of: Callable[[str], str]
    ) -> None:
        self._rules, self._zone, self._now, self._id_of = rules, zone, now, id_of

    def entries(self) -> list[SteeringEntry]:
        """Return all rules, oldest first, those that hold no more among them."""
        return [_entry(row) for row in self._rules.all()]

    def add(self, act: str, fields: SteeringFields, by: str) -> SteeringEntry:
        """Make a rule, unless one that holds says the same."""
        check_name(by)
        if act not in set(SteeringAct):
            raise EditError(f"there is no steering {shown(act)}; name one of {', '.join(SteeringAct)}")
        row, now = self._read(SteeringAct(act), fields), self._now()
        for entry in self.entries():
            if entry.holds(now) and entry.row == row:
                return entry
        num = self._rules.add(row | {"by": by}, now)
        return next(entry for entry in self.entries() if entry.num == num)

    def end(self, num: int, by: str) -> SteeringEntry:
        """End a rule, unless it was ended before."""
        check_name(by)
        self._rules.end(num, by, self._now())
        for entry in self.entries():
            if entry.num == num:
                return entry
        raise NotFoundError(f"there is no rule {num}; the list of rules has their numbers")

    def _read(self, act: SteeringAct, fields: SteeringFields) -> dict[str, Any]:
        known = SteeringFields.__annotations__
        if unknown := [name for name in fields if name not in known]:
            raise EditError(f"a rule has no {shown(unknown[0])}; it has {', '.join(known)}")
        row: dict[str, Any] = {"act": act.value} | self._stories(fields)
        about = row.keys() - {"act"}
        if act in _MOVING:
            if not about:
                raise EditError(f"{act} is about no story; name a section, tag, kind, language or story")
            row["strength"] = _strength(fields.get("strength", STRENGTH))
        elif act is SteeringAct.LIMIT_AGE:
            row["days"] = _days(fields.get("days"))
        elif act is SteeringAct.IGNORE_TAG and about != {"tag"}:
            raise EditError("ignore-tag is about tags alone; name one or more, and nothing else")
        meant = {"strength": act in _MOVING, "days": act is SteeringAct.LIMIT_AGE}
        for name, is_meant in meant.items():
            if name in fields and not is_meant:
                raise EditError(f"{act} has no {name}; strength is for boost and bury, days for limit-age")
        return row | self._ends(fields)

    def _stories(self, fields: SteeringFields) -> dict[str, Any]:
        """Return which stories a rule is about, checked."""
        given: dict[str, Any] = {name: fields[name] for name in _SELECTING if name in fields}  # type: ignore[literal-required]
        AnswerFilter.of(given)  # type: ignore[arg-type]
        found: dict[str, Any] = {name: list(names(name, value)) for name, value in given.items()}
        if "story" in fields:
            found["story"] = [self._id_of(name) for name in names("story", fields["story"])]
        return {name: value for name, value in found.items() if value}

    def _ends(self, fields: SteeringFields) -> dict[str, int]:
        ends = moment("until", fields.get("until"), self._zone, last=True)
        if ends is None:
            return {}
        if ends < self._now():
            raise EditError(f"until is {shown(fields.get('until'))}, which is past; give a day to come")
        return {"ends": ends}


def standing(rows: Iterable[Mapping[str, Any]]) -> Steering:
    """Return what steers blocks: the rules that nobody has ended, whenever they end."""
    rules = tuple(_rule(row) for row in rows if "ended_at" not in row)
    return Steering(rules) if rules else NO_STEERING


def _rule(row: Mapping[str, Any]) -> SteeringRule:
    which = {name: row[name] for name in _SELECTING if name in row}
    return SteeringRule(
        num=row["num"],
        act=SteeringAct(row["act"]),
        which=AnswerFilter.of(which),  # type: ignore[arg-type]
        stories=frozenset(row.get("story", ())),
        strength=row.get("strength", 0.0),
        days=row.get("days", 0),
        ends=row.get("ends"),
    )


def _entry(row: Mapping[str, Any]) -> SteeringEntry:
    fields = {name: row[name] for name in (*_SELECTING, "story", "strength", "days") if name in row}
    return SteeringEntry(
        num=row["num"],
        act=SteeringAct(row["act"]),
        fields=fields,
        by=row["by"],
        at=datetime.fromtimestamp(row["at"], UTC),
        ends=_time(row.get("ends")),
        ended_by=row.get("ended_by"),
        ended_at=_time(row.get("ended_at")),
    )


def _time(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def _strength(given: object) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float) or not 0 < given <= MOST_STRENGTH:
        raise EditError(f"strength is {shown(given)}; give a number above 0, {MOST_STRENGTH:g} at most")
    return float(given)


def _days(given: object) -> int:
    days = None if isinstance(given, bool) else whole(given)
    if days is None or not 1 <= days <= MOST_DAYS:
        raise EditError(f"days is {shown(given)}; give how old stories may be, a whole number from 1 up")
    return days
