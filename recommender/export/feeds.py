"""Blocks as feeds: an entry for each story, with a ``link rel="related"`` for each slot (RFC 4287, 4.2.7.2).

RSS has no such element of its own; there it is Atom's, which readers of feeds know.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from email.utils import format_datetime

from recommender.engine.page_style import PageStyle
from recommender.engine.templates import rendered
from recommender.export.site import Site
from recommender.export.story_block import StoryBlock, uri
from recommender.story.timestamps import format_time

# What XML 1.0 cannot hold in any form.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def atom(one: StoryBlock) -> str:
    """Return the feed of one story."""
    return _feed("atom.xml", [one], one.look)


def rss(one: StoryBlock) -> str:
    """Return the feed of one story."""
    return _feed("rss.xml", [one], one.look)


def all_in(template: str) -> Callable[[Iterable[StoryBlock], Site], Iterator[str]]:
    """Return what writes all stories into one feed."""

    def feed(blocks: Iterable[StoryBlock], site: Site) -> Iterator[str]:
        some = list(blocks)
        yield _feed(template, some, some[0].look if some else PageStyle(), site.url)

    return feed


def _feed(template: str, some: list[StoryBlock], look: PageStyle, site: str = "") -> str:
    latest = max((one.latest.updated or one.latest.published for one in some), default=None)
    values = {
        "blocks": some,
        "title": look.heading,
        "site": site or (uri(some[0].story) if some else "urn:story:none"),
        "updated": format_time(latest) if latest else "1970-01-01T00:00:00Z",
        "uri": uri,
        "rfc822": format_datetime,
    }
    return _NOT_XML.sub("", rendered(template, look, values))
