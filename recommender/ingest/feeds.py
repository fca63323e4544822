"""RSS 0.9 to 2.0, RDF and Atom, by feedparser; a large feed is handed to it in pieces.

Knows what feeds call the parts of a story, not where they are polled.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any, BinaryIO

from recommender.errors import TEXT_FAILURES
from recommender.ingest.alternates import alternates
from recommender.ingest.base import Found, Options, Refused
from recommender.ingest.charset import text_of
from recommender.ingest.item import Item, story_of
from recommender.ingest.refusals import broken, checked, refused
from recommender.ingest.wordpress_common import is_export
from recommender.ingest.xmlstream import XmlPieces, mended, root_of, without_declaration

KIND = "feed"
_ROOTS = frozenset({"rss", "rdf", "feed", "channel"})
# Of a feed: feedparser holds the whole in memory, at some 20 times its size. Larger ones come in pieces.
_WHOLE = 2 << 20
_PIECE = 1 << 19
_OPEN = re.compile(r"<(?:[\w.-]+:)?(?:item|entry)(?=[\s>])")
_NO_MARKUP = re.compile(r"<!\[CDATA\[.*?(?:\]\]>|$)|<!--.*?(?:-->|$)", re.DOTALL)
_LONGEST_DECK = 2_000  # characters; a summary that is longer is the story
_UNREADABLE = (*TEXT_FAILURES, RuntimeError, AssertionError)
_MAILED = re.compile(
    r"\S{1,200}@\S{1,200}\s+\(([^()]{1,200})\)"
)  # as RSS has it: desk@town.example (The desk)
# What a picture is called would be taken for what its story is: feedparser knows one description of an entry.
_OF_PICTURE = re.compile(r"<(/?)media:(?:description|text)(?=[\s>])")
_NO = frozenset({"no", "false", "0"})
_READ = frozenset(
    {"author", "created", "expired", "id", "issued", "link", "published", "summary", "title", "updated"}
)
_TEXT_TYPES = ("text/", "application/xhtml")


class Feed:
    """A feed in XML."""

    kind = KIND

    def recognises(self, head: bytes, name: str) -> bool:
        """Tell by the document's root."""
        root, text = root_of(head)
        return root in _ROOTS and not is_export(text)

    def read(self, file: BinaryIO, options: Options) -> Iterator[Found | Refused]:
        """Yield the entries."""
        yield from checked(_entries(file, options), options, "entry of a feed")


def _entries(file: BinaryIO, options: Options) -> Iterator[Found | Refused]:
    numbers = count(1)
    head = file.read(_WHOLE)
    more = file.read(1)
    if not more:
        text, note = text_of(head)
        yield from _parsed(without_declaration(text), options, numbers, note)
        return
    pieces = XmlPieces(_Joined(head + more, file), "item", "entry")
    start, end = pieces.head, _closing(pieces)
    parts: list[str] = []
    for piece in pieces:
        if piece.large or not piece.whole:
            yield broken(next(numbers), piece)
            continue
        parts.append(mended(piece.text))
        if sum(map(len, parts)) >= _PIECE:
            yield from _parsed(f"{start}{''.join(parts)}{end}", options, numbers, pieces.note)
            parts = []
    if parts:
        yield from _parsed(f"{start}{''.join(parts)}{end}", options, numbers, pieces.note)


def _closing(pieces: XmlPieces) -> str:
    """Return what closes a feed after its entries: in RDF they stand beside the channel, not in it."""
    within = "<channel" in pieces.head and "</channel" not in pieces.head
    return f"{'</channel>' if within else ''}{pieces.envelope[1]}"


def _parsed(document: str, options: Options, numbers: Iterator[int], note: str) -> Iterator[Found | Refused]:
    import feedparser  # read in 60 ms, and only where a feed is

    document = _OF_PICTURE.sub(r"<\1media:caption", document)
    try:
        feed: Any = feedparser.parse(
            io.BytesIO(document.encode()), sanitize_html=False, resolve_relative_uris=False
        )
    except _UNREADABLE as error:
        problem = f"cannot be read as a feed ({type(error).__name__})"
        yield refused(next(numbers), "content", document[:60], problem, "check the feed with a validator")
        return
    for entry in feed.entries:
        yield story_of(_item(entry, feed.feed, next(numbers), note), options)
    held = len(_OPEN.findall(_NO_MARKUP.sub("", document)))
    if len(feed.entries) < held:
        problem = f"holds {held:,} entries, of which {len(feed.entries):,} can be read"
        yield refused(0, "content", options.name, problem, "check the feed with a validator")


def _item(entry: Mapping[str, Any], feed: Mapping[str, Any], number: int, note: str) -> Item:
    bodies = [part for part in entry.get("content", ()) if _is_text(part)]
    body: Mapping[str, Any] = max(bodies, key=lambda part: len(part.get("value") or ""), default={})
    summary = _text(entry, "summary")
    base = body.get("base") or entry.get("title_detail", {}).get("base") or _text(feed, "link")
    text = body.get("value") or ""
    item = Item(
        kind=KIND,
        number=number,
        guid=_text(entry, "id"),
        cms_id=_text(entry, "id"),
        type="entry",
        revision=_text(entry, "updated"),
        url=_text(entry, "feedburner_origlink") or _link(entry),
        base=base if base.startswith("http") else "",
        headline=_text(entry, "title"),
        deck=summary if text and summary != text and len(summary) <= _LONGEST_DECK else "",
        body=text or summary,
        published=_first(entry, "published", "created", "issued", "updated"),
        updated=_text(entry, "updated") if _text(entry, "published") else "",
        expires=_text(entry, "expired"),
        tags=[tag.get("label") or tag.get("term") or "" for tag in entry.get("tags", ())],
        authors=_authors(entry),
        translations=alternates(entry.get("links", ())),
        image=_image(entry),
        caption=_text(entry, "media_caption"),
        site_language=_text(entry.get("title_detail", {}), "language") or _text(feed, "language"),
        notes=[note],
    )
    if any(name.endswith("draft") and _text(entry, name).lower() not in _NO for name in entry):
        item.hide("it is marked as a draft")
    item.obey({name: _text(entry, name) for name in entry if name not in _READ}, doubtful=False)
    return item


def _text(values: Mapping[str, Any], name: str) -> str:
    """Return a text of feedparser's without its aliases, which would give one time for another."""
    value = dict.get(values, name) if isinstance(values, dict) else None
    return value.strip() if isinstance(value, str) else ""


def _first(values: Mapping[str, Any], *names: str) -> str:
    return next(filter(None, (_text(values, name) for name in names)), "")


def _is_text(part: Mapping[str, Any]) -> bool:
    return (part.get("type") or "text/").startswith(_TEXT_TYPES) and not part.get("src")


def _link(entry: Mapping[str, Any]) -> str:
    """Return an entry's address: of those in several languages (feedparser's is the last) the one of none."""
    links = entry.get("links", ())
    plain = (link for link in links if link.get("rel") == "alternate" and not link.get("hreflang"))
    own = [link.get("href") or "" for link in plain]
    return own[0] if own and alternates(links) else _text(entry, "link")


def _authors(entry: Mapping[str, Any]) -> list[str]:
    names = [_text(author, "name") for author in entry.get("authors", ()) if isinstance(author, dict)]
    if found := _MAILED.fullmatch(_text(entry, "author")):
        return [found[1]]
    return list(filter(None, names)) or [_text(entry, "author")]


def _image(entry: Mapping[str, Any]) -> str:
    for part in entry.get("media_content", ()):
        if part.get("medium") == "image" or (part.get("type") or "").startswith("image/"):
            return part.get("url") or ""
    for link in entry.get("links", ()):
        if link.get("rel") == "enclosure" and (link.get("type") or "").startswith("image/"):
            return link.get("href") or ""
    return next((part.get("url") or "" for part in entry.get("media_thumbnail", ())), "")


class _Joined:
    """A file from its start, after its first bytes were read."""

    def __init__(self, head: bytes, file: BinaryIO) -> None:
        self._head, self._file = io.BytesIO(head), file

    def read(self, size: int, /) -> bytes:
        """Return at most so many bytes."""
        return self._head.read(size) or self._file.read(size)
