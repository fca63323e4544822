"""What is found without a pattern is what the pattern finds."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from recommender.analysis.matching import folded, stands, stands_in_any_case

LETTERS = "aAbks\u017f\u212aiI\u0131\u0130\u00df\u00e9_1'-. \n\u00a0\u2003"
Texts = st.text(LETTERS, max_size=30)
Words = st.text([letter for letter in LETTERS if not letter.isspace()], min_size=1, max_size=4)


@given(Texts, st.lists(Words, min_size=1, max_size=3))
def test_words_stand_where_their_pattern_matches(text: str, parts: list[str]) -> None:
    pattern = r"\s+".join(map(re.escape, parts))
    for whole in (text, f"{text} {' '.join(parts)}", f"{text}{'  '.join(parts)}b{text}"):
        assert stands(whole, parts) == bool(re.search(rf"(?<!\w){pattern}(?!\w)", whole))


@given(Texts, Words)
def test_in_any_case_as_the_pattern_ignores_it(text: str, word: str) -> None:
    for whole in (text, f"{text} {word.upper()} ", f"{word.lower()}{text}"):
        found = bool(re.search(rf"(?<!\w){re.escape(word)}(?!\w)", whole, re.IGNORECASE))
        assert stands_in_any_case(whole, word) == found


@given(Texts)
def test_folding_keeps_the_place_of_each_character(text: str) -> None:
    assert len(folded(text)) == len(text)
