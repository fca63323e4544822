"""Sitemaps: where pages are, and of news what they are called."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings

from recommender.ingest.sitemap import Sitemap, SitemapEntry, addresses

from .mutations import bears, found, mutated, read, refusals

NEWS = b"""<?xml version="1.0"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"
 xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
<url><loc>https://town.example/1?a=1&amp;b=2</loc><lastmod>2022-05-10</lastmod><news:news><news:publication>
<news:name>Town</news:name><news:language>en</news:language></news:publication>
<news:title>Council &amp; mayor</news:title>
<news:publication_date>2022-05-09T09:53:00Z</news:publication_date><news:keywords>Budget, Tax</news:keywords>
</news:news>
<image:image><image:title>A picture</image:title></image:image></url>
<url><loc> https://town.example/2 </loc></url></urlset>"""
INDEX = b"<sitemapindex><sitemap><loc>https://town.example/s1.xml</loc></sitemap><sitemap>https://town.example/s2.xml</sitemap>"
LINES = b"\xef\xbb\xbfhttps://town.example/1\r\nhttps://town.example/2\n"


def listed(raw: bytes) -> list[SitemapEntry]:
    return [address for address in addresses(io.BytesIO(raw)) if isinstance(address, SitemapEntry)]


def test_what_a_news_sitemap_says_of_a_page_is_a_short_story():
    (item,) = found(read(Sitemap(), NEWS))
    story = item.story
    assert (story.headline, story.url) == ("Council & mayor", "https://town.example/1?a=1&b=2")
    assert (story.tags, story.language) == (("Budget", "Tax"), "en")
    assert story.published.isoformat() == "2022-05-09T09:53:00+00:00"


@pytest.mark.parametrize("raw", [NEWS, LINES])
def test_all_addresses_come_out(raw):
    assert [address.url.partition("?")[0][-1] for address in listed(raw)] == ["1", "2"]


def test_other_sitemaps_are_told_from_pages():
    assert [(address.url[-6:], address.is_sitemap) for address in listed(INDEX)] == [
        ("s1.xml", True),
        ("s2.xml", True),
    ]


@pytest.mark.parametrize(
    ("raw", "words"), [(INDEX, "2 x address of another sitemap"), (LINES, "2 x address of a page")]
)
def test_a_list_without_headlines_says_what_it_is(raw, words):
    assert words in refusals(read(Sitemap(), raw))[0]


def test_it_is_told_by_its_root_or_its_lines():
    assert all(Sitemap().recognises(raw, "x") for raw in (NEWS, INDEX, LINES))
    assert not Sitemap().recognises(b"<rss/>", "sitemap.xml")
    assert not Sitemap().recognises(b"see https://town.example/1", "x")
    assert not Sitemap().recognises(b"", "x")


@settings(max_examples=100, deadline=None)
@given(mutated(NEWS) | mutated(INDEX) | mutated(LINES))
def test_any_broken_sitemap_is_borne(raw):
    bears(Sitemap(), raw)
