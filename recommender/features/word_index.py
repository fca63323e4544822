"""Which stories hold a rare word: what their vectors, one a story, are too coarse to tell. Knows no SQL.

A word that half the archive holds finds nobody, and its list would be long: only rarer words are kept.
"""

from __future__ import annotations

from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from index.storage.postings import Pairs, Postings
from recommender.analysis.encoded import Encoded
from recommender.analysis.words import TERM_SPACE
from recommender.features.feature_store import Store
from recommender.features.hybrid_fitting import places_of
from recommender.features.hybrid_vectors import HybridModel

Nums = NDArray[np.int64]

MOST_HOLDERS = 200
"""Words that so many stories hold are kept in any archive; in a large one those of `_SHARE` of them, too."""

_SHARE = 0.01
_PAIRS = (
    20_000  # of a word and a story that one question looks at, its rarest words first: a millisecond or two
)
_NAME = "words"  # of the files


class WordIndex:
    """The stories of an archive by their rarer words. One thread may put while others read.

    Parameters
    ----------
    hybrid : HybridModel
        How rare words are. It is fitted once: what becomes frequent later is kept until the next one.
    postings : Postings, optional
        What is held already.
    """

    def __init__(self, hybrid: HybridModel, postings: Postings | None = None) -> None:
        self._hybrid, self._postings = hybrid, postings or Postings()
        self._common = common_words(hybrid)

    @classmethod
    def of(cls, hybrid: HybridModel, store: Store, nums: Nums) -> Self:
        """Return an index of stories of the store."""
        common = np.zeros(TERM_SPACE, np.bool_)  # a table: millions of words are looked up
        common[common_words(hybrid)] = True
        return cls(hybrid, Postings([_pairs(store, block, common) for block in store.blocks(nums)]))

    def put(self, num: int, story: Encoded) -> None:
        """Insert or replace a story."""
        self._postings.put(num, self._rare(story))

    def nearest(self, story: Encoded) -> Nums:
        """Return the stories that share rare words with a story or text: the most, and the rarest, first.

        All that are found, some tens of thousands at most, whether readers may see them or not.
        """
        rare = self._rare(story)
        nums, places = self._postings.holders(rare, _PAIRS)
        found, which = np.unique(nums, return_inverse=True)
        shared = np.bincount(which, self._hybrid.idf["words"][rare][places], len(found))
        return found[np.argsort(-shared, kind="stable")]

    def _rare(self, story: Encoded) -> NDArray[np.uint32]:
        """Return the words of a story that are kept: of one, so that no table of all words need be made."""
        ids = story.words.ids
        return ids[~places_of(self._common, ids)[1]]

    def save(self, directory: Path) -> None:
        """Write all to a directory, and map it from there."""
        self._postings.save(directory, _NAME)

    @classmethod
    def load(cls, directory: Path, hybrid: HybridModel) -> Self:
        """Map what `save` wrote.

        Raises
        ------
        FileNotFoundError
            When it is not there.
        """
        postings = Postings()
        postings.load(directory, _NAME)
        return cls(hybrid, postings)


def common_words(hybrid: HybridModel) -> NDArray[np.uint32]:
    """Return the words that are too common to find a story by, ascending."""
    ids, counts, stories = hybrid.frequencies["words"]
    common: NDArray[np.uint32] = ids[counts > np.maximum(MOST_HOLDERS, _SHARE * stories)]
    return common


def _pairs(store: Store, nums: Nums, common: NDArray[np.bool_]) -> Pairs:
    ids, offsets = store.codes("words", nums)
    rare = ~common[ids]
    return ids[rare], np.repeat(nums, np.diff(offsets))[rare]
