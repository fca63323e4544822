"""Settings move what is chosen and not what a link is worth: by age, by variety, one slot an event."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from recommender import Settings, Story
from recommender.archive.archive import Archive
from recommender.archive.click_appeals import ClickAppeals, ClickAttempt
from recommender.engine.engine import Engine
from tests.fakes import HashEmbedder
from tests.newsroom.world import MAY

WIDE = Settings(least_score=0, slots=6)
ASKED = "asked"


def told(n: int, days: float, words: str = "flood river dike rain") -> Story:
    own = " ".join(f"own{n}{letter}" for letter in "abcdefghijklmnop")
    return Story(
        id=f"s{n}", headline=f"{words} {n}x", body=f"{words} {own}",
        published=MAY - timedelta(days=days), language="en",
    )  # fmt: skip


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    path: Path = tmp_path_factory.mktemp("selection") / "archive"
    with Archive.create(path, WIDE, HashEmbedder()) as archive:
        asked = replace(told(99, 0), id=ASKED)
        archive.add([asked, *(told(n, 1 + 40 * n) for n in range(24))])
        yield Engine(archive, clock=lambda: MAY.timestamp() + 60)


def ages(engine: Engine, **settings: object) -> list[int]:
    block = engine.under(replace(WIDE, **settings)).related(ASKED)  # type: ignore[arg-type]
    return [(MAY - slot.story.published).days for slot in block.slots]


def test_recency_puts_stories_of_nearly_the_same_day_first_or_last(engine: Engine) -> None:
    near, as_it_is, far = (ages(engine, recency=value) for value in (3, 0, -3))
    assert sum(near) < sum(as_it_is) < sum(far)
    assert near[0] == 1


def test_scores_stay_what_they_are_whatever_is_put_first(engine: Engine) -> None:
    def scores(**settings: object) -> dict[str, float]:
        block = engine.under(replace(WIDE, slots=24, **settings)).related(ASKED)  # type: ignore[arg-type]
        return {slot.story.id: slot.score for slot in block.slots}

    assert scores() == scores(recency=2) == scores(diversity=0.7)


def test_the_floor_holds_and_no_slot_is_used_up_by_what_is_below(engine: Engine) -> None:
    all_ = engine.under(replace(WIDE, slots=24)).related(ASKED).slots
    floor = sorted((slot.score for slot in all_), reverse=True)[8]
    above = {slot.story.id for slot in all_ if slot.score >= floor}
    at_floor = replace(WIDE, slots=len(above), least_score=floor)
    for values in ({"recency": -3}, {"recency": 3}, {"diversity": 1.0}):
        block = engine.under(replace(at_floor, **values)).related(ASKED)  # type: ignore[arg-type]
        assert {slot.story.id for slot in block.slots} == above


def test_clicks_move_stories_above_the_floor_and_no_answer_to_a_text(engine: Engine) -> None:
    catalog = engine.archive.catalog
    wide = engine.under(replace(WIDE, slots=24))
    all_, text = wide.related(ASKED).slots, wide.similar("flood dike", 24).slots
    floor = sorted((slot.score for slot in all_), reverse=True)[8]
    above = [slot.story.id for slot in all_ if slot.score >= floor]
    nums = catalog.nums_of([slot.story.id for slot in all_])
    lifts = {num: 1.0 if id not in above else -1.0 + above.index(id) / 8 for id, num in nums.items()}
    won = ClickAttempt("2024-05-01T12:00:00Z", 500, won=True, strength=1.0)
    ClickAppeals(catalog).take(won, lifts, MAY.date())
    counting = replace(WIDE, slots=24, learn_clicks=True)
    moved = engine.under(counting)
    at_floor = engine.under(replace(counting, slots=len(above), least_score=floor)).related(ASKED).slots
    assert {slot.story.id for slot in at_floor} == set(above)
    assert [slot.story.id for slot in at_floor] != above
    assert {slot.story.id: slot.score for slot in moved.related(ASKED).slots} == {
        slot.story.id: slot.score for slot in all_
    }
    assert [slot.story.id for slot in moved.similar("flood dike", 24).slots] == [s.story.id for s in text]
    assert [slot.story.id for slot in wide.related(ASKED).slots] == [slot.story.id for slot in all_]


def test_of_an_event_one_story_has_a_slot(engine: Engine) -> None:
    assert len(ages(engine)) == 6
    assert len(ages(engine, event_likeness=0.0, event_days=10_000)) == 1, "all are one event"
    within = ages(engine, event_likeness=0.0, event_days=60)
    assert all(abs(one - other) > 60 for one in within for other in within if one is not other)
    assert ages(engine, event_likeness=0.0, event_days=0) == ages(engine)
