"""What the cosines of stories' terms are divided by, for all stories of one model. Knows no SQL and no index.

A cosine needs the rarity of the terms that two stories share, which are few, and the length of each story's
vector, for which it would need the rarity of all the others: of a hundred thousand terms a block, each
somewhere in a table larger than the processor's cache.
"""

from __future__ import annotations

from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from index.storage.ragged import Column, Nums
from recommender.analysis.encoded import Encoded
from recommender.features.feature_store import Store
from recommender.features.hybrid_vectors import HybridModel
from recommender.features.term_rows import TermRows

CHANNELS = ("words", "bigrams")
"""Those of the store's whose cosines are features."""


class Lengths:
    """Euclidean lengths of TF-IDF vectors, by num. One thread may put while others read.

    Parameters
    ----------
    hybrid : HybridModel
        Whose document frequencies count.
    columns : mapping of str to Column, optional
        Lengths that are known, for each of `CHANNELS`.
    """

    def __init__(self, hybrid: HybridModel, columns: dict[str, Column] | None = None) -> None:
        self._hybrid = hybrid
        self._columns = columns or {name: Column(np.float32) for name in CHANNELS}

    def put(self, num: int, story: Encoded) -> None:
        """Insert or replace those of one story."""
        for name, column in self._columns.items():
            terms = getattr(story, name)
            rows = TermRows(terms.ids, terms.counts, np.array([0, len(terms)]))
            column[num] = self._hybrid.lengths(name, rows)[0]

    def put_all(self, store: Store, nums: Nums) -> None:
        """Insert or replace those of stories of the store."""
        texts = store.texts(nums)
        for name, column in self._columns.items():
            column.put(nums, self._hybrid.lengths(name, texts.terms(name)))

    def of(self, channel: str, nums: Nums) -> NDArray[np.float32]:
        """Return the lengths (n,) of stories; 0 for one that was not put."""
        values = self._columns[channel].values
        lengths = values.take(nums, mode="clip")
        lengths[nums >= len(values)] = 0
        return np.asarray(lengths, np.float32)

    def save(self, directory: Path, size: int) -> None:
        """Write those of all nums below ``size``."""
        for name, column in self._columns.items():
            column.save(_file(directory, name), size)

    @classmethod
    def load(cls, directory: Path, hybrid: HybridModel) -> Self:
        """Map what `save` wrote.

        Raises
        ------
        FileNotFoundError
            When it is not there.
        """
        return cls(hybrid, {name: Column.load(_file(directory, name)) for name in CHANNELS})


def _file(directory: Path, channel: str) -> Path:
    return directory / f"lengths.{channel}.npy"
