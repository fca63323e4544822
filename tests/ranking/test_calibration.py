"""What is said to be probable is so as often as it is said."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from recommender.ranking.calibration import USUAL, WITNESSES, Calibration, fit, reliability, standing

RANDOM = np.random.default_rng(3)
STANDINGS = RANDOM.normal(0, 2, 20_000)
TRUE = 1 / (1 + np.exp(3 - 1.2 * STANDINGS))
LINKED = RANDOM.random(len(TRUE)) < TRUE


def test_finds_the_curve_that_made_the_links() -> None:
    said = fit(STANDINGS, LINKED)(STANDINGS)
    assert np.abs(said - TRUE).mean() < 0.01


def test_what_is_said_is_so() -> None:
    new = RANDOM.normal(0, 2, 20_000)
    linked = RANDOM.random(len(new)) < 1 / (1 + np.exp(3 - 1.2 * new))
    bins = reliability(fit(STANDINGS, LINKED)(new), linked)
    assert sum(each["slots"] for each in bins) == len(new)
    for each in bins:
        assert each["said"] == pytest.approx(each["so"], abs=0.03)


@given(
    arrays(np.float64, 60, elements=st.floats(-5, 5)),
    arrays(np.bool_, 60),
)
def test_the_curve_rises_and_stays_a_probability(standings: np.ndarray, linked: np.ndarray) -> None:
    said = fit(standings, linked)(np.linspace(-9, 9, 50))
    assert (np.diff(said) >= 0).all()
    assert ((said >= 0) & (said <= 1)).all()


def test_reliability_by_hand() -> None:
    found = reliability(np.array([0.1, 0.9, 0.3, 0.7]), np.array([False, True, True, True]), bins=2)
    assert found == [
        {"said": pytest.approx(0.2), "so": 0.5, "slots": 2},
        {"said": pytest.approx(0.8), "so": 1.0, "slots": 2},
    ]


@given(arrays(np.float32, st.integers(1, 40), elements=st.floats(-9, 9, width=16)))
def test_standing_is_the_height_above_the_fifteenth(scores: np.ndarray) -> None:
    ordered = sorted(scores.tolist(), reverse=True)
    witness = ordered[WITNESSES - 1] if len(ordered) >= WITNESSES else ordered[0] - USUAL
    np.testing.assert_allclose(standing(scores), [score - witness for score in scores.tolist()], atol=1e-5)


def test_no_scores_stand_nowhere() -> None:
    assert len(standing(np.zeros(0, np.float32))) == 0


def test_beyond_the_curve_its_ends_count() -> None:
    curve = Calibration((0.0, 1.0), (0.1, 0.6))
    np.testing.assert_allclose(curve(np.array([-5, 0.5, 9])), [0.1, 0.35, 0.6])
