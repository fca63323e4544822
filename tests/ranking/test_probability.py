"""What a score is worth, whichever candidate is asked about first."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.features.hybrid_vectors import HybridModel
from recommender.ranking.calibration import Calibration
from recommender.ranking.evidence import related
from recommender.ranking.model import HAND_SET
from recommender.ranking.pool import Pool
from recommender.ranking.probability import LEAST, TOGETHER, ProbabilityModel
from recommender.ranking.weights import Ranker
from tests.arrays import store_of, story

COUNT = 3 * TOGETHER
STORE = store_of(
    [replace(story(number), headline=f"Ferry {number % 7} sinks") for number in range(1, COUNT + 2)]
)
POOL = Pool(STORE.item(1), np.arange(2, COUNT + 2), STORE, HybridModel.fit(STORE))
SCORES = np.random.default_rng(1).normal(size=COUNT)
RANKER = Ranker(HAND_SET, (), (), Calibration((0.0, 5.0), (0.01, 0.9)))


@settings(max_examples=100)
@given(st.lists(st.integers(0, COUNT - 1), min_size=1, max_size=2 * TOGETHER))
def test_worth_does_not_depend_on_what_was_asked_before(places):
    worth, likely = ProbabilityModel(RANKER, POOL, SCORES), RANKER.calibrated(SCORES)
    near = related(POOL, np.arange(COUNT))
    for place in places:
        score, found = worth(place)
        np.testing.assert_allclose(found, near[place], rtol=1e-5)
        np.testing.assert_allclose(score, max(likely[place], LEAST) * near[place], rtol=1e-5)


def test_without_a_curve_a_score_stays_what_it_is():
    worth = ProbabilityModel(Ranker(HAND_SET, (), ()), POOL, SCORES)
    assert not worth.known
    assert [worth(place).score for place in range(COUNT)] == SCORES.tolist()
