"""What is learned with links and without is kept apart, and what a publisher learns starts from both."""

from __future__ import annotations

import numpy as np
import pytest

from recommender.errors import RankerError
from recommender.ranking.features import LEARNED
from recommender.ranking.model import HAND_SET
from recommender.ranking.training import (
    BELIEFS,
    LabelledQuestion,
    Teacher,
    believed,
    learned,
    likelihoods,
    tuned,
)
from recommender.ranking.weights import Ranker

LINKED_BY, READ_BY, NAMED_BY = map(LEARNED.index, ("in_links", "window_words", "names"))
QUESTIONS, CANDIDATES = 40, 12


def question(seed: int, column: int, known: int) -> LabelledQuestion:
    """Return candidates of which the one with the most in one column is linked."""
    features = np.random.default_rng(seed).normal(size=(CANDIDATES, len(LEARNED))).astype(np.float32)
    linked = np.zeros(CANDIDATES, np.bool_)
    linked[features[:, column].argmax()] = True
    return LabelledQuestion(features, linked, 1, known)


LINKED = [question(seed, LINKED_BY, 100) for seed in range(QUESTIONS)]
UNLINKED = [question(seed, READ_BY, 0) for seed in range(QUESTIONS)]
RANKER = learned([Teacher(LINKED, UNLINKED)], "test", {})


def test_each_case_has_the_weights_that_its_own_questions_teach() -> None:
    model = RANKER.model
    assert model.features == LEARNED
    assert model.linked.argmax() == LINKED_BY
    assert model.unlinked.argmax() == READ_BY


def test_teachers_count_equally_in_any_order() -> None:
    other = Teacher(UNLINKED[:5], LINKED[:5])
    one, two = (learned(each, "t", {}).model for each in ([TEACHER, other], [other, TEACHER]))
    np.testing.assert_allclose(one.linked, two.linked, rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(one.unlinked, two.unlinked, rtol=1e-3, atol=1e-3)


TEACHER = Teacher(LINKED, UNLINKED)


def test_a_question_tunes_the_weights_that_answer_it() -> None:
    many = [question(seed, READ_BY, 10**9) for seed in range(QUESTIONS)]
    own = tuned(many, RANKER, "own", {}, 1.0).model
    assert own.linked[READ_BY] > RANKER.model.linked[READ_BY] + 0.5
    np.testing.assert_allclose(own.unlinked, RANKER.model.unlinked, atol=1e-3)
    none = [question(seed, LINKED_BY, 0) for seed in range(QUESTIONS)]
    own = tuned(none, RANKER, "own", {}, 1.0).model
    assert own.unlinked[LINKED_BY] > RANKER.model.unlinked[LINKED_BY] + 0.5
    np.testing.assert_allclose(own.linked, RANKER.model.linked, atol=1e-3)


def test_what_writers_link_now_teaches_more_than_what_they_linked_before() -> None:
    before, now = ([question(seed, each, 10**9) for seed in range(QUESTIONS)] for each in (READ_BY, NAMED_BY))
    own, other = (tuned(each, RANKER, "own", {}, 1.0).model.linked for each in (before + now, now + before))
    assert own[NAMED_BY] > other[NAMED_BY] + 0.1
    assert own[READ_BY] < other[READ_BY] - 0.1


def test_a_strong_pull_keeps_both() -> None:
    pulled = tuned([*LINKED, *UNLINKED], RANKER, "own", {}, 1e9).model
    np.testing.assert_allclose(pulled.linked, RANKER.model.linked, atol=1e-3)
    np.testing.assert_allclose(pulled.unlinked, RANKER.model.unlinked, atol=1e-3)


def test_weights_of_another_form_are_no_start() -> None:
    older = Ranker(HAND_SET, (1.0,) * 6, ((0.0, 1.0),) * 6)
    with pytest.raises(RankerError, match="leave the setting ranker out"):
        tuned(LINKED, older, "own", {}, 1.0)


def misled(seed: int) -> LabelledQuestion:
    """Return candidates of which the one is linked that was linked least of all."""
    features = question(seed, LINKED_BY, 100).features
    return LabelledQuestion(features, features[:, LINKED_BY] == features[:, LINKED_BY].min(), 1, 100)


def test_earlier_links_are_believed_as_far_as_they_tell_later_ones() -> None:
    assert believed(LINKED, RANKER).model.history == 1
    assert believed([misled(seed) for seed in range(QUESTIONS)], RANKER).model.history == 0
    assert believed([], RANKER) == RANKER
    against = misled(0)
    found = [believed([*LINKED[:5], *[against] * many], RANKER).model.history for many in range(0, 41, 4)]
    assert (found[0], found[-1]) == (1, 0)
    assert found == sorted(found, reverse=True)  # the more speaks against them, the less


def test_a_question_without_known_links_says_nothing_of_them() -> None:
    for each in UNLINKED:
        assert np.ptp(likelihoods(each, RANKER.model)) == 0
    nothing = LabelledQuestion(LINKED[0].features, np.zeros(CANDIDATES, np.bool_), 1, 100)
    assert likelihoods(nothing, RANKER.model).tolist() == [0.0] * len(BELIEFS)


def test_what_is_learned_keeps_what_is_believed() -> None:
    start = believed([misled(seed) for seed in range(QUESTIONS)], RANKER)
    own = tuned(LINKED, start, "own", {}, 1.0).model
    assert own.history == 0
    np.testing.assert_allclose(own.linked, RANKER.model.linked, atol=1e-3)  # they have no part in an answer
