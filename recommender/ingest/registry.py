"""Which kinds of sources there are: the built-in ones, and those that other packages bring.

Another package brings one by an entry point of the group ``related.sources`` whose object is a `Source`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib.metadata import entry_points

from recommender.errors import SourceError
from recommender.ingest.arc import Arc
from recommender.ingest.base import Source
from recommender.ingest.drupal import Drupal
from recommender.ingest.feeds import Feed
from recommender.ingest.ghost import Ghost
from recommender.ingest.htmlpage import HtmlPage
from recommender.ingest.jsonfeed import JsonFeed
from recommender.ingest.jsonl import JsonLines
from recommender.ingest.markdown import Markdown
from recommender.ingest.newsml import NewsML
from recommender.ingest.ninjs import Ninjs
from recommender.ingest.nitf import Nitf
from recommender.ingest.sitemap import Sitemap
from recommender.ingest.superdesk import Superdesk
from recommender.ingest.tables import Csv, Parquet
from recommender.ingest.warc import Warc
from recommender.ingest.wprest import WordPressJson
from recommender.ingest.wxr import WordPressExport

GROUP = "related.sources"

BUILT_IN: tuple[Source, ...] = (
    Warc(),
    Parquet(),
    Markdown(),
    WordPressExport(),
    Feed(),
    Sitemap(),
    NewsML(),
    Nitf(),
    HtmlPage(),
    JsonFeed(),
    WordPressJson(),
    Superdesk(),
    Ninjs(),
    Drupal(),
    Ghost(),
    Arc(),
    JsonLines(),
    Csv(),
)
"""In the order in which they are asked: the surest first, and what takes most last."""


@cache
def sources() -> tuple[Source, ...]:
    """Return all kinds, in the order in which they are asked whether a file is theirs.

    Raises
    ------
    SourceError
        When an entry point gives something else than a source.
    """
    return (*_brought(), *BUILT_IN)


def source_of(kind: str) -> Source:
    """Return the source of a kind; raise `SourceError` where there is none."""
    known = {source.kind: source for source in sources()}
    if kind not in known:
        raise SourceError(f"there is no kind of source {kind!r}; name one of {', '.join(sorted(known))}")
    return known[kind]


def recognised(head: bytes, name: str) -> Source | None:
    """Return the first source that takes a file, by its first bytes, to be its own."""
    return next((source for source in sources() if source.recognises(head, name)), None)


def _brought() -> Iterable[Source]:
    for point in entry_points(group=GROUP):
        source = point.load()
        if not isinstance(source, Source):
            raise SourceError(
                f"{point.value} of the entry point {GROUP} {point.name!r} is no source of stories"
            )
        yield source
