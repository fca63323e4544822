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
from recommender.ranking.probability import LEAST, ProbabilityModel
from recommender.ranking.weights import Ranker
from tests.arrays import store_of, story

COUNT = 48
STORE = store_of(
    [replace(story(number), headline=f"Ferry {number % 7} sinks") for number in range(1, COUNT + 2)]
)
POOL = Pool(STORE.item(1), np.arange(2, COUNT + 2), STORE, HybridModel.fit(STORE))
SCORES = np.random.default_rng(1).normal(size=COUNT)
RANKER = Ranker(HAND_SET, (), (), Calibration((0.0, 5.0), (0.01, 0.9)))


@settings(max_examples=100)
@given(st.lists(st.lists(st.integers(0, COUNT - 1), max_size=COUNT // 2), min_size=1, max_size=4))
def test_worth_does_not_depend_on_what_was_asked_before(asked):
    worth, likely = ProbabilityModel(RANKER, POOL, SCORES), RANKER.calibrated(SCORES)
    near = related(POOL, np.arange(COUNT))
    expected = np.maximum(likely, LEAST) * near
    for places in asked:
        np.testing.assert_allclose(worth.scores(np.array(places, np.int64)), expected[places], rtol=1e-5)
        for place in places[:2]:
            np.testing.assert_allclose(worth(place), (expected[place], near[place]), rtol=1e-5)


def test_without_a_curve_a_score_stays_what_it_is():
    worth = ProbabilityModel(Ranker(HAND_SET, (), ()), POOL, SCORES)
    assert not worth.known
    assert [worth(place).score for place in range(COUNT)] == SCORES.tolist()
