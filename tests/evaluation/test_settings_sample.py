"""A sample tells what settings would do: on the same stories, by what is known to be right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from recommender import Link, Settings, Story
from recommender.archive.archive import Archive
from recommender.engine.engine import Engine
from recommender.evaluation.settings_sample import SettingsSample, figures
from recommender.newsroom import Newsroom
from tests.fakes import HashEmbedder

BEGINS = datetime(2024, 1, 1, tzinfo=UTC)
SUBJECTS = ("ferry tide pier island", "budget vote tax council", "goal match cup league")
WIDE = Settings(least_score=0)


def told(n: int, links: bool = True) -> Story:
    """Return a story that links to the one before on its subject."""
    words = SUBJECTS[n % 3]
    own = " ".join(f"own{n}{letter}" for letter in "abcdefghij")
    targets = (Link(target=f"s{n - 3}", anchor=""),) if links and n >= 9 else ()
    return Story(
        id=f"s{n}", headline=f"{words.split()[0]} {n}x{n}", body=f"{words} {words} {own}",
        published=BEGINS + timedelta(days=n), links=targets, language="en",
    )  # fmt: skip


def now() -> float:
    return (BEGINS + timedelta(days=60)).timestamp()


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    path = tmp_path_factory.mktemp("sample") / "archive"
    with Archive.create(path, WIDE, HashEmbedder()) as archive:
        archive.add(told(n) for n in range(48))
        yield Engine(archive, clock=now)


def test_by_the_links_of_writers_recency_is_right_here_and_age_is_wrong(engine: Engine) -> None:
    sample = SettingsSample(engine)
    assert sample.judged_by == "links"
    held = sample.answers(sample.nums, WIDE)
    gains = {}
    for recency in (-3, 3):
        found = figures(sample.answers(sample.nums, replace(WIDE, recency=recency)), held)
        assert found.stories == len(sample.nums) == 39
        assert found.gain
        gains[recency] = found.gain
    assert gains[-3].high < 0
    assert gains[3].mean > gains[-3].mean


def test_the_same_settings_differ_by_nothing_and_are_told_alike_each_time(engine: Engine) -> None:
    sample, again = SettingsSample(engine), SettingsSample(engine)
    found = figures(sample.answers(sample.nums, WIDE), again.answers(again.nums, WIDE))
    assert found.gain
    assert (found.gain.mean, found.gain.low, found.gain.high) == (0, 0, 0)
    assert found.slots == found.slots_now
    assert sample.holds()


def test_slots_and_further_reports_are_counted(engine: Engine) -> None:
    sample = SettingsSample(engine)
    held = sample.answers(sample.nums, WIDE)
    two = figures(sample.answers(sample.nums, replace(WIDE, slots=2)), held)
    assert two.slots.mean <= 2 < two.slots_now.mean
    one = figures(sample.answers(sample.nums, replace(WIDE, event_likeness=0.7, event_days=14)), held)
    assert one.crowded <= one.crowded_now


def test_without_links_blocks_set_by_hand_say_what_is_right_and_else_nothing(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.mktemp("byhand") / "archive"
    with Newsroom.create(path, WIDE, HashEmbedder(), now) as newsroom:
        for _ in newsroom.publish_many([told(n, links=False) for n in range(40)]):
            pass
        sample = SettingsSample(newsroom.engine)
        assert sample.judged_by == ""
        found = figures(*[sample.answers(sample.nums, WIDE)] * 2)
        assert (found.stories, found.gain) == (40, None)
        for n in range(20, 32):
            newsroom.import_curated(f"s{n}", [f"s{n - 3}", f"s{n + 1}"], "sports-desk")
        sample = SettingsSample(newsroom.engine)
        assert (sample.judged_by, len(sample.nums)) == ("blocks", 12)
        assert figures(*[sample.answers(sample.nums, WIDE)] * 2).gain
