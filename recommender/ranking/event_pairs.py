"""How alike the stories of a stretch of days are as reports of one event, pair by pair. Knows no clock.

Kept up with the stories: who comes, goes or changes costs its own pairs alone, and what is kept is what would
be found if all were compared anew.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recommender.features.feature_store import Store
from recommender.features.hybrid_fitting import TERM_FREQUENCY
from recommender.features.hybrid_vectors import HybridModel
from recommender.features.language_groups import languages_in, read_as
from recommender.ranking.declared_translations import NOTHING_DECLARED, DeclaredTranslations
from recommender.ranking.pool import Pool
from recommender.ranking.translations import WINDOW, translated

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

Floats = NDArray[np.float32]
Nums = NDArray[np.int64]

PATIENCE = 14 * 24 * 3600
"""Seconds without a report after which an event is over, and another like it is another event."""

NEAR = 0.3
"""Inner product of hybrid vectors from which on two stories are compared word by word: of general news no two
that are `running_stories.ALIKE` have less."""

NAMES = 0.5
"""What shared names count, beside vectors and words at 1: the best of six sums (docs/threads.md)."""

TRANSLATED = 2.0
"""The likeness of a story and its translation: more than any two stories of one language have."""

_BLOCK = 512


@dataclass(frozen=True, slots=True, eq=False)
class Pairs:
    """Pairs of stories, each once.

    Attributes
    ----------
    one, other : (p,) int64
        Nums.
    likeness : (p,) float32
        Vectors + words + `NAMES` x names, each a cosine; `TRANSLATED` for two languages.
    """

    one: Nums
    other: Nums
    likeness: Floats

    @classmethod
    def none(cls) -> Pairs:
        """Return no pairs."""
        return cls(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float32))

    def without(self, nums: Nums) -> Pairs:
        """Return those that none of `nums` is part of."""
        keep = ~(np.isin(self.one, nums) | np.isin(self.other, nums))
        return Pairs(self.one[keep], self.other[keep], self.likeness[keep])

    def among(self, nums: Nums) -> Pairs:
        """Return those of which both are among `nums`."""
        keep = np.isin(self.one, nums) & np.isin(self.other, nums)
        return Pairs(self.one[keep], self.other[keep], self.likeness[keep])

    def __add__(self, more: Pairs) -> Pairs:
        return Pairs(
            np.concatenate([self.one, more.one]),
            np.concatenate([self.other, more.other]),
            np.concatenate([self.likeness, more.likeness]),
        )


class EventPairs:
    """The pairs of the stories that are looked at.

    Parameters
    ----------
    store : Store
    hybrid : HybridModel
        Under which they are compared, as long as it is the archive's.
    encoder : str
        SHA-256 of the weights of the embedding model.
    """

    def __init__(self, store: Store, hybrid: HybridModel, encoder: str = "") -> None:
        self.store, self.hybrid, self._encoder = store, hybrid, encoder
        self._nums = np.zeros(0, np.int64)
        self._vectors = np.zeros((0, hybrid.dimension), np.float32)
        self.pairs = Pairs.none()

    def follow(
        self,
        nums: Nums,
        changed: Collection[int] = (),
        declared: DeclaredTranslations = NOTHING_DECLARED,
    ) -> Pairs:
        """Go over to the stories `nums`, of which some have changed since the last call.

        What stories say their translations are, `declared`, is taken as it is now.
        """
        nums = np.sort(nums)
        stays = np.isin(self._nums, nums) & ~np.isin(self._nums, np.fromiter(changed, np.int64))
        gone = self._nums[~stays]
        self._nums, self._vectors = self._nums[stays], self._vectors[stays]
        self.pairs = self.pairs.without(gone) if len(gone) else self.pairs
        new = nums[~np.isin(nums, self._nums)]
        if len(new):
            self._nums = np.concatenate([self._nums, new])
            self._vectors = np.concatenate([self._vectors, self.hybrid.vectors(self.store, new)])
            self.pairs += self._alike(new) + self._translations(new)
        said = declared.pairs(nums, languages_in(self.store))
        one, other = said
        return self.pairs + Pairs(one, other, np.full(len(one), TRANSLATED, np.float32))

    def _alike(self, new: Nums) -> Pairs:
        """Return the pairs of one language that a new story is part of."""
        store, all_ = self.store, self._nums
        first_new = len(all_) - len(new)
        published = store.column("published")[all_]
        languages = read_as(store.column("language")[all_])
        rows, columns, near = [], [], []
        for start in range(first_new, len(all_), _BLOCK):
            block = slice(start, min(start + _BLOCK, len(all_)))
            products = self._vectors[block] @ self._vectors[: block.stop].T
            fits = products >= NEAR
            fits &= np.abs(published[block, None] - published[None, : block.stop]) <= PATIENCE
            fits &= languages[block, None] == languages[None, : block.stop]
            fits &= np.arange(block.stop) < np.arange(block.start, block.stop)[:, None]  # each pair once
            row, column = np.nonzero(fits)
            rows.append(row + start)
            columns.append(column)
            near.append(products[row, column])
        one, other = np.concatenate(rows), np.concatenate(columns)
        likeness = np.concatenate(near) + self._shared(one, other)
        return Pairs(all_[one], all_[other], likeness.astype(np.float32))

    def _shared(self, one: Nums, other: Nums) -> Floats:
        """Return the cosines of the words of pairs (p,), and `NAMES` times those of their names."""
        places, which = np.unique(np.concatenate([one, other]), return_inverse=True)
        left, right = which[: len(one)], which[len(one) :]
        total = np.zeros(len(one), np.float32)
        for channel, weight in (("words", 1.0), ("entities", NAMES)):
            rows = self._terms(channel, self._nums[places])
            for start in range(0, len(one), _BLOCK * 16):
                some = slice(start, start + _BLOCK * 16)
                products = rows[left[some]].multiply(rows[right[some]]).sum(axis=1)
                total[some] += weight * np.asarray(products, np.float32).ravel()
        return total

    def _terms(self, channel: str, nums: Nums) -> csr_matrix:
        """Return the TF-IDF vectors of stories in a channel, as unit rows."""
        from scipy.sparse import csr_matrix  # what a question does not load: it takes a third of a second

        terms, idf = self.store.terms(channel, nums), self.hybrid.idf[channel]
        weights = (TERM_FREQUENCY[terms.counts] * idf[terms.ids]).astype(np.float32)
        lengths = np.sqrt(np.add.reduceat(np.append(weights**2, 0), terms.offsets[:-1]))
        sizes = np.diff(terms.offsets)
        lengths = np.where((sizes > 0) & (lengths > 0), lengths, 1)
        weights /= np.repeat(lengths, sizes)
        shape = (len(nums), len(idf))
        return csr_matrix((weights, terms.ids.astype(np.int64), terms.offsets), shape=shape)

    def _translations(self, new: Nums) -> Pairs:
        """Return the pairs of two languages that tell the same, of which a new story is part."""
        languages = read_as(self.store.column("language")[self._nums])
        kinds, sizes = np.unique(languages, return_counts=True)
        if len(kinds) < 2:
            return Pairs.none()
        published = self.store.column("published")[self._nums]
        asking = np.isin(self._nums, new)
        if len(new) == len(self._nums):  # each pair is found from either of the two: from the fewer
            asking &= languages != kinds[np.argmax(sizes)]
        found: set[tuple[int, int]] = set()
        for place in np.flatnonzero(asking).tolist():
            near = (languages != languages[place]) & (np.abs(published - published[place]) <= WINDOW)
            if near.any():
                num = int(self._nums[place])
                pool = Pool(
                    self.store.item(num), self._nums[near], self.store, self.hybrid, encoder=self._encoder
                )
                found |= {(min(num, each), max(num, each)) for each in pool.nums[translated(pool)].tolist()}
        both = np.array(sorted(found), np.int64).reshape(-1, 2)
        return Pairs(both[:, 0], both[:, 1], np.full(len(both), TRANSLATED, np.float32))
