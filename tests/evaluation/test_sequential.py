"""Who wins is told only when it is sure, however often one looks."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recommender.evaluation.sequential import Verdict, standing

COUNTS = st.integers(0, 10**6)


@given(COUNTS, COUNTS)
def test_the_share_is_within_its_interval_and_both_sides_are_alike(wins: int, losses: int) -> None:
    found, turned = standing(wins, losses), standing(losses, wins)
    assert 0 <= found.low <= found.share <= found.high <= 1
    assert abs(found.low - (1 - turned.high)) < 1e-9
    assert (found.verdict is Verdict.TRIED) == (turned.verdict is Verdict.NOW)


def test_a_fair_coin_wins_hardly_ever_whenever_one_looks() -> None:
    walks = np.random.default_rng(7).integers(0, 2, (400, 1500)).cumsum(axis=1)
    looks = range(9, 1500, 10)
    wrong = sum(
        any(standing(int(walk[n]), n + 1 - int(walk[n])).verdict is not Verdict.OPEN for n in looks)
        for walk in walks
    )
    assert wrong <= 400 * 0.05


def test_a_clear_difference_is_found_and_nothing_is_told_of_nothing() -> None:
    assert standing(0, 0).verdict is Verdict.OPEN
    assert standing(3, 0).verdict is Verdict.OPEN
    assert standing(260, 140).verdict is Verdict.TRIED
    assert standing(140, 260).verdict is Verdict.NOW
