"""A text as short runs of its words that overlap, each a sparse vector. Knows no stories.

A link bears on one paragraph; the words of a whole story drown those of its paragraphs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from index.storage.kernels import window_counts
from recommender.features.hybrid_fitting import TERM_FREQUENCY
from recommender.ranking.terms import Floats

Nums = NDArray[np.int64]

STEP = 25
"""Words from the beginning of a window to that of the next; a window is two steps long. 50 words do better
than 100 (docs/ranking.md)."""

NARROW_STEP = 12
"""The same of narrow windows: a sentence. What a candidate shares with one is rarely there by chance."""

_NO_WORDS = 1e-6  # stands for the length of a window of words that weigh nothing


@dataclass(frozen=True, slots=True, eq=False)
class Windows:
    """The windows of a text, unit vectors, by word: word ``i`` is in those of ``starts[i]:starts[i + 1]``.

    Attributes
    ----------
    starts : (k + 1,) int64
    columns : (p,) int64
        Windows.
    values : (p,) float32
        What the word weighs there.
    count : int
        How many windows there are.
    """

    starts: Nums
    columns: Nums
    values: Floats
    count: int

    @classmethod
    def of(cls, sequence: NDArray[np.uint16], idf: Floats, step: int = STEP) -> Self:
        """Cut a text.

        Parameters
        ----------
        sequence : (m,) uint16
            Which word stands there.
        idf : (k,) float32
            Of each word.
        step : int
            Words from the beginning of a window to that of the next.
        """
        starts, columns, times, count = window_counts(sequence, len(idf), step)
        which = np.repeat(np.arange(len(idf)), np.diff(starts))
        values = TERM_FREQUENCY[np.minimum(times, len(TERM_FREQUENCY) - 1)] * idf[which]
        lengths = np.sqrt(np.bincount(columns, values.astype(np.float64) ** 2, minlength=count))
        shares = values / np.maximum(lengths[columns], _NO_WORDS)
        return cls(starts, columns, shares.astype(np.float32), count)
