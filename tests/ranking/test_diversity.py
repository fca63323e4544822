"""A text takes one slot: copies of the source and of a slot above are passed over, other stories are not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from recommender.hybrid import HybridModel
from recommender.ranking.diversity import copies_of, copies_of_source, without_copies
from recommender.ranking.pool import Pool
from tests.arrays import encoded, store_of, story

FLOOD = story(0)
REPRINT = replace(FLOOD, id="reprint", body=FLOOD.body + " Agency report.")
VOTE = story(1)
VOTE_AGAIN = replace(VOTE, id="again", headline=VOTE.headline.upper())
OTHERS = [story(number) for number in range(2, 12)]
STORE = store_of([REPRINT, VOTE, VOTE_AGAIN, *OTHERS])
MODEL = HybridModel.fit(STORE)
POOL = Pool(encoded(FLOOD), STORE.nums, STORE, MODEL)


def test_finds_the_reprint_of_the_source_and_nothing_else() -> None:
    assert np.flatnonzero(copies_of_source(POOL)).tolist() == [0]


def test_finds_the_copies_of_a_candidate_and_nothing_else() -> None:
    assert np.flatnonzero(copies_of(POOL, 2)).tolist() == [1, 2]
    assert np.flatnonzero(copies_of(POOL, 5)).tolist() == [5]


def test_the_higher_one_of_two_copies_stays() -> None:
    assert without_copies(POOL, np.array([0, 3, 2, 1, 4]), 5).tolist() == [3, 2, 4]


def test_below_the_slots_only_the_copies_of_what_is_shown_are_missing() -> None:
    assert without_copies(POOL, np.array([3, 2, 1, 0, 4]), 1).tolist() == [3, 2, 1, 4]


def test_nothing_is_lost_where_nothing_is_a_copy() -> None:
    order = np.array([7, 5, 9, 6, 8])
    assert without_copies(POOL, order, 3).tolist() == order.tolist()
