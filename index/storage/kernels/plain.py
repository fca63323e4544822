"""The same with numpy: where nothing could be compiled, and what the compiled form is tested against.

What each loop does is told here for both forms.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.storage.parts import Parts

Array = NDArray[Any]
Floats = NDArray[np.float32]
Ids = NDArray[np.uint32]
Nums = NDArray[np.int64]


def copy_runs(values: Parts, starts: Nums, lengths: Nums, places: Nums, out: Array) -> None:
    """Copy runs of values into an array.

    Parameters
    ----------
    values : Parts
    starts, lengths, places : (n,) int64
        Where each run begins in ``values``, how long it is, and where it begins in ``out``. Where one of no
        length begins does not matter.
    out : (t, ...)
        Contiguous, of the same dtype and shape of a value.

    Raises
    ------
    IndexError
        When a run does not lie within both, and within one of the parts.
    """
    _within_parts(values, starts, starts + lengths)
    filled = places + lengths
    if (((places < 0) | (filled > len(out))) & (lengths != 0)).any():
        raise IndexError("a run lies outside of its array")
    for array, (first, end) in zip(values.arrays, pairwise(values.firsts.tolist()), strict=True):
        mine = (starts >= first) & (starts < end) & (lengths > 0)
        sizes = lengths[mine]
        before = np.cumsum(sizes) - sizes
        within = np.arange(int(sizes.sum()))
        there = np.repeat(starts[mine] - first - before, sizes) + within
        out[np.repeat(places[mine] - before, sizes) + within] = array[there]


def read_runs(values: Parts, files: NDArray[np.int64], starts: Nums, lengths: Nums, out: Array) -> None:
    """Fill an array with runs of values, one after the other, without mapping what lies in files.

    Here they are copied from the maps all the same.

    Parameters
    ----------
    values : Parts
    files : (k, 2) int64
        For each of the parts the file that it was mapped from, open, and where its first byte lies in that;
        -1 for one in memory.
    starts, lengths : (n,) int64
    out : (t, ...)
        Contiguous, of the same dtype and shape of a value, and as long as the runs.

    Raises
    ------
    IndexError
        When a run does not lie within one of the parts, or they do not fill the array.
    OSError
        When a file is shorter than it was.
    """
    if int(lengths.sum()) != len(out):
        raise IndexError("runs do not fill the array")
    copy_runs(values, starts, lengths, np.cumsum(lengths) - lengths, out)


def _within_parts(values: Parts, starts: Nums, ends: Nums) -> None:
    """Raise unless runs, but for empty ones, lie within one of the parts each."""
    firsts = values.firsts
    part = np.clip(np.searchsorted(firsts, starts, side="right") - 1, 0, len(values.arrays) - 1)
    if ((starts != ends) & ((starts < 0) | (ends < starts) | (ends > firsts[part + 1]))).any():
        raise IndexError(f"a run does not lie within one part of {len(values)} values")


def lying(values: Parts, starts: Nums, ends: Nums) -> tuple[Array, Nums]:
    """Return runs of values, one after the other, and their offsets."""
    _within_parts(values, starts, ends)
    lengths = ends - starts
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    out = np.empty((int(offsets[-1]), *values.shape), values.dtype)
    copy_runs(values, starts, lengths, offsets[:-1], out)
    return out, offsets


def list_ends(values: Parts, starts: Nums, ends: Nums, width: int) -> Nums:
    """Return how many values stand before each list of a row, and in all of them, (n, width + 1) int64.

    Parameters
    ----------
    values : Parts of uint32
        Hold the rows: the length of each of ``width`` lists, and then these.
    starts, ends : (n,) int64
        Where each row begins and ends; an empty one has no list.
    width : int

    Raises
    ------
    IndexError
        When the lengths of a row do not lie within it.
    """
    _within_parts(values, starts, ends)
    there = np.flatnonzero(starts != ends)
    if (ends[there] - starts[there] < width).any():
        raise IndexError(f"a row has less than {width} values")
    lengths, _ = lying(values, starts[there], starts[there] + width)
    found = np.zeros((len(starts), 1 + width), np.int64)
    found[there, 1:] = lengths.reshape(-1, width).cumsum(axis=1)
    return found


def counts_below(ordered: Nums, values: Nums) -> Nums:
    """Return how many of the ascending numbers are below each of some values (n,) int64."""
    return np.searchsorted(ordered, values)


def members(starts: Nums, places: Nums, groups: Nums, below: int) -> tuple[Nums, Nums]:
    """Return the members of some groups that are below a number, and beside each which group it is of.

    Parameters
    ----------
    starts, places : (g + 1,) int64, (m,) int64
        The members of group ``i`` are ``places[starts[i]:starts[i + 1]]``, ascending.
    groups : (n,) int64
        One beyond the last has none.
    below : int

    Returns
    -------
    members, positions : (k,) int64
        The latter in ``groups``.
    """
    last = len(starts) - 1
    firsts, ends = starts[np.minimum(groups, last)], starts[np.minimum(groups + 1, last)]
    lengths = ends - firsts
    there = np.repeat(firsts - np.cumsum(lengths) + lengths, lengths)
    found = places[there + np.arange(len(there))]
    kept = found < below
    return found[kept], np.repeat(np.arange(len(groups)), lengths)[kept]


def floats(halves: NDArray[np.float16]) -> Floats:
    """Return the same numbers as float32: numpy takes 4 ns for each, the compiled form less than one."""
    return halves.astype(np.float32)


def row_lengths(ids: Ids, counts: NDArray[np.uint8], offsets: Nums, idf: Floats, frequency: Floats) -> Floats:
    """Return the Euclidean length of each row of terms, each ``frequency[count] * idf[id]``, (n,) float32.

    Parameters
    ----------
    ids : (t,) uint32
        Below ``len(idf)``.
    counts : (t,) uint8
    offsets : (n + 1,) int64
    idf : (s,) float32
        By id.
    frequency : (256,) float32
        By count.
    """
    # "clip" spares the check, and is three times faster on a million terms.
    weights = (idf.take(ids, mode="clip") * frequency.take(counts)).astype(np.float64)
    return np.sqrt(sums(weights * weights, offsets)).astype(np.float32)


def row_sums(values: Floats, offsets: Nums) -> Floats:
    """Return the sum of each row, 0 for an empty one, (n,) float32."""
    return sums(values.astype(np.float64), offsets).astype(np.float32)


def sums(values: NDArray[np.float64], offsets: Nums) -> NDArray[np.float64]:
    """Return the same, unrounded."""
    found = np.zeros(len(offsets) - 1)
    # reduceat gives an empty row its neighbour's value, so only the others are summed.
    filled = np.flatnonzero(np.diff(offsets))
    if len(filled):
        found[filled] = np.add.reduceat(values, offsets[filled])
    return found
