"""What is found without a pattern is what the pattern finds."""

from __future__ import annotations

import re

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from recommender.analysis.matching import folded, stands, stands_in_any_case, whole_places

LETTERS = "aAbks\u017f\u212aiI\u0131\u0130\u00df\u00e9_1'-. \n\u00a0\u2003"
Texts = st.text(LETTERS, max_size=30)
Words = st.text([letter for letter in LETTERS if not letter.isspace()], min_size=1, max_size=4)


@given(Texts, st.lists(Words, min_size=1, max_size=3))
def test_words_stand_where_their_pattern_matches(text: str, parts: list[str]) -> None:
    pattern = r"\s+".join(map(re.escape, parts))
    for whole in (text, f"{text} {' '.join(parts)}", f"{text}{'  '.join(parts)}b{text}"):
        assert stands(whole, parts) == bool(re.search(rf"(?<!\w){pattern}(?!\w)", whole))


@given(
    st.text("abAB_1.@/- \n\u00a0\u00e9\u0307", max_size=40),
    st.lists(st.text("ab1.", min_size=1, max_size=2), min_size=1, max_size=3),
)
def test_names_stand_whole_where_their_pattern_matches(text: str, parts: list[str]) -> None:
    words = r"\s+".join(map(re.escape, parts))
    pattern = rf"(?<![\w@/]){words}(?!\w|\.\w)"
    name = " ".join(parts)
    for whole in (text, f"{text} {name}", f"{name}b{text}{name}.b", f"{name}  {name}\n{name}"):
        found = [match.start() for match in re.finditer(pattern, whole)]
        assert list(whole_places(whole, name)) == found


@given(Texts, Words)
def test_in_any_case_as_the_pattern_ignores_it(text: str, word: str) -> None:
    for whole in (text, f"{text} {word.upper()} ", f"{word.lower()}{text}"):
        # A mark is part of the word: of the dot that a Turkish capital loses in lower case, too. The cases of
        # a letter are those of the pattern that is used for such words.
        pattern = re if word.isascii() else regex
        around = "[\\w\u0307]"
        found = pattern.search(rf"(?<!{around}){re.escape(word)}(?!{around})", whole, pattern.IGNORECASE)
        assert stands_in_any_case(whole, word) == bool(found)


@given(Texts)
def test_folding_keeps_the_place_of_each_character(text: str) -> None:
    assert len(folded(text)) == len(text)


@pytest.mark.parametrize(
    ("text", "word", "says"),
    [
        ("নদীর পানি বাড়ছে", "নদী", False),
        ("নদী ভাঙছে", "নদী", True),
        ("নদী ভাঙছে", "নদ", False),
        ("東京は日本の首都です", "日本", True),
        ("ระดับน้ำในแม่น้ำ", "แม่น้ำ", True),
        ("ระดับน้ำ", "น", False),
    ],
)
def test_a_word_is_whole_with_its_marks_and_needs_no_spaces_where_a_script_has_none(
    text: str, word: str, says: bool
) -> None:
    assert stands(text, [word]) == stands_in_any_case(text, word) == says
