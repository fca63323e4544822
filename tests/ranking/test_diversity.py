"""A text takes one slot, the newest version shown; what is below the slots is all there."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recommender.features.hybrid_vectors import HybridModel
from recommender.ranking.copies import copies_among
from recommender.ranking.diversity import REACH, Event, diverse, each_event, events
from recommender.ranking.pool import Pool
from tests.arrays import encoded, store_of, story

FLOOD = story(0)
REPRINT = replace(FLOOD, id="reprint", body=FLOOD.body + " Agency report.")
VOTE = story(1)
VOTE_AGAIN = replace(
    VOTE, id="again", headline=VOTE.headline.upper(), published=VOTE.published + timedelta(hours=3)
)
OTHERS = [story(number) for number in range(2, 12)]
STORE = store_of([REPRINT, VOTE, VOTE_AGAIN, *OTHERS])
MODEL = HybridModel.fit(STORE)
POOL = Pool(encoded(FLOOD), STORE.nums, STORE, MODEL)
VECTORS = POOL.centred_means(np.arange(len(POOL)))
N = len(POOL)


def scores(*best: int) -> np.ndarray:
    """Return scores by which these places are the best, in this order."""
    values = np.linspace(0.1, 0, N, dtype=np.float32)
    for rank, place in enumerate(best):
        values[place] = 10 - rank
    return values


def test_the_newest_version_is_shown_and_the_others_are_its_timeline() -> None:
    assert events(POOL, scores(1, 3), 2)[0] == Event(shown=2, others=(1,), best=1)


def test_a_copy_of_the_source_is_in_no_slot() -> None:
    found = events(POOL, scores(0, 3), N)
    assert 0 not in {place for event in found for place in (event.shown, *event.others)}


def test_each_candidate_is_in_one_slot_at_most() -> None:
    found = events(POOL, scores(2, 1, 5), N)
    places = [place for event in found for place in (event.shown, *event.others)]
    assert sorted(places) == list(range(1, N))


def test_without_variety_the_slots_go_by_score() -> None:
    best = [event.best for event in events(POOL, scores(7, 5, 9, 6), 4, strength=0)]
    assert best == [7, 5, 9, 6]


def plain_mmr(values: np.ndarray, slots: int, strength: float) -> list[int]:
    allowed = [i for i in np.argsort(-values, kind="stable").tolist() if i != 0][:REACH]
    low, high = min(values[allowed]), max(values[allowed])
    chosen: list[int] = []
    while allowed and len(chosen) < slots:

        def worth(i: int) -> float:
            likeness = [float(VECTORS[i] @ VECTORS[j]) for j in chosen]
            return float((1 - strength) * (values[i] - low) / (high - low) - strength * max([0.0, *likeness]))

        best = max(allowed, key=worth)
        chosen.append(best)
        copies = set(np.flatnonzero(copies_among(POOL, best)).tolist())
        allowed = [i for i in allowed if i not in copies]
    return chosen


@given(st.permutations(range(N)), st.sampled_from([0.0, 0.1, 0.4, 0.9]))
def test_variety_as_the_plain_version_has_it(order: list[int], strength: float) -> None:
    values = np.array(order, np.float32)
    assert [event.best for event in events(POOL, values, 5, strength)] == plain_mmr(values, 5, strength)


@given(st.permutations(range(N)), st.sets(st.integers(0, N - 1)), st.integers(1, N))
def test_what_may_not_be_shown_changes_nothing_of_what_may(
    order: list[int], shown: set[int], slots: int
) -> None:
    values = np.array(order, np.float32)
    found = each_event(POOL, values, slots, may_show=lambda places: np.isin(places, [*shown]))
    assert [*found] == [each for each in events(POOL, values, slots) if each.best in shown]


def test_below_the_slots_only_the_copies_of_what_is_shown_are_missing() -> None:
    order = diverse(POOL, scores(3, 2, 1, 0, 4), 1).tolist()
    assert order[:4] == [3, 2, 1, 4]
    assert sorted(order) == list(range(1, N))


def test_nothing_to_choose_from() -> None:
    none = Pool(encoded(FLOOD), STORE.nums[:0], STORE, MODEL)
    assert events(none, np.zeros(0, np.float32), 5) == []
    assert len(diverse(none, np.zeros(0, np.float32), 5)) == 0
