"""The phrases of a draft that a link may stand on, and what is known of each alone. Knows no stories."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from recommender.analysis.phrases import Nums, Phrases
from recommender.analysis.words import term_id
from recommender.suggestions.anchor_book import AnchorBook

Floats = NDArray[np.float32]

MOST_WORDS = 8
"""Words of a phrase on which no link stood before: a longer one hardly reads as a link."""

USUAL_SHARE = 0.2
"""A word is taken to stand on links of its own accord in so many of the stories that hold it."""


@dataclass(frozen=True, eq=False)
class DraftPhrases:
    """A draft's phrases.

    Parameters
    ----------
    phrases : Phrases
        Its words.
    language : str
        As which it is read.
    free : (w,) bool
        The words that a link may stand on.
    book : AnchorBook
        The newsroom's links.
    until : int
        Those that were set by then count, epoch seconds.
    idf, pair_idf : (s,) float32
        Of words and of pairs of words, by term id.
    """

    phrases: Phrases
    language: str
    free: NDArray[np.bool_]
    book: AnchorBook
    until: int
    idf: Floats
    pair_idf: Floats

    def __len__(self) -> int:
        return len(self.spans[0])

    @cached_property
    def spans(self) -> tuple[Nums, Nums]:
        """The first and the last word of each phrase (m,).

        It has no stop word at its ends and no comma or bracket in it, unless a link stood on the very same
        before.
        """
        firsts, lasts = self.phrases.spans()
        taken = np.concatenate([[0], np.cumsum(~self.free)])
        free = taken[lasts + 1] == taken[firsts]
        firsts, lasts = firsts[free], lasts[free]
        known = self.phrases.known
        clauses = self.phrases.clauses
        kept = known[firsts] & known[lasts] & (lasts - firsts < MOST_WORDS)
        kept &= clauses[firsts] == clauses[lasts]
        kept[np.unique(self.book.led(self.phrases.keys(firsts, lasts), self.until)[1])] = True
        return firsts[kept], lasts[kept]

    @cached_property
    def led(self) -> tuple[Nums, Nums]:
        """Where links on these phrases led before, and beside each on which phrase."""
        return self.book.led(self.phrases.keys(*self.spans), self.until)

    @cached_property
    def ids(self) -> NDArray[np.uint32]:
        """The term id of each word (w,), 0 where it has none."""
        found = (term_id(word.term, self.language) if word.term else 0 for word in self.phrases.words)
        return np.fromiter(found, np.uint32, len(self.phrases))

    @cached_property
    def weights(self) -> Floats:
        """The idf of each word (w,), 0 where it has no term."""
        return np.where(self.phrases.known, _as_held(self.idf, self.ids), 0).astype(np.float32)

    @cached_property
    def pairs(self) -> tuple[NDArray[np.uint32], Nums]:
        """The term id of each word (w,) with the one before that has a term, and where that is; else -1."""
        ids, before = np.zeros(len(self.phrases), np.uint32), np.full(len(self.phrases), -1)
        places = np.flatnonzero(self.phrases.known)
        words = self.phrases.words
        for first, second in pairwise(places.tolist()):
            before[second] = first
            ids[second] = term_id(f"{words[first].term} {words[second].term}", self.language)
        return ids, before

    @cached_property
    def rarity(self) -> Floats:
        """How rare each phrase (m,) is, as its rarest word or pair of words: 0 for what no other story says.

        It falls as more do, however many stories there are: what a sum is worth must not depend on that.
        """
        (firsts, lasts), (ids, before) = self.spans, self.pairs
        pairs = np.where(before >= 0, _as_held(self.pair_idf, ids), 0)
        out = np.zeros(len(firsts), np.float32)
        for step in range(int((lasts - firsts).max(initial=-1)) + 1):
            going = np.flatnonzero(lasts - firsts >= step)
            at = firsts[going] + step
            pair = np.where(before[at] >= firsts[going], pairs[at], 0)
            out[going] = np.maximum(out[going], np.maximum(self.weights[at], pair))
        return out - _most(self.pair_idf)

    @cached_property
    def habit(self) -> Floats:
        """How readily links stand on each word (w,), against chance (log)."""
        codes, inverse = np.unique(self.phrases.codes, return_inverse=True)
        linked = self.book.linked(codes, self.until)[inverse]
        share = np.where(self.phrases.known, np.exp(1 - np.maximum(self.weights, 1)), 1)
        chance = USUAL_SHARE * self.book.known(self.until) * share
        return np.log((linked + 1) / (chance + 1)).astype(np.float32)

    def sums(self, values: NDArray[np.floating] | NDArray[np.bool_]) -> Floats:
        """Return what values of words (w,) add up to in each phrase, (m,)."""
        run = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
        firsts, lasts = self.spans
        return np.asarray(run[lasts + 1] - run[firsts], np.float32)

    def by_sentence(self, values: NDArray[np.floating]) -> Floats:
        """Return what values of words (w,) add up to in each phrase's sentence, (m,)."""
        sums = np.bincount(self.phrases.sentences, values, int(self.phrases.sentences.max(initial=0)) + 1)
        return np.asarray(sums[self.phrases.sentences[self.spans[0]]], np.float32)

    @cached_property
    def alone(self) -> dict[str, Floats]:
        """What is known of each phrase whatever story it may link to."""
        firsts, lasts = self.spans
        words = (lasts - firsts + 1).astype(np.float32)
        clauses = self.phrases.clauses[lasts] - self.phrases.clauses[firsts]
        linked = np.bincount(self.led[1], minlength=len(firsts))
        return {
            "rare": self.rarity,
            "one_word": (words == 1).astype(np.float32),
            "words": np.log(words),
            "stop_words": self.sums(~self.phrases.known),
            "clauses": clauses.astype(np.float32),
            "linked": np.log1p(linked).astype(np.float32),
            "habit": self.sums(self.habit) / words,
            "early": np.log1p(firsts).astype(np.float32),
        }


def _as_held(idf: Floats, ids: NDArray[np.uint32]) -> Floats:
    """Return the idf of terms as if the draft were held: what no story says, one does then."""
    return np.asarray(np.minimum(idf[ids], _most(idf)), np.float32)


def _most(idf: Floats) -> np.float32:
    """Return the idf of a term that one story says; that of one that none does is the largest."""
    return np.float32(idf.max() - np.log(2))
