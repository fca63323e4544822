"""Words of a text with where they stand, and the phrases that a link may stand on. Knows no stories.

A phrase begins and ends with a word, and ends with its sentence at the latest. No letter is parted from its
marks, in any script.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from zlib import crc32

import numpy as np
import regex
from numpy.typing import NDArray

from recommender.analysis.languages import ENGLISH
from recommender.analysis.normalization import MAX_CHARACTERS, normalised
from recommender.analysis.sentences import SENTENCE_GAP
from recommender.analysis.stemming import stemmed
from recommender.analysis.words import MAX_TOKENS, tokens, written_tokens
from recommender.analysis.writing_systems import boundaries, folded, widened

MOST_WORDS = 12
"""Words of a phrase: longer anchors are one in thirty, and nobody reads a link of two lines."""

Nums = NDArray[np.int64]
Keys = NDArray[np.uint64]

_PLAIN_GAP = regex.compile(r"[\p{Zs}\t\p{Pd}'\u2019&/.]*")
_BASE = np.uint64(0x9E3779B97F4A7C15)
"""Of the polynomial by which a phrase's key follows from those of its words; odd, so that no word is lost."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text: where it stands, its term, and its form without an ending.

    Without a term it is a stop word or a single letter.
    """

    start: int
    end: int
    term: str
    form: str


@dataclass(frozen=True)
class Phrases:
    """The words of a text in order, and where its sentences and its clauses begin.

    Attributes
    ----------
    text : str
    words : tuple of Word
    sentences : (n,) int64
        The number of each word's sentence.
    clauses : (n,) int64
        The number of each word's clause: a comma, a quote or a bracket begins another.
    """

    text: str
    words: tuple[Word, ...]
    sentences: Nums
    clauses: Nums

    @classmethod
    def of(cls, text: str, language: str = ENGLISH) -> Phrases:
        """Cut a text.

        >>> phrases = Phrases.of("The ferry sank. Ferry safety, again")
        >>> [word.term for word in phrases.words], phrases.sentences.tolist(), phrases.clauses.tolist()
        (['', 'ferry', 'sank', 'ferry', 'safety', ''], [0, 0, 0, 1, 1, 1], [0, 0, 0, 1, 1, 2])
        """
        read = text[:MAX_CHARACTERS]
        words = tuple(_words(read, language))[:MAX_TOKENS]
        starts = np.array([word.start for word in words], np.int64)
        gaps = np.array([gap.end() for gap in SENTENCE_GAP.finditer(read)], np.int64)
        sentences = np.searchsorted(gaps, starts, side="right")
        begins = np.zeros(len(words), np.int64)
        for place in range(1, len(words)):
            gap = read[words[place - 1].end : words[place].start]
            begins[place] = sentences[place] != sentences[place - 1] or _PLAIN_GAP.fullmatch(gap) is None
        return cls(text, words, np.asarray(sentences, np.int64), np.cumsum(begins))

    def __len__(self) -> int:
        return len(self.words)

    def span(self, first: int, last: int) -> tuple[int, int]:
        """Return where the phrase from one word to another, both included, stands in the text."""
        return self.words[first].start, self.words[last].end

    def spans(self, most: int = MOST_WORDS) -> tuple[Nums, Nums]:
        """Return the first and the last word of every phrase of at most so many words, (m,) each."""
        places = np.arange(len(self))
        firsts, lasts = np.repeat(places, most), (places[:, None] + np.arange(most)).ravel()
        fits = lasts < len(self)
        firsts, lasts = firsts[fits], lasts[fits]
        one = self.sentences[firsts] == self.sentences[lasts]
        return firsts[one], lasts[one]

    def keys(self, firsts: Nums, lasts: Nums) -> Keys:
        """Return the key of each phrase: alike for the same words in the same order, in any case."""
        out = np.zeros(len(firsts), np.uint64)
        lengths = lasts - firsts + 1
        for step in range(int(lengths.max(initial=0))):
            going = lengths > step
            out[going] = out[going] * _BASE + self.codes[firsts[going] + step]
        return out

    @property
    def key(self) -> int:
        """The key of the whole text as one phrase, 0 where it holds no word.

        >>> Phrases.of("The Ferries").key == Phrases.of("the ferry").key, Phrases.of("...").key
        (True, 0)
        """
        key = 0
        for code in self.codes.tolist():
            key = (key * int(_BASE) + code) & (2**64 - 1)
        return key

    @cached_property
    def codes(self) -> Keys:
        """The code of each word, stop words among them: the same whatever its case and its ending."""
        return np.fromiter((_code(word.form) for word in self.words), np.uint64, len(self.words))

    @cached_property
    def known(self) -> NDArray[np.bool_]:
        """Whether each word has a term."""
        return np.array([bool(word.term) for word in self.words], np.bool_)


@lru_cache(1 << 16)
def _code(form: str) -> int:
    return crc32(form.encode("utf-8", "surrogatepass")) + 1  # 0 is no word


def _words(text: str, language: str) -> Iterator[Word]:
    places = boundaries(text)
    for start, end in written_tokens(text):
        first, last = widened(start, end, places)
        yield Word(first, last, *_read(text[first:last], language))


@lru_cache(1 << 16)
def _read(word: str, language: str) -> tuple[str, str]:
    """Return the term of a word, "" for a stop word, and its form without an ending."""
    form = folded(normalised(word).casefold())
    found = tokens(word, language)
    return (found[0] if found else "", stemmed(form, language))
