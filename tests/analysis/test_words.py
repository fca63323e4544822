"""What counts as a word, a name and a headline, and what an encoded story holds."""

from __future__ import annotations

import doctest
import re
import time
from collections import Counter
from dataclasses import replace
from zlib import crc32

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.analysis import words
from recommender.analysis.encoded import Terms
from recommender.analysis.normalization import MAX_CHARACTERS
from recommender.analysis.words import (
    TERM_SPACE,
    code,
    encode,
    encode_text,
    names,
    term_id,
    to_terms,
    tokens,
)
from tests.arrays import story

VECTORS = np.eye(3, 8, dtype=np.float32)


def counted(terms: Terms) -> dict[int, int]:
    return dict(zip(terms.ids.tolist(), terms.counts.tolist(), strict=True))


def test_the_examples_hold() -> None:
    assert doctest.testmod(words).failed == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The Web Design Standards 2.0 are here", ["web", "design", "standards", "2.0"]),
        ("1,805 stories", ["1,805", "stories"]),
        ("Don't stop", ["stop"]),
        ("a b c", []),
        ("\u00c9lys\u00e9e \uff21\uff22", ["\u00e9lys\u00e9e", "ab"]),
        ("\u6771\u4eac\u90fd\u306eNews", ["\u6771\u4eac", "\u4eac\u90fd", "news"]),
        ("", []),
    ],
)
def test_words(text: str, words: list[str]) -> None:
    assert tokens(text) == words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "On Monday the Department of Health and Human Services met.",
            ["Monday", "Department of Health and Human Services"],
        ),
        ("Reading is calm.", []),
        ("The White House said so. Officials agreed.", ["White House"]),
        ("GitHub moved to HTML5 after CVE-2014-0160.", ["HTML5", "CVE-2014-0160", "GitHub"]),
        ("It runs 3.11.2 now", ["3.11.2"]),
    ],
)
def test_names(text: str, found: list[str]) -> None:
    assert names(text) == found


PIECES = [
    "Ann Lee",
    "NASA",
    "of the",
    "Acts",
    "'Bob",
    "HTML5",
    "2.0.",
    "it",
    ". ",
    '." ',
    "!) ",
    ": ",
    "\n",
    " ",
    "A",
    "-X.Y1",
]


@given(st.lists(st.sampled_from(PIECES)).map("".join))
def test_a_text_has_the_names_of_its_sentences_one_after_the_other(text: str) -> None:
    sentences = re.split(r"(?<=[.!?:])[\"'\u201d\u2019)\]]*\s+|\n+", text)
    assert names(text) == [name for sentence in sentences for name in names(sentence)]


@given(st.text(max_size=300))
def test_any_text_gives_ordered_terms(text: str) -> None:
    terms = to_terms(tokens(text))
    assert (np.diff(terms.ids.astype(np.int64)) > 0).all()
    assert (terms.ids < TERM_SPACE).all()
    assert (terms.counts > 0).all()
    assert all(name.strip() for name in names(text))


def test_a_term_is_known_by_its_checksum() -> None:
    assert term_id("flood") == crc32(b"flood") % TERM_SPACE


@given(st.lists(st.text(st.characters(codec=None)) | st.sampled_from(["ferry", "a\nb", "\ud800", ""])))
@pytest.mark.parametrize("language", ["en", "de"])
def test_terms_that_are_counted_together_have_the_ids_that_each_has(language: str, items: list[str]) -> None:
    held = Counter(term_id(item, language) for item in items)
    assert counted(to_terms(items, language)) == dict(held)


def test_a_long_text_is_read_so_far_and_no_further() -> None:
    assert len(tokens("flood " * 10**5)) == words.MAX_TOKENS


def test_counts_stop_at_what_a_byte_holds() -> None:
    assert counted(to_terms(["flood"] * 300)) == {term_id("flood"): 255}


def test_the_headline_counts_three_times_and_pairs_do_not_cross_its_end() -> None:
    one = encode(replace(story(1), headline="River floods", body="River village saved"), VECTORS)
    assert counted(one.words) == {
        term_id(w): n for w, n in {"river": 4, "floods": 3, "village": 1, "saved": 1}.items()
    }
    pairs = {"river floods": 3, "river village": 1, "village saved": 1}
    assert counted(one.bigrams) == {term_id(pair): n for pair, n in pairs.items()}
    assert counted(one.headline) == {term_id("river"): 1, term_id("floods"): 1}


def test_the_words_of_the_body_are_known_in_their_order_and_those_of_the_headline_where_there_is_none() -> (
    None
):
    one = encode(
        replace(story(1), headline="River floods", body="The village saved a river village"), VECTORS
    )
    said = [term_id(word) for word in ("village", "saved", "river", "village")]
    assert one.words.ids[one.sequence].tolist() == said
    bare = encode(replace(story(1), headline="River floods", body=""), VECTORS)
    assert bare.words.ids[bare.sequence].tolist() == [term_id("river"), term_id("floods")]


def test_a_name_is_found_whole_and_in_parts() -> None:
    one = encode(replace(story(1), headline="News", body="Today Angela Merkel spoke"), VECTORS)
    assert {term_id("angela merkel"), term_id("merkel")} <= set(counted(one.entities))


@pytest.mark.parametrize(
    ("headline", "label"),
    [
        ("Trends on Tuesday: More Phones", code("trends on tuesday")),
        ("More phones", 0),
        ("Re: re: x", code("re")),
    ],
)
def test_the_label_is_what_stands_before_the_colon(headline: str, label: int) -> None:
    assert encode(replace(story(1), headline=headline), VECTORS).label == label


def test_equal_first_three_words_are_one_opening() -> None:
    first = encode(replace(story(1), headline="Five things to know about floods"), VECTORS)
    second = encode(replace(story(2), headline="FIVE things to fear"), VECTORS)
    assert first.opening == second.opening != 0


def test_another_number_is_another_opening() -> None:
    tolls = ("Two dead after ferry sinks", "Five dead after ferry sinks", "7 dead after ferry sinks")
    assert len({encode(replace(story(1), headline=each), VECTORS).opening for each in tolls}) == len(tolls)


@pytest.mark.parametrize("headline", ["7", "!", ""])
def test_a_headline_without_words_has_no_opening(headline: str) -> None:
    assert encode(replace(story(1), headline=headline), VECTORS).opening == 0


def test_codes_do_not_mind_case_and_space() -> None:
    assert code(" Politics ") == code("politics") != code("sport")
    assert code(None) == code("  ") == 0


def test_a_free_text_has_no_date_and_its_first_line_is_its_headline() -> None:
    text = encode_text("River floods\nA village was saved.", VECTORS)
    assert text.published is None
    assert counted(text.headline) == {term_id("river"): 1, term_id("floods"): 1}
    assert counted(text.words)[term_id("village")] == 1


@pytest.mark.parametrize(
    "piece", ["a", "A", "Aa", "1", "1.", ".", "!' ", "A b ", "\n", "\u00e9", "\u6771", "Of ", "-", "'"]
)
def test_no_text_takes_quadratic_time(piece: str) -> None:
    text = piece * (2 * MAX_CHARACTERS)
    start = time.process_time()
    encode(replace(story(1), headline="x", body=text), VECTORS)
    # Measured: 0.02 to 0.4 s. A quadratic pattern takes minutes.
    assert time.process_time() - start < 10
