"""The figures against scikit-learn and SciPy, and against sums done by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import bootstrap
from sklearn.metrics import ndcg_score

from recommender.evaluation.metrics import (
    DEPTH,
    RECALL_DEPTHS,
    gains,
    gini,
    interval,
    lorenz,
    ndcg,
    per_query,
    precision,
    recall_curve,
    resampled,
    slots,
)


def one(order: list[int], relevant: set[int]) -> dict[str, float]:
    hits = gains([np.array(order)], [relevant])
    return {name: float(value[0]) for name, value in per_query(hits, np.array([len(relevant)])).items()}


@given(st.permutations(range(30)), st.sets(st.integers(0, 29), min_size=1, max_size=8), st.integers(1, 30))
def test_ndcg_is_that_of_scikit_learn(order: list[int], relevant: set[int], k: int) -> None:
    truth = np.isin(np.arange(30), list(relevant))[None]
    score = np.zeros((1, 30))
    score[0, order] = -np.arange(30)
    ours = ndcg(gains([np.array(order)], [relevant]), np.array([len(relevant)]), k)
    assert ours[0] == pytest.approx(ndcg_score(truth, score, k=k))


def test_by_hand() -> None:
    # Links 1, 2, 3; the ranking has them at places 2, 4 and 8.
    found = one([9, 1, 8, 2, 7, 6, 5, 3], {1, 2, 3})
    ideal = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    assert found == pytest.approx(
        {
            "ndcg@5": (1 / math.log2(3) + 1 / math.log2(5)) / ideal,
            "recall@5": 2 / 3,
            "recall@10": 1,
            "recall@50": 1,
            "recall@200": 1,
            "mrr": 1 / 2,
            "hit@5": 1,
        }
    )


def test_a_block_full_of_links_is_perfect_though_more_were_set() -> None:
    found = one(list(range(5)), set(range(8)))
    assert (found["ndcg@5"], found["recall@5"], found["recall@10"]) == (1, 1, 5 / 8)


@pytest.mark.parametrize("order", [[], [7, 8, 9]])
def test_nothing_found_is_nothing(order: list[int]) -> None:
    assert set(one(order, {1}).values()) == {0}


def test_what_stands_below_the_depth_is_not_found() -> None:
    found = one(list(range(DEPTH + 1)), {DEPTH})
    assert set(found.values()) == {0}


def test_the_interval_is_that_of_scipy() -> None:
    values = np.random.default_rng(3).beta(2, 3, 400)
    theirs = bootstrap((values,), np.mean, n_resamples=2000, method="percentile", rng=5).confidence_interval
    assert interval(values, resampled(400)) == pytest.approx((theirs.low, theirs.high), abs=0.003)


def test_a_constant_difference_has_no_width() -> None:
    assert interval(np.full(50, 0.25), resampled(50)) == (0.25, 0.25)


@pytest.mark.parametrize(
    ("exposure", "value"),
    [([3, 3, 3, 3], 0), ([0, 0, 0, 8], 3 / 4), ([1, 3], 1 / 4), ([0, 0], 0)],
)
def test_gini_by_hand(exposure: list[int], value: float) -> None:
    assert gini(np.array(exposure)) == pytest.approx(value)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=12))
def test_gini_is_twice_the_area_above_the_lorenz_curve(exposure: list[int]) -> None:
    curve = lorenz(np.array(exposure))
    assert (curve[0], curve[-1]) == (0, pytest.approx(1))
    below = (curve[1:] + curve[:-1]).mean() / 2
    assert gini(np.array(exposure)) == pytest.approx(1 - 2 * below)


def test_the_lorenz_curve_by_hand() -> None:
    assert lorenz(np.array([4, 0, 1, 3])).tolist() == [0, 0, 1 / 8, 4 / 8, 1]


@given(st.lists(st.permutations(range(30)), min_size=1, max_size=5))
def test_the_curve_of_recall_goes_through_its_figures(orders: list[list[int]]) -> None:
    right = [set(range(1 + row)) for row in range(len(orders))]
    hits, counts = (
        gains([np.array(order) for order in orders], right),
        np.array([len(each) for each in right]),
    )
    curve = recall_curve(hits, counts)
    for depth in RECALL_DEPTHS:
        assert curve[depth - 1] == pytest.approx(per_query(hits, counts)[f"recall@{depth}"].mean())


@given(st.lists(st.integers(0, 50), min_size=1, max_size=12).filter(any))
def test_gini_is_half_the_mean_difference_over_the_mean(exposure: list[int]) -> None:
    values = np.array(exposure, float)
    plain = np.abs(values[:, None] - values).mean() / (2 * values.mean())
    assert gini(np.array(exposure)) == pytest.approx(plain)


def test_the_share_of_linked_slots_is_of_those_that_are_shown() -> None:
    orders = [np.array(order, np.int64) for order in ([1, 2, 3, 4, 5, 6], [7, 8], [])]
    shown, hits = slots(orders), gains(orders, [{1, 6}, {8}, {9}])
    found = precision(hits, shown, resampled(3))
    assert shown.tolist() == [5, 2, 0]
    assert found["slots_shown"] == pytest.approx(7 / 3)
    assert found["precision"] == pytest.approx(2 / 7)


def test_of_nothing_shown_nothing_is_right() -> None:
    orders = [np.zeros(0, np.int64)] * 4
    found = precision(gains(orders, [{1}] * 4), slots(orders), resampled(4))
    assert (found["slots_shown"], found["precision"], found["precision_ci"]) == (0, 0, [0, 0])
