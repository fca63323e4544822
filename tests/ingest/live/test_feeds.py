"""Feeds at an address."""

from __future__ import annotations

import json

from recommender.ingest.base import Found
from tests.web.site import Asked, Reply, Site

from .reads import ids, read, states
from .sites import feed, page


def test_a_feed_is_read_once_until_it_changes(site: Site) -> None:
    def serve(asked: Asked) -> Reply:
        same = asked.headers.get("if-none-match") == '"1"'
        return Reply("" if same else feed(site, 1, 2), 304 if same else 200, {"etag": '"1"'})

    site.pages["/feed"] = serve
    items = read(f"{site.url}/feed")
    assert ids(items) == ["guid-1", "guid-2"]
    (state,) = states(items)
    again = read(f"{site.url}/feed", "feed", since=state)
    assert (ids(again), states(again)) == ([], [state])


def test_a_json_feed_is_one_too(site: Site) -> None:
    entry = {
        "id": "x",
        "title": "Ferry sinks",
        "content_text": "Text.",
        "date_published": "2026-03-01T09:00:00Z",
    }
    site.pages["/feed.json"] = json.dumps({"version": "https://jsonfeed.org/version/1.1", "items": [entry]})
    assert ids(read(f"{site.url}/feed.json")) == ["x"]


def test_the_page_of_an_entry_gives_the_text_that_the_feed_leaves_out(site: Site) -> None:
    site.pages |= {"/feed": feed(site, 1, 2, body="A summary.", summary=True), "/story-1": page(1)}
    short, _ = (one for one in read(f"{site.url}/feed") if isinstance(one, Found))
    whole, other = (one for one in read(f"{site.url}/feed", full_pages=True) if isinstance(one, Found))
    assert short.story.body == other.story.body == "A summary."
    assert "at length" in whole.story.body
    assert (whole.story.id, whole.story.headline, whole.story.deck) == (
        "guid-1",
        short.story.headline,
        "A summary.",
    )
    assert any("its page was not read" in note for note in other.notes)
