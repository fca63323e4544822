"""What another system sends: hidden at once, under the name that the archive has."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from recommender.catalog import Outcome
from recommender.ingest.base import CuratedLink, Found, Origin
from recommender.newsroom import Newsroom
from recommender.newsroom.arrivals import restate, take
from recommender.newsroom.publish import Publisher
from recommender.story.story import Status, Story
from tests.fakes import HashEmbedder

OLD, NEW = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)
STORY = Story(id="a", headline="Ferry sinks", published=OLD, updated=NEW, url="https://news.example/a")
ORIGIN = Origin(kind="ghost", id="7", type="post")


@pytest.fixture
def newsroom(tmp_path: Path) -> Iterator[Newsroom]:
    with Newsroom.create(tmp_path / "news", embedder=HashEmbedder()) as newsroom:
        yield newsroom


def status(newsroom: Newsroom) -> Status:
    held = newsroom.archive.catalog.get("a")
    assert held
    return held[1].status


def test_a_story_comes_with_its_links_and_its_origin_and_once(newsroom: Newsroom) -> None:
    item = Found(story=STORY, origin=ORIGIN, curated=(CuratedLink(target="b"),))
    assert [take(newsroom, item).outcome for _ in range(2)] == [Outcome.ADDED, Outcome.UNCHANGED]
    assert newsroom.archive.catalog.origin("a") == ORIGIN
    assert newsroom.archive.catalog.named_by("ghost", "7", "post") == ["a"]


def test_a_story_that_is_written_has_its_origin_whatever_follows(
    newsroom: Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Publisher, "_taken", stopped)
    with pytest.raises(KeyboardInterrupt):
        take(newsroom, Found(story=STORY, origin=ORIGIN))
    assert newsroom.archive.catalog.origin("a") == ORIGIN


@pytest.mark.parametrize("hidden", [Status.DRAFT, Status.RETRACTED])
def test_what_is_hidden_is_hidden_whatever_its_clock_says(newsroom: Newsroom, hidden: Status) -> None:
    take(newsroom, Found(story=STORY, origin=ORIGIN))
    take(newsroom, Found(story=replace(STORY, updated=None, status=hidden), origin=ORIGIN))
    assert status(newsroom) is hidden


def test_an_older_public_version_brings_nothing_back(newsroom: Newsroom) -> None:
    take(newsroom, Found(story=replace(STORY, status=Status.DRAFT), origin=ORIGIN))
    take(newsroom, Found(story=replace(STORY, updated=None), origin=ORIGIN))
    assert status(newsroom) is Status.DRAFT


def test_the_story_at_a_page_is_the_one_that_is_held(newsroom: Newsroom) -> None:
    take(newsroom, Found(story=STORY, origin=ORIGIN))
    assert take(newsroom, Found(story=replace(STORY, id="other"), origin=ORIGIN)).id == "a"


def test_what_is_not_held_cannot_change(newsroom: Newsroom) -> None:
    assert restate(newsroom, "nobody", Status.RETRACTED) is None
