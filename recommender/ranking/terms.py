"""Texts as sparse vectors over term ids, many at once. Knows no stories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from index.storage.kernels import row_lengths, taken
from index.storage.kernels.row_terms import shared_sums
from index.storage.parts import Parts
from recommender.analysis.encoded import Terms
from recommender.features.hybrid_fitting import TERM_FREQUENCY
from recommender.features.term_rows import TermRows

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class TermVector:
    """One text.

    Attributes
    ----------
    ids : (t,) uint32
        Ascending and unique.
    weights : (t,) float32
    length : float
        Euclidean length.
    """

    ids: NDArray[np.uint32]
    weights: Floats
    length: float

    @classmethod
    def of(cls, terms: Terms, idf: Floats) -> Self:
        """Return a TF-IDF vector: (1 + log count) x idf."""
        weights = weighed(terms.ids, terms.counts, idf)
        return cls(terms.ids, weights, float(np.linalg.norm(weights)))


@dataclass(frozen=True, slots=True, eq=False)
class TermVectors:
    """Many texts, weighed when they are compared: row ``i`` is ``offsets[i]:offsets[i + 1]``.

    Attributes
    ----------
    ids : (t,) uint32
        Ascending and unique within a row.
    counts : (t,) uint8
    offsets : (n + 1,) int64
    idf : (s,) float32
        By id.
    lengths : (n,) float32
        Euclidean length of each row.
    """

    ids: NDArray[np.uint32]
    counts: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    idf: Floats
    lengths: Floats

    @classmethod
    def of(cls, rows: TermRows, idf: Floats, lengths: Floats | None = None) -> Self:
        """Return TF-IDF vectors: (1 + log count) x idf; their lengths are found unless they are given."""
        if lengths is None:
            lengths = row_lengths(rows.ids, rows.counts, rows.offsets, idf, TERM_FREQUENCY)
        return cls(rows.ids, rows.counts, rows.offsets, idf, lengths)

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def weights(self) -> Floats:
        """The weight of each term, (t,) float32."""
        return weighed(self.ids, self.counts, self.idf)

    def row(self, i: int) -> TermVector:
        """Return row ``i`` alone."""
        part = slice(self.offsets[i], self.offsets[i + 1])
        weights = weighed(self.ids[part], self.counts[part], self.idf)
        return TermVector(self.ids[part], weights, float(self.lengths[i]))

    def rows(self, places: NDArray[np.int64]) -> TermVectors:
        """Return the rows ``places``, in that order."""
        starts = self.offsets[places]
        lengths = self.offsets[places + 1] - starts
        ids, offsets = taken(Parts.of(self.ids), starts, lengths)
        counts, _ = taken(Parts.of(self.counts), starts, lengths)
        return TermVectors(ids, counts, offsets, self.idf, self.lengths[places])

    def cosines(self, other: TermVector) -> Floats:
        """Return the cosine of each row with another text, (n,) float32, 0 to 1; 0 without terms."""
        values = other.weights.astype(np.float64) * self.idf[other.ids]
        dots = shared_sums(other.ids, values, self.ids, self.offsets, self.counts, TERM_FREQUENCY)
        lengths = self.lengths * np.float64(other.length)
        # A story that is written anew meanwhile may have its old terms and its new length for a moment.
        return np.minimum(dots / np.where(lengths > 0, lengths, 1), 1).astype(np.float32)


def weighed(ids: NDArray[np.uint32], counts: NDArray[np.uint8], idf: Floats) -> Floats:
    """Return the weight of each term, (t,) float32: (1 + log count) x idf."""
    return np.asarray(TERM_FREQUENCY[counts] * idf[ids], np.float32)
