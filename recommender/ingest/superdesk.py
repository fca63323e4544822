"""Items of Superdesk: its archive, its publish queue and its content API. Knows its words for states."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import BinaryIO

from recommender.ingest.base import ContentType, Found, Options, Refused
from recommender.ingest.documents import Json, at, first, names_all, objects, stories_in, text, texts
from recommender.ingest.item import Item
from recommender.ingest.ninjs import show_as
from recommender.story.story import Status

KIND = "superdesk"
_PUBLIC = frozenset({"published", "corrected"})
_GONE = frozenset({"killed", "recalled", "unpublished", "spiked"})
_SECTIONS = ("anpa_category", "service")  # as it is kept, and as it is sent
_NO_TEXT = frozenset({"picture", "graphic", "audio", "video", "composite", "event", "planning"})


class Superdesk:
    """Items in JSON, one or in ``_items``."""

    kind = KIND

    def recognises(self, head: bytes, name: str) -> bool:
        """Tell by names that only Superdesk has together."""
        return names_all(head, "headline", "versioncreated", "guid") or names_all(
            head, "_items", "versioncreated", "headline"
        )

    def read(self, file: BinaryIO, options: Options) -> Iterator[Found | Refused]:
        """Yield the texts."""
        yield from stories_in(file, options, "text of Superdesk", _items)


def _items(document: object) -> Iterator[Item | str]:
    wrapped = objects(document, "_items")
    for news in wrapped or ([document] if isinstance(document, Mapping) else []):
        type_ = text(news, "type") or "text"
        if type_ in _NO_TEXT:
            yield type_
        else:
            yield _item(news, type_)


def _item(news: Json, type_: str) -> Item:
    published = first(news, "firstpublished", "firstcreated", "versioncreated")
    updated = text(news, "versioncreated")
    picture = at(news, "associations", "featuremedia")
    item = Item(
        kind=KIND,
        guid=first(news, "guid", "uri", "_id", "item_id"),
        cms_id=first(news, "_id", "guid"),
        type=type_,
        revision=first(news, "_current_version", "version"),
        url=text(news, "url"),
        headline=text(news, "headline"),
        deck=first(news, "abstract", "description_text"),
        body=first(news, "body_html", "body_text"),
        content_type=ContentType.HTML if text(news, "body_html") else ContentType.TEXT,
        published=published,
        updated=updated if updated != published else "",
        embargo=text(news, "schedule_settings", "utc_embargo") or first(news, "embargoed", "embargo"),
        tags=[text(entry, "name") for entry in objects(news, "subject")] + texts(news, "keywords"),
        section=next(
            (name for field in _SECTIONS for one in objects(news, field) if (name := text(one, "name"))), ""
        ),
        authors=_authors(news),
        image=_rendition(picture),
        caption=first(picture, "description_text", "caption"),
        language=text(news, "language"),
        translation_key=text(news, "translation_id"),
    )
    _show(item, news)
    return item


def _show(item: Item, news: Json) -> None:
    """Say what readers may see: by the state of the archive and the status for the wire, where given."""
    state, status = text(news, "state"), text(news, "pubstatus")
    if state in _GONE:
        item.hide(f"its state is {state!r}", Status.RETRACTED)
    elif state and state not in _PUBLIC:
        item.hide(f"its state is {state!r}")
    elif status or not state:
        show_as(item, status)
    if at(news, "flags", "marked_for_not_publication") is True:
        item.hide("it is marked not to be published")


def _authors(news: Json) -> list[str]:
    if byline := text(news, "byline"):
        return [byline]
    entries = objects(news, "authors")
    return [first(entry, "name", "sub_label") or text(entry, "parent", "display_name") for entry in entries]


def _rendition(picture: object) -> str:
    usual = [text(picture, "renditions", name, "href") for name in ("viewImage", "original")]
    others = [text(rendition, "href") for rendition in objects(picture, "renditions")]
    return next(filter(None, [*usual, *others]), "")
