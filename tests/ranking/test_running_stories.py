"""Events as they run: every story has one, and who comes later moves nobody."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.ranking.event_pairs import PATIENCE, TRANSLATED, Pairs
from recommender.ranking.running_stories import ALIKE, running_stories

DAY = 24 * 3600
Alike = dict[tuple[int, int], float]


def events(times: list[int], alike: Alike, languages: list[int] | None = None) -> list[list[int]]:
    one, other = (np.array([pair[i] for pair in alike], np.int64) for i in (0, 1))
    pairs = Pairs(one, other, np.array(list(alike.values()), np.float32))
    nums = np.arange(len(times))
    spoken = np.array(languages or [1] * len(times), np.uint32)
    return [each.tolist() for each in running_stories(nums, np.array(times, np.int64), spoken, pairs)]


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[int], Alike]:
    times = draw(st.lists(st.integers(0, 40), min_size=1, max_size=14))
    pair = st.tuples(st.integers(0, len(times) - 1), st.integers(0, len(times) - 1))
    some = draw(st.dictionaries(pair.filter(lambda p: p[0] < p[1]), st.floats(0, 2.5), max_size=40))
    return [time * DAY for time in times], some


@given(worlds())
@settings(max_examples=200, deadline=None)
def test_each_story_is_in_one_event_in_order_of_publication(world: tuple[list[int], Alike]) -> None:
    times, alike = world
    found = events(times, alike)
    assert sorted(num for event in found for num in event) == list(range(len(times)))
    for event in found:
        moments = [times[num] for num in event]
        assert moments == sorted(moments)
        assert all(later - earlier <= PATIENCE for earlier, later in pairwise(moments))


@given(worlds(), st.integers(0, 14))
@settings(max_examples=200, deadline=None)
def test_who_comes_later_moves_nobody(world: tuple[list[int], Alike], count: int) -> None:
    times, alike = sorted(world[0]), world[1]
    early = {pair: value for pair, value in alike.items() if max(pair) < count}
    before = events(times[:count], early) if times[:count] else []
    kept = [[num for num in event if num < count] for event in events(times, alike)]
    assert sorted(before) == sorted(filter(None, kept))


def test_an_event_is_over_after_a_silence() -> None:
    alike = {(0, 1): 2.0}
    assert events([0, PATIENCE], alike) == [[0, 1]]
    assert events([0, PATIENCE + 1], alike) == [[0], [1]]


def test_one_report_that_is_alike_does_not_bring_a_story_into_an_event_of_three() -> None:
    event = {(0, 1): 2.0, (0, 2): 2.0, (1, 2): 2.0}
    assert events([0, 1, 2, 3], event | {(2, 3): ALIKE * 1.5}) == [[0, 1, 2], [3]]
    assert events([0, 1, 2, 3], event | {(n, 3): ALIKE * 1.1 for n in range(3)}) == [[0, 1, 2, 3]]


def test_a_translation_brings_the_events_of_two_languages_together() -> None:
    alike = {(0, 2): 2.0, (1, 3): 2.0, (2, 3): TRANSLATED}
    assert events([0, 1, 2, 3], alike, [1, 2, 1, 2]) == [[0, 1, 2, 3]]
    assert events([0, 1, 2, 3], alike | {(2, 3): 0.0}, [1, 1, 1, 1]) == [[0, 2], [1, 3]]
