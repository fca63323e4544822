"""What a story is, how it is read from JSON and written back. Knows nothing of archives, vectors, ranking."""

from __future__ import annotations

import hashlib
import math
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from itertools import islice
from typing import Any

import msgspec

from recommender.errors import StoryError
from recommender.story.languages import Language
from recommender.story.limits import DEFAULT_LIMITS, Limits
from recommender.story.markup import ContentType, read_body, reads_as_markup
from recommender.story.parsing import FieldContext, decode, read, read_identity
from recommender.story.schema import STORY, Status
from recommender.story.text_safety import encoded
from recommender.story.timestamps import format_time

__all__ = [
    "NEVER",
    "STANDING",
    "ContentType",
    "Image",
    "Limits",
    "Link",
    "Status",
    "Story",
    "content_hash",
    "text_hash",
    "visible_window",
    "words_hash",
]

_IDENTITY = STORY.fields[0]
DEFAULT_KIND = "news"
_DECK_START = 80  # characters; two different paragraphs that agree for so long have not been seen
ALWAYS_UNTIL = 2**63 - 1  # the largest int64: index and store hold windows as int64 columns
NEVER = (ALWAYS_UNTIL, 0)


STANDING = ("status", "embargo_until", "expires", "successor")
"""The fields of a story that say where it stands in its life."""


_NEVER_VISIBLE = frozenset({Status.DRAFT, Status.RETRACTED, Status.EXPIRED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A story's picture. Either part may be unknown."""

    url: str | None = None
    caption: str | None = None
    extra: Mapping[str, object] = field(default_factory=dict, hash=False)

    def to_json(self, text: Callable[[str], str] = encoded) -> dict[str, object]:
        """Return the image as JSON objects; `extra` beside what we know. For `text` see `Story.to_json`."""
        return {**self.extra, **_without_none(url=self.url, caption=self.caption and text(self.caption))}


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link that stands in a story's text: `target` is the id or the URL of the other story.

    A `curated` one stood in a block of related stories, where an editor had set it.
    """

    target: str
    anchor: str | None = None
    curated: bool = False
    extra: Mapping[str, object] = field(default_factory=dict, hash=False)

    def to_json(self) -> dict[str, object]:
        """Return the link as JSON objects; `extra` beside what we know."""
        return {
            **self.extra,
            **_without_none(
                target=self.target,
                anchor=self.anchor and encoded(self.anchor),
                curated=self.curated or None,
            ),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One article. Times are timezone-aware and in UTC. `extra` keeps the fields that we do not know.

    Made by `from_json`, a story is checked. Made by hand, it is checked by `checked` before it is kept.
    Its texts are what readers see: `from_json` decodes HTML's character references, by hand nothing does.
    Both drop tags from headlines and the like, and make paragraphs and links of a body that is HTML, unless
    `content_type` says ``text``: so a body is marked that is plain text and would be taken for HTML.
    `spoken` is no part of what it says: the catalog keeps there in what language it found the story to be.
    """

    id: str
    headline: str
    published: datetime
    url: str | None = None
    deck: str = ""
    body: str = ""
    updated: datetime | None = None
    language: str | None = None
    section: str | None = None
    tags: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    kind: str = DEFAULT_KIND
    image: Image | None = None
    status: Status = Status.PUBLISHED
    embargo_until: datetime | None = None
    expires: datetime | None = None
    successor: str | None = None
    canonical_url: str | None = None
    links: tuple[Link, ...] = ()
    sensitive: bool = False
    never_link_from: bool = False
    never_link_to: bool = False
    content_type: str | None = None
    extra: Mapping[str, object] = field(default_factory=dict, hash=False)
    spoken: Language | None = field(default=None, compare=False, repr=False)

    @property
    def text(self) -> str:
        """All that is said below the headline: deck, body and the picture's caption, as paragraphs.

        A deck that is the body's beginning is not repeated: compared by the words of its first `_DECK_START`
        characters, whatever the white space, since a deck is often the first paragraph, cut short.
        """
        deck = "" if _begins_with(self.body, self.deck) else self.deck.strip()
        caption = self.image.caption if self.image and self.image.caption else ""
        return "\n\n".join(part for part in (deck, self.body.strip(), caption) if part)

    @classmethod
    def from_json(
        cls,
        source: object,
        *,
        zone: tzinfo | None = None,
        where: str = "without id",
        limits: Limits = DEFAULT_LIMITS,
        now: datetime | None = None,
        content_type: ContentType = ContentType.AUTO,
        site: str | None = None,
        notes: list[str] | None = None,
    ) -> Story:
        """Read a story: strict on types, lenient on absence (only id, headline and published are needed).

        Parameters
        ----------
        source : mapping, bytes or str
            A decoded JSON object, or its text. Anything else is refused.
        zone : tzinfo or None
            The time zone of dates that name none; without it such dates are refused.
        where : str
            What to call a story whose id is not known in a refusal, such as ``line 12``.
        limits : Limits
            How much a story may hold.
        now : datetime or None
            The present, aware; the clock's when None. A story much later than this is refused.
        content_type : ContentType
            What its body is, where its own field ``content_type`` does not say.
        site : str or None
            What relative links of its body begin from where it has no address.
        notes : list of str or None
            What was taken otherwise than it was sent is added to it, in words.

        Raises
        ------
        StoryError
            Naming story, field, value and way out.
        """
        values = decode(source, where=where) if isinstance(source, bytes | str) else source
        if not isinstance(values, Mapping):
            raise StoryError(where, "text", values, "is not a JSON object", "send one object a story")
        noted = [] if notes is None else notes
        context = FieldContext(
            story=where, limits=limits, zone=zone, now=now or datetime.now(UTC), notes=noted
        )
        named = replace(context, story=read_identity(values, _IDENTITY, context))
        return _with_body(_story(read(values, STORY, named)), content_type, site, limits, noted)

    def to_json(self, text: Callable[[str], str] = encoded) -> dict[str, object]:
        """Return the story as JSON objects, without what is absent: ``from_json(to_json(s)) == s``.

        Parameters
        ----------
        text : callable
            How texts are written that `from_json` decodes; `str` leaves them as readers see them.
        """
        return {
            **self.extra,
            "id": self.id,
            "headline": text(self.headline),
            "published": format_time(self.published),
            **_without_none(
                url=self.url,
                deck=text(self.deck) or None,
                body=self.body or None,
                updated=_time(self.updated),
                language=self.language,
                section=self.section and text(self.section),
                tags=list(map(text, self.tags)) or None,
                authors=list(map(text, self.authors)) or None,
                kind=self.kind if self.kind != DEFAULT_KIND else None,
                image=self.image.to_json(text) if self.image else None,
                status=str(self.status) if self.status != Status.PUBLISHED else None,
                embargo_until=_time(self.embargo_until),
                expires=_time(self.expires),
                successor=self.successor,
                canonical_url=self.canonical_url,
                links=[link.to_json() for link in self.links] or None,
                sensitive=self.sensitive or None,
                never_link_from=self.never_link_from or None,
                never_link_to=self.never_link_to or None,
                content_type=self.content_type,
            ),
        }

    def checked(self, *, limits: Limits = DEFAULT_LIMITS, now: datetime | None = None) -> Story:
        """Return this story as `from_json` would have read it; raise `StoryError` where it would."""
        for name in ("published", "updated", "embargo_until", "expires"):
            time: object = getattr(self, name)
            if time is not None and (not isinstance(time, datetime) or time.tzinfo is None):
                way_out = "give a datetime with tzinfo"
                raise StoryError(self.id, name, time, "is no time with an offset from UTC", way_out)
        return Story.from_json(self.to_json(), limits=limits, now=now)


def visible_window(story: Story) -> tuple[int, int]:
    """Return when readers may see `story`: iff ``from <= now < until``, in epoch seconds ``(from, until)``.

    `NEVER`, an empty window, for drafts, retracted and expired stories. A time in the future holds whatever
    the status says: of `published` and `embargo_until` the later counts. Fractions of a second shorten the
    window.
    """
    if story.status in _NEVER_VISIBLE:
        return NEVER
    if story.status is Status.EMBARGOED and story.embargo_until is None:
        return NEVER
    begins = max(story.published, story.embargo_until or story.published)
    until = ALWAYS_UNTIL if story.expires is None else math.floor(story.expires.timestamp())
    return math.ceil(begins.timestamp()), until


def content_hash(story: Story) -> str:
    """Return the SHA-256, in hex, of everything that `story` holds: equal stories, equal hashes."""
    return hashlib.sha256(msgspec.json.encode(story.to_json(), order="sorted")).hexdigest()


def words_hash(story: Story) -> bytes:
    """Return the SHA-256 of everything that `story` says, wherever it stands in its life."""
    said = {name: value for name, value in story.to_json().items() if name not in STANDING}
    return hashlib.sha256(msgspec.json.encode(said, order="sorted")).digest()


def text_hash(story: Story) -> str:
    """Return the SHA-256, in hex, of the headline and all text: as long as it stays, so do the vectors."""
    return hashlib.sha256(msgspec.json.encode([story.headline, story.text])).hexdigest()


def _story(read: dict[str, Any]) -> Story:
    """Return the story of fields that are each right; raise `StoryError` where they do not go together."""
    id_ = read["id"]
    if read.get("status") is Status.EMBARGOED and "embargo_until" not in read:
        problem, way_out = "is missing in an embargoed story", "send when the embargo ends"
        raise StoryError(id_, "embargo_until", "", problem, way_out)
    if read.get("successor") == id_:
        raise StoryError(id_, "successor", id_, "is the story itself", "name the story that takes its place")
    image = _image(id_, read.pop("image_caption", None), read.pop("image", None))
    links = tuple(Link(**link) for link in read.pop("links", ()))
    return Story(**read, image=image, links=links)


def _image(id_: str, caption: str | None, image: dict[str, Any] | None) -> Image | None:
    """Return the picture: of ``image``, or of the flat ``image_caption`` that simple feeds send instead."""
    if image is None:
        return None if caption is None else Image(caption=caption)
    if caption is not None and image.setdefault("caption", caption) != caption:
        problem = "is not the caption of image"
        raise StoryError(id_, "image_caption", caption, problem, "send one of the two")
    return Image(**image)


def _with_body(
    story: Story, content_type: ContentType, site: str | None, limits: Limits, notes: list[str]
) -> Story:
    """Return a story whose body is text, with what the body links to."""
    said = ContentType(story.content_type) if story.content_type else content_type
    body = read_body(story.body, said, story.url or story.canonical_url or site)
    notes += body.notes
    links = {link.target: link for link in story.links}
    for anchors, curated in ((body.links, False), (body.curated, True)):
        for anchor in anchors:
            if len(anchor.address) <= limits.url and anchor.address not in (story.url, story.canonical_url):
                words = anchor.words[: limits.name].strip() or None
                links.setdefault(anchor.address, Link(target=anchor.address, anchor=words, curated=curated))
    kept = story.links if len(links) == len(story.links) else tuple(islice(links.values(), limits.links))
    plain = ContentType.TEXT.value if reads_as_markup(body.text) else None
    return replace(story, body=body.text, links=kept, content_type=plain)


def _begins_with(body: str, deck: str) -> bool:
    """Return whether `body` begins with the start of `deck`, at the end of a word unless that was cut."""
    whole, start = _start(body), _start(deck)
    after = whole[len(start) : len(start) + 1]
    inside_a_word = after and unicodedata.category(after)[0] in "LMN"
    return whole.startswith(start) and (len(start) == _DECK_START or not inside_a_word)


def _start(text: str) -> str:
    # So many words have at least as many characters; the rest of a long body need not be cut into words.
    return " ".join(text.split(maxsplit=_DECK_START)[:_DECK_START])[:_DECK_START]


def _without_none(**values: object) -> dict[str, object]:
    return {name: value for name, value in values.items() if value is not None}


def _time(time: datetime | None) -> str | None:
    return None if time is None else format_time(time)
