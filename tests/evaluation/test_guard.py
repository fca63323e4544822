"""A bet against weights gains when they do worse, and hardly ever else, however often one looks."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from recommender.evaluation.guard import DOUBT, STAKES, bet, lost

LOOKS, RUNS = 300, 400
Differences = st.integers(0, 20).flatmap(lambda n: arrays(np.float64, n, elements=st.floats(-1, 1)))


def first_loss(differences: np.ndarray) -> int | None:
    """Return after how many stories the weights are given up, looked at after each."""
    fortunes: tuple[float, ...] = ()
    for place, difference in enumerate(differences):
        fortunes = bet(fortunes, np.array([difference]))
        if lost(fortunes):
            return place + 1
    return None


def test_weights_that_are_no_worse_are_hardly_ever_given_up() -> None:
    random = np.random.default_rng(1)
    runs = random.choice([-1.0, -0.5, 0.0, 0.0, 0.5, 1.0], (RUNS, LOOKS))
    alarms = sum(first_loss(run) is not None for run in runs)
    assert alarms <= RUNS * DOUBT


def test_weights_that_are_worse_are_given_up_soon() -> None:
    random = np.random.default_rng(2)
    found = [first_loss(random.normal(-0.1, 0.2, LOOKS).clip(-1, 1)) for _ in range(20)]
    assert all(each is not None and each < 150 for each in found)


def test_better_weights_stay() -> None:
    random = np.random.default_rng(3)
    assert first_loss(random.normal(0.05, 0.2, LOOKS).clip(-1, 1)) is None


@given(Differences, Differences)
def test_it_does_not_matter_how_often_one_looks(early: np.ndarray, late: np.ndarray) -> None:
    at_once = bet((), np.concatenate([early, late]))
    assert np.allclose(bet(bet((), early), late), at_once)
    assert len(at_once) == len(STAKES)


def test_nothing_is_lost_before_anything_came() -> None:
    assert not lost(())
    assert not lost(bet((), np.zeros(100)))
