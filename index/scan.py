"""Exact scans of float16 segments: of all rows, of those that pass a mask, of a list. Knows no ids."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import faiss
import numpy as np
from numpy.typing import NDArray

from index.base import Ids, Vectors
from index.filters import Mask
from index.segments import Part, Segment, _faiss
from index.threads import cores

Scores = NDArray[np.float32]
Found = tuple[Ids, Scores]
"""Slots and their scores, in no order."""

_GATHER = 4096
"""Rows gathered at once for a sparse scan: 4.8 MB at dimension 584, which stays in the cache."""
_SPARSE = 0.25
"""Below this part of passing rows, gathering them first is faster than a scan that skips: 2.9 and 3.6 ms
at .1 of 100,000 rows, 12.6 and 9.8 ms at .5."""
_SPARE = 8
"""Neighbours asked for beyond k, so that equal scores at the border are seen and can be ordered by id."""


class Scanner:
    """Exact scans over parts. One for each thread: it owns the memory into which sparse rows are gathered."""

    def __init__(self, dimension: int) -> None:
        self._gathered = Segment.empty(dimension, 0, _GATHER)

    def scan(self, parts: Sequence[Part], queries: Vectors, k: int, passed: Mask) -> list[Found]:
        """Return for each query (q, d) the best of the slots that are set in ``passed`` (n,).

        The ``k`` best are among what is returned, with all that score as the last of these does.
        """
        found: list[list[Found]] = [[] for _ in queries]
        for part in parts:
            inside = passed[part.start : part.stop]
            count = int(np.count_nonzero(inside))
            if count == 0:
                continue
            if count < _SPARSE * part.size:
                self._sparse(part, queries, k, np.flatnonzero(inside) + part.start, found)
            else:
                mask = None if part.whole and count == part.size else inside
                places, scores = _search(part.segment.index, queries, k, count, mask)
                for pieces, row, row_scores in zip(found, places, scores, strict=True):
                    pieces.append((row[row >= 0] + part.start, row_scores[row >= 0]))
        return [_joined(pieces) for pieces in found]

    def score(self, parts: Sequence[Part], query: Vectors, k: int, slots: Ids) -> Found:
        """Return the best of ``slots`` (m,) for one query (1, d), as `scan` does."""
        found: list[list[Found]] = [[]]
        slots = np.sort(slots)
        for part in parts:
            first, last = np.searchsorted(slots, (part.start, part.stop))
            if first < last:
                self._sparse(part, query, k, slots[first:last], found)
        return _joined(found[0])

    def _sparse(self, part: Part, queries: Vectors, k: int, slots: Ids, found: Sequence[list[Found]]) -> None:
        for first in range(0, len(slots), _GATHER):
            block = slots[first : first + _GATHER]
            np.take(
                part.segment.codes,
                block - part.start,
                axis=0,
                out=self._gathered.codes[: len(block)],
                mode="clip",  # the mode that gathers straight into `out`; the slots are in range
            )
            self._gathered.index.ntotal = len(block)
            places, scores = _search(self._gathered.index, queries, k, len(block), None)
            for pieces, row, row_scores in zip(found, places, scores, strict=True):
                pieces.append((block[row], row_scores))


class Scanners(threading.local):
    """One `Scanner` for each thread that searches."""

    def __init__(self, dimension: int) -> None:
        self.own = Scanner(dimension)


def _search(
    index: faiss.IndexScalarQuantizer, queries: Vectors, k: int, count: int, inside: Mask | None
) -> tuple[Ids, Scores]:
    """Return the best places and scores, asking for more while equal scores go on past the end."""
    params = None
    if inside is not None:
        bits = np.packbits(inside, bitorder="little")
        params = _faiss.SearchParameters(sel=_faiss.IDSelectorBitmap(bits))
    wanted = min(k + _SPARE, count)
    while True:
        with cores(len(queries)):
            scores, places = index.search(queries, wanted, params=params)
        if wanted == count or not np.any(scores[:, k - 1] == scores[:, -1]):
            return places, scores
        wanted = min(4 * wanted, count)


def _joined(pieces: Sequence[Found]) -> Found:
    if not pieces:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
    return np.concatenate([slots for slots, _ in pieces]), np.concatenate([scores for _, scores in pieces])
