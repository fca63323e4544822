"""What an archive tells of itself by month, by who is linked to, and by what it has learned."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from recommender.archive.weights_journal import Journal, Version
from recommender.evaluation.trends import LEAST, learned_versions, months, reach
from recommender.evaluation.tuning import unhurried
from recommender.newsroom import Newsroom
from recommender.ranking.weights import shipped
from tests.arrays import START, story
from tests.fakes import HashEmbedder

DAYS = 3
NEW = "zeppelin hangar mooring gondola ballast helium rudder keel canvas pilot"


@pytest.fixture(scope="module")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Newsroom]:
    path = tmp_path_factory.mktemp("trends") / "archive"
    stories = [story(number, published=START + timedelta(days=DAYS * number)) for number in range(30)]
    ends = (START + timedelta(days=1000)).timestamp()
    with Newsroom.create(path, embedder=HashEmbedder(), clock=lambda: ends) as newsroom:
        newsroom.archive.add(stories)
        newsroom.archive.rebuild()
        later = [replace(one, id=f"new-{one.id}", headline=NEW, body=f"{NEW} {NEW}",
                         published=one.published + timedelta(days=400)) for one in stories[:6]]  # fmt: skip
        newsroom.archive.add(later)
        newsroom.archive.catch_up()
        newsroom.refresh(1000, 60)
        yield newsroom


def test_new_words_and_scores_are_told_by_month(newsroom: Newsroom) -> None:
    found = months(newsroom.archive, unhurried)
    assert [each.month for each in found] == sorted({each.month for each in found})
    assert all(each.stories >= LEAST and 0 <= each.unknown <= 1 for each in found)
    assert found[-1].unknown > found[0].unknown
    scored = [each.score for each in found if each.score is not None]
    assert scored
    assert all(0 < score <= 1 for score in scored)


def test_who_stands_in_no_block_is_counted(newsroom: Newsroom) -> None:
    found = reach(newsroom.archive, int(newsroom.engine.clock()))
    assert found is not None
    assert found.stories == 36
    assert found.never == newsroom.exposure().orphaned
    assert 0 < found.gini < 1


def test_an_empty_archive_has_nothing_to_tell(tmp_path: Path) -> None:
    with Newsroom.create(tmp_path / "archive", embedder=HashEmbedder()) as newsroom:
        assert months(newsroom.archive, unhurried) == ()
        assert reach(newsroom.archive, 0) is None


def test_each_version_is_told_with_what_its_trial_found() -> None:
    trial = {"before": 0.4, "after": 0.5, "difference": 0.1, "difference_ci": [0.05, 0.15]}
    texts = [replace(shipped(), provenance=told).to_json() for told in ({"trial": trial}, {})]
    versions = tuple(Version(n, 0, "2026-01-01T00:00:00Z", 30, 5, text) for n, text in enumerate(texts, 1))
    (told,) = learned_versions(Journal(versions=versions, current=1))
    assert (told.number, told.links, told.in_use) == (1, 30, True)
    assert (told.before, told.after, told.difference, told.low, told.high) == (0.4, 0.5, 0.1, 0.05, 0.15)
