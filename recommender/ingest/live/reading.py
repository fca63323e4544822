"""From an address to what is in it: by the kind that was named, else by what is there.

A file of another kind (an export, a table) is read as it would be from the disk.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from recommender.ingest.content import unpacked
from recommender.ingest.live.base import Item, LiveSource, Reached, Reader
from recommender.ingest.live.drupal import DrupalSite
from recommender.ingest.live.feeds import feed_sites
from recommender.ingest.live.ghost import GhostSite
from recommender.ingest.live.pages import PageSite, SitemapSite
from recommender.ingest.live.wordpress import WordPressSite
from recommender.ingest.reading import UnknownKindError, read_file
from recommender.ingest.registry import recognised, source_of

_SITES: tuple[LiveSource, ...] = (
    WordPressSite(), GhostSite(), DrupalSite(), SitemapSite(), PageSite(), *feed_sites(),
)  # fmt: skip
SITES = {site.kind: site for site in _SITES}
"""The kinds that are more than a file at an address."""
_APIS = (("/wp-json", WordPressSite.kind), ("/ghost/api/", GhostSite.kind), ("/jsonapi", DrupalSite.kind))


def kind_of(url: str, kind: str | None, reader: Reader) -> str:
    """Return the kind of an address: as it was named, as the address tells, else by what is there.

    Raises
    ------
    SourceError
        Where nothing is there, or something that is no source.
    """
    if kind is not None:
        return source_of(kind).kind
    if told := next((api for path, api in _APIS if path in url), None):
        return told
    with reader.web.get(url).body as body:
        return _kind_in(body, url)


def read_address(url: str, reader: Reader, kind: str | None = None) -> Iterator[Item]:
    """Yield what is new at an address since the reader's state.

    Raises
    ------
    SourceError
        `WebError` where the address gives nothing; where it gives what is no source, or an empty one.
    """
    kind = kind_of(url, kind, reader)
    if kind in SITES:
        for item in SITES[kind].read(url, reader):
            yield replace(item, url=url, kind=kind) if isinstance(item, Reached) else item
        return
    with reader.web.get(url).body as body:
        yield from read_file(body, replace(reader.options, name=url), kind)
    yield Reached({}, url, kind)


def _kind_in(body: BinaryIO, url: str) -> str:
    head, _ = unpacked(body, url)
    source = recognised(head, url)
    if source is None:
        raise UnknownKindError(f"{url} is of no known kind; name its kind: related import KIND {url}")
    return source.kind
