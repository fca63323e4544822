"""Strict reading of one JSON object by a table of its fields. Refusals name story, field, value and way out.

Knows how each type of field is checked, not which fields a story has.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import msgspec

from recommender.errors import StoryError, shown
from recommender.story.json_safety import json_problem, kind_of
from recommender.story.limits import Limits
from recommender.story.schema import LANGUAGE_TAG, SLUG, FieldType, ObjectType, StoryField
from recommender.story.text_safety import (
    decoded,
    forbidden_character,
    is_simple,
    is_web_url,
    line_break,
    markup_in,
    unbalanced_bidi,
    without_tags,
)
from recommender.story.timestamps import WHETHER, TimeFormatError, is_zero, parse_time

_LANGUAGE, _SLUG = re.compile(LANGUAGE_TAG), re.compile(SLUG)
_ENTRY = re.compile(r"\[\d+\]")  # a list's notes are of the list
_LONGEST_NAME = 60  # characters of a field's name that an error shows as they are
_NOT_KNOWN = object()  # stands for a word that makes its field one like any other
_REGION, _SCRIPT = 2, 4  # lengths of a language tag's parts, RFC 5646 section 2.1.1


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldContext:
    """What reading needs to know beside the object itself."""

    story: str  # its id, or where it stood while that is not known
    limits: Limits
    zone: tzinfo | None
    now: datetime
    notes: list[str] = field(default_factory=list)  # what was taken otherwise than it was sent


class _Reader:
    """Reads the fields of one object. All methods raise `StoryError`; None stands for absent."""

    def __init__(self, context: FieldContext, prefix: str = "") -> None:
        self._context, self._limits, self._prefix = context, context.limits, prefix

    def read(self, values: Mapping[str, object], table: ObjectType) -> dict[str, Any]:
        """Return the fields that are there; as `extra`, those that the table does not name."""
        read: dict[str, Any] = {}
        left = set()
        for each in table.fields:
            value = values.get(each.name)
            found = None if value is None else _READ[each.type](self, each, value)
            if found is _NOT_KNOWN:
                left.add(each.name)
            elif found is not None:
                read[each.name] = found
            elif each.needed:
                raise self._error(each.name, "", "is missing", each.needed)
        rest = {name: value for name, value in values.items() if name not in table.names or name in left}
        read["extra"] = self._rest(rest) if rest else rest
        return read

    def identity(self, each: StoryField, value: object) -> str | None:
        if isinstance(value, int) and not isinstance(value, bool):
            raise self._error(each.name, value, "is a number", f'send it as a string: "{value}"')
        text = self._text(each, value)
        if text is None:
            return None
        if text != text.strip():
            raise self._error(each.name, text, "has white space around it", "send it without")
        if character := line_break(text) or unbalanced_bidi(text, lone_closers=False):
            raise self._error(each.name, text, f"holds {character}", "remove it")
        return text

    def line(self, each: StoryField, value: object) -> str | None:
        """Read text that a page shows in one place: bidi marks closed, no space around.

        Character references are decoded, once, and tags dropped: feeds and CMSs send headlines as their pages
        hold them.
        """
        if isinstance(value, str) and is_simple(value) and len(value) <= getattr(self._limits, each.limit):
            return value.strip() or None
        return self._plain(each.name, self._text(each, value))

    def reference(self, each: StoryField, value: object) -> str | None:
        """Read the id or the address of another story, which stays as it is."""
        text = self._text(each, value)
        return None if text is None else self._checked(each.name, text)

    def prose(self, each: StoryField, value: object) -> str | None:
        """Read plain text of any number of paragraphs. Tags in it are text."""
        text = self._text(each, value)
        if text is not None and (character := unbalanced_bidi(text, lone_closers=True)):
            raise self._error(each.name, text, f"leaves {character} open", "close or remove it")
        return text

    def lines(self, each: StoryField, value: object) -> tuple[str, ...]:
        """Read a list of short texts, as `line` reads them; blank ones are left out."""
        read = []
        for place, entry in enumerate(self._list(each, value)):
            if isinstance(entry, str) and is_simple(entry) and len(entry) <= self._limits.name:
                read += [stripped] if (stripped := entry.strip()) else []
                continue
            name = f"{each.name}[{place}]"
            text = self._plain(name, self._text_of(name, entry, self._limits.name))
            if text is not None:
                read.append(text)
        return tuple(read)

    def references(self, each: StoryField, value: object) -> object:
        """Read ids and addresses of other stories, each once, in a list or by their languages."""
        if isinstance(value, Mapping):
            if any(not isinstance(entry, str | None) for entry in value.values()):
                return _NOT_KNOWN  # such as translated texts: a field like any other
            value = [entry for entry in value.values() if entry is not None]
        named = {f"{each.name}[{at}]": entry for at, entry in enumerate(self._list(each, value))}
        texts = {name: self._text_of(name, entry, self._limits.url) for name, entry in named.items()}
        return tuple(dict.fromkeys(self._checked(name, text) for name, text in texts.items() if text))

    def language(self, each: StoryField, value: object) -> str | None:
        """Read a BCP 47 language tag, in its usual letter case, with hyphens."""
        text = self._text(each, value)
        if text is None:
            return None
        if not _LANGUAGE.fullmatch(text):
            way_out = 'send a BCP 47 tag such as "en" or "pt-BR"'
            raise self._error(each.name, text, "is no language tag", way_out)
        first, *rest = text.lower().replace("_", "-").split("-")
        cased = {_REGION: str.upper, _SCRIPT: str.title}
        return "-".join([first, *(cased.get(len(part), str.lower)(part) for part in rest)])

    def slug(self, each: StoryField, value: object) -> str | None:
        text = self._text(each, value)
        if text is not None and not _SLUG.fullmatch(text):
            way_out = 'send lower-case letters and hyphens, such as "fact-check"'
            raise self._error(each.name, text, "is no slug", way_out)
        return text

    def choice(self, each: StoryField, value: object) -> str | None:
        word = self.slug(each, value)
        if word is not None and word not in each.words:
            raise self._error(each.name, word, "is not known", f"send one of {', '.join(each.words)}")
        return word and each.words[word]

    def open_choice(self, each: StoryField, value: object) -> object:
        text = self._text(each, value)
        return None if text is None else each.words.get(text.strip().lower(), _NOT_KNOWN)

    def url(self, each: StoryField, value: object) -> str | None:
        text = self._text(each, value)
        if text is not None and not is_web_url(text):
            way_out = "send an absolute http or https URL, or leave it out"
            raise self._error(each.name, text, "is no web address", way_out)
        return text

    def flag(self, each: StoryField, value: object) -> bool:
        if not isinstance(value, bool):
            raise self._error(each.name, value, "is not true or false", "send true or false without quotes")
        return value

    def moment(self, each: StoryField, value: object) -> datetime | None:
        """Read a time, and refuse one that no story is published at."""
        time, limits = self.time(each, value), self._limits
        if time is not None and is_zero(time):
            way_out = "send the real one; of that very day, with its hour"
            raise self._error(each.name, value, "is the zero of a database", way_out)
        if time is not None and time.year < limits.earliest_year:
            raise self._error(
                each.name, value, f"lies before the year {limits.earliest_year}", "check the date"
            )
        if time is not None and time > self._context.now.astimezone(UTC) + timedelta(days=limits.days_ahead):
            problem = f"lies more than {limits.days_ahead} days ahead"
            raise self._error(each.name, value, problem, "check the date, or send the story nearer to it")
        return time

    def time(self, each: StoryField, value: object) -> datetime | None:
        """Read an RFC 3339 time into UTC."""
        if isinstance(value, bool):
            raise self._error(each.name, value, f"is {kind_of(value)}, not text", WHETHER[1])
        text = self._text(each, value)
        try:
            return None if text is None else parse_time(text, self._context.zone)
        except TimeFormatError as error:
            raise self._error(each.name, text, error.problem, error.way_out) from error

    def record(self, each: StoryField, value: object) -> dict[str, Any]:
        return self._inner(each.name, each.of, value)

    def records(self, each: StoryField, value: object) -> list[dict[str, Any]]:
        named = ((f"{each.name}[{at}]", entry) for at, entry in enumerate(self._list(each, value)))
        return [self._inner(name, each.of, entry) for name, entry in named]

    def _inner(self, name: str, table: ObjectType | None, value: object) -> dict[str, Any]:
        if not isinstance(value, Mapping) or table is None:
            problem = f"is {kind_of(value)}, not an object"
            raise self._error(name, value, problem, "send an object or leave it out")
        return _Reader(self._context, f"{self._prefix}{name}.").read(value, table)

    def _rest(self, rest: dict[str, object]) -> dict[str, object]:
        """Return the fields that are not known, checked to be JSON of bearable size."""
        for name, value in rest.items():
            if problem := json_problem({name: value}, self._limits.depth):
                raise self._error(_printable(name), value, problem, "send a simpler value, or leave it out")
        size = len(msgspec.json.encode(rest))
        if size > self._limits.extra:
            names = ", ".join(sorted(rest))
            problem = f"take {size:,} bytes, more than {self._limits.extra:,}"
            raise self._error("further fields", names, problem, "send only the fields that are needed")
        return rest

    def _error(self, name: str, value: object, problem: str, way_out: str) -> StoryError:
        return StoryError(self._context.story, f"{self._prefix}{name}", value, problem, way_out)

    def _text(self, each: StoryField, value: object) -> str | None:
        return self._text_of(each.name, value, getattr(self._limits, each.limit))

    def _text_of(self, name: str, value: object, limit: int) -> str | None:
        if value is None:
            return None
        if not isinstance(value, str):
            problem = f"is {kind_of(value)}, not text"
            raise self._error(name, value, problem, "send a string or leave it out")
        if len(value) > limit:
            problem = f"has {len(value):,} characters, more than {limit:,}"
            raise self._error(name, value, problem, "shorten it, or raise the limit in the settings")
        if not value.isprintable() and (character := forbidden_character(value)):
            raise self._error(name, value, f"holds {character}", "remove it; check how the text was decoded")
        return value if value and not value.isspace() else None

    def _plain(self, name: str, text: str | None) -> str | None:
        """Return a text as readers see it, or None where that is blank."""
        if text is None:
            return None
        if (plain := decoded(text)) is not text and (character := forbidden_character(plain)):
            raise self._error(name, text, f"holds {character} as a character reference", "remove it")
        if markup_in(plain):
            self._context.notes.append(f"tags dropped from {_ENTRY.sub('', self._prefix + name)}")
            plain = without_tags(plain)
        return self._checked(name, plain) or None

    def _checked(self, name: str, text: str) -> str:
        if character := unbalanced_bidi(text, lone_closers=False):
            raise self._error(name, text, f"has an unpaired {character}", "close or remove it")
        if tag := markup_in(text):
            raise self._error(name, text, f"holds HTML markup ({tag})", "send plain text")
        return text.strip()

    def _list(self, each: StoryField, value: object) -> list[Any]:
        most = getattr(self._limits, each.limit)
        if not isinstance(value, list):
            problem = f"is {kind_of(value)}, not a list"
            raise self._error(each.name, value, problem, "send a list, such as []")
        if len(value) > most:
            problem = f"has {len(value):,} entries, more than {most:,}"
            raise self._error(each.name, value, problem, "send fewer")
        return value


_READ: Mapping[FieldType, Callable[[_Reader, StoryField, Any], object]] = {
    kind: getattr(_Reader, kind.name.lower()) for kind in FieldType
}


def read(values: Mapping[str, object], table: ObjectType, context: FieldContext) -> dict[str, Any]:
    """Return what an object holds, checked, by the names of its fields, without those that are absent.

    An absent field, a null and a blank text are the same. Objects in it are read likewise. ``extra`` holds
    the fields that the table does not name.

    Raises
    ------
    StoryError
        For the first field, in the order of the table, that is wrong.
    """
    return _Reader(context).read(values, table)


def read_identity(values: Mapping[str, object], each: StoryField, context: FieldContext) -> str:
    """Return what an object is called, by which errors of its other fields name it; raise `StoryError`."""
    value = values.get(each.name)
    found = None if value is None else _Reader(context).identity(each, value)
    if found is None:
        raise StoryError(context.story, each.name, value, "is missing", each.needed)
    return found


def _printable(name: object) -> str:
    """Return a field's name as an error may show it: the sender of the story chose it."""
    plain = isinstance(name, str) and name.isidentifier() and len(name) <= _LONGEST_NAME
    return str(name) if plain else shown(name)
