"""Phrases lie in their text, begin and end with whole words, and are known again whatever their case."""

from __future__ import annotations

import doctest

import numpy as np
import pytest
from hypothesis import given, settings

from recommender.analysis import phrases
from recommender.analysis.phrases import MOST_WORDS, Phrases
from recommender.analysis.writing_systems import boundaries
from tests.strategies import UNICODE


def test_the_examples_are_true() -> None:
    assert doctest.testmod(phrases).failed == 0


@settings(max_examples=150)
@given(UNICODE)
def test_phrases_are_of_whole_characters_and_end_with_their_sentence(text: str) -> None:
    cut = Phrases.of(text)
    clusters = set(boundaries(text))
    firsts, lasts = cut.spans()
    assert len(set(zip(firsts.tolist(), lasts.tolist(), strict=True))) == len(firsts)
    assert np.all(lasts - firsts < MOST_WORDS)
    assert np.all(cut.sentences[firsts] == cut.sentences[lasts])
    for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True):
        start, end = cut.span(first, last)
        assert 0 <= start < end <= len(text)
        assert {start, end} <= clusters


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The ferry sank off Bhola. Ferry safety", "en"),
        ("Las elecciones de mayo", "es"),
        ("নির্বাচন কমিশন ২০২৪", "bn"),
        ("选举委员会宣布", "zh"),
    ],
)
def test_a_phrase_has_one_key_wherever_it_stands(text: str, language: str) -> None:
    cut = Phrases.of(text, language)
    whole = cut.keys(np.array([0]), np.array([len(cut) - 1]))
    assert whole.tolist() == [cut.key]
    longer = Phrases.of(f"2024. {text}", language)
    firsts, lasts = longer.spans(len(longer))
    if "." not in text:
        assert cut.key in longer.keys(firsts, lasts).tolist()
    assert Phrases.of(text.upper(), language).key == cut.key


def test_an_ending_and_a_case_make_no_other_phrase() -> None:
    assert Phrases.of("Content Models").key == Phrases.of("content model").key
    assert Phrases.of("content model").key != Phrases.of("model content").key
    assert Phrases.of("the model").key != Phrases.of("model").key
    assert (Phrases.of("").key, len(Phrases.of("...").words)) == (0, 0)
