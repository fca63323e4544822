"""The fields of a story and what each may be: the one place that says so.

`Story.from_json` reads by it; the types on the wire, their schemas and the tables of docs/story.md are made
from it. Knows neither how a value is checked nor HTTP.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property

from recommender.story.content_type import ContentType
from recommender.story.limits import Limits

# A language with what follows it, or a tag for private use; underscores are what locales write.
LANGUAGE_TAG = r"(?:[A-Za-z]{2,3}(?=[-_]|$)|[IXix](?=[-_]))(?:[-_][A-Za-z0-9]{1,8})*"
SLUG = r"[a-z0-9]+(?:-[a-z0-9]+)*"


class Status(StrEnum):
    """Where a story stands in its life. Readers may see only `PUBLISHED` and `CORRECTED`."""

    DRAFT = "draft"
    EMBARGOED = "embargoed"
    PUBLISHED = "published"
    CORRECTED = "corrected"
    RETRACTED = "retracted"
    EXPIRED = "expired"


class FieldType(StrEnum):
    """What the value of a field is, in words for people."""

    IDENTITY = "Text on one line, without white space around it"
    REFERENCE = "An id or an address"
    LINE = "Text without markup; `&amp;` and the like are decoded, once, and tags dropped"
    PROSE = "Text"
    LINES = "Texts without markup"
    REFERENCES = "Ids or addresses, in a list or by their languages"
    LANGUAGE = "A BCP 47 tag"
    SLUG = "Lower-case letters and figures, and hyphens between them"
    CHOICE = "One of the words"
    OPEN_CHOICE = "One of the words; with another it is a field that is not known"
    URL = "An absolute http or https URL"
    FLAG = "True or false"
    MOMENT = "A time of this era, in RFC 3339 with an offset"
    TIME = "A time, in RFC 3339 with an offset"
    RECORD = "An object"
    RECORDS = "Objects"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryField:
    """One field of an object.

    Parameters
    ----------
    name : str
    type : FieldType
    meaning : str
        A sentence.
    limit : str
        Which of `Limits` holds for its characters or entries.
    needed : str
        What to do where it is missing; empty where it may be.
    words : mapping of str to str
        Those that a choice is between, by how they are sent.
    examples : tuple of str
    of : ObjectType, optional
        What an object, or each object of a list, holds.
    """

    name: str
    type: FieldType
    meaning: str
    limit: str = "name"
    needed: str = ""
    words: Mapping[str, str] = field(default_factory=dict)
    examples: tuple[str, ...] = ()
    of: ObjectType | None = None


@dataclass(frozen=True, eq=False, kw_only=True)
class ObjectType:
    """What an object holds. Fields that are not named are kept and given back."""

    name: str
    meaning: str
    fields: tuple[StoryField, ...]

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of its fields."""
        return frozenset(each.name for each in self.fields)


T = FieldType
IMAGE = ObjectType(
    name="ImageIn",
    meaning="A story's picture.",
    fields=(
        StoryField(name="caption", type=T.LINE, limit="deck", meaning="Its caption."),
        StoryField(name="url", type=T.URL, limit="url", meaning="Its address."),
    ),
)
LINK = ObjectType(
    name="LinkIn",
    meaning="A link that stands in a story's text.",
    fields=(
        StoryField(
            name="target",
            type=T.REFERENCE,
            limit="url",
            meaning="The other story.",
            needed="name the id or the URL of the other story",
        ),
        StoryField(name="anchor", type=T.LINE, meaning="The words that are linked."),
        StoryField(
            name="curated",
            type=T.FLAG,
            meaning="Whether it stands in a block of related stories that an editor made.",
        ),
        StoryField(
            name="listed",
            type=T.FLAG,
            meaning="Whether that block is a long one: all its links together count as three.",
        ),
    ),
)
_NEEDED = "id, headline and published are needed in every story"
STORY = ObjectType(
    name="StoryIn",
    meaning="A story. Fields that are not named here are kept and given back.",
    fields=(
        StoryField(
            name="id",
            type=T.IDENTITY,
            limit="id",
            meaning="Your own name of the story.",
            needed=_NEEDED,
            examples=("story-17",),
        ),
        StoryField(name="headline", type=T.LINE, limit="headline", meaning="Its headline.", needed=_NEEDED),
        StoryField(
            name="published",
            type=T.MOMENT,
            meaning="When it came out, or will.",
            needed=_NEEDED,
            examples=("2022-10-13T17:47:00+06:00",),
        ),
        StoryField(
            name="status",
            type=T.CHOICE,
            meaning="Where it stands in its life, `published` without one. What PATCH has set "
            "stays until PATCH sets it anew; a story that is sent again may only hide itself further.",
            words={word.value: word for word in Status},
        ),
        StoryField(
            name="embargo_until",
            type=T.TIME,
            meaning="From this time on readers may see the story. An embargoed story needs it.",
        ),
        StoryField(name="url", type=T.URL, limit="url", meaning="The address of its page."),
        StoryField(name="deck", type=T.LINE, limit="deck", meaning="The text below the headline."),
        StoryField(
            name="body",
            type=T.PROSE,
            limit="body",
            meaning="Plain text with blank lines between paragraphs, which is kept unchanged; or HTML, of "
            "which paragraphs and links are taken.",
        ),
        StoryField(
            name="updated",
            type=T.MOMENT,
            meaning="When this version was made. One that was made earlier than what is held does not "
            "overwrite it; `published` counts where this is absent, and of two of one time the one "
            "sent last.",
        ),
        StoryField(
            name="language",
            type=T.LANGUAGE,
            meaning="The language that it is written in; without it, the language is detected from the text.",
            examples=("en", "pt-BR"),
        ),
        StoryField(name="section", type=T.LINE, meaning="Its section."),
        StoryField(name="tags", type=T.LINES, limit="entries", meaning="Its tags."),
        StoryField(name="authors", type=T.LINES, limit="entries", meaning="Who wrote it."),
        StoryField(
            name="kind",
            type=T.SLUG,
            meaning="Its form: news, opinion, live, explainer, ...; `news` without one.",
            examples=("news", "fact-check"),
        ),
        StoryField(
            name="image_caption",
            type=T.LINE,
            limit="deck",
            meaning="The picture's caption, where there is no `image`.",
        ),
        StoryField(name="image", type=T.RECORD, meaning="Its picture.", of=IMAGE),
        StoryField(name="expires", type=T.TIME, meaning="From this time on readers may not see the story."),
        StoryField(
            name="successor",
            type=T.IDENTITY,
            limit="id",
            meaning="Id of the story that takes the place of a retracted one.",
            examples=("story-18",),
        ),
        StoryField(
            name="canonical_url",
            type=T.URL,
            limit="url",
            meaning="The address that its page names as the canonical one.",
        ),
        StoryField(
            name="links",
            type=T.RECORDS,
            limit="links",
            meaning="The links in its text, and those of a block that an editor made. The engine learns from "
            "them.",
            of=LINK,
        ),
        StoryField(
            name="translations",
            type=T.REFERENCES,
            limit="translations",
            meaning="The stories that tell the same in other languages, as far as that is known; one that is "
            "not held yet is found when it comes.",
        ),
        StoryField(
            name="translation_of",
            type=T.REFERENCE,
            limit="url",
            meaning="The story of which it is a translation: one more of `translations`.",
        ),
        StoryField(
            name="translation_key",
            type=T.LINE,
            meaning="Any text that the translations of one story have in common, and no other story.",
            examples=("ferry-2024-05-01",),
        ),
        StoryField(
            name="sensitive", type=T.FLAG, meaning="It is legally sensitive: no link from it or to it."
        ),
        StoryField(name="never_link_from", type=T.FLAG, meaning="It has no block."),
        StoryField(name="never_link_to", type=T.FLAG, meaning="It stands in no block."),
        StoryField(
            name="content_type",
            type=T.OPEN_CHOICE,
            meaning="Whether the body is `html` or `text`; without it, the tags in the body decide.",
            words={"text/html": "html", "text/plain": "text", **{kind.value: kind for kind in ContentType}},
            examples=("html", "text"),
        ),
    ),
)


def markdown(table: ObjectType, limits: Limits) -> str:
    """Return the fields as a table for the documents."""
    lines = ["| field | what | at most | meaning |", "| --- | --- | --- | --- |"]
    return "\n".join([*lines, *(f"| {' | '.join(_cells(each, limits))} |" for each in table.fields)])


def _cells(each: StoryField, limits: Limits) -> Iterator[str]:
    yield f"**`{each.name}`**" if each.needed else f"`{each.name}`"
    yield f"{each.type}: {', '.join(each.words)}" if each.type is T.CHOICE else each.type.value
    yield _most(each, limits)
    yield each.meaning


def _most(each: StoryField, limits: Limits) -> str:
    if each.type in (T.CHOICE, T.FLAG, T.OPEN_CHOICE, T.RECORD, T.TIME):
        return ""
    if each.type is T.MOMENT:
        return f"from {limits.earliest_year} to {limits.days_ahead} days ahead"
    unit = "entries" if each.type in (T.LINES, T.REFERENCES, T.RECORDS) else "characters"
    return f"{getattr(limits, each.limit):,} {unit}"
