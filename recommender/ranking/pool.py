"""A question and its candidates as arrays: what every feature reads. Knows no index and no weights."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recommender.hybrid import HybridModel
from recommender.ranking.terms import TermVectors
from recommender.store import Encoded, Store, TermRows

Floats = NDArray[np.float32]
Nums = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Pool:
    """One source and its candidates. What a feature needs is gathered once, when the first one asks.

    Attributes
    ----------
    source : Encoded
        The story, or the free text, that the block is for.
    nums : (n,) int64
        The candidates, each once, in any order.
    store : Store
        Where the candidates' arrays are.
    hybrid : HybridModel
        The rarity of terms.
    """

    source: Encoded
    nums: Nums
    store: Store
    hybrid: HybridModel

    def __len__(self) -> int:
        return len(self.nums)

    @cached_property
    def source_words(self) -> TermVectors:
        """The source's words as one unit row."""
        return TermVectors.one(self.source.words, self.hybrid.idf["words"])

    @cached_property
    def words(self) -> TermVectors:
        """The candidates' words."""
        return TermVectors.weigh(self.store.terms("words", self.nums), self.hybrid.idf["words"])

    @cached_property
    def source_bigrams(self) -> TermVectors:
        """The source's bigrams as one unit row."""
        return TermVectors.one(self.source.bigrams, self.hybrid.idf["bigrams"])

    @cached_property
    def bigrams(self) -> TermVectors:
        """The candidates' bigrams."""
        return TermVectors.weigh(self.store.terms("bigrams", self.nums), self.hybrid.idf["bigrams"])

    @cached_property
    def headlines(self) -> TermRows:
        """The words of the candidates' headlines."""
        return self.store.terms("headline", self.nums)

    @cached_property
    def headline_vectors(self) -> Floats:
        """The dense vectors (n, d) of the candidates' headlines."""
        return self.store.headline_vectors(self.nums).astype(np.float32)

    @cached_property
    def means(self) -> Floats:
        """The dense unit vectors (n, d) of the candidates as wholes."""
        return self.store.means(self.nums).astype(np.float32)

    @cached_property
    def source_chunks(self) -> Floats:
        """The dense vectors (m, d) of the source's chunks; of a text without a body the headline's."""
        rows = self.source.vectors.astype(np.float32)
        return rows[1:] if len(rows) > 1 else rows

    @cached_property
    def gaps(self) -> Floats:
        """Seconds (n,) between the source and each candidate; 0 where the source has no date."""
        if self.source.published is None:
            return np.zeros(len(self), np.float32)
        published = self.store.column("published")[self.nums]
        return np.asarray(np.abs(self.source.published - published), np.float32)
