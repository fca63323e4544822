"""Scores are the weighted sum that the weights say, of features that are on one scale."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import zscore

from recommender.ranking.features import FEATURES
from recommender.ranking.link_history import IMAGINED
from recommender.ranking.model import (
    HALFWAY,
    HAND_SET,
    STANDING_IN,
    TYPICAL,
    LinearModel,
    Scale,
    Weight,
    ranked,
    standardised,
    to_maximum,
    usual,
)

MODEL = LinearModel("test", (Weight("words", 2.0), Weight("recency", 0.5, Scale.NONE)))
FEATURE_ROWS = np.array([[0.1, -1], [0.5, -2], [0.3, 0]], np.float32)


def test_scores_by_hand() -> None:
    # Mean .3, deviation sqrt(.08 / 3) = .16330: the first column is -1.2247, 1.2247, 0 in deviations.
    np.testing.assert_allclose(MODEL.scores(FEATURE_ROWS, 0), [-2.94949, 1.44949, 0], atol=1e-4)


@given(arrays(np.float32, (7, 3), elements=st.floats(-100, 100, width=16)))
def test_standardised_is_the_z_score(features: np.ndarray) -> None:
    spread = features.std(axis=0)
    clear = (spread > 1e-3) | (np.ptp(features, axis=0) == 0)
    with np.errstate(all="ignore"):
        expected = np.nan_to_num(zscore(features.astype(np.float64), axis=0))
    np.testing.assert_allclose(standardised(features)[:, clear], expected[:, clear], atol=1e-2)


@given(st.floats(0.5, 50), st.floats(-50, 50))
def test_the_scale_of_a_feature_does_not_matter(scale: float, shift: float) -> None:
    moved = FEATURE_ROWS.copy()
    moved[:, 0] = moved[:, 0] * np.float32(scale) + np.float32(shift)
    np.testing.assert_allclose(MODEL.scores(moved, 0), MODEL.scores(FEATURE_ROWS, 0), atol=1e-2)


def test_contributions_add_up_to_the_score() -> None:
    np.testing.assert_allclose(
        MODEL.contributions(FEATURE_ROWS, 3).sum(axis=1), MODEL.scores(FEATURE_ROWS, 3)
    )


def test_a_feature_is_without_weight_if_no_number_of_links_gives_it_any() -> None:
    weights = (Weight("words", 0.0), Weight("recency", 0.0, unlinked=0.5), Weight("tags", 0.5, unlinked=0.0))
    assert LinearModel("test", (*weights, Weight("names", -0.0, unlinked=0.0))).weightless == {
        "words",
        "names",
    }


def test_no_candidates_have_no_scores() -> None:
    assert MODEL.scores(np.zeros((0, 2), np.float32), 0).shape == (0,)


def test_equal_scores_keep_their_order() -> None:
    assert ranked(np.array([1, 2, 1, 2], np.float32)).tolist() == [1, 3, 0, 2]


def test_the_shipped_model_names_features_that_exist() -> None:
    assert set(HAND_SET.features) <= set(FEATURES)


@given(arrays(np.float32, (5, 2), elements=st.floats(-100, 100, width=16)))
def test_a_share_of_the_largest_is_between_nothing_and_one(features: np.ndarray) -> None:
    shares = to_maximum(features)
    plain = [
        [max(v, 0) / max(column.max(), 1e-30) if column.max() > 0 else 0 for v in column]
        for column in features.T
    ]
    np.testing.assert_allclose(shares.T, plain, atol=1e-6)
    assert ((shares >= 0) & (shares <= 1)).all()


def test_each_column_is_on_its_own_scale() -> None:
    model = LinearModel("test", (Weight("words", 1.0, Scale.MAXIMUM), Weight("gap", 2.0, Scale.NONE)))
    found = model.contributions(FEATURE_ROWS, 0)
    np.testing.assert_allclose(found, [[0.2, -2], [1, -4], [0.6, 0]], atol=1e-6)


MIXED = LinearModel("test", (Weight("words", 2.0, unlinked=4.0), Weight("in_links", 3.0, unlinked=0.0)))


def test_weights_go_from_those_without_links_to_those_with_many() -> None:
    assert MIXED.values(0).tolist() == MIXED.unlinked.tolist() == [4, 0]
    assert MIXED.values(int(HALFWAY)).tolist() == [3, 1.5]
    np.testing.assert_allclose(MIXED.values(10**9), [2, 3], atol=1e-6)


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_each_more_link_that_is_known_counts_in_one_direction(one: int, other: int) -> None:
    few, many = MIXED.values(min(one, other)), MIXED.values(max(one, other))
    assert few[0] >= many[0] >= MIXED.linked[0]
    assert few[1] <= many[1] <= MIXED.linked[1]


@given(st.integers(0, 10**6))
def test_one_weight_stands_whatever_is_known(known: int) -> None:
    np.testing.assert_allclose(MODEL.scores(FEATURE_ROWS, known), MODEL.scores(FEATURE_ROWS, 0), rtol=1e-5)


@given(st.integers(0, 40))
def test_what_is_looked_at_besides_the_typical_candidates_changes_no_other_score(more: int) -> None:
    chance = np.random.default_rng(more)
    rows = chance.normal(size=(TYPICAL, 2)).astype(np.float32)
    besides = chance.normal(-3, 9, (more, 2)).astype(np.float32)
    both = MODEL.scores(np.concatenate([rows, besides]), 0)
    np.testing.assert_allclose(both[:TYPICAL], MODEL.scores(rows, 0), rtol=1e-5)
    np.testing.assert_array_equal(usual(np.concatenate([rows, besides])), usual(rows))


@pytest.mark.parametrize("name", sorted(STANDING_IN))
@given(st.integers(0, 10**4))
def test_what_fades_with_the_links_stays_where_they_are_not_believed(name: str, known: int) -> None:
    doubted = LinearModel("test", (Weight(name, 0.3, Scale.NONE, unlinked=0.7),), history=0)
    faded = IMAGINED / (IMAGINED + known)  # what the feature itself does
    np.testing.assert_allclose(doubted.values(known) * faded, [0.7], rtol=1e-5)
