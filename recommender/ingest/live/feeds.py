"""A feed at an address; of entries that hold a summary alone the page is read, too, where that is wanted.

Knows feeds in XML and in JSON by their readers.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from recommender.ingest import feeds, jsonfeed
from recommender.ingest.base import Found, Refused, Source
from recommender.ingest.content import unpacked
from recommender.ingest.live.base import Item, Reached, Reader, Seen, items_of, tags_of
from recommender.ingest.live.pages import page_at
from recommender.story.hashes import content_hash
from recommender.web.errors import WebError

_SUMMARY = 1_000  # characters: a body that is shorter may be one, and the page will tell


class FeedSite:
    """A feed.

    Parameters
    ----------
    source : Source
        Reads it.
    """

    def __init__(self, source: Source) -> None:
        self.kind, self._source = source.kind, source

    def read(self, url: str, reader: Reader) -> Iterator[Item]:
        """Yield its entries, if it has changed."""
        etag, modified = reader.text("etag"), reader.text("modified")
        answer = reader.web.get(url, etag=etag, modified=modified)
        with answer.body as body:
            if answer.is_new:
                yield from self._entries(answer.url, body, reader)
        yield Reached(tags_of(answer) if answer.is_new else reader.since)

    def _entries(self, url: str, body: BinaryIO, reader: Reader) -> Iterator[Item]:
        options = reader.options if reader.options.url else replace(reader.options, url=url)
        _, file = unpacked(body, url)
        for item in items_of(self._source, file, options, url):
            if isinstance(item, Found) and reader.full_pages and item.story.url:
                yield from _with_page(item, item.story.url, reader)
            else:
                yield item


def _with_page(item: Found, url: str, reader: Reader) -> Iterator[Item]:
    """Yield an entry with the text of its page, where that has more of it; nothing where it is as before."""
    version = content_hash(item.story)
    if reader.is_known and reader.is_known(url, version):
        return
    whole = item
    if len(item.story.body) < _SUMMARY:
        try:
            whole = _joined(item, page_at(reader.web, url, reader.options))
        except WebError as error:
            whole = replace(item, notes=(*item.notes, f"its page was not read: {error.problem}"))
            if error.again:
                version = ""  # it is tried again with the feed's next change
    yield whole
    yield Seen(url, version)


def _joined(item: Found, page: Found | Refused) -> Found:
    story = item.story
    if isinstance(page, Refused) or len(page.story.body) <= len(story.body):
        return item
    joined = replace(
        story,
        deck=story.deck or page.story.deck or story.body,
        body=page.story.body,
        links=page.story.links,
        translations=page.story.translations or story.translations,
        image=story.image or page.story.image,
    )
    return replace(item, story=joined, curated=page.curated, notes=(*item.notes, "text taken from its page"))


def feed_sites() -> tuple[FeedSite, ...]:
    """Return the readers of the kinds of feeds."""
    return FeedSite(feeds.Feed()), FeedSite(jsonfeed.JsonFeed())
