"""Whatever a text holds, all that reads it gives an answer: nothing that a newsroom writes is our error."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import example, given

from recommender.analysis.normalization import MAX_CHARACTERS, normalised
from recommender.analysis.series import series_of
from recommender.analysis.words import encode, encode_text, tokens
from recommender.engine.block import Block, Provenance, Slot
from recommender.features.feature_store import Store
from recommender.features.story_batch import COLUMNS
from recommender.ranking.passages import passage, question_terms, sentences_of
from recommender.ranking.reasons import ReaderText, why
from recommender.story.link_policy import Standing
from recommender.story.text_safety import forbidden_character, line_break, markup_in, unbalanced_bidi
from tests.arrays import EMBEDDER, story
from tests.strategies import UNICODE

VECTORS = np.eye(2, 32, dtype=np.float32)
MADE_BY = Provenance(
    model="m", weights="w", generation=1, ranker="r", settings="s", time=datetime(2024, 1, 1, tzinfo=UTC)
)


@pytest.mark.parametrize(
    "headline",
    [
        "B\u00d6L\u00dcM: Part \u0130",
        "#\u0131",
        "episode s\u0131x",
        "Part \u017fix",
        "pt. \u0131v",
        "Chapter \u2167",
        "vol \u00b2",
    ],
)
def test_a_letter_that_is_no_numeral_makes_no_part(headline: str) -> None:
    assert series_of(headline)[1] == 0


@pytest.mark.parametrize(
    ("number", "part"), [("Part \u0663", 3), ("#\u09e6\u09ea", 4), ("PART IV", 4), ("Episode Six", 6)]
)
def test_figures_of_every_script_and_numerals_in_either_case_make_a_part(number: str, part: int) -> None:
    assert series_of(f"Notes of a delta: {number}")[1] == part


@given(UNICODE, UNICODE)
@example("B\u00d6L\u00dcM: Part \u0130", "")
@example("#\u0131", "episode s\u0131x")
@example("Part \U000116d3", "\U000116d0\U000116e3.\U000116d1: \U000116d2")  # digits newer than Python 3.11
def test_any_story_can_be_stored(headline: str, text: str) -> None:
    one = encode(replace(story(1), headline=headline, body=text, tags=(text,), section=headline), VECTORS)
    store = Store(32)
    store.put(0, one)
    assert {name: getattr(store.item(0), name) for name in COLUMNS} == {
        name: getattr(one, name) for name in COLUMNS
    }
    assert encode_text(f"{headline}\n{text}", VECTORS).published is None


@given(UNICODE, UNICODE)
def test_any_reason_names_what_both_hold(headline: str, text: str) -> None:
    source, target = (
        ReaderText(headline, text, authors=(text,), tags=(text,)),
        ReaderText(text, headline, tags=(text,)),
    )
    for one, other in ((source, target), (source, source)):
        found = why(one, other, {}, lambda _: 9.0)
        assert all(thing.casefold() in f"{other.headline}\n{other.text}".casefold() for thing in found.things)


@given(UNICODE, UNICODE)
def test_any_passage_marks_what_stands_in_it(question: str, text: str) -> None:
    found = passage(question_terms(question, lambda _: 1.0), sentences_of(text, EMBEDDER.chunks(text), [1.0]))
    if found is not None:
        assert "".join(part for part, _ in found.parts()) == found.text


@given(UNICODE)
def test_any_text_is_judged(text: str) -> None:
    for judge in (forbidden_character, line_break, markup_in):
        judge(text)
    unbalanced_bidi(text, lone_closers=True)
    Standing.of(replace(story(1), id=text or "x", url=f"https://{text}", canonical_url=text, section=text))


@given(UNICODE, UNICODE)
def test_any_block_is_written(headline: str, text: str) -> None:
    shown = replace(story(1), headline=headline, deck=text, section=text, authors=(text,))
    block = Block(
        id="x", headline=text, slots=(Slot(position=1, story=shown, score=0.5, reasons=(text,)),),
        provenance=MADE_BY,
    )  # fmt: skip
    for written in (block.to_html(styled=True), block.to_json(), block.to_text()):
        assert written.encode()
    assert "\x1b" not in block.to_text()


@pytest.mark.parametrize("piece", ["\ufdfa", "e\u0301\u0323", "\u0301\u0323", "\u0301\uff9e", "ABC "])
def test_no_text_grows_or_takes_quadratic_time(piece: str) -> None:
    # Marks in the wrong order are put in order one by one: a minute for such a text, if it were let.
    text = piece * MAX_CHARACTERS
    assert len(normalised(text)) <= MAX_CHARACTERS
    assert encode(replace(story(1), headline=piece, body=text), VECTORS).words.counts.max(initial=1) > 0
    assert tokens(text) == tokens(text[:MAX_CHARACTERS])
