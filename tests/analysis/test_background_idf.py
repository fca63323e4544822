"""What is common at large is known of each language beforehand: few stories cannot tell it."""

from __future__ import annotations

import numpy as np
import pytest

from recommender.analysis.background_idf import STRENGTH, UNSEEN, _sample, name_rarities, rarity
from recommender.analysis.words import TERM_SPACE, term_id, tokens

NOTHING = (np.zeros(0, np.uint32), np.zeros(0, np.int32))


@pytest.mark.parametrize(
    ("language", "common", "rare"),
    [
        ("en", "people", "dengue"),
        ("bn", "মানুষ", "ডেঙ্গু"),
        ("hi", "लोग", "डेंगू"),
        ("ar", "الرئيس", "الضنك"),
        ("de", "Regierung", "Denguefieber"),
        ("ta", "மக்கள்", "டெங்கு"),
        ("te", "ప్రజలు", "డెంగ్యూ"),
        ("pt", "governo", "dengue"),
        ("zh", "公司", "登革"),
        ("ja", "日本", "灌漑"),
        ("ru", "президент", "паводок"),
    ],
)
def test_a_common_word_is_less_rare_than_that_of_a_subject(language: str, common: str, rare: str) -> None:
    found = rarity(20, *NOTHING, TERM_SPACE, languages=[language])
    one, other = (found[term_id(tokens(word, language)[0], language)] for word in (common, rare))
    assert one < other - 1


def test_english_is_what_it_is_beside_any_language() -> None:
    alone = rarity(20, *NOTHING, TERM_SPACE)
    beside = rarity(20, *NOTHING, TERM_SPACE, languages=["bn", "zh"])
    for word in ("people", "said", "minister"):
        assert alone[term_id(word)] == beside[term_id(word)]


def test_a_language_without_a_sample_has_words_that_are_rare_alike() -> None:
    assert np.array_equal(
        rarity(20, *NOTHING, TERM_SPACE), rarity(20, *NOTHING, TERM_SPACE, languages=["tlh"])
    )


def test_each_word_is_as_rare_as_if_all_had_been_told_one_by_one() -> None:
    ids, counts = np.array([3, 70, term_id("people"), 4000], np.uint32), np.array([2, 9, 40, 1], np.int32)
    shares = np.full(TERM_SPACE, UNSEEN * STRENGTH, np.float32)
    known, sampled = _sample("en")
    shares[known] = sampled * STRENGTH
    shares[ids] += counts
    told = rarity(50, ids, counts, TERM_SPACE)
    assert np.array_equal(told, -np.log(shares / (50 + STRENGTH)))
    names = np.zeros(TERM_SPACE, np.float32)
    names[ids] = counts
    told = name_rarities(50, ids, counts, TERM_SPACE)
    assert np.array_equal(told, -np.log((names + UNSEEN * STRENGTH) / (50 + STRENGTH)))
