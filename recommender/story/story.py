"""What a story is, how it is read from JSON and written back. Knows nothing of archives, vectors, ranking."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import partial
from itertools import islice
from typing import Any

from recommender.errors import StoryError
from recommender.story.content_type import ContentType
from recommender.story.decks import begins_with
from recommender.story.decoding import decode
from recommender.story.further_fields import obey
from recommender.story.languages import Language
from recommender.story.limits import DEFAULT_LIMITS, Limits
from recommender.story.parsing import FieldContext, read, read_identity
from recommender.story.parts import Image, Link, without_none
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
    "visible_window",
]

_IDENTITY = STORY.fields[0]
DEFAULT_KIND = "news"
ALWAYS_UNTIL = 2**63 - 1  # the largest int64: index and store hold windows as int64 columns
NEVER = (ALWAYS_UNTIL, 0)


STANDING = ("status", "embargo_until", "expires", "successor")
"""The fields of a story that say where it stands in its life."""


TRANSLATED_BY = ("translations", "translation_key")
"""The fields of a story that say what tells the same in other languages: none of its own words is in them."""


_NEVER_VISIBLE = frozenset({Status.DRAFT, Status.RETRACTED, Status.EXPIRED})


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
    translations: tuple[str, ...] = ()
    translation_key: str | None = None
    sensitive: bool = False
    never_link_from: bool = False
    never_link_to: bool = False
    content_type: str | None = None
    extra: Mapping[str, object] = field(default_factory=dict, hash=False)
    spoken: Language | None = field(default=None, compare=False, repr=False)

    @property
    def text(self) -> str:
        """All that is said below the headline: deck, body and the picture's caption, as paragraphs.

        A deck that is the body's beginning is not repeated: a deck is often the first paragraph,
        cut short.
        """
        deck = "" if begins_with(self.body, self.deck) else self.deck.strip()
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
        now = now or datetime.now(UTC)
        context = partial(FieldContext, limits=limits, zone=zone, now=now, notes=noted)
        id_ = read_identity(values, _IDENTITY, context(story=where))
        fields = read(values, STORY, context(story=id_))
        obey(fields, zone, noted)
        _put_together(fields, limits.translations)
        _read_body(fields, content_type, site, limits, noted)
        return Story(**fields)

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
            **without_none(
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
                translations=list(self.translations) or None,
                translation_key=self.translation_key and text(self.translation_key),
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


def _put_together(fields: dict[str, Any], translations: int) -> None:
    """Make picture and links of fields; raise `StoryError` where some that are right do not go together."""
    id_ = fields["id"]
    if fields.get("status") is Status.EMBARGOED and "embargo_until" not in fields:
        problem, way_out = "is missing in an embargoed story", "send when the embargo ends"
        raise StoryError(id_, "embargo_until", "", problem, way_out)
    if fields.get("successor") == id_:
        raise StoryError(id_, "successor", id_, "is the story itself", "name the story that takes its place")
    fields["image"] = _image(id_, fields.pop("image_caption", None), fields.pop("image", None))
    fields["links"] = tuple(Link(**link) for link in fields.get("links", ()))
    original = [fields.pop("translation_of")] if "translation_of" in fields else []
    named = dict.fromkeys([*original, *fields.get("translations", ())])
    others = (name for name in named if name not in (id_, fields.get("url")))
    fields["translations"] = tuple(islice(others, translations))


def _image(id_: str, caption: str | None, image: dict[str, Any] | None) -> Image | None:
    """Return the picture: of ``image``, or of the flat ``image_caption`` that simple feeds send instead."""
    if image is None:
        return None if caption is None else Image(caption=caption)
    if caption is not None and image.setdefault("caption", caption) != caption:
        problem = "is not the caption of image"
        raise StoryError(id_, "image_caption", caption, problem, "send one of the two")
    return Image(**image)


def _read_body(
    fields: dict[str, Any], content_type: ContentType, site: str | None, limits: Limits, notes: list[str]
) -> None:
    """Make text of a story's body, and add what it links to to the links."""
    from recommender.story.markup import read_body, reads_as_markup  # for new stories, not for each question

    own = (fields.get("url"), fields.get("canonical_url"))
    said = ContentType(fields["content_type"]) if "content_type" in fields else content_type
    body = read_body(fields.get("body", ""), said, own[0] or own[1] or site)
    notes += body.notes
    links = {link.target: link for link in fields["links"]}
    sorts = ((body.links, False, False), (body.curated, True, False), (body.listed, True, True))
    for anchors, curated, listed in sorts:
        for anchor in anchors:
            if len(anchor.address) <= limits.url and anchor.address not in own:
                words = anchor.words[: limits.name].strip() or None
                link = Link(target=anchor.address, anchor=words, curated=curated, listed=listed)
                links.setdefault(anchor.address, link)
    fields["links"] = tuple(islice(links.values(), limits.links))
    fields["body"] = body.text
    fields["content_type"] = ContentType.TEXT.value if reads_as_markup(body.text) else None


def _time(time: datetime | None) -> str | None:
    return None if time is None else format_time(time)
