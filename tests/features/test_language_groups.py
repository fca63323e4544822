"""What is rare and what is near is told within a language, and an archive of one language is as it was."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from recommender.analysis.words import code, term_id
from recommender.features.feature_store import Store
from recommender.features.hybrid_fitting import LSA_DIMENSION
from recommender.features.hybrid_vectors import HybridModel
from recommender.features.language_groups import FEW, KNOWN, LanguageGroups, read_as
from tests.arrays import encoded, store_of, story

ENGLISH = [story(number, language="en") for number in range(30)]
FRENCH = [
    replace(story(number), id=f"f{number}", headline="La crue du fleuve", body="crue pluie", language="fr")
    for number in range(10)
]
MIXED = store_of([*ENGLISH, *FRENCH])
MODEL, ALONE = HybridModel.fit(MIXED), HybridModel.fit(store_of(ENGLISH))


def test_each_language_has_its_stories_and_those_of_unknown_ones_are_the_scripts_own() -> None:
    assert dict(zip(MODEL.languages.codes.tolist(), MODEL.languages.stories.tolist(), strict=True)) == {
        code("en"): 30,
        code("fr"): 10,
    }
    assert MODEL.languages.keys == ("en", "fr")
    unknown = np.array([code("und-Latn"), 0, code("und-Beng"), code("fr")])
    assert read_as(unknown).tolist() == [code("en"), code("en"), code("bn"), code("fr")]


def test_words_are_as_rare_as_among_the_stories_of_their_language() -> None:
    english = ALONE.frequencies["words"].ids
    np.testing.assert_array_equal(MODEL.idf["words"][english], ALONE.idf["words"][english])
    np.testing.assert_allclose(MODEL.rarity_at_large[english], ALONE.rarity_at_large[english], rtol=1e-5)
    assert MODEL.idf["words"][term_id("crue", "fr")] == 1  # in all of them
    assert MODEL.held("words", term_id("crue", "fr")) == (10, 10)
    assert MODEL.held("words", term_id("crue")) == (0, 40)


def test_a_vector_is_less_the_mean_of_its_language() -> None:
    french = encoded(FRENCH[0])
    rows = MIXED.means(np.arange(31, 41)).astype(np.float64)
    mean = (rows.sum(0) + FEW * MODEL.dense_mean) / (10 + FEW)
    away = french.mean - mean
    found = MODEL.languages.centred(french.mean, np.array([french.language]))
    np.testing.assert_allclose(found, away / np.linalg.norm(away), atol=1e-3)
    of_all = MODEL.languages.centred(french.mean[None], np.array([code("xx")]))
    assert of_all.shape == (1, len(french.mean))


def lying(spread: list[float], many: int, seed: int = 3) -> tuple[Store, LanguageGroups]:
    """Return stories whose vectors lie apart so far in the first directions, by 1 in all others."""
    random, store = np.random.default_rng(seed), Store(64)
    stretched = np.concatenate([spread, np.ones(64 - len(spread))])
    rows = random.standard_normal((many, 64)) * stretched
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    for number, row in enumerate(rows, 1):
        vectors = np.stack([row, row]).astype(np.float16)
        store.put(number, replace(encoded(story(number)), vectors=vectors))
    return store, HybridModel.fit(store).languages


def test_what_many_stories_share_tells_little_of_two() -> None:
    _, languages = lying([9.0], 3000)
    axes = np.eye(64, dtype=np.float32)[:2]
    shared, own = languages.telling(axes, code("en")) @ axes.T
    assert shared[0] < 0.5 * own[1]
    assert abs(shared[1]) < 0.1


def test_a_few_stories_do_not_know_what_is_common() -> None:
    for many in (1, 2, 10):
        _, languages = lying([9.0], many)
        axis = np.eye(64, dtype=np.float32)[:1]
        assert float((languages.telling(axis, code("en")) @ axis.T)[0, 0]) > 0.8


def test_a_vector_that_tells_lies_as_near_to_itself_as_all_do_in_what_is_left_of_them() -> None:
    store, languages = lying([6.0, 3.0], 500)
    away = languages.centred(store.means(store.nums).astype(np.float32), np.array([code("en")]))
    telling = languages.telling(away, code("en"))
    left = away - away @ languages.common[0].T @ languages.common[0]
    np.testing.assert_allclose(np.sum(telling * away, 1) ** 2, np.sum(left * away, 1), rtol=1e-3)
    assert languages.telling(away, code("bn")) is away  # of which there is no story


def as_told(likeness: float, many: int, common: float = 0.0, code_of: str = "bn") -> LanguageGroups:
    """Return the languages of stories whose texts lie, as the encoder has it, so near to their headlines.

    All of them share a direction besides, as stories of one subject do.
    """
    random, store = np.random.default_rng(7), Store(96)
    own, other, shared = (random.standard_normal(shape) for shape in ((many, 96), (many, 96), 96))
    texts = likeness * own + (1 - likeness) * other
    for number in range(many):
        rows = np.stack([own[number], texts[number]]) + common * shared
        rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)
        one = replace(encoded(story(number)), vectors=rows, language=code(code_of))
        store.put(number + 1, one)
    return HybridModel.fit(store).languages


@pytest.mark.parametrize("common", [0.0, 4.0], ids=["many subjects", "one subject"])
def test_the_encoder_is_trusted_as_far_as_headlines_find_their_own_texts(common: float) -> None:
    language = code("bn")
    assert as_told(1, 60, common).trust(language) == KNOWN
    assert as_told(0, 60, common).trust(language) < 0.2 * KNOWN
    part = as_told(0.1, 60, common).trust(language)
    assert 0.2 * KNOWN < part < 0.8 * KNOWN


def test_english_is_believed_whole_and_no_other_language_more_than_by_half() -> None:
    assert as_told(0, 60, code_of="en").trust(code("en")) == 1
    assert MODEL.languages.trust(code("und-Latn")) == 1
    for many in (1, FEW, 30):
        assert as_told(1, many).trust(code("bn")) <= KNOWN


def test_what_few_stories_say_of_the_encoder_is_an_opinion() -> None:
    trusts = [as_told(0, many).trust(code("bn")) for many in (1, FEW, 60)]
    assert KNOWN >= trusts[0] > trusts[1] > trusts[2]
    headlines = store_of([replace(each, deck="", body="") for each in FRENCH])
    assert HybridModel.fit(headlines).languages.trust(code("fr")) == KNOWN
    assert HybridModel.fit(headlines).languages.trust(code("pt")) == KNOWN


def test_an_empty_archive_has_no_language() -> None:
    model = HybridModel.fit(Store(8))
    assert model.languages.keys == ()
    assert model.languages.places(np.array([code("en")])).tolist() == [-1]


def test_a_few_stories_have_a_subspace_of_their_own_beside_many() -> None:
    def vectors(model: HybridModel, store: Store, nums: np.ndarray) -> np.ndarray:
        return model.vectors(store, nums)[:, -LSA_DIMENSION:]

    bangla = [
        replace(story(number), id=f"b{number}", headline=headline, body=body, language="bn")
        for number, (headline, body) in enumerate(
            [
                ("বন্যা নদী", "পানি বাঁধ ত্রাণ"),
                ("নদী পানি", "বন্যা বাঁধ"),
                ("ভোট প্রার্থী", "কমিশন প্রচার"),
                ("প্রার্থী কমিশন", "ভোট"),
            ]
        )
    ]
    own, both = store_of(bangla), store_of([*ENGLISH, *bangla])
    alone = vectors(HybridModel.fit(own), own, np.arange(1, 5))
    beside = vectors(HybridModel.fit(both), both, np.arange(31, 35))
    np.testing.assert_allclose(beside @ beside.T, alone @ alone.T, atol=1e-4)
    english = vectors(HybridModel.fit(both), both, np.arange(1, 31))
    np.testing.assert_allclose(
        english @ english.T,
        vectors(ALONE, MIXED, np.arange(1, 31)) @ vectors(ALONE, MIXED, np.arange(1, 31)).T,
        atol=1e-3,
    )
