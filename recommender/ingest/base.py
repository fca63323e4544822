"""What every source of stories gives and is given: the protocol that a new kind is written to.

Knows stories and files, not what is done with what is found, nor any kind of source.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from pathlib import Path
from typing import BinaryIO, Protocol, runtime_checkable

from recommender.errors import StoryError
from recommender.story.content_type import ContentType
from recommender.story.limits import DEFAULT_LIMITS, Limits
from recommender.story.story import Link, Story

__all__ = [
    "ContentType",
    "CuratedLink",
    "Found",
    "Options",
    "Origin",
    "Refused",
    "Source",
    "found",
    "linked",
    "story_from",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a story came from: what every way back to its CMS needs.

    Parameters
    ----------
    kind : str
        The kind of the source, such as ``wordpress``.
    id, type, revision : str
        What the CMS calls the story, what it is there (``post``, ``page``), and its version; empty where the
        source does not say.
    place : str
        Where it stands in the source, for messages: ``export.xml: item 12``.
    """

    kind: str
    id: str = ""
    type: str = ""
    revision: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CuratedLink:
    """A link that an editor set in a block of related stories: `target` is an id or an address.

    A `listed` one stands in a long block.
    """

    target: str
    anchor: str | None = None
    listed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A story, checked, with the links of its text.

    Parameters
    ----------
    story : Story
        What `Story.from_json` has read.
    origin : Origin
        Where it came from.
    curated : tuple of CuratedLink
        The links of blocks of related stories that stand beside it, or were cut out of its text.
    notes : tuple of str
        What was dropped or believed, in words; a file's notes are counted and told once.
    """

    story: Story
    origin: Origin
    curated: tuple[CuratedLink, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refused:
    """One line, or one item, that is no story.

    Parameters
    ----------
    line : int
        Where it begins, from 1, blank lines counted; of an item of another format its place, from 1.
    id : str or None
        The story's id where the item has one.
    error : StoryError
        What is wrong, and the way out.
    raw : bytes
        The line, without its end; only its first 2,000 bytes when it is longer than the limit.
    place : str
        Where it stands, for messages, such as ``item 12``; ``line N`` when empty.
    """

    line: int
    id: str | None
    error: StoryError
    raw: bytes = b""
    place: str = ""

    @property
    def where(self) -> str:
        """Where it stands, for messages."""
        return self.place or f"line {self.line}"

    def to_json(self) -> dict[str, object]:
        """Return the refusal as JSON objects; bytes of `raw` that are not UTF-8 become backslash escapes."""
        return {
            "line": self.line,
            "id": self.id,
            "field": self.error.field,
            "problem": self.error.problem,
            "way_out": self.error.way_out,
            "raw": self.raw.decode("utf-8", errors="backslashreplace"),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a reader is told about a source beside its bytes.

    Parameters
    ----------
    zone : tzinfo or None
        The site's zone: of times that name none, or name it by an ambiguous abbreviation.
    url : str
        The site's address, for links that name no host; empty when it is not known.
    language : str or None
        Of stories that declare none.
    content_type : ContentType
        What bodies are.
    name : str
        What the source is called in messages: the name of a file, as a rule.
    limits : Limits
        How much a story may hold.
    now : datetime or None
        The present, aware; the clock's when None.
    path : Path or None
        Where the file is, in whatever way it was named; None for what is no file.
    passed : Counter of str
        What was read and is no story is counted in it, by what it is: pages, pictures, menus.
    """

    zone: tzinfo | None = None
    url: str = ""
    language: str | None = None
    content_type: ContentType = ContentType.AUTO
    name: str = "the input"
    limits: Limits = DEFAULT_LIMITS
    now: datetime | None = None
    path: Path | None = None
    passed: Counter[str] = field(default_factory=Counter, compare=False)


_NEEDS_ID = "give it a guid or an address (of a relative link, tell the site's address)"


@runtime_checkable
class Source(Protocol):
    """A kind of source: how it is told from others, and how it is read."""

    kind: str

    def recognises(self, head: bytes, name: str) -> bool:
        """Tell by its first bytes (64 KiB) whether a file is of this kind; `name` is only a hint."""
        ...

    def read(self, file: BinaryIO, options: Options) -> Iterator[Found | Refused]:
        """Yield what is in a file, in its order and in bounded memory.

        What is wrong with one story comes out as `Refused`; `SourceError` says that the file as a whole is
        not of this kind, or is torn.
        """
        ...


def linked(item: Found) -> Story:
    """Return a story with the links that its source holds beside it, as those that an editor set."""
    links = {link.target: link for link in item.story.links}
    for each in item.curated:
        link = Link(target=each.target, anchor=each.anchor, curated=True, listed=each.listed)
        links.setdefault(each.target, link)
    return (
        item.story
        if len(links) == len(item.story.links)
        else replace(item.story, links=tuple(links.values()))
    )


def story_from(values: object, options: Options, where: str, notes: list[str]) -> Story:
    """Return the story that JSON holds, as the options have it; raise `StoryError` where it is none.

    Its place is `where`; what was taken otherwise than it was sent is added to `notes`.
    """
    if options.language and isinstance(values, Mapping):
        values = {"language": options.language, **values}
    return Story.from_json(
        values,
        zone=options.zone,
        where=where,
        limits=options.limits,
        now=options.now,
        content_type=options.content_type,
        site=options.url or None,
        notes=notes,
    )


def found(
    values: Mapping[str, object],
    origin: Origin,
    options: Options,
    *,
    number: int = 1,
    curated: Sequence[CuratedLink] = (),
    notes: Sequence[str] = (),
) -> Found | Refused:
    """Return the story whose fields are `values`, as its JSON has them, or why it is none.

    Parameters
    ----------
    values : mapping
        The fields; a `body` may be HTML, whose links and blocks of related stories are taken out of it.
    origin : Origin
        Where it stands; `origin.place` names the story that has no id.
    options : Options
        Its language is the story's that declares none.
    number : int
        The story's place in the source, from 1.
    curated, notes
        What the reader has found beside the fields.
    """
    where = origin.place or f"item {number}"
    given = {name: value for name, value in values.items() if value is not None}
    noted = list(notes)
    if "id" not in given:
        trouble = StoryError(where, "id", None, "is missing", _NEEDS_ID)
        return Refused(number, None, trouble, b"", where)
    try:
        story = story_from(given, options, where, noted)
    except StoryError as error:
        id_ = values.get("id")
        return Refused(number, id_ if isinstance(id_, str) else None, error, b"", where)
    return Found(
        story=story,
        origin=origin if origin.place else replace(origin, place=where),
        curated=tuple(curated),
        notes=tuple(dict.fromkeys(noted)),
    )
