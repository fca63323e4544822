"""Exact scans of float16 segments: of all rows, of those that pass a mask, of a list. Knows no ids."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

import faiss
import numpy as np
from numpy.typing import NDArray

from index.base import Ids, Vectors
from index.faiss.segments import Segment, SegmentView, _faiss
from index.faiss.threads import cores
from index.filters import Mask

Scores = NDArray[np.float32]
Found = tuple[Ids, Scores]
"""Slots and their scores, in no order."""

_GATHER = 4096
"""Rows gathered at once for a sparse scan: 4.8 MB at dimension 584, which stays in the cache."""
_SPARSE = 0.25
"""Below this part of passing rows, gathering them first is faster than a scan that skips: 2.9 and 3.6 ms
at .1 of 100,000 rows, 12.6 and 9.8 ms at .5."""
_TOGETHER = 16
"""Queries from which a matrix product finds the rows that are worth FAISS's own scores: of 128 queries over
30,000 x 584 each takes half to two thirds of the time of a scan by itself."""
_BLOCK = 8192
"""Rows of one product: 19 MB at dimension 584."""
_ROUNDING = 1e-5
"""By how much a product of unit vectors may differ from FAISS's own sum: ten times what was seen."""
_SPARE = 8
"""Neighbours asked for beyond k, so that equal scores at the border are seen and can be ordered by id."""


class Scanner:
    """Exact scans over parts. One for each thread: it owns the memory into which sparse rows are gathered."""

    def __init__(self, dimension: int) -> None:
        self._gathered = Segment.empty(dimension, 0, _GATHER)

    def scan(self, parts: Sequence[SegmentView], queries: Vectors, k: int, passed: Mask) -> list[Found]:
        """Return for each query (q, d) the best of the slots that are set in ``passed`` (n,).

        The ``k`` best are among what is returned, with all that score as the last of these does.
        """
        found: list[list[Found]] = [[] for _ in queries]
        dense: list[SegmentView] = []
        for part in parts:
            inside = passed[part.start : part.stop]
            count = int(np.count_nonzero(inside))
            if count == 0:
                continue
            if count < _SPARSE * part.size:
                self._sparse(part, queries, k, np.flatnonzero(inside) + part.start, found)
            elif len(queries) >= _TOGETHER:
                dense.append(part)
            else:
                mask = None if part.whole and count == part.size else inside
                places, scores = _search(part.segment.index, queries, k, count, mask)
                for pieces, row, row_scores in zip(found, places, scores, strict=True):
                    pieces.append((row[row >= 0] + part.start, row_scores[row >= 0]))
        if dense:
            likely = _likely(dense, queries, k, passed)
            for pieces, query, slots in zip(found, queries, likely, strict=True):
                pieces.append(self.score(dense, query[None], k, slots))
        return [_joined(pieces) for pieces in found]

    def score(self, parts: Sequence[SegmentView], query: Vectors, k: int, slots: Ids) -> Found:
        """Return the best of ``slots`` (m,) for one query (1, d), as `scan` does."""
        found: list[list[Found]] = [[]]
        slots = np.sort(slots)
        for part in parts:
            first, last = np.searchsorted(slots, (part.start, part.stop))
            if first < last:
                self._sparse(part, query, k, slots[first:last], found)
        return _joined(found[0])

    def _sparse(
        self, part: SegmentView, queries: Vectors, k: int, slots: Ids, found: Sequence[list[Found]]
    ) -> None:
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


def _likely(parts: Sequence[SegmentView], queries: Vectors, k: int, passed: Mask) -> list[Ids]:
    """Return for each query (q, d) the slots that may be among its ``k`` best: those, and a few near ties."""
    bound = np.full(len(queries), -np.inf, np.float32)  # of each query, what so many score at least
    found: list[tuple[Ids, Ids, Scores]] = []
    for start, rows in _rows(parts):
        scores = queries @ rows.T
        inside = passed[start : start + len(rows)]
        if not inside.all():
            scores[:, ~inside] = -np.inf
        if len(rows) >= k:
            bound = np.maximum(bound, np.partition(scores, -k, axis=1)[:, -k])
        which, places = np.nonzero((scores >= (bound - 2 * _ROUNDING)[:, None]) & (scores > -np.inf))
        found.append((which, places + start, scores[which, places]))
    which, slots, values = (np.concatenate(each) for each in zip(*found, strict=True))
    order = np.argsort(which, kind="stable")
    ends = np.cumsum(np.bincount(which, minlength=len(queries)))[:-1]
    each = zip(np.split(slots[order], ends), np.split(values[order], ends), strict=True)
    return [_best(own, own_values, k) for own, own_values in each]


def _rows(parts: Sequence[SegmentView]) -> Iterator[tuple[int, Vectors]]:
    """Yield the vectors (n, d) of parts as float32, some at a time, each with its first slot."""
    for part in parts:
        for first in range(0, part.size, _BLOCK):
            codes = part.segment.codes[first : min(first + _BLOCK, part.size)]
            yield part.start + first, codes.view(np.float16).astype(np.float32)


def _best(slots: Ids, scores: Scores, k: int) -> Ids:
    """Return the slots that may be among the ``k`` of the highest scores."""
    if len(slots) <= k:
        return slots
    near: Ids = slots[scores >= np.partition(scores, -k)[-k] - 2 * _ROUNDING]
    return near


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
