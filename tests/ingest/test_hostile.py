"""Texts that are written to take long: every reader is through with them in a moment, or never."""

from __future__ import annotations

import pytest

from recommender.ingest import registry
from recommender.ingest.base import Options
from recommender.ingest.item import Item, story_of
from recommender.ingest.jsonld import article

from .mutations import bears

LONG = 40_000
UNITS = [
    "<p",
    "<p ",
    "<",
    "<<b>",
    "<!--",
    "-->",
    "<?xml ",
    "&",
    "&amp;",
    " ",
    "]]>",
    "<![CDATA[",
    "<item>",
    "<h1>",
    "{",
    '"a":',
    '[a ="',
    "='",
    "[a b='[",
    "mar 1 ",
    ",",
    "\n\n",
]
ENVELOPES = {
    "wordpress": '<rss xmlns:wp="x"><channel><item><wp:post_id>{}',
    "feed": "<rss><channel><item><title>{}",
    "sitemap": "<urlset><url><loc>{}",
    "newsml": "<newsItem><headline>{}",
    "nitf": "<nitf><body.content>{}",
    "page": "<html><article>{}",
    "ghost": '{{"posts": [{{"html": "{}',
}


@pytest.mark.parametrize("unit", UNITS)
def test_a_headline_or_a_time_of_any_length_is_read_or_refused(unit):
    text = unit * (LONG // len(unit))
    story_of(
        Item(kind="x", guid="a", headline=text, deck=text, published=text, tags=[text], url=text), Options()
    )
    article([f"{text}x", f'{{"@type": "Article"}}-->{text}x'])


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("kind", ENVELOPES)
def test_a_file_of_one_mark_over_and_over_is_borne(kind, unit):
    bears(registry.source_of(kind), ENVELOPES[kind].format(unit * (LONG // len(unit))).encode())
    bears(registry.source_of(kind), (unit * (LONG // len(unit))).encode())
