"""Texts as sparse unit vectors over term ids, many at once. Knows no stories and no store."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recommender.hybrid import TERM_FREQUENCY
from recommender.lexical import TERM_SPACE
from recommender.store import TermRows, Terms

Floats = NDArray[np.float32]


class _Scratch(threading.local):
    """One weight for each term id, all 0 between calls: a look-up without a search, one a thread."""

    def __init__(self) -> None:
        self.table = np.zeros(TERM_SPACE, np.float32)


_scratch = _Scratch()


@dataclass(frozen=True, slots=True, eq=False)
class TermVectors:
    """Rows of unit length (a row without terms is 0): row ``i`` is ``offsets[i]:offsets[i + 1]``.

    Attributes
    ----------
    ids : (t,) uint32
        Unique within a row.
    weights : (t,) float32
    offsets : (n + 1,) int64
    """

    ids: NDArray[np.uint32]
    weights: Floats
    offsets: NDArray[np.int64]

    @classmethod
    def weigh(cls, rows: TermRows, idf: Floats) -> Self:
        """Return TF-IDF vectors: (1 + log count) x idf, to unit length."""
        weights = TERM_FREQUENCY[rows.counts] * idf[rows.ids]
        lengths = np.sqrt(row_sums(weights * weights, rows.offsets))
        weights /= np.repeat(np.where(lengths > 0, lengths, 1), np.diff(rows.offsets))
        return cls(rows.ids, weights, rows.offsets)

    @classmethod
    def one(cls, terms: Terms, idf: Floats) -> Self:
        """Return the TF-IDF vector of one text."""
        return cls.weigh(TermRows(terms.ids, terms.counts, np.array([0, len(terms)])), idf)

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def row(self, i: int) -> TermVectors:
        """Return row ``i`` alone."""
        part = slice(self.offsets[i], self.offsets[i + 1])
        return TermVectors(self.ids[part], self.weights[part], np.array([0, part.stop - part.start]))

    def cosines(self, other: TermVectors) -> Floats:
        """Return the cosine of each row with the one row of ``other``, (n,) float32."""
        return row_sums(self.weights * looked_up(other.ids, other.weights, self.ids), self.offsets)


def looked_up(keys: NDArray[np.uint32], values: Floats, ids: NDArray[np.uint32]) -> Floats:
    """Return for each of ``ids`` the value of the equal one of the unique ``keys``, or 0."""
    table = _scratch.table
    table[keys] = values
    try:
        return table[ids]
    finally:
        table[keys] = 0


def row_sums(values: Floats, offsets: NDArray[np.int64]) -> Floats:
    """Return the sum of each row, 0 for an empty one, (n,) float32."""
    sums = np.zeros(len(offsets) - 1, np.float32)
    # reduceat gives an empty row its neighbour's value, so only the others are summed.
    filled = np.flatnonzero(np.diff(offsets))
    if len(filled):
        sums[filled] = np.add.reduceat(values, offsets[filled])
    return sums
