"""Rows of inverted lists as bytes, list after list: what tells which of them are worth an exact score.

A question of a large archive looks at some 16,000 rows. Their vectors lie anywhere in files that are too much
to be mapped; here those of one list lie together, at half the size, and scores are off by .001 or so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.base import Ids, Vectors
from index.errors import SnapshotCorrupt
from index.faiss.segments import SegmentView, linked, unordered
from index.storage.background import Check
from index.storage.kernels.row_vectors import byte_scores
from index.storage.memory_maps import mapped

CODES, STEPS = "lists.codes.npy", "lists.steps.npy"
_MOST = 127
_BLOCK = 16_384


@dataclass(frozen=True, slots=True)
class ByteCodes:
    """Rows (n, d) of whole numbers from -127 to 127, and the step (n,) that each row counts by."""

    codes: NDArray[np.int8]
    steps: NDArray[np.float32]
    directory: Path | None = None

    @classmethod
    def of(cls, parts: Sequence[SegmentView], slots: Ids, check: Check) -> ByteCodes:
        """Return the rows of some slots, in their order."""
        dimension = parts[0].segment.dimension if parts else 0
        made = cls(np.empty((len(slots), dimension), np.int8), np.empty(len(slots), np.float32))
        for first in range(0, len(slots), _BLOCK):
            check()
            block = slice(first, first + _BLOCK)
            vectors = unordered(parts, slots[block])
            largest = np.abs(vectors).max(axis=1)
            steps = np.where(largest > 0, largest, 1) / np.float32(_MOST)
            made.steps[block] = steps
            made.codes[block] = np.rint(vectors / steps[:, None])
        return made

    def scores(self, places: Ids, query: Vectors) -> NDArray[np.float32]:
        """Return about the products (m,) of some rows with a query (d,)."""
        return byte_scores(self.codes, self.steps, places, query)

    def save(self, directory: Path) -> ByteCodes:
        """Write the rows to a directory, and return them as lying there."""
        for name, values in ((CODES, self.codes), (STEPS, self.steps)):
            if self.directory is None or not linked(self.directory / name, directory / name):
                np.save(directory / name, values, allow_pickle=False)
        return replace(self, directory=directory)

    @classmethod
    def mapped(cls, directory: Path, rows: int, dimension: int) -> ByteCodes:
        """Return what `save` wrote, mapped.

        Raises
        ------
        SnapshotCorrupt
            When it cannot be read, or has not so many rows of that dimension.
        """
        try:
            codes, steps = mapped(directory / CODES), mapped(directory / STEPS)
        except (OSError, ValueError) as error:
            raise SnapshotCorrupt(f"{directory} holds no rows as bytes: {error}") from error
        kinds = [(values.dtype, values.shape) for values in (codes, steps)]
        if kinds != [(np.dtype(np.int8), (rows, dimension)), (np.dtype(np.float32), (rows,))]:
            raise SnapshotCorrupt(f"{directory} holds {kinds} in place of {rows} rows of {dimension} bytes")
        return cls(codes, steps, directory)
