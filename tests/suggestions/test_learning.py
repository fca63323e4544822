"""What writers choose again and again gets weight; of several phrases that would do, any may."""

from __future__ import annotations

import numpy as np

from recommender.suggestions.learning import LinkedPlaces, curve, learned


def told(rng: np.random.Generator) -> LinkedPlaces:
    """Return places whose first number tells the links; of each link two rows would do."""
    rows = rng.standard_normal((40, 3)).astype(np.float32)
    best = np.argsort(-rows[:, 0])[:2]
    return LinkedPlaces(rows, (np.array([best[0], int(np.argmin(rows[:, 0]))]),))


def test_the_number_that_tells_the_links_gets_the_weight() -> None:
    rng = np.random.default_rng(7)
    found = learned([[told(rng) for _ in range(30)], [LinkedPlaces(np.zeros((3, 3), np.float32), ())]])
    assert found.weights[0] > 1
    assert np.all(np.abs(found.weights[1:]) < found.weights[0] / 4)


def test_the_curve_rises_where_higher_scores_are_right_more_often() -> None:
    rng = np.random.default_rng(7)
    scores = rng.standard_normal(2000)
    slope, offset = curve(scores, rng.random(2000) < 1 / (1 + np.exp(-(2 * scores - 1))))
    assert abs(slope - 2) < 0.4
    assert abs(offset + 1) < 0.3
