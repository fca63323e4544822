"""What an editor does to a block, as the desk's links and forms say it; and who did something meanwhile."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from recommender.newsroom import Edited, EditorAct, EditorEvent, Newsroom, PlannedAct
from recommender.service import problems

MOST_UNDONE = 20  # acts that one click takes back
FIELDS = ("act", "target", "position", "instead", "events")
"""What a link or a form says of an act, by name."""

_PLAIN = {
    "unpin": EditorAct.UNPIN,
    "exclude": EditorAct.EXCLUDE,
    "include": EditorAct.INCLUDE,
    "freeze": EditorAct.FREEZE,
    "unfreeze": EditorAct.UNFREEZE,
}
_OF_BLOCKS = ("freeze", "unfreeze")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done to a block.

    Attributes
    ----------
    name : str
        ``pin``, ``swap``, ``exclude`` and so on.
    fields : mapping of str to str
        As a link or a form says it.
    acts : tuple of PlannedAct
        One after the other.
    undone : tuple of int
        Acts that are taken back first.
    """

    name: str
    fields: Mapping[str, str]
    acts: tuple[PlannedAct, ...] = ()
    undone: tuple[int, ...] = ()


def plan_of(read: Callable[[str], str]) -> Plan:
    """Return what a link or a form asks for; `read` returns a field of it, or nothing.

    Raises
    ------
    Problem
        422 when that is nothing that can be done.
    """
    fields = {name: value for name in FIELDS if (value := read(name))}
    name, target = fields.get("act", ""), fields.get("target", "")
    if name == "undo":
        return Plan(name, fields, undone=_numbers(fields.get("events", "")))
    if name in _OF_BLOCKS:
        return Plan(name, fields, (PlannedAct(act=_PLAIN[name]),))
    if not target:
        raise problems.invalid("target", target, "is none", "choose it on the page again")
    if name in _PLAIN:
        return Plan(name, fields, (PlannedAct(act=_PLAIN[name], target=target),))
    if name not in ("pin", "swap"):
        raise problems.invalid("act", name, "is nothing that can be done", "choose it on the page again")
    if name == "pin":
        position = _position(fields.get("position", ""))
        return Plan(name, fields, (PlannedAct(act=EditorAct.PIN, target=target, position=position),))
    place, _, instead = fields.get("instead", "").partition(" ")  # of the story that goes, and its id
    if not instead or instead == target:
        raise problems.invalid("instead", instead, "is none", "choose it on the page again")
    pin = PlannedAct(act=EditorAct.PIN, target=target, position=_position(place))
    return Plan(name, fields, (PlannedAct(act=EditorAct.EXCLUDE, target=instead), pin))


def perform(newsroom: Newsroom, source: str, plan: Plan, by: str) -> list[int]:
    """Do what is planned in the name of a person; return the numbers of the acts that changed something.

    What cannot be done as a whole, on this block, raises before any of it is written.
    """
    newsroom.rehearse(source, plan.acts, plan.undone)
    done = [newsroom.undo(num, by).event for num in plan.undone]
    done += [_perform(newsroom, source, planned, by).event for planned in plan.acts]
    return [num for num in done if num]


def _perform(newsroom: Newsroom, source: str, planned: PlannedAct, by: str) -> Edited:
    match planned.act:
        case EditorAct.PIN:
            return newsroom.pin(source, planned.target, planned.position or 1, by)
        case EditorAct.UNPIN:
            return newsroom.unpin(source, planned.target, by)
        case EditorAct.EXCLUDE:
            return newsroom.exclude(source, planned.target, by)
        case EditorAct.INCLUDE:
            return newsroom.include(source, planned.target, by)
        case EditorAct.FREEZE:
            return newsroom.freeze(source, by)
        case _:
            return newsroom.unfreeze(source, by)


def version_of(history: Sequence[EditorEvent]) -> str:
    """Return what changes with every act of an editor on a block, and with nothing else."""
    told = repr([(event.num, event.undone_at) for event in history])
    return hashlib.blake2b(told.encode(), digest_size=8).hexdigest()


@dataclass(frozen=True, slots=True)
class Latest:
    """What was done to a block last: the act, who did or undid it, and when."""

    event: EditorEvent
    by: str
    at: datetime
    is_undone: bool


def latest(history: Sequence[EditorEvent]) -> Latest | None:
    """Return what was done to a block last."""
    told = [Latest(event, event.by, event.at, False) for event in history]
    told += [
        Latest(event, event.undone_by or "", event.undone_at, True)
        for event in history
        if event.undone_at is not None
    ]
    return max(told, key=lambda one: (one.at, one.event.num, one.is_undone), default=None)


def numbers_of(text: str) -> list[int]:
    """Return the numbers in an address such as ``12,13``; what is none is left out."""
    return [int(word) for word in text.split(",") if word.isascii() and word.isdigit() and len(word) < 19]


def _numbers(text: str) -> tuple[int, ...]:
    found = tuple(dict.fromkeys(numbers_of(text)))
    if not 0 < len(found) <= MOST_UNDONE:
        raise problems.invalid("events", text, "is none", "choose it on the page again")
    return found


def _position(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 6:
        return int(text)
    raise problems.invalid("position", text, "is none", "give a number from 1 up")
