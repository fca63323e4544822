"""Addresses in the catalog: what was reached outlasts everything, and forgetting one forgets no story."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from recommender.catalog import Catalog
from recommender.catalog.web_sources import WebSourceRow, WebSources, WebStoryRow

FEED = "https://news.example/feed"


@pytest.fixture
def sources(address: str) -> Iterator[WebSources]:
    with Catalog.create(address) as catalog:
        yield WebSources(catalog)


def row(story: str, due: int = 0) -> WebStoryRow:
    return WebStoryRow(FEED, story, f"https://news.example/{story}", "7", "d", "", 1, due)


def test_what_was_reached_is_kept_and_changes_nothing_else(sources: WebSources) -> None:
    sources.reached(FEED, "feed", {"page": 3})
    assert sources.get(FEED) == WebSourceRow(FEED, "feed", {"page": 3})
    assert sources.followed() == []
    followed = WebSourceRow(FEED, "feed", {"page": 3}, 300, 99, 7, 2, "it is slow")
    sources.put(followed)
    sources.reached(FEED, "feed", {"page": 4})
    assert sources.followed() == [followed._replace(state={"page": 4})]


def test_stories_are_found_by_id_by_page_and_when_they_are_due(sources: WebSources) -> None:
    sources.reached(FEED, "feed", {})
    for story, due in (("a", 5), ("b", 3), ("c", 9)):
        sources.put_story(row(story, due))
    assert sources.story(FEED, "a") == sources.at(FEED, "https://news.example/a") == row("a", 5)
    assert [one.story for one in sources.due_stories(FEED, 5, 9)] == ["b", "a"]
    assert [one.story for one in sources.due_stories(FEED, 9, 1)] == ["b"]
    sources.put_story(row("b", 30)._replace(missed=4))
    sources.drop_story(FEED, "a")
    assert sources.count(FEED) == 2
    assert sources.due_stories(FEED, 5, 9) == []


def test_forgetting_an_address_forgets_what_came_from_it(sources: WebSources) -> None:
    sources.reached(FEED, "feed", {})
    sources.put_story(row("a"))
    assert sources.forget(FEED)
    assert not sources.forget(FEED)
    assert sources.get(FEED) is None
    assert sources.story(FEED, "a") is None
