"""Stories are found by the words that few of them hold, whenever they came, and the most telling first."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from recommender.analysis.encoded import Encoded
from recommender.analysis.words import encode_text
from recommender.features import word_index
from recommender.features.hybrid_vectors import HybridModel
from recommender.features.word_index import WordIndex
from tests.arrays import EMBEDDER, encoded, store_of, story

ADDED = {5: "the tannery by the weir", 9: "a tannery, a weir and a beaver", 14: "beaver"}
STORIES = [
    replace(one, body=f"{one.body} {ADDED.get(num, '')}")
    for num, one in enumerate((story(number) for number in range(20)), 1)
]
STORE = store_of(STORIES)
MODEL = HybridModel.fit(STORE)


def text(words: str) -> Encoded:
    return encode_text(words, EMBEDDER.encode([words]))


@pytest.fixture(params=["made", "put", "saved"])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> WordIndex:
    """Return an index of all stories, however it came to be."""
    if request.param == "put":
        made = WordIndex(MODEL)
        for num, one in enumerate(STORIES, 1):
            made.put(num, encoded(one))
        return made
    made = WordIndex.of(MODEL, STORE, STORE.nums)
    if request.param == "saved":
        made.save(tmp_path)
        return WordIndex.load(tmp_path, MODEL)
    return made


def test_those_that_share_the_most_and_rarest_words_come_first(index: WordIndex) -> None:
    assert index.nearest(text("beaver at the weir, in a tannery")).tolist() == [9, 5, 14]
    assert index.nearest(text("tannery")).tolist() == [5, 9]
    assert index.nearest(text("viaduct")).tolist() == []


def test_a_story_that_came_later_is_found(index: WordIndex) -> None:
    index.put(30, encoded(replace(story(30), body="a viaduct")))
    assert index.nearest(text("the viaduct")).tolist() == [30]


def test_words_that_most_hold_find_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_index, "MOST_HOLDERS", 2)
    index = WordIndex.of(MODEL, STORE, STORE.nums)
    index.put(30, encoded(replace(story(30), body="people")))
    assert index.nearest(text("people and city")).tolist() == []
    assert index.nearest(text("people at the tannery")).tolist() == [5, 9]


def test_of_many_words_the_rarest_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_index, "_PAIRS", 3)
    index = WordIndex.of(MODEL, STORE, STORE.nums)
    index.put(30, encoded(replace(story(30), body="a viaduct")))
    assert index.nearest(text("the viaduct at the tannery")).tolist() == [30, 5, 9]
    assert index.nearest(text("the viaduct of many people")).tolist() == [30]
