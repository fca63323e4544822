"""The hybrid vector is what scikit-learn makes of the same stories; its inner product what it promises."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import TfidfTransformer

from recommender.analysis.words import TERM_SPACE
from recommender.errors import ArchiveError
from recommender.features import hybrid_fitting
from recommender.features.feature_store import Store
from recommender.features.hybrid_fitting import LSA_DIMENSION, TERM_FREQUENCY
from recommender.features.hybrid_vectors import DENSE_WEIGHT, LSA_WEIGHT, HybridModel, without_words
from tests.arrays import EMBEDDER, encoded, store_of, story

STORE = store_of([story(number) for number in range(40)])
MODEL = HybridModel.fit(STORE)


def counts(store: Store) -> csr_matrix:
    """Return the stories' sublinear term counts as scikit-learn would hold them."""
    rows = store.terms("words", store.nums)
    weights = TERM_FREQUENCY[rows.counts].astype(np.float64)
    return csr_matrix((weights, rows.ids.astype(np.int64), rows.offsets), shape=(len(rows), TERM_SPACE))


def cosines(rows: np.ndarray) -> np.ndarray:
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit @ unit.T


@pytest.fixture(scope="module")
def tfidf() -> csr_matrix:
    return TfidfTransformer().fit_transform(counts(STORE))


def test_rarity_is_that_of_scikit_learn() -> None:
    np.testing.assert_allclose(MODEL.idf["words"], TfidfTransformer().fit(counts(STORE)).idf_, rtol=1e-6)


def test_the_inner_product_is_the_weighted_sum_of_two_cosines(tfidf: csr_matrix) -> None:
    shared = np.flatnonzero(np.bincount(tfidf.indices, minlength=TERM_SPACE) > 1)
    known = tfidf[:, shared]
    lsa = known @ TruncatedSVD(40, n_iter=10, random_state=0).fit(known).components_.T
    dense = STORE.means(STORE.nums).astype(np.float64)
    expected = DENSE_WEIGHT * cosines(dense - dense.mean(0)) + LSA_WEIGHT * cosines(lsa)
    vectors = MODEL.vectors(STORE, STORE.nums)
    np.testing.assert_allclose(vectors @ vectors.T, expected, atol=2e-3)


def test_without_its_words_a_story_is_compared_by_its_dense_vector_alone() -> None:
    dense = STORE.means(STORE.nums).astype(np.float64)
    asked = MODEL.vector(without_words(STORE.item(7)))
    products = MODEL.vectors(STORE, STORE.nums) @ asked
    np.testing.assert_allclose(products, DENSE_WEIGHT * cosines(dense - dense.mean(0))[6], atol=2e-3)


def test_few_stories_and_many_are_counted_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hybrid_fitting, "FEW", 0)
    assert HybridModel.fit(STORE).version == MODEL.version


def test_one_and_many_give_the_same_vectors() -> None:
    one = np.stack([MODEL.vector(STORE.item(int(num))) for num in STORE.nums])
    np.testing.assert_allclose(MODEL.vectors(STORE, STORE.nums), one, atol=1e-3)
    np.testing.assert_allclose(np.linalg.norm(one, axis=1), 1, atol=1e-5)


def test_stories_of_one_topic_are_nearest() -> None:
    vectors = MODEL.vectors(STORE, STORE.nums)
    likeness = vectors @ vectors.T - np.eye(len(vectors)) * 9
    # Topics come in turn, so a story's own are every fourth from it.
    nearest = np.argsort(-likeness, axis=1)[:, :5]
    assert ((nearest - np.arange(len(vectors))[:, None]) % 4 == 0).mean() > 0.99


@pytest.mark.parametrize("size", [0, 1, 2])
def test_any_number_of_stories_will_do(size: int) -> None:
    store = store_of([story(number) for number in range(size)])
    model = HybridModel.fit(store)
    vectors = model.vectors(store, store.nums)
    assert vectors.shape == (size, EMBEDDER.dimension + LSA_DIMENSION)
    assert np.isfinite(vectors).all()
    assert np.isfinite(model.vector(encoded(story(9)))).all()


def test_two_stories_may_share_a_single_word() -> None:
    store = store_of(
        [
            replace(story(n), headline=headline, body="")
            for n, headline in enumerate(["Flood alpha", "Flood beta"])
        ]
    )
    model = HybridModel.fit(store)
    left, right = model.vectors(store, store.nums)
    assert left[EMBEDDER.dimension :] @ right[EMBEDDER.dimension :] == pytest.approx(LSA_WEIGHT)


def test_a_story_without_a_known_word_keeps_its_dense_half() -> None:
    strange = encoded(replace(story(1), headline="Zyx wvu", body=""))
    vector = MODEL.vector(strange)
    assert np.linalg.norm(vector) == pytest.approx(DENSE_WEIGHT**0.5, abs=1e-5)
    assert not vector[EMBEDDER.dimension :].any()


def test_a_fit_repeats_and_a_saved_model_is_the_same(tmp_path: Path) -> None:
    MODEL.save(tmp_path / "hybrid.npz")
    loaded = HybridModel.load(tmp_path / "hybrid.npz")
    assert loaded.version == MODEL.version == HybridModel.fit(STORE).version
    np.testing.assert_array_equal(loaded.vectors(STORE, STORE.nums), MODEL.vectors(STORE, STORE.nums))
    for channel, idf in MODEL.idf.items():
        np.testing.assert_array_equal(loaded.idf[channel], idf)


def test_rarities_of_a_channel_are_made_when_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    fresh, made = HybridModel.fit(STORE), []
    idf = hybrid_fitting.idf
    monkeypatch.setattr(hybrid_fitting, "idf", lambda stories, of: made.append(of) or idf(stories, of))
    assert fresh.idf["words"] is fresh.idf["words"]
    assert len(made) == 1
    assert len(fresh.idf) == 3


def test_another_archive_gives_another_version() -> None:
    assert HybridModel.fit(STORE, STORE.nums[:-1]).version != MODEL.version


def test_drift_rises_when_new_words_come() -> None:
    store = store_of([story(number) for number in range(40)])
    model = HybridModel.fit(store)
    assert model.drift(store) == 0
    strange = encoded(replace(story(50), headline="Zyx wvu", body=" ".join(f"new{i}" for i in range(400))))
    for num in range(100, 140):
        store.put(num, strange)
    assert 0.8 < model.drift(store) < 1


@pytest.mark.parametrize("damage", [b"", b"PK\x03\x04 not a model"])
def test_a_damaged_model_is_said(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "hybrid.npz").write_bytes(damage)
    with pytest.raises(ArchiveError, match="rebuild"):
        HybridModel.load(tmp_path / "hybrid.npz")
