"""JSON Feed of both versions."""

from __future__ import annotations

import json

from hypothesis import given, settings

from recommender.ingest.jsonfeed import JsonFeed
from recommender.story.story import NEVER, visible_window

from .mutations import bears, found, mutated, read, refusals

FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "Town",
    "home_page_url": "https://town.example/",
    "language": "en",
    "items": [
        {
            "id": "1",
            "url": "/1",
            "title": "R&D",
            "content_html": "<p>Met.</p>",
            "summary": "A vote.",
            "date_published": "2022-05-09T09:53:00Z",
            "tags": ["Budget"],
            "authors": [{"name": "A. Reporter"}],
            "image": "https://town.example/1.jpg",
        },
        {
            "id": 2,
            "url": "https://town.example/2",
            "title": "Two",
            "content_text": "Plain.",
            "date_published": "2022-05-10T09:53:00+02:00",
            "author": {"name": "B. Reporter"},
        },
    ],
}
RAW = json.dumps(FEED).encode()


def test_items_become_stories():
    one, two = (item.story for item in found(read(JsonFeed(), RAW)))
    assert (one.id, one.url, one.headline) == ("1", "https://town.example/1", "R&D")
    assert (one.deck, one.tags, one.authors, one.language) == ("A vote.", ("Budget",), ("A. Reporter",), "en")
    assert (two.id, two.body, two.authors) == ("2", "Plain.", ("B. Reporter",))


def test_a_draft_stays_hidden():
    draft = json.dumps({**FEED, "items": [{**FEED["items"][0], "draft": True}]}).encode()
    assert visible_window(found(read(JsonFeed(), draft))[0].story) == NEVER


def test_a_feed_without_items_says_so():
    assert "holds no item" in refusals(read(JsonFeed(), b'{"version": "https://jsonfeed.org/version/1"}'))[0]


def test_it_is_told_by_its_version():
    assert JsonFeed().recognises(RAW, "x")
    assert not JsonFeed().recognises(b'{"version": "1", "items": []}', "feed.json")


@settings(max_examples=100, deadline=None)
@given(mutated(RAW))
def test_any_broken_feed_is_borne(raw):
    bears(JsonFeed(), raw)
