"""Groups token rows into batches with little padding. Pure arrays: knows no model and no runtime."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

WIDTH_STEP = 8
"""Widths are rounded up to a multiple of this: fewer shapes to prepare for, and rows that start on a cache
line. 7 % less processor time than exact widths, although it pads 2 % more."""


def batches(lengths: Sequence[int], budget: int) -> Iterator[NDArray[np.intp]]:
    """Group rows of one padded width, the longest first.

    In a batch of another width a row's sums run in another order, and an int8 step may fall on the other side
    (measured: by up to .0065 in one number of a vector). Of one width, it is the same to the last bit.

    Parameters
    ----------
    lengths : sequence of int
        Tokens of each row.
    budget : int
        Most tokens in a batch, padding counted; a row longer than that is a batch of its own.

    Yields
    ------
    NDArray[np.intp]
        Row numbers. Longest first, so that the last batches to run are small and all processors end together.
    """
    sizes = np.asarray(lengths, dtype=np.intp)
    order = np.argsort(-sizes, kind="stable")
    widths = -(-sizes[order] // WIDTH_STEP) * WIDTH_STEP
    for one in np.split(order, np.flatnonzero(np.diff(widths)) + 1):
        rows = max(1, budget // max(1, width(int(sizes[one].max(initial=0)))))
        yield from (one[start : start + rows] for start in range(0, len(one), rows))


def width(length: int) -> int:
    """Return the padded width of a row of `length` tokens."""
    return -(-length // WIDTH_STEP) * WIDTH_STEP


def padded(rows: Sequence[Sequence[int]], pad: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return token ids and attention mask, both int64 (rows, padded width), filled up with `pad` and 0."""
    lengths = np.fromiter(map(len, rows), np.int64, len(rows))
    mask = np.arange(width(int(lengths.max()))) < lengths[:, None]
    ids = np.full(mask.shape, pad, np.int64)
    ids[mask] = np.concatenate([np.asarray(row, np.int64) for row in rows])
    return ids, mask.astype(np.int64)
