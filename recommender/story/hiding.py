"""What keeps readers from a story: the fields of any publishing system that say so, whatever their spelling.

Knows what such fields are called and what may stand in them, not in what kind of source they do.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

from recommender.story import hiding_words as words
from recommender.story.schema import Status

_LETTERS = re.compile(r"[a-z]+")
_DEEPEST = 3  # objects in objects
_LONGEST = 80  # characters of a field's name
_MOST = 200  # entries of a list
_SHOWN = 60  # characters of a value that a message shows


class Effect(Enum):
    """What a field does to a story."""

    HIDES = auto()
    OPENS = auto()  # from the time that it holds readers may see it
    CLOSES = auto()  # from the time that it holds they may not
    DATES = auto()  # as `OPENS`, and what is no time says nothing
    UNLISTS = auto()  # readers may see it, and are not to be led to it
    UNCLEAR = auto()  # such a field may hide a story, and what this one says is not known


@dataclass(frozen=True, slots=True)
class Sign:
    """A field that keeps readers from a story, for some time or for good.

    Parameters
    ----------
    path : tuple of str
        The field's name as it was sent, behind those of the objects that it stands in.
    value : object
    effect : Effect
    status : Status
        Of a story that it hides.
    """

    path: tuple[str, ...]
    value: object
    effect: Effect
    status: Status = Status.DRAFT

    @property
    def name(self) -> str:
        """The field, for messages."""
        return ".".join(self.path)[:_LONGEST]

    @property
    def because(self) -> str:
        """Why it hides a story, in words. No password is shown."""
        said = self.text or ", ".join(sorted(_states(self.value)))
        shown = "set" if "pass" in self.name.lower() or not said else repr(said)[:_SHOWN]
        return f"its {self.name} is {shown}"

    @property
    def text(self) -> str:
        """What it holds, as text; of an object nothing."""
        return _text(self.value).strip()


def signs(fields: Mapping[str, object]) -> list[Sign]:
    """Return the fields that keep readers from a story; those that say that they may see it are none."""
    return list(_found(fields, ()))


def names_of(name: str) -> frozenset[str]:
    """Return what a field is called, in small letters and figures, also without what says no more of it."""
    return _names(_plain(name))


def hides(value: object) -> bool:
    """Return whether a flag that hides a story is set."""
    return _holds(value) or _text(value).strip().casefold() not in words.NO


def without(fields: Mapping[str, object], taken: list[Sign]) -> dict[str, object]:
    """Return fields without those of some signs."""
    left = dict(fields)
    for sign in taken:
        _drop(left, sign.path)
    return left


def _drop(fields: dict[str, object], path: tuple[str, ...]) -> None:
    name, *inner = path
    value = fields.get(name)
    if not inner:
        fields.pop(name, None)
    elif isinstance(value, Mapping):
        fields[name] = copy = dict(value)
        _drop(copy, tuple(inner))
    elif isinstance(value, list):
        fields[name] = [
            entry for entry in value if entry != inner[0] and (_pair(entry) or ("",))[0] != inner[0]
        ]


def _found(fields: Mapping[str, object], holders: tuple[str, ...]) -> Iterator[Sign]:
    for name, value in fields.items():
        if value is None:
            continue
        path, plain = (*holders, name), _plain(name)
        effect = None if plain in words.HOLDERS and _holds(value) else _effect(plain, value)
        if effect is not None:
            yield Sign(path, value, effect, _status(plain, value))
        elif len(path) < _DEEPEST:
            yield from _found(_held(name, plain, value), path)


def _held(name: str, plain: str, value: object) -> Mapping[str, object]:
    """Return the fields of an object, or a list, that says more of the story."""
    if plain in words.HOLDERS and isinstance(value, list):
        flags = {entry: True for entry in value[:_MOST] if isinstance(entry, str)}
        return flags | dict(filter(None, map(_pair, value[:_MOST])))
    is_holder = plain in words.HOLDERS or name.startswith("_")
    return value if is_holder and isinstance(value, Mapping) else {}


def _pair(entry: object) -> tuple[str, object] | None:
    """Return the name and the value of a field that is written as an object of both, else None."""
    if not isinstance(entry, Mapping):
        return None
    name = next((entry[key] for key in words.KEYS if isinstance(entry.get(key), str)), None)
    value = next((entry[key] for key in words.VALUES if key in entry), None)
    return None if name is None else (name, value)


def _plain(name: str) -> str:
    """Return a name as `hiding_words` writes it: letters with their marks, and figures."""
    letters = unicodedata.normalize("NFKC", name[:_LONGEST].casefold())
    return "".join(letter for letter in letters if unicodedata.category(letter)[0] in "LMN")


def _effect(plain: str, value: object) -> Effect | None:
    """Return what a field does; None where it keeps nobody from the story."""
    names = _names(plain)
    said = _text(value).strip().casefold()
    holds = _holds(value)
    if _opens(names):
        if said in words.YES or said == "never":
            return Effect.HIDES
        return Effect.OPENS if hides(value) else None
    if names & words.CLOSES:
        return Effect.CLOSES if hides(value) and said != "never" else None
    if _unlists(names, said, value):
        return Effect.UNLISTS
    if names & words.STATED:
        return _stated(value) if said or holds else None
    if names & words.HIDING or _set_at(names):
        return Effect.HIDES if hides(value) else None
    if said in words.NO and not holds:
        return Effect.HIDES if names & (words.SHOWING | words.SHOWING_IF_NO) else None
    if said in words.YES:
        return Effect.HIDES if names & words.HIDING_IF_YES else None
    if names & words.DATES:
        return Effect.HIDES if _plain(said) in words.STATES else Effect.DATES
    return Effect.UNCLEAR if names & words.SHOWING else None


def _unlists(names: frozenset[str], said: str, value: object) -> bool:
    """Return whether a field says that readers are not to be led to the story."""
    if names & words.ROBOTS:
        return tells_robots_off(said) or any(map(tells_robots_off, _texts(value)))
    is_left_out = bool(said and said in words.NO and names & words.LISTING)
    return is_left_out or bool(names & words.UNLISTING and hides(value))


def tells_robots_off(said: str) -> bool:
    """Return whether what robots are told of a page is not to list it: ``noindex, follow``."""
    return not words.NO_INDEX.isdisjoint(_LETTERS.findall(said.lower()))


def _texts(value: object) -> list[str]:
    """Return the texts in an object or a list."""
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return [entry for entry in inner if isinstance(entry, str)]


@lru_cache(4096)
def _names(plain: str) -> frozenset[str]:
    """Return a field's name, and what is left of it without what stands before it and says no more."""
    rests = (plain.removeprefix(start) for start in words.BEFORE if plain.startswith(start))
    return frozenset({plain}.union(*map(_names, filter(None, rests))))


def _opens(names: frozenset[str]) -> bool:
    return bool(names & words.OPENS) or any(name.startswith("embargo") for name in names)


def _set_at(names: frozenset[str]) -> frozenset[str]:
    """Return the flags whose names tell that they hold when they were set, without how these end."""
    return words.SET_AT & {name.removesuffix(end) for name in names for end in words.AT}


def _stated(value: object) -> Effect | None:
    """Return what a state or a visibility does: of several the strictest counts."""
    said = _states(value)
    if said and said <= words.PUBLIC:
        return None
    return Effect.HIDES if said & words.STATES else Effect.UNCLEAR


def _states(value: object) -> set[str]:
    """Return the words of a state: its own, those of a list, or that of an object."""
    if isinstance(value, Mapping):
        named = [value[name] for name in words.NAMED if isinstance(value.get(name), str)]
        return {_plain(name) for name in named[:1]}
    entries = value[:_MOST] if isinstance(value, list | tuple) else (value,)
    return {_plain(_text(entry)) for entry in entries}


def _status(plain: str, value: object) -> Status:
    """Return what a story is that is hidden so."""
    names = _names(plain)
    said = names | _set_at(names) | _states(value)
    if said & words.GONE:
        return Status.RETRACTED
    return Status.EXPIRED if "expired" in said else Status.DRAFT


def _holds(value: object) -> bool:
    """Return whether a value is an object or a list that is not empty."""
    return isinstance(value, Mapping | list | tuple) and bool(value)


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, Mapping | list | tuple):
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)
