"""From what a CMS says of a story to a `Found`: one place for ids, addresses, times, short texts and copies.

Knows what all kinds have in common, and none of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from recommender.errors import StoryError
from recommender.ingest.addresses import absolute, same_site, story_id
from recommender.ingest.alternates import told_elsewhere
from recommender.ingest.base import ContentType, CuratedLink, Found, Options, Origin, Refused, found
from recommender.ingest.bounds import strictest
from recommender.ingest.declared_language import believed
from recommender.ingest.times import read_time
from recommender.story.addresses import is_url
from recommender.story.hiding import Effect, Sign, signs
from recommender.story.story import Status
from recommender.story.text_safety import (
    decoded,
    encoded,
    forbidden_character,
    markup_in,
)
from recommender.story.timestamps import TimeFormatError, format_time

_BLOCK_TAG = re.compile(
    r"<\s*/?\s*(?:p|br|div|li|ul|ol|h[1-6]|tr|td|th|table|blockquote|section|figure|hr)\b[^<>]*>",
    re.IGNORECASE,
)
_UNSEEN = re.compile(r"<(script|style)\b.*?(?:</\1\s*>|$)|<!--.*?(?:-->|$)", re.IGNORECASE | re.DOTALL)
_TAG = re.compile(r"</?[A-Za-z!?][^<>]*>|</?[A-Za-z!?][^<>]*$")
# Without white space, which ends up as single spaces: C0, DEL and C1.
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_LONGEST_LINE = 100_000  # characters that are looked at: far more than a story may have in one
_NESTED = 4  # tags in tags, as what goes leaves them behind
_LONGEST_KEY = 400  # characters: an id, or the name of a group
_MOST_NAMES = 200  # tags, and authors: what a story may hold


@dataclass(slots=True, kw_only=True)
class Item:
    """What a source says of one story, in its own words.

    Parameters
    ----------
    kind : str
        Of the source.
    number : int
        Its place in the source, from 1.
    guid : str
        What the CMS promises to be the story's own for ever; its address where it promises nothing.
    cms_id, type, revision : str
        See `Origin`.
    url, base : str
        Its address, and the one that this and others are relative to; the site's where empty.
    headline, deck : str
        May hold markup, and character references, which are decoded once.
    body : str
        Markup or text.
    content_type : ContentType
        What the body is, where the format says so.
    published, updated, embargo, expires : str
        Times as they are written.
    status : Status
        What readers may see of it.
    language, site_language : str
        What the story says of itself; what is said of all of its site, which a text in another one refutes.
    canonical : str
        The address that it says it has a copy of.
    curated, notes
        See `Found`.
    bounds : list of Sign
        Fields that hold from when on readers may see it, or until when.
    unlisted : bool
        Readers may see it, and are not to be led to it.
    translations : list of str
        Addresses at which it is told in other languages, its own perhaps among them.
    translation_of : str
        Id of the story that it translates.
    translation_key : str
        What it has in common with those.
    """

    kind: str
    number: int = 0
    guid: str = ""
    cms_id: str = ""
    type: str = ""
    revision: str = ""
    url: str = ""
    base: str = ""
    headline: str = ""
    deck: str = ""
    body: str = ""
    content_type: ContentType = ContentType.AUTO
    published: str = ""
    updated: str = ""
    embargo: str = ""
    expires: str = ""
    status: Status = Status.PUBLISHED
    section: str = ""
    tags: Sequence[str] = ()
    authors: Sequence[str] = ()
    image: str = ""
    caption: str = ""
    language: str = ""
    site_language: str = ""
    canonical: str = ""
    curated: list[CuratedLink] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    bounds: list[Sign] = field(default_factory=list)
    unlisted: bool = False
    translations: list[str] = field(default_factory=list)
    translation_of: str = ""
    translation_key: str = ""

    def obey(self, fields: Mapping[str, object], *, doubtful: bool = True) -> None:
        """Keep it from readers where a field says so, under whatever name.

        What is not understood does, unless it is not `doubtful`: fields that anybody may have added, and
        that hardly anybody reads, such as WordPress's of its plug-ins.
        """
        for sign in signs(fields):
            if sign.effect is Effect.UNCLEAR and not doubtful:
                continue
            if sign.effect is Effect.UNLISTS:
                self.unlist(sign.because)
            elif sign.effect not in (Effect.HIDES, Effect.UNCLEAR):
                self.bounds.append(sign)
            elif self.status is Status.PUBLISHED:
                self.hide(sign.because, sign.status)

    def unlist(self, because: str) -> None:
        """Let no block lead readers to it, and say why."""
        self.unlisted = True
        self.notes.append(f"no block leads to it: {because}")

    def hide(self, because: str, status: Status = Status.DRAFT) -> None:
        """Keep it from readers, and say why."""
        self.status = status
        self.notes.append(f"hidden: {because}")


def story_of(item: Item, options: Options) -> Found | Refused:
    """Return the story of an item, or why it is none."""
    place = f"item {item.number}"
    try:
        times = _times(item, options)
    except TimeFormatError as error:
        id_ = story_id(item.guid, item.url)
        trouble = StoryError(id_ or place, "published", item.published, error.problem, error.way_out)
        return Refused(item.number, id_, trouble, b"", place)
    base = item.base or options.url
    url = _address(item, "address", item.url, base) or _permanent(item.guid)
    values: dict[str, object] = {
        "id": story_id(item.guid, url or ""),
        "url": url,
        "headline": _line(item, "headline", item.headline),
        "deck": _line(item, "deck", item.deck),
        "body": _CONTROLS.sub("", item.body) if forbidden_character(item.body) else item.body,
        "section": _line(item, "section", item.section),
        "tags": _names(item, "tag", item.tags),
        "authors": _names(item, "author", item.authors),
        "language": believed(item.language, item.site_language, item.headline, item.body, item.notes),
        "image": _image(item, base),
        "canonical_url": _canonical(item, url, base),
        "translations": told_elsewhere(item.translations, (url, item.canonical), url or base, item.notes),
        "translation_of": item.translation_of or None,
        "translation_key": _line(item, "key of translations", item.translation_key[:_LONGEST_KEY]),
        **times,
        "status": str(item.status),
        "never_link_to": item.unlisted or None,
        "content_type": _content_type(item, options),
    }
    origin = Origin(kind=item.kind, id=item.cms_id, type=item.type, revision=item.revision, place=place)
    return found(
        values, origin, options, number=item.number, curated=item.curated, notes=[n for n in item.notes if n]
    )


def _content_type(item: Item, options: Options) -> str | None:
    """Return what the body is by its format, unless the import says what all are."""
    known = item.content_type if options.content_type is ContentType.AUTO else ContentType.AUTO
    return None if known is ContentType.AUTO else str(known)


def plain_line(text: str) -> str:
    """Return a text as one line in which nothing is decoded later: what stands there is meant."""
    return encoded(" ".join(text.split()))


def _line(item: Item, name: str, text: str) -> str | None:
    """Return a short text without markup, its references still to be decoded once."""
    if "&" not in text and "<" not in text and text.isprintable():
        return " ".join(text.split()) or None
    plain = _CONTROLS.sub("", decoded(text[:_LONGEST_LINE]))
    if markup_in(plain):
        item.notes.append(f"markup dropped from the {name}")
        for _ in range(_NESTED if markup_in(plain) else 0):  # what is left after that is refused
            plain = _TAG.sub("", _BLOCK_TAG.sub(" ", _UNSEEN.sub(" ", plain)))
        plain = decoded(plain) if not markup_in(decoded(plain)) else plain
    return encoded(" ".join(plain.split())) or None


def _names(item: Item, name: str, names: Sequence[str]) -> list[str]:
    lines = [line for text in names if (line := _line(item, name, text))]
    kept = list(dict.fromkeys(lines))
    if len(kept) > _MOST_NAMES:
        item.notes.append(f"more than {_MOST_NAMES} {name}s: the rest dropped")
    return kept[:_MOST_NAMES]


def _permanent(guid: str) -> str | None:
    """Return a guid that is an address: WordPress's ``?p=12`` leads to the story, too."""
    return absolute(guid, "") if is_url(guid) else None


def _address(item: Item, name: str, url: str, base: str) -> str | None:
    whole = absolute(url, base)
    if whole is None and url.strip():
        item.notes.append(f"{name} dropped: no web address")
    return whole


def _image(item: Item, base: str) -> dict[str, object] | None:
    url = _address(item, "picture", item.image, base)
    caption = _line(item, "caption", item.caption)
    return {"url": url, "caption": caption} if url or caption else None


def _canonical(item: Item, url: str | None, base: str) -> str | None:
    """Return its canonical address; one of another site makes it a copy, and is said, not taken."""
    whole = absolute(item.canonical, base)
    if whole is None or whole == url:
        return None
    if (url or base) and not same_site(whole, url or base):
        item.notes.append(f"canonical address is of another site ({urlsplit(whole).hostname}): not taken")
        return None
    return whole


def _times(item: Item, options: Options) -> dict[str, object]:
    """Return its times. What cannot be read is refused, dropped, or hides: by what it says.

    Raises
    ------
    TimeFormatError
        If it is not said when it was published.
    """
    times: dict[str, object] = {"published": item.published.strip() or None}
    given = {"published": item.published, "updated": item.updated}
    bounds = {"embargo_until": item.embargo, "expires": item.expires}
    for name, text in {**given, **bounds}.items():
        if not text.strip():
            continue
        try:
            time, note = read_time(text, options.zone)
            times[name] = format_time(time)
            item.notes.append(note)
        except (ValueError, OverflowError) as error:
            if name == "published":
                raise error if isinstance(error, TimeFormatError) else TimeFormatError from error
            if name in bounds:
                item.hide(f"its {name} cannot be read")
            elif name == "updated":
                item.notes.append("time 'updated' dropped: it cannot be read")
    found, unread = strictest(item.bounds, times, options.zone)
    for because in unread:
        item.hide(because)
    return {**times, **found}
