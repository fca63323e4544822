"""What is known of a draft's phrases alone: where they may stand, how rare they are, what links stood on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.analysis.phrases import Phrases
from recommender.analysis.words import TERM_SPACE, term_id
from recommender.suggestions.anchor_book import AnchorBook
from recommender.suggestions.draft_phrases import MOST_WORDS, DraftPhrases

TEXT = "The old ferry, of the river, sank. Nobody saw it at all again"


def draft(
    text: str, *links: str, rare: str = "", taken: tuple[int, ...] = (), stories: int = 99
) -> DraftPhrases:
    phrases = Phrases.of(text)
    idf = np.full(TERM_SPACE, np.log1p(stories) + 1, np.float32)
    for word in phrases.words:
        if word.term and word.term != rare:
            idf[term_id(word.term)] = 2
    pairs = np.full(TERM_SPACE, 1, np.float32)
    pairs[0] = np.log1p(stories) + 1
    free: NDArray[np.bool_] = ~np.isin(np.arange(len(phrases)), taken)
    book = AnchorBook.of((1, 2, 50, link, "en") for link in links)
    return DraftPhrases(phrases, "en", free, book, 100, idf, pairs)


def said(one: DraftPhrases) -> list[str]:
    firsts, lasts = one.spans
    spans = (one.phrases.span(a, b) for a, b in zip(firsts.tolist(), lasts.tolist(), strict=True))
    return [one.phrases.text[start:end] for start, end in spans]


def test_no_phrase_begins_or_ends_with_a_stop_word_or_goes_over_a_comma() -> None:
    found = said(draft(TEXT))
    assert {"ferry", "old ferry", "river", "sank"} <= set(found)
    assert not [phrase for phrase in found if "," in phrase or phrase.split()[0] in ("The", "of", "the")]
    long = draft("word " * 30)
    assert int((long.spans[1] - long.spans[0]).max()) == MOST_WORDS - 1


def test_what_a_link_stood_on_before_may_carry_one_again() -> None:
    found = draft(TEXT, "of the river", "it at all")
    assert {"of the river", "it at all"} <= set(said(found))
    targets, which = found.led
    assert [said(found)[place] for place in which.tolist()] == ["of the river", "it at all"]
    assert targets.tolist() == [2, 2]
    assert found.alone["linked"].max() == np.float32(np.log(2))


def test_taken_words_are_in_no_phrase() -> None:
    assert not [phrase for phrase in said(draft(TEXT, taken=(2,))) if "ferry" in phrase]


def test_the_rarest_is_the_same_however_many_stories_there_are() -> None:
    for stories in (10, 100_000):
        found = draft("A zeppelin over the river", rare="zeppelin", stories=stories)
        rarity = dict(zip(said(found), found.rarity.tolist(), strict=True))
        assert abs(rarity["zeppelin"]) < 1e-4
        assert rarity["river"] < rarity["zeppelin over the river"]


def test_sums_are_of_each_phrases_own_words() -> None:
    found = draft(TEXT)
    words = found.sums(np.ones(len(found.phrases)))
    assert words.tolist() == [len(phrase.replace(",", " ").split()) for phrase in said(found)]
