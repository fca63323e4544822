"""What is believed of earlier links follows what they had told until then, and nothing that came later."""

from __future__ import annotations

import numpy as np

from recommender.evaluation.beliefs import Beliefs
from recommender.ranking.features import LEARNED
from recommender.ranking.link_history import LAG
from recommender.ranking.training import LEAST_LINKS, LabelledQuestion
from recommender.ranking.weights import shipped

MODEL = shipped().model
DAY = 24 * 3600
IN_LINKS = LEARNED.index("in_links")


def question(liked: bool) -> LabelledQuestion:
    """Return candidates of which one is linked: the one that was linked most before, or that never was."""
    features = np.zeros((10, len(LEARNED)), np.float32)
    features[:, IN_LINKS] = np.arange(10)
    return LabelledQuestion(features, np.arange(10) == (9 if liked else 0), 1, 1000)


def test_links_are_believed_until_they_have_misled() -> None:
    asked = [(day * DAY, question(liked=day < LEAST_LINKS)) for day in range(200)]
    beliefs = Beliefs.of(asked, MODEL)
    found = [beliefs.at(MODEL, time + LAG).history for time, _ in asked]
    assert found[: LEAST_LINKS + 3] == [1.0] * (LEAST_LINKS + 3)
    assert found[-1] == 0
    assert found == sorted(found, reverse=True)
    assert beliefs.at(MODEL, None).history == 0


def test_what_came_later_changes_nothing() -> None:
    asked = [(day * DAY, question(liked=False)) for day in range(100)]
    half, whole = Beliefs.of(asked[:50], MODEL), Beliefs.of(asked, MODEL)
    for day in range(50):
        assert half.at(MODEL, day * DAY) == whole.at(MODEL, day * DAY)


def test_few_links_say_nothing() -> None:
    beliefs = Beliefs.of([(0, question(liked=False))] * (LEAST_LINKS - 1), MODEL)
    assert beliefs.at(MODEL, None) == MODEL
    assert Beliefs.of([], MODEL).at(MODEL, None) == MODEL
