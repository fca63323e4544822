"""A book of links says where links on a phrase led, and on which words links stand, as of any time."""

from __future__ import annotations

from recommender.analysis.phrases import Phrases
from recommender.suggestions.anchor_book import AnchorBook

LINKS = [
    (1, 7, 100, "Open Data", "en"),
    (2, 7, 200, "open data", "en"),
    (3, 8, 300, "open data policy", "en"),
    (4, 9, 400, "...", "en"),
]


def led(book: AnchorBook, phrase: str, until: int) -> list[int]:
    cut = Phrases.of(phrase)
    return sorted(book.led(cut.keys(*cut.spans()), until)[0].tolist())


def test_links_are_found_by_their_words_and_count_from_when_they_were_set() -> None:
    book = AnchorBook.of(LINKS)
    assert [led(book, "on open data", until) for until in (99, 100, 200)] == [[], [7], [7, 7]]
    assert led(book, "An OPEN DATA policy", 300) == [7, 7, 8]
    assert [book.known(until) for until in (99, 250, 999)] == [0, 2, 3]


def test_words_are_counted_once_a_link() -> None:
    book = AnchorBook.of([*LINKS, (5, 7, 500, "data data data", "en")])
    codes = Phrases.of("data policy ferry").codes
    assert book.linked(codes, 300).tolist() == [3, 1, 0]
    assert book.linked(codes, 500).tolist() == [4, 1, 0]


def test_a_book_of_no_links_knows_nothing() -> None:
    book = AnchorBook.of([])
    assert (led(book, "open data", 999), book.known(999)) == ([], 0)
    assert book.linked(Phrases.of("open").codes, 999).tolist() == [0]
