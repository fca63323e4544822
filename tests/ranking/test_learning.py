"""Weights from links: the loss is the plain one, and what made the links is found again."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import approx_fprime

from recommender.ranking.learning import HELD, CandidateLists, _Loss, deviations, fit

RANDOM = np.random.default_rng(8)
TRUE = np.array([2.0, 1.0, -1.5])
FREE = np.zeros(3, np.int64)


def made_up(questions: int, weights: np.ndarray = TRUE, size: int = 30) -> CandidateLists:
    """Return questions whose links were drawn from the softmax of these weights."""
    rows = []
    for _ in range(questions):
        features = RANDOM.normal(size=(size, len(weights))).astype(np.float32)
        power = np.exp(features @ weights)
        linked = np.zeros(size, np.bool_)
        linked[RANDOM.choice(size, RANDOM.integers(1, 3), replace=False, p=power / power.sum())] = True
        rows.append((features, linked))
    return CandidateLists.of(rows, len(weights))


LISTS = made_up(400)


def plain_loss(lists: CandidateLists, weights: np.ndarray, total: float) -> float:
    """Each linked story against all that are not linked, one after the other."""
    value = 0.0
    for first, last in zip(lists.offsets[:-1], lists.offsets[1:], strict=True):
        scores = (lists.features[first:last].astype(float) @ weights).tolist()
        linked = lists.linked[first:last].tolist()
        counts = lists.against[first:last].tolist()
        others = sum(n * math.exp(s) for s, n, yes in zip(scores, counts, linked, strict=True) if not yes)
        share = total / len(lists) / math.sqrt(sum(linked))
        for score, yes in zip(scores, linked, strict=True):
            if yes:
                value -= share * math.log(math.exp(score) / (others + math.exp(score)))
    return value


@given(st.lists(st.floats(-2, 2), min_size=3, max_size=3))
def test_the_loss_is_the_plain_one_and_its_slope_is_its_slope(values: list[float]) -> None:
    small, weights = LISTS.part(3, 9), np.array(values)
    small = replace(small, against=np.where(small.linked, 0, RANDOM.integers(0, 8, len(small.linked))))
    loss = _Loss(small, np.ones(3), 12.0)
    value, slope = loss(weights)
    assert value == pytest.approx(plain_loss(small, weights, 12.0), rel=1e-4)
    np.testing.assert_allclose(slope, approx_fprime(weights, lambda w: plain_loss(small, w, 12.0)), atol=1e-2)


def test_what_counts_as_several_is_that_story_several_times() -> None:
    features, linked = LISTS.features[:30], LISTS.linked[:30]
    one = int(np.flatnonzero(~linked)[0])
    several = CandidateLists.of(
        [(np.concatenate([features, *[features[one : one + 1]] * 6]), np.append(linked, [False] * 6))], 3
    )
    against = np.ones(30, np.float32)
    against[one] = 7
    counted = CandidateLists.of([(features, linked)], 3, [against])
    losses = [_Loss(lists, np.ones(3), 1.0)(TRUE) for lists in (several, counted)]
    assert losses[0][0] == pytest.approx(losses[1][0])
    np.testing.assert_allclose(losses[0][1], losses[1][1], atol=1e-4)


def test_finds_the_weights_that_made_the_links() -> None:
    found = fit([LISTS], deviations([LISTS]), FREE, l2=0.01)
    np.testing.assert_allclose(found, TRUE, atol=0.25)


def test_a_strong_pull_keeps_what_one_starts_from() -> None:
    start = np.array([0.3, -0.2, 0.1])
    np.testing.assert_allclose(fit([LISTS], np.ones(3), FREE, start, l2=1e9), start, atol=1e-3)


def test_signs_are_kept_and_what_is_held_stays() -> None:
    start = np.array([0.0, 0.7, 0.0])
    found = fit([LISTS], np.ones(3), np.array([-1, HELD, 1]), start)
    assert found[0] <= 0
    assert found[1] == pytest.approx(0.7)
    assert found[2] >= 0


def test_publishers_count_equally_however_many_questions_they_have() -> None:
    one, other = made_up(400, np.array([2.0, 0, 0])), made_up(40, np.array([0, 2.0, 0]))
    found = fit([one, other], np.ones(3), FREE, l2=1.0)
    assert found[0] == pytest.approx(found[1], abs=0.3)


def test_a_question_without_a_link_or_without_another_story_teaches_nothing() -> None:
    features = np.ones((2, 3), np.float32)
    kept = (features, np.array([True, False]))
    left_out = [(features, np.array([value, value])) for value in (True, False)]
    assert len(CandidateLists.of([kept, *left_out], 3)) == 1
    assert len(CandidateLists.of([], 3)) == 0


def test_deviations_are_within_a_question() -> None:
    apart = [(np.array([[k, 5], [k + 2, 5]], np.float32), np.array([True, False])) for k in (0, 100)]
    np.testing.assert_allclose(deviations([CandidateLists.of(apart, 2)]), [1, 1])


def test_a_link_teaches_by_what_it_counts() -> None:
    features = RANDOM.normal(size=(300, 20, 3)).astype(np.float32)
    strong, weak = features[:, :, 0].argmax(axis=1), features[:, :, 1].argmax(axis=1)
    rows = []
    for one, first, second in zip(features, strong, weak, strict=True):
        worth = np.zeros(20, np.float32)
        worth[second], worth[first] = 0.1, 1.0
        rows.append((one, worth))
    one, other, _ = fit([CandidateLists.of(rows, 3)], np.ones(3), FREE)
    whole = [(x, worth > 0) for x, worth in rows]
    same, alike, _ = fit([CandidateLists.of(whole, 3)], np.ones(3), FREE)
    assert one > 2 * other > 0
    assert same == pytest.approx(alike, rel=0.3)
