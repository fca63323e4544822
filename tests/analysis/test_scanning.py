"""What is found in one walk in C is what the patterns find, and in most texts something is."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from recommender.analysis import scanning
from recommender.analysis.facts import facts
from recommender.analysis.names import names
from recommender.analysis.normalization import normalised
from recommender.analysis.words import _read, tokens

pytestmark = pytest.mark.skipif(not scanning.COMPILED, reason="nothing is compiled here: there are patterns")

LANGUAGES = ("en", "de", "es", "el", "pt", "fr", "ar", "bn", "ru", "tr", "zh")
PIECES = (
    *"ABab019.,-_'\u2019&:!?()\n \u2028\x1f\x85",
    *("The ", " and ", " of the ", " de la ", " la la ", "McDonald", "HTML5", "iPhone", "U.S. ", "v2.0"),
    ".\n\n",
    *"é\u0301ё\u0307İŉǰẞßﬁς\u017fΐⅷ\u20d0\u20e3\ufe0f\u200d\u00ad\u0640²½٣\u06f5५\U0001d7d8𞥐ক\u09be中のﾞ한😀\ud800",
)  # fmt: skip
TEXTS = st.lists(st.sampled_from(PIECES) | st.characters(codec=None), max_size=40).map("".join)


def both(found: Callable[[], object]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        walked = found()
        patch.setattr(scanning, "COMPILED", False)
        assert walked == found()


@given(text=TEXTS, language=st.sampled_from(LANGUAGES))
@example(text="The A\u20e3 Of U.S. News\u2019s HTML5\u20e3 1,805.2.3a v2.0.\n\nThe And. X", language="en")
@example(text="«¿Ángel de la López \u2013 Der Kanzler\u2019s HTML5. “Énter; Ñu", language="es")
@example(text="\u0397 Αθήνα; \u039f Νίκος des los Άγιος 2.0", language="el")
@example(text="Der Hafen Von Hamburg. Ängste", language="de")
@example(text="1.2ß ß ẞa straße ŉ", language="de")
def test_words_and_names_are_those_of_the_patterns(text: str, language: str) -> None:
    both(lambda: [ids.tolist() for ids in _read(text, language)])
    both(lambda: tokens(text, language))
    both(lambda: names(text, language))


@given(headline=TEXTS, text=TEXTS)
def test_figures_are_those_of_the_patterns(headline: str, text: str) -> None:
    both(lambda: facts(headline, text, [], "en"))


@given(text=TEXTS, other=TEXTS)
@example(text="AT&T\u2019s 2.0b naïve", other="AT T s 2 0b ve naïve")
def test_runs_that_are_looked_for_are_those_of_the_pattern(text: str, other: str) -> None:
    runs = re.findall(r"\w+", other)
    found, exact = {*scanning.Phrases(runs).runs_in(text)}, {*runs} & {*re.findall(r"\w+", text)}
    assert exact <= found
    assert found == exact or is_left_to_patterns(text)


def is_left_to_patterns(text: str) -> bool:
    return scanning.words_in(text, "en", 1) is None


@pytest.mark.parametrize(
    ("text", "is_walked"),
    [
        ("In Straßburg, 1,805 Städter: „naïve“ 2.0 €… 😀", True),
        ("নির্বাচন কমিশন", False),
        ("cafe\u0301 \u0301", False),
        ("ท่วมใหญ่", False),
        ("選挙", False),
    ],
)
def test_only_texts_without_marks_and_with_spaces_are_walked(text: str, *, is_walked: bool) -> None:
    plain = normalised(text)
    assert (scanning.term_hashes(plain, "de", 0, 10) is not None) is is_walked
    assert (scanning.figures(plain) is not None) is is_walked


def test_of_a_long_text_as_many_words_are_read_as_are_asked_for() -> None:
    found = scanning.term_hashes("one flood two floods", "xx", 0, 3)
    assert found is not None
    assert [len(ids) for ids in found] == [3, 2]
