"""Figures of ratings: means are within their intervals, agreement is what it is said to be."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.evaluation.graded import LEAST, agreement, alpha, figures, graded_ndcg
from recommender.newsroom.ratings import Grade, Rating

AT = datetime(2026, 3, 3, tzinfo=UTC)


def rating(source: int, target: int, grade: int, by: str = "sports-desk") -> Rating:
    return Rating(source=f"s{source}", target=f"t{target}", grade=Grade(grade), by=by, at=AT)


def forwards(_: str, targets: Sequence[str]) -> Sequence[str]:
    return sorted(targets)


def backwards(_: str, targets: Sequence[str]) -> Sequence[str]:
    return sorted(targets, reverse=True)


SHEET = [rating(source, target, max(0, 2 - target)) for source in range(8) for target in range(4)]


def test_shares_and_orders_of_a_sheet() -> None:
    found = figures(SHEET, {"best first": forwards, "best last": backwards, "none": lambda *_: []})
    assert found is not None
    assert (found.blocks, found.slots, found.ratings, found.raters) == (8, 32, 32, 1)
    assert (found.acceptable.mean, found.chosen.mean) == (0.5, 0.25)
    assert found.ndcg["best first"].mean == pytest.approx(1)
    assert 0 < found.ndcg["best last"].mean < 1
    assert found.ndcg["none"].mean == 0, "what a system does not find gains nothing"
    for mean in (found.acceptable, found.chosen, *found.ndcg.values()):
        assert mean.low <= mean.mean + 1e-12
        assert mean.mean <= mean.high + 1e-12
    assert (found.twice, found.agreement, found.alpha) == (0, None, None)


def test_too_few_blocks_say_nothing() -> None:
    assert figures([rating(source, 0, 2) for source in range(LEAST - 1)], {}) is None
    found = figures([rating(source, 0, 0) for source in range(LEAST)], {"any": forwards})
    assert found is not None
    assert found.ndcg == {}, "where all is unrelated no order is better than another"


def test_a_slot_that_two_have_rated_counts_once() -> None:
    other = [rating(each, 0, 0, "night-desk") for each in range(8)]
    found = figures([*SHEET, *other], {"best first": forwards})
    assert found is not None
    assert (found.slots, found.twice, found.raters) == (32, 8, 2)
    assert found.acceptable.mean == pytest.approx((0.5 + 1) / 4), "half of it is acceptable"
    assert found.agreement is not None
    assert found.agreement.mean == 0


@given(st.lists(st.floats(0, 3), min_size=1, max_size=9).filter(any))
def test_the_best_order_has_all_there_is_to_have(gains: list[float]) -> None:
    best = sorted(gains, reverse=True)
    assert graded_ndcg(best, gains) == pytest.approx(1)
    assert 0 <= graded_ndcg(gains, gains) <= 1 + 1e-9


def test_agreement_of_editors() -> None:
    assert agreement([2, 2]) == 1
    assert agreement([0, 1]) == 0
    assert agreement([1, 1, 2]) == pytest.approx(1 / 3)
    assert alpha([[0, 0], [2, 2], [1, 1]]) == pytest.approx(1)
    assert alpha([[1, 1], [1, 1]]) is None, "where all say the same nothing can be told"
    # Krippendorff (2011), example C, as numbers: three observers, twelve units with two values or more.
    observers = (
        [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
        [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
    )
    units = [[value for value in unit if value is not None] for unit in zip(*observers, strict=True)]
    assert alpha([unit for unit in units if len(unit) > 1]) == pytest.approx(0.849, abs=5e-4)
