"""Cosines of every model are told on one scale, and on that the default's are what they are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from recommender.embedding.models import DEFAULT_MODEL, PINNED
from recommender.embedding.nearness import ENOUGH, USUAL, on_one_scale, usual_cosine

COSINES = arrays(np.float32, 20, elements=st.floats(-1, 1, width=32))
OWN = USUAL[PINNED[DEFAULT_MODEL]]


@given(COSINES)
def test_the_default_models_cosines_stay_to_the_last_bit(cosines):
    assert np.array_equal(on_one_scale(cosines, usual_cosine(PINNED[DEFAULT_MODEL], np.ones(3), 10)), cosines)


@given(COSINES, st.floats(0, 0.99))
def test_the_order_stays_and_usual_and_equal_are_the_same_for_all(cosines, usual):
    found = on_one_scale(cosines, usual)
    assert (np.diff(found[np.argsort(cosines)]) >= 0).all()
    ends = on_one_scale(np.array([usual, 1], np.float32), usual)
    assert ends == pytest.approx([OWN, 1], abs=1e-4)


def test_what_is_usual_for_a_model_that_is_not_known_its_archive_tells():
    mean = np.array([0.8, 0.3], np.float32)
    assert usual_cosine("unknown", mean, ENOUGH) == pytest.approx(0.73)
    assert usual_cosine("unknown", mean, ENOUGH - 1) == OWN, "a few stories tell nothing"
    assert usual_cosine("unknown", np.array([1.0, 0.0], np.float32), 1000) < 1
