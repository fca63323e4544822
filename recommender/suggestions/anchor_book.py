"""On which words the newsroom's own links stood, and where each led. Knows no draft and no weights."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.analysis.languages import spoken_of
from recommender.analysis.phrases import Keys, Nums, Phrases

LinkWords = tuple[int, int, int, str, str]
"""Source, target, when the link was set, its words, and the key of the language that they are in."""


@dataclass(frozen=True, slots=True, eq=False)
class AnchorBook:
    """All links that stand on words, by those.

    Attributes
    ----------
    keys : (m,) uint64
        Of the phrases that links stand on, ascending; see `Phrases.keys`.
    targets, set_at : (m,) int64
        Where each leads, a num, and since when, epoch seconds.
    words : (w,) uint64
        Of the words that links stand on, each as often as it does, ascending; see `Phrases.codes`.
    words_set_at : (w,) int64
        When the link of each was set.
    times : (m,) int64
        All times at which links were set, ascending.
    """

    keys: Keys
    targets: Nums
    set_at: Nums
    words: Keys
    words_set_at: Nums
    times: Nums

    @classmethod
    def of(cls, links: Iterable[LinkWords]) -> AnchorBook:
        """Make a book of links."""
        keys: list[int] = []
        table: list[tuple[int, int]] = []
        words: list[int] = []
        lengths: list[int] = []
        for _, target, set_at, text, language in links:
            phrase = Phrases.of(text, spoken_of(language))
            if len(phrase):
                keys.append(phrase.key)
                table.append((target, set_at))
                codes = np.unique(phrase.codes).tolist()
                words += codes
                lengths.append(len(codes))
        targets, times = np.array(table, np.int64).reshape(-1, 2).T
        of_words = np.repeat(times, lengths)
        by_key, by_word = np.argsort(np.array(keys, np.uint64)), np.argsort(np.array(words, np.uint64))
        return cls(
            np.array(keys, np.uint64)[by_key],
            targets[by_key],
            times[by_key],
            np.array(words, np.uint64)[by_word],
            of_words[by_word],
            np.sort(times),
        )

    def known(self, until: int) -> int:
        """Return how many links had been set by a time (epoch seconds)."""
        return int(np.searchsorted(self.times, until, side="right"))

    def led(self, keys: Keys, until: int) -> tuple[Nums, Nums]:
        """Return where links on phrases of these keys led that had been set by a time.

        Returns
        -------
        targets : (n,) int64
        which : (n,) int64
            On which of the phrases each stood.
        """
        first, last = np.searchsorted(self.keys, keys), np.searchsorted(self.keys, keys, side="right")
        lengths = last - first
        which = np.repeat(np.arange(len(keys)), lengths)
        places = np.repeat(first - np.cumsum(lengths) + lengths, lengths) + np.arange(len(which))
        past = self.set_at[places] <= until
        return self.targets[places[past]], which[past]

    def linked(self, codes: Keys, until: int) -> NDArray[np.float32]:
        """Return on how many links each of some words stood that had been set by a time."""
        first, last = np.searchsorted(self.words, codes), np.searchsorted(self.words, codes, side="right")
        counts = [np.count_nonzero(self.words_set_at[a:b] <= until) for a, b in zip(first, last, strict=True)]
        return np.array(counts, np.float32)
