"""Exact scores of float16 rows: of all that pass a mask, or of a list. Knows no ids.

Every score is of one function, which sums the numbers of one row and one query in the same order whatever
else is asked: a question alone and one among many have the same scores to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from index.base import Ids, Vectors
from index.faiss.segments import SegmentView, rows
from index.filters import Mask
from index.storage.kernels import floats
from index.storage.kernels.row_vectors import row_scores

Scores = NDArray[np.float32]
Found = tuple[Ids, Scores]
"""Slots and their scores, in no order."""
Piece = tuple[SegmentView, Ids]
"""A part, and places in it."""

_NO_SLOTS, _NO_SCORES = np.empty(0, np.int64), np.empty(0, np.float32)
_TOGETHER = 16
"""Queries from which a product finds the rows that are worth a score: of 256 queries over 20,000 x 584 each
takes .58 ms, and by itself .7 to .9."""
_BLOCK = 8192
"""Rows of one product: 19 MB at dimension 584."""
_ROUNDING = 1e-5
"""By how much a product of unit vectors may differ from the sum by itself: ten times what was seen."""


def scan(parts: Sequence[SegmentView], queries: Vectors, k: int, passed: Mask) -> list[Found]:
    """Return for each query (q, d) the best of the slots of ``parts`` that are set in ``passed`` (n,).

    The ``k`` best are among what is returned, with all that score as the last of these does.
    """
    if len(queries) < _TOGETHER or not parts:
        return score(parts, queries, k, np.flatnonzero(passed[: parts[-1].stop]) if parts else _NO_SLOTS)
    pieces = [(part, np.flatnonzero(passed[part.start : part.stop])) for part in parts]
    likely = _likely(pieces, queries, k)
    return [score(parts, query[None], k, own)[0] for query, own in zip(queries, likely, strict=True)]


def score(parts: Sequence[SegmentView], queries: Vectors, k: int, slots: Ids) -> list[Found]:
    """Return the best of ``slots`` (m,) of ``parts``, in any order, for each query (q, d), as `scan` does."""
    if not len(slots):
        return [(slots, _NO_SCORES) for _ in queries]
    return [_best(slots, own, k) for own in row_scores(*rows(parts, slots), queries)]


def _best(slots: Ids, scores: Scores, k: int, margin: float = 0.0) -> Found:
    """Return the slots that score at most ``margin`` less than the last of the ``k`` best."""
    if len(slots) <= k:
        return slots, scores
    near = scores >= np.partition(scores, -k)[-k] - np.float32(margin)
    return slots[near], scores[near]


def _likely(pieces: Sequence[Piece], queries: Vectors, k: int) -> list[Ids]:
    """Return for each query (q, d) the slots that may be among its ``k`` best: those, and a few near ties."""
    bound = np.full(len(queries), -np.inf, np.float32)  # of each query, what so many score at least
    found = [(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))]
    for slots, vectors in _blocks(pieces):
        scores = queries @ vectors.T
        if len(slots) >= k:
            bound = np.maximum(bound, np.partition(scores, -k, axis=1)[:, -k])
        which, places = np.nonzero(scores >= (bound - 2 * _ROUNDING)[:, None])
        found.append((which, slots[places], scores[which, places]))
    which, near, values = (np.concatenate(each) for each in zip(*found, strict=True))
    order = np.argsort(which, kind="stable")
    ends = np.cumsum(np.bincount(which, minlength=len(queries)))[:-1]
    each = zip(np.split(near[order], ends), np.split(values[order], ends), strict=True)
    return [_best(own, own_values, k, 2 * _ROUNDING)[0] for own, own_values in each]


def _blocks(pieces: Sequence[Piece]) -> Iterator[tuple[Ids, Vectors]]:
    """Yield some slots at a time, and their vectors (n, d)."""
    for part, places in pieces:
        for first in range(0, len(places), _BLOCK):
            block = places[first : first + _BLOCK]
            yield block + part.start, floats(part.segment.halves[block])
