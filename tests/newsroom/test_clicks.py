"""Clicks of a newsroom: those from elsewhere are of held stories, and what was counted of late is told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from recommender.catalog.clicks import ClickRow
from recommender.newsroom import Newsroom
from recommender.newsroom.clicks import DAYS, of_late, take
from recommender.story.story import Story
from tests.fakes import HashEmbedder
from tests.service.cases import story

NOW = 1_740_000_000.0  # 2025-02-19 21:20 UTC
TODAY, FIRST, BEFORE = "2025-02-19", "2025-01-23", "2025-01-22"


@pytest.fixture(scope="module")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    path = tmp_path_factory.mktemp("clicks") / "archive"
    with Newsroom.create(path, embedder=HashEmbedder(), clock=lambda: NOW) as newsroom:
        newsroom.archive.add([Story.from_json(story(f"ferry-{n}", day=n)) for n in range(1, 4)])
        yield newsroom


def test_a_story_is_named_by_id_or_address_and_a_file_may_come_again(newsroom: Newsroom) -> None:
    row = ClickRow(TODAY, "https://www.news.example/ferry-1?utm_source=x", "ferry-2", 1, 10, 3)
    for _ in range(2):
        assert take(newsroom, [row, row._replace(target="nobody")]) == 1
    (told,) = of_late(newsroom)
    assert (told.source, told.target, told.shown, told.clicked) == ("ferry-1", "ferry-2", 10, 3)


def test_of_late_is_four_weeks_up_to_today(newsroom: Newsroom) -> None:
    assert DAYS == 28
    take(newsroom, [ClickRow(day, "ferry-3", "ferry-2", 1, 1, 0) for day in (TODAY, FIRST, BEFORE)])
    (told,) = [row for row in of_late(newsroom) if row.source == "ferry-3"]
    assert told.shown == 2
