"""Strict reading of one JSON object, field by field. Refusals name story, field, value and way out.

Knows JSON and text, not which fields a story has.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, tzinfo

import msgspec

from recommender.errors import StoryError, shown
from recommender.story.json_safety import holds_more, repeated_name
from recommender.story.text_safety import (
    decoded,
    forbidden_character,
    is_web_url,
    line_break,
    markup_in,
    unbalanced_bidi,
    without_tags,
)
from recommender.story.timestamps import TimeFormatError, parse_time

MOST_VALUES = 50_000  # of a story, several times what its own fields can hold

# A language with what follows it, or a tag for private use; underscores are what locales write.
_LANGUAGE = re.compile(r"(?:[A-Za-z]{2,3}(?=[-_]|$)|[IXix](?=[-_]))(?:[-_][A-Za-z0-9]{1,8})*")
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_ENTRY = re.compile(r"\[\d+\]")  # a list's notes are of the list
_SURROGATE_OR_NUL = re.compile("[\x00\ud800-\udfff]")
_JSON_SCALARS = (str, int, float, bool, type(None))
_LONGEST_NAME = 60  # characters of a field's name that an error shows as they are
_REGION, _SCRIPT = 2, 4  # lengths of a language tag's parts, RFC 5646 section 2.1.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one story may hold. Sizes are in characters but for the last two, which are in bytes.

    The numbers are far above what a newsroom writes (the longest of 2,970 seed stories has 104,182
    characters) and below what would let one story starve the others.
    """

    id: int = 512
    url: int = 4_096
    headline: int = 1_000
    deck: int = 10_000
    body: int = 2_000_000
    name: int = 1_000  # one tag, author, section, anchor
    entries: int = 200  # tags, and authors
    links: int = 2_000
    depth: int = 32
    earliest_year: int = 1600  # the first newspaper came out in 1605
    days_ahead: int = 366
    extra: int = 100_000
    line: int = 16 * 1024 * 1024


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldContext:
    """What reading needs to know beside the object itself."""

    story: str  # its id, or where it stood while that is not known
    limits: Limits
    zone: tzinfo | None
    now: datetime
    notes: list[str] = field(default_factory=list)  # what was taken otherwise than it was sent


def decode(raw: bytes | str, *, where: str) -> object:
    """Decode one JSON text; raise `StoryError` if it is not JSON in UTF-8."""
    way_out = "send one JSON object in UTF-8"
    if holds_more(raw, MOST_VALUES):
        problem = f"holds more than {MOST_VALUES:,} values"
        raise StoryError(where, "text", raw, problem, "send a story's own fields, one story at a time")
    try:
        values = msgspec.json.decode(raw)
        if name := repeated_name(raw):
            raise StoryError(where, "text", name, "holds a name twice", "send each field once")
        return values
    except (UnicodeDecodeError, UnicodeEncodeError) as error:
        raise StoryError(where, "text", raw, f"is not UTF-8 ({error.reason})", way_out) from error
    except msgspec.DecodeError as error:
        raise StoryError(where, "text", raw, f"is not JSON ({error})", way_out) from error
    except RecursionError as error:
        raise StoryError(where, "text", raw, "is nested too deeply", "send a flat object") from error


class Fields:
    """The fields of one JSON object. Each method reads one, checks it, and notes that it is known.

    All methods raise `StoryError`. An absent field, a null and a blank text are the same.
    """

    def __init__(self, values: Mapping[str, object], context: FieldContext, prefix: str = "") -> None:
        self._values, self._context, self._prefix = values, context, prefix
        self._known: set[str] = set()

    def error(self, name: str, value: object, problem: str, way_out: str) -> StoryError:
        """Return the refusal of field `name`."""
        return StoryError(self._context.story, f"{self._prefix}{name}", value, problem, way_out)

    def note(self, what: str) -> None:
        """Note, in words, what was taken otherwise than it was sent."""
        self._context.notes.append(what)

    def word(self, name: str, known: Mapping[str, str]) -> str | None:
        """Read one of some words; any other text is left, as a field that is not known."""
        text = self._text(name, self._values.get(name), self._context.limits.name)
        if text is not None and text.strip().lower() not in known:
            return None
        self._known.add(name)
        return None if text is None else known[text.strip().lower()]

    def required(self, name: str, value: object) -> StoryError:
        """Return the refusal of a story that lacks field `name`."""
        return self.error(name, value, "is missing", "id, headline and published are needed in every story")

    def identity(self, name: str) -> str | None:
        """Read a story's id: one line, no white space around it."""
        value = self._take(name)
        if isinstance(value, int) and not isinstance(value, bool):
            raise self.error(name, value, "is a number", f'send it as a string: "{value}"')
        text = self._text(name, value, self._context.limits.id)
        if text is None:
            return None
        if text != text.strip():
            raise self.error(name, text, "has white space around it", "send it without")
        self._single_line(name, text)
        return text

    def line(self, name: str, limit: int) -> str | None:
        """Read text that a page shows in one place: bidi marks closed, no space around.

        Character references are decoded, once, and tags dropped: feeds and CMSs send headlines as their pages
        hold them.
        """
        return self._plain(name, self._text(name, self._take(name), limit))

    def reference(self, name: str, limit: int) -> str | None:
        """Read the id or the address of another story, which stays as it is."""
        text = self._text(name, self._take(name), limit)
        return None if text is None else self._checked(name, text)

    def prose(self, name: str, limit: int) -> str | None:
        """Read plain text of any number of paragraphs. Tags in it are text."""
        text = self._text(name, self._take(name), limit)
        if text is not None and (character := unbalanced_bidi(text, lone_closers=True)):
            raise self.error(name, text, f"leaves {character} open", "close or remove it")
        return text

    def lines(self, name: str, most: int) -> tuple[str, ...]:
        """Read a list of short texts, as `line` reads them; blank ones are left out."""
        return tuple(self._names(name, self._list(name, most)))

    def language(self, name: str) -> str | None:
        """Read a BCP 47 language tag, in its usual letter case, with hyphens."""
        text = self._text(name, self._take(name), self._context.limits.name)
        if text is None:
            return None
        if not _LANGUAGE.fullmatch(text):
            raise self.error(name, text, "is no language tag", 'send a BCP 47 tag such as "en" or "pt-BR"')
        first, *rest = text.lower().replace("_", "-").split("-")
        cased = {_REGION: str.upper, _SCRIPT: str.title}
        return "-".join([first, *(cased.get(len(part), str.lower)(part) for part in rest)])

    def slug(self, name: str, default: str) -> str:
        """Read a lower-case word such as ``live`` or ``fact-check``."""
        text = self._text(name, self._take(name), self._context.limits.name)
        if text is None:
            return default
        if not _SLUG.fullmatch(text):
            raise self.error(
                name, text, "is no slug", 'send lower-case letters and hyphens, such as "fact-check"'
            )
        return text

    def url(self, name: str) -> str | None:
        """Read an absolute http(s) URL."""
        text = self._text(name, self._take(name), self._context.limits.url)
        if text is not None and not is_web_url(text):
            raise self.error(
                name, text, "is no web address", "send an absolute http or https URL, or leave it out"
            )
        return text

    def flag(self, name: str) -> bool:
        """Read true or false; absent is false."""
        value = self._take(name)
        if value is None:
            return False
        if not isinstance(value, bool):
            raise self.error(name, value, "is not true or false", "send true or false without quotes")
        return value

    def time(self, name: str, *, bounded: bool) -> datetime | None:
        """Read an RFC 3339 time into UTC; with `bounded`, refuse one that no story is published at."""
        text = self._text(name, self._take(name), self._context.limits.name)
        if text is None:
            return None
        try:
            time = parse_time(text, self._context.zone)
        except TimeFormatError as error:
            raise self.error(name, text, error.problem, error.way_out) from error
        if bounded:
            self._check_bounds(name, text, time)
        return time

    def child(self, name: str) -> Fields | None:
        """Read a nested object."""
        value = self._take(name)
        return None if value is None else self._child(name, value)

    def children(self, name: str, most: int) -> list[Fields]:
        """Read a list of nested objects."""
        return [self._child(f"{name}[{place}]", value) for place, value in enumerate(self._list(name, most))]

    def rest(self) -> dict[str, object]:
        """Return the fields that nobody has read, checked to be JSON of bearable size."""
        rest = {name: value for name, value in self._values.items() if name not in self._known}
        if not rest:
            return rest
        limits = self._context.limits
        for name, value in rest.items():
            if problem := _json_problem({name: value}, limits.depth):
                raise self.error(_printable(name), value, problem, "send a simpler value, or leave it out")
        size = len(msgspec.json.encode(rest))
        if size > limits.extra:
            names = ", ".join(sorted(rest))
            problem = f"take {size:,} bytes, more than {limits.extra:,}"
            raise self.error("further fields", names, problem, "send only the fields that are needed")
        return rest

    def _take(self, name: str) -> object:
        self._known.add(name)
        return self._values.get(name)

    def _text(self, name: str, value: object, limit: int) -> str | None:
        if value is None:
            return None
        if not isinstance(value, str):
            raise self.error(name, value, f"is {_kind_of(value)}, not text", "send a string or leave it out")
        if len(value) > limit:
            problem = f"has {len(value):,} characters, more than {limit:,}"
            raise self.error(name, value, problem, "shorten it, or raise the limit in the settings")
        if character := forbidden_character(value):
            raise self.error(
                name, value, f"holds {character}", "remove it, and check how the text was decoded"
            )
        return value if value and not value.isspace() else None

    def _plain(self, name: str, text: str | None) -> str | None:
        """Return a text as readers see it, or None where that is blank."""
        if text is None:
            return None
        plain = decoded(text)
        if plain is not text and (character := forbidden_character(plain)):
            raise self.error(name, text, f"holds {character} as a character reference", "remove it")
        if markup_in(plain):
            self.note(f"tags dropped from {_ENTRY.sub('', self._prefix + name)}")
            plain = without_tags(plain)
        return self._checked(name, plain) or None

    def _checked(self, name: str, text: str) -> str:
        if character := unbalanced_bidi(text, lone_closers=False):
            raise self.error(name, text, f"has an unpaired {character}", "close or remove it")
        if tag := markup_in(text):
            raise self.error(name, text, f"holds HTML markup ({tag})", "send plain text")
        return text.strip()

    def _single_line(self, name: str, text: str) -> None:
        if character := line_break(text) or unbalanced_bidi(text, lone_closers=False):
            raise self.error(name, text, f"holds {character}", "remove it")

    def _list(self, name: str, most: int) -> list[object]:
        value = self._take(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.error(name, value, f"is {_kind_of(value)}, not a list", "send a list, such as []")
        if len(value) > most:
            raise self.error(name, value, f"has {len(value):,} entries, more than {most:,}", "send fewer")
        return value

    def _names(self, name: str, values: list[object]) -> Iterator[str]:
        for place, value in enumerate(values):
            entry = f"{name}[{place}]"
            text = self._plain(entry, self._text(entry, value, self._context.limits.name))
            if text is not None:
                yield text

    def _child(self, name: str, value: object) -> Fields:
        if not isinstance(value, Mapping):
            raise self.error(
                name, value, f"is {_kind_of(value)}, not an object", "send an object or leave it out"
            )
        return Fields(value, self._context, f"{self._prefix}{name}.")

    def _check_bounds(self, name: str, text: str, time: datetime) -> None:
        limits, now = self._context.limits, self._context.now
        if time.year < limits.earliest_year:
            raise self.error(name, text, f"lies before the year {limits.earliest_year}", "check the date")
        if time > now.astimezone(UTC) + timedelta(days=limits.days_ahead):
            problem = f"lies more than {limits.days_ahead} days ahead"
            raise self.error(name, text, problem, "check the date, or send the story nearer to it")


def _json_problem(value: object, depth: int) -> str | None:
    """Return why `value` cannot be kept as JSON of at most `depth` levels, or None."""
    if depth < 0:
        return "is nested too deeply"
    if isinstance(value, str):
        bad = _SURROGATE_OR_NUL.search(value)
        return None if bad is None else f"holds U+{ord(bad.group()):04X}"
    if isinstance(value, float) and not math.isfinite(value):
        return "is no JSON number"
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            return "has a key that is not text"
        inner = [*value.keys(), *value.values()]
    elif isinstance(value, list):
        inner = value
    else:
        return None if isinstance(value, _JSON_SCALARS) else f"is {_kind_of(value)}, which JSON does not know"
    return next(filter(None, (_json_problem(entry, depth - 1) for entry in inner)), None)


def _printable(name: str) -> str:
    """Return a field's name as an error may show it: whoever sent the story chose it."""
    return name if name.isidentifier() and len(name) <= _LONGEST_NAME else shown(name)


_KINDS = (
    (bool, "true or false"),
    (str, "text"),
    (int | float, "a number"),
    (list, "a list"),
    (Mapping, "an object"),
)


def _kind_of(value: object) -> str:
    return next((name for kind, name in _KINDS if isinstance(value, kind)), type(value).__name__)
