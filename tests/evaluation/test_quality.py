"""What is measured of an archive's blocks: by its own links, against baselines, and kept as it was."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from importlib import resources

import pytest

from recommender.archive.archive import Archive
from recommender.archive.learned_weights import LearnedWeights
from recommender.archive.weights_journal import Journal, Version
from recommender.catalog.ratings import RatingRow, RatingsTable
from recommender.engine.engine import Engine
from recommender.evaluation import quality
from recommender.evaluation.quality import NEWEST, OURS, PERIOD, START, SYSTEMS, Quality
from recommender.ranking.weights import DEFAULT_FILE
from recommender.story.story import Link, Story
from tests.fakes import HashEmbedder

SUBJECTS = ("ferry river rescue Bhola", "budget minister tax Dhaka", "cricket wicket innings Sylhet")
BEGINS = datetime(2024, 1, 1, tzinfo=UTC)


def told(n: int) -> Story:
    """Return a story that links to the one before on its subject."""
    words = SUBJECTS[n % 3]
    own = " ".join(f"own{n}{letter}" for letter in "abcdefghij")
    links = (Link(target=f"s{n - 3}", anchor=""),) if n >= 9 else ()
    return Story(
        id=f"s{n}", headline=f"{words.split()[0]} {n}x{n}", body=f"{words} {words} {own}",
        published=BEGINS + timedelta(days=n), links=links, language="en",
    )  # fmt: skip


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with Archive.create(tmp_path_factory.mktemp("quality") / "archive", embedder=HashEmbedder()) as archive:
        archive.add(told(n) for n in range(48))
        yield Engine(archive, clock=lambda: (BEGINS + timedelta(days=60)).timestamp())


@pytest.fixture(scope="module")
def found(engine: Engine) -> Quality:
    return quality.measure(engine)


def test_each_story_with_links_is_asked_about_once(found: Quality) -> None:
    assert (found.stories, found.links) == (39, 39)
    assert sum(period.stories for period in found.periods) == 39
    assert all(period.stories >= PERIOD for period in found.periods)
    assert [period.first for period in found.periods] == sorted(period.first for period in found.periods)


def test_figures_are_means_within_their_intervals(found: Quality) -> None:
    for means in (found.means, *(period.means for period in found.periods)):
        assert set(means) == set(SYSTEMS)
        for mean in means.values():
            assert 0 <= mean.low <= mean.mean <= mean.high <= 1
    assert found.gains[START].mean == 0, "nothing was learned: both are one ranking"
    assert found.gains[NEWEST].mean == pytest.approx(found.means[OURS].mean - found.means[NEWEST].mean)
    assert found.means[OURS].mean > found.means[NEWEST].mean


def test_the_worst_come_first_with_what_was_linked_and_what_was_ranked(found: Quality) -> None:
    values = [each.agreement for each in found.worst]
    assert values == sorted(values)
    for each in found.worst:
        assert each.links == (f"s{int(each.id[1:]) - 3}",)
        assert each.id not in each.ranked
        assert (each.links[0] in each.ranked) == (each.agreement > 0)


def test_only_the_newest_are_asked_about_where_there_are_more(engine: Engine) -> None:
    some = quality.measure(engine, most=12)
    assert some.stories == 12
    assert some.periods[0].first == int((BEGINS + timedelta(days=36)).timestamp())


def test_what_was_measured_is_kept_and_what_cannot_be_read_is_none(engine: Engine, found: Quality) -> None:
    path = engine.archive.path
    quality.save(path, found)
    assert quality.load(path) == found
    (path / "derived" / quality.FILE).write_text("{")
    assert quality.load(path) is None
    (path / "derived" / quality.FILE).unlink()
    assert quality.load(path) is None


def test_without_links_it_says_so_and_has_what_needs_none(tmp_path_factory: pytest.TempPathFactory) -> None:
    with Archive.create(tmp_path_factory.mktemp("few") / "archive", embedder=HashEmbedder()) as archive:
        empty = quality.measure(Engine(archive))
        assert "0 stories link" in empty.missing
        archive.add(replace(told(n), links=()) for n in range(48))
        RatingsTable(archive.catalog).add(
            [RatingRow(f"s{n}", f"s{n - 3}", "sports-desk", 2, 5) for n in range(9, 20)]
        )
        found = quality.measure(Engine(archive))
        assert "0 stories link" in found.missing
        assert (found.stories, found.means, found.worst) == (0, {}, ())
        assert found.rated is not None
        assert (found.rated.blocks, found.rated.ordered) == (11, 11)
        assert found.months
        assert found.reach is not None
        quality.save(archive.path, found)
        assert quality.load(archive.path) == found


def test_what_editors_think_is_measured_too(engine: Engine, found: Quality) -> None:
    assert found.rated is None
    rows = [
        RatingRow(f"s{n}", f"s{n - back}", "sports-desk", grade, 5)
        for n in range(20, 40)
        for back, grade in ((3, 2), (1, 0))
    ]
    table = RatingsTable(engine.archive.catalog)
    nums = table.add(rows)
    try:
        rated = quality.measure(engine).rated
    finally:
        table.remove(nums, "sports-desk")
    assert rated is not None
    assert (rated.slots, rated.acceptable.mean) == (40, 0.5)
    assert rated.ndcg[OURS] == rated.ndcg[START], "nothing was learned: both are one ranking"
    assert rated.ndcg[OURS].mean > 0.9


def test_ratings_that_may_have_taught_the_weights_in_use_do_not_put_them_to_the_test(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = Version(
        1,
        0,
        "1970-01-01T00:00:07Z",
        40,
        0,
        (resources.files("recommender") / "data" / DEFAULT_FILE).read_text(),
    )
    monkeypatch.setattr(LearnedWeights, "journal", lambda _: Journal(versions=(version,), current=1))
    rows = [RatingRow(f"s{n}", f"s{n - 3}", "sports-desk", 2, 5 if n < 30 else 9) for n in range(20, 36)]
    table = RatingsTable(engine.archive.catalog)
    nums = table.add(rows)
    try:
        rated = quality.measure(engine).rated
    finally:
        table.remove(nums, "sports-desk")
    assert rated is not None
    assert (rated.blocks, rated.ordered) == (16, 6)
