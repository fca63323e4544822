"""What a look finds is published once, and as it was sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from recommender.catalog.web_sources import WebSources
from recommender.following.intake import NO_STORY, Intake
from recommender.following.schedule import NEVER
from recommender.following.settings import FollowSettings
from recommender.ingest.base import CuratedLink, Found, Origin
from recommender.story.story import Status, Story

from .conftest import NOW, Desk

SITE = "https://news.example/feed"
WHEN = datetime(2026, 3, 1, tzinfo=UTC)
STORY = Story(id="a", headline="Ferry number 1 sinks", published=WHEN, url="https://news.example/a")
ORIGIN = Origin(kind="feed", id="7", type="entry")
FOUND = Found(story=STORY, origin=ORIGIN, curated=(CuratedLink(target="b"),))


def intake(desk: Desk) -> tuple[Intake, WebSources]:
    sources = WebSources(desk.newsroom.archive.catalog)
    sources.reached(SITE, "feed", {})
    return Intake(desk.newsroom, sources, SITE, FollowSettings(), NOW), sources


def test_a_version_is_published_once_with_the_links_beside_it(desk: Desk) -> None:
    taking, sources = intake(desk)
    for _ in range(2):
        taking.take(FOUND)
        taking.flush()
    assert taking.taken == 1
    assert [link.target for link in desk.stories()["1"].links] == ["b"]
    row = sources.story(SITE, "a")
    assert row
    assert (row.cms_id, row.url, row.missed) == ("entry/7", STORY.url, None)


def test_what_is_hidden_is_not_looked_at(desk: Desk) -> None:
    taking, sources = intake(desk)
    taking.take(replace(FOUND, story=replace(STORY, status=Status.DRAFT)))
    taking.flush()
    assert desk.public() == ""
    assert sources.due_stories(SITE, NEVER - 1, 9) == []


def test_a_page_without_a_story_is_known_by_its_address(desk: Desk) -> None:
    taking, sources = intake(desk)
    taking.seen("https://news.example/about", "2026")
    row = sources.at(SITE, "https://news.example/about")
    assert row
    assert (row.digest, row.modified, row.due) == (NO_STORY, "2026", NEVER)


def test_a_story_is_known_by_the_address_that_its_list_has(desk: Desk) -> None:
    taking, sources = intake(desk)
    taking.take(FOUND)
    taking.seen("https://news.example/old", "2026")
    taking.flush()
    row = sources.at(SITE, "https://news.example/old")
    assert row
    assert (row.story, row.modified) == ("a", "2026")
