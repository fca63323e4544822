"""JSON Feed 1.0 and 1.1 (jsonfeed.org). Knows the format alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from recommender.ingest.base import ContentType, Found, Options, Refused
from recommender.ingest.documents import Json, first, objects, starts_json, stories_in, text, texts
from recommender.ingest.item import Item

KIND = "jsonfeed"
_VERSION = re.compile(rb'"version"\s*:\s*"https?:(?:\\?/){2}(?:www\.)?jsonfeed\.org')


class JsonFeed:
    """A feed in JSON."""

    kind = KIND

    def recognises(self, head: bytes, name: str) -> bool:
        """Tell by the version that it names."""
        return starts_json(head) and bool(_VERSION.search(head))

    def read(self, file: BinaryIO, options: Options) -> Iterator[Found | Refused]:
        """Yield the items."""
        yield from stories_in(file, options, "item of a JSON Feed", _items)


def _items(feed: object) -> Iterator[Item]:
    for entry in objects(feed, "items"):
        yield _item(entry, feed)


def _item(entry: Json, feed: object) -> Item:
    page = text(feed, "home_page_url")
    item = Item(
        kind=KIND,
        guid=text(entry, "id"),
        cms_id=text(entry, "id"),
        type="item",
        revision=text(entry, "date_modified"),
        url=first(entry, "url", "external_url"),
        base=page,
        headline=text(entry, "title"),
        deck=text(entry, "summary"),
        body=first(entry, "content_html", "content_text"),
        content_type=ContentType.HTML if text(entry, "content_html") else ContentType.TEXT,
        published=first(entry, "date_published", "date_modified"),
        updated=text(entry, "date_modified"),
        tags=texts(entry, "tags"),
        authors=[text(one, "name") for one in objects(entry, "authors") or objects([entry.get("author")])],
        image=first(entry, "image", "banner_image"),
        language=text(entry, "language"),
        site_language=text(feed, "language"),
    )
    item.obey(entry)
    return item
