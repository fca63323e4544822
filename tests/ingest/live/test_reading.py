"""What is at an address is told by what is there."""

from __future__ import annotations

import gzip
import json

import pytest

from recommender.errors import SourceError
from tests.web.site import Site

from .reads import ids, read, states
from .sites import WordPress, feed, page, sitemap

STORY = {"id": "a", "headline": "Ferry sinks", "published": "2026-03-01T09:00:00Z"}


def test_each_kind_is_told_by_its_content(site: Site) -> None:
    site.pages |= {
        "/feed": feed(site, 1),
        "/sitemap": sitemap(site, 1),
        "/story-1": page(1),
        "/stories": json.dumps(STORY),
        "/export.jsonl.gz": gzip.compress(json.dumps(STORY).encode()),
        "/feed.gz": gzip.compress(feed(site, 1).encode()),
    }
    for path in site.pages.copy():
        assert len(ids(read(site.url + path))) == 1, path


def test_an_api_is_told_by_its_address(site: Site) -> None:
    WordPress(site).add(1)
    assert len(ids(read(f"{site.url}/wp-json/wp/v2/posts"))) == 1


def test_a_file_that_was_read_whole_has_nothing_left(site: Site) -> None:
    site.pages["/stories"] = json.dumps(STORY)
    assert states(read(f"{site.url}/stories")) == [{}]


@pytest.mark.parametrize(("body", "words"), [("", "no known kind"), ("hello", "no known kind")])
def test_what_is_no_source_is_named(site: Site, body: str, words: str) -> None:
    site.pages["/x"] = body
    with pytest.raises(SourceError, match=words):
        read(f"{site.url}/x")
