"""The timeline answers as sorting all stories anew does."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from index.storage.time_index import Timeline

MOVES = st.lists(st.tuples(st.integers(0, 30), st.none() | st.integers(-20, 20)), max_size=60)


def replay(
    moves: list[tuple[int, int | None]], merges: set[int]
) -> tuple[Timeline, np.ndarray, dict[int, int]]:
    """Put stories at times, or take them away (None); merge after some of the moves."""
    timeline, published, held = Timeline(), np.zeros(31, np.int64), {}
    for step, (num, time) in enumerate(moves):
        if time is None:
            published[num] = Timeline.GONE
            held.pop(num, None)
        else:
            published[num] = held[num] = time
            timeline.put(num, published)
        if step in merges:
            timeline.merge(published)
    return timeline, published, held


@given(MOVES, st.sets(st.integers(0, 60)), st.integers(-25, 25), st.integers(0, 12), st.booleans())
def test_recent_is_the_head_of_the_sorted_list(moves, merges, before, count, odd_only) -> None:
    timeline, published, held = replay(moves, merges)
    plain = sorted((-time, num) for num, time in held.items() if time <= before and (num % 2 or not odd_only))
    test = (lambda nums: nums % 2 == 1) if odd_only else None
    assert timeline.recent(before, count, published, test).tolist() == [num for _, num in plain][:count]


@given(MOVES, st.sets(st.integers(0, 60)), st.integers(-25, 25), st.integers(0, 20))
def test_between_is_a_part_of_the_sorted_list(moves, merges, first, days) -> None:
    timeline, published, held = replay(moves, merges)
    plain = sorted((-time, num) for num, time in held.items() if first <= time <= first + days and num % 2)
    found = timeline.between(first, first + days, published, lambda nums: nums % 2 == 1)
    assert found.tolist() == [num for _, num in plain]


@given(MOVES, st.lists(st.integers(-25, 25), max_size=5))
def test_counts_the_earlier_ones(moves, times) -> None:
    timeline, published, held = replay(moves, {len(moves) - 1})
    plain = [sum(time < each for time in held.values()) for each in times]
    assert timeline.count_before(np.array(times, np.int64), published).tolist() == plain


def test_many_puts_in_any_order_come_out_sorted() -> None:
    times = np.random.default_rng(0).permutation(5000)
    timeline = Timeline()
    for num in range(5000):
        timeline.put(num, times)
    assert timeline.recent(4999, 5000, times).tolist() == np.argsort(-times).tolist()
