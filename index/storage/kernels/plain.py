"""The same with numpy: where nothing could be compiled, and what the compiled form is tested against.

What each loop does is told here for both forms; hence the length.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Floats = NDArray[np.float32]
Ids = NDArray[np.uint32]
Nums = NDArray[np.int64]

# Low bits of an id that are looked at first, in a table of 64 kB that stays in the cache: of the hundred
# thousand terms of a pool it leaves one in a hundred for the search (5 times faster than a full table).
_FILTER_BITS = 16

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # odd: Knuth's, of the golden section


def copy_runs(values: Array, starts: Nums, lengths: Nums, places: Nums, out: Array) -> None:
    """Copy runs of one array into another.

    Parameters
    ----------
    values, out : (m, ...), (t, ...)
        Contiguous, of one dtype and shape of a value.
    starts, lengths, places : (n,) int64
        Where each run begins in ``values``, how long it is, and where it begins in ``out``. Where one of no
        length begins does not matter.

    Raises
    ------
    IndexError
        When a run does not lie within both.
    """
    ends, filled = starts + lengths, places + lengths
    bad = (lengths < 0) | (starts < 0) | (places < 0) | (ends > len(values)) | (filled > len(out))
    if (bad & (lengths != 0)).any():
        raise IndexError("a run lies outside of its array")
    before = np.cumsum(lengths) - lengths
    within = np.arange(int(lengths.sum()))
    taken = values.take(np.repeat(starts - before, lengths) + within, axis=0, mode="clip")
    if len(taken) == len(out) and np.array_equal(places, before):
        out[:] = taken  # run after run, as most ask
    else:
        out[np.repeat(places - before, lengths) + within] = taken


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
    return np.sqrt(_sums(weights * weights, offsets)).astype(np.float32)


def shared_sums(
    keys: Ids,
    values: NDArray[np.float64],
    ids: Ids,
    offsets: Nums,
    counts: NDArray[np.uint8] | None = None,
    frequency: Floats | None = None,
) -> NDArray[np.float64]:
    """Return for each row the sum over its terms that are among ``keys``, (n,) float64.

    Parameters
    ----------
    keys : (k,) uint32
        Ascending.
    values : (k,) float64
        What a term adds that equals the key.
    ids : (t,) uint32
        The rows' terms.
    offsets : (n + 1,) int64
    counts, frequency : (t,) uint8, (256,) float32, optional
        With these it adds ``frequency[count]`` times as much.
    """
    found, places = matched(keys, ids)
    rows = np.searchsorted(offsets, found, side="right") - 1
    added = values[places]
    if counts is not None and frequency is not None:
        added = added * frequency[counts[found]]
    return np.asarray(np.bincount(rows, added, minlength=len(offsets) - 1), np.float64)


def shared_terms(keys: Ids, ids: Ids, offsets: Nums) -> tuple[Nums, Nums, Nums]:
    """Return for each row which of its terms are among ``keys``.

    Parameters
    ----------
    keys : (k,) uint32
        Ascending.
    ids : (t,) uint32
        The rows' terms.
    offsets : (n + 1,) int64

    Returns
    -------
    found : (m,) int64
        Positions in ``ids``, ascending.
    places : (m,) int64
        ``keys[places]`` equals ``ids[found]``.
    offsets : (n + 1,) int64
        Where each row's part of both begins.
    """
    found, places = matched(keys, ids)
    return found, places, np.searchsorted(found, offsets)


def shared_weights(
    keys: Ids,
    rarity: Floats,
    ids: Ids,
    starts: Nums,
    ends: Nums,
    counts: NDArray[np.uint8],
    beside: Nums,
    frequency: Floats,
) -> tuple[Nums, Floats, Nums]:
    """Return for each row which of its terms are among ``keys``, and what they weigh.

    The rows are read where they lie: nothing is copied.

    Parameters
    ----------
    keys, rarity : (k,) uint32, (k,) float32
        Terms, ascending, and how rare each is.
    ids : (t,) uint32
        Holds the rows' terms.
    starts, ends : (n,) int64
        Row ``i`` is ``ids[starts[i]:ends[i]]``. Where an empty one begins does not matter.
    counts, beside : (c,) uint8, (n,) int64
        Hold their counts: those of row ``i`` begin at ``beside[i]``.
    frequency : (256,) float32
        By count.

    Returns
    -------
    places : (m,) int64
        Which of the keys each is, row after row.
    weights : (m,) float32
        ``frequency[count] * rarity`` of each.
    offsets : (n + 1,) int64
        Where each row's part of both begins.
    """
    there, offsets = _positions(starts, ends, len(ids))
    marks, _ = _positions(beside, beside + (ends - starts), len(counts))
    found, places = matched(keys, ids[there])
    weights = frequency[counts[marks[found]]] * rarity[places]
    return places, weights, np.searchsorted(found, offsets)


def span_sums(
    keys: Ids,
    values: NDArray[np.float64],
    ids: Ids,
    starts: Nums,
    ends: Nums,
    counts: NDArray[np.uint8],
    beside: Nums,
    frequency: Floats,
) -> NDArray[np.float64]:
    """Return for each row the sum of the values of its terms among ``keys`` times their frequencies, (n,).

    ``values`` (k,) float64 are the keys'; for the others see `shared_weights`.
    """
    there, offsets = _positions(starts, ends, len(ids))
    marks, _ = _positions(beside, beside + (ends - starts), len(counts))
    found, places = matched(keys, ids[there])
    worth = values[places] * frequency[counts[marks[found]]]
    rows = np.searchsorted(offsets, found, side="right") - 1
    return np.bincount(rows, worth, minlength=len(starts)).astype(np.float64)


def largest_shared(keys: Ids, values: Floats, ids: Ids, starts: Nums, ends: Nums, count: int) -> Floats:
    """Return for each row the sum of the ``count`` largest values of its terms among ``keys``, (n,) float32.

    ``values`` (k,) float32, above 0, are the keys'; for the others see `shared_weights`.
    """
    there, offsets = _positions(starts, ends, len(ids))
    found, places = matched(keys, ids[there])
    return largest_sums(values[places], np.searchsorted(found, offsets), count)


def _positions(starts: Nums, ends: Nums, size: int) -> tuple[Nums, Nums]:
    """Return where the values of rows stand, row after row, and the offsets of the rows in that."""
    lengths = ends - starts
    if ((lengths < 0) | ((lengths > 0) & ((starts < 0) | (ends > size)))).any():
        raise IndexError(f"rows do not lie within {size} values")
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    return np.repeat(starts - offsets[:-1], lengths) + np.arange(offsets[-1]), offsets


def largest_sums(values: Floats, offsets: Nums, count: int) -> Floats:
    """Return the sum of the ``count`` largest values of each row, or of all that it has, (n,) float32."""
    rows = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    order = np.lexsort((-values, rows))
    kept = np.arange(len(order)) - offsets[rows] < count
    return np.bincount(rows[kept], values[order][kept], minlength=len(offsets) - 1).astype(np.float32)


def best_products(
    places: Nums, weights: Floats, offsets: Nums, starts: Nums, columns: Nums, values: Floats, width: int
) -> Floats:
    """Return the largest value (n,) float32 of each row of the product of two sparse matrices, at least 0.

    Parameters
    ----------
    places, weights, offsets : (m,) int64, (m,) float32, (n + 1,) int64
        The left matrix, (n, k), row after row.
    starts, columns, values : (k + 1,) int64, (p,) int64, (p,) float32
        The right one, (k, width), row after row.
    width : int
    """
    size = len(offsets) - 1
    lengths = starts[places + 1] - starts[places]
    rows = np.repeat(np.repeat(np.arange(size), np.diff(offsets)), lengths)
    within = np.arange(len(rows)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    there = np.repeat(starts[places], lengths) + within
    added = np.repeat(weights, lengths) * values[there].astype(np.float64)
    sums = np.bincount(rows * width + columns[there], added, minlength=size * width)
    return np.asarray(sums.reshape(size, width).max(axis=1, initial=0), np.float32)


def best_sums(
    places: Nums, weights: Floats, offsets: Nums, starts: Nums, columns: Nums, width: int, count: int
) -> Floats:
    """Return the largest sum (n,) float32 of the ``count`` largest values that a row has in one column.

    Parameters
    ----------
    places, weights, offsets : (m,) int64, (m,) float32, (n + 1,) int64
        The rows: which of k things each holds, and what each is worth there, above 0.
    starts, columns : (k + 1,) int64, (p,) int64
        The columns that each thing is in.
    width : int
        How many columns there are.
    count : int
    """
    size = len(offsets) - 1
    lengths = starts[places + 1] - starts[places]
    rows = np.repeat(np.repeat(np.arange(size), np.diff(offsets)), lengths)
    within = np.arange(len(rows)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    cells = rows * width + columns[np.repeat(starts[places], lengths) + within]
    values = np.repeat(weights, lengths)
    order = np.lexsort((-values, cells))
    counts = np.bincount(cells, minlength=size * width)
    cells, values = cells[order], values[order]
    kept = np.arange(len(cells)) - (np.cumsum(counts) - counts)[cells] < count
    sums = np.bincount(cells[kept], values[kept], minlength=size * width)
    return np.asarray(sums.reshape(size, width).max(axis=1, initial=0), np.float32)


def run_hashes(words: Ids, run: int) -> NDArray[np.uint64]:
    """Return a hash of the ``run`` words from each word on, none where fewer follow."""
    hashes = np.zeros(max(len(words) - run + 1, 0), np.uint64)
    for start in range(run):
        hashes = hashes * _MULTIPLIER + words[start : start + len(hashes)]
    return hashes


def runs_held(
    hashes: NDArray[np.uint64],
    run: int,
    sequences: NDArray[np.uint16],
    offsets: Nums,
    words: Ids,
    starts: Nums,
) -> NDArray[np.bool_]:
    """Return which runs of words stand in which texts, (n, m).

    Parameters
    ----------
    hashes : (m,) uint64
        `run_hashes` of those that are looked for, ascending, each once.
    run : int
        How many words each has.
    sequences, offsets : (t,) uint16, (n + 1,) int64
        Which of its words stand where in each text.
    words, starts : (w,) uint32, (n,) int64
        The words; those of text ``i`` begin at ``starts[i]``. A place beyond their end is that of the last.
    """
    held = np.zeros((len(offsets) - 1, len(hashes)), np.bool_)
    if len(sequences) < run or not len(words) or not len(hashes):
        return held
    rows = np.repeat(np.arange(len(held)), np.diff(offsets))
    theirs = run_hashes(words[np.minimum(sequences + starts[rows], len(words) - 1)], run)
    at = np.minimum(np.searchsorted(hashes, theirs), len(hashes) - 1)
    same = (hashes[at] == theirs) & (rows[: len(theirs)] == rows[run - 1 :])
    held[rows[: len(theirs)][same], at[same]] = True
    return held


def row_sums(values: Floats, offsets: Nums) -> Floats:
    """Return the sum of each row, 0 for an empty one, (n,) float32."""
    return _sums(values.astype(np.float64), offsets).astype(np.float32)


def _sums(values: NDArray[np.float64], offsets: Nums) -> NDArray[np.float64]:
    sums = np.zeros(len(offsets) - 1)
    # reduceat gives an empty row its neighbour's value, so only the others are summed.
    filled = np.flatnonzero(np.diff(offsets))
    if len(filled):
        sums[filled] = np.add.reduceat(values, offsets[filled])
    return sums


def matched(keys: Ids, ids: Ids) -> tuple[Nums, Nums]:
    """Return which of ``ids`` are among the ascending ``keys``, and where.

    Returns
    -------
    found : (m,) int64
        Positions in ``ids``, ascending.
    places : (m,) int64
        ``keys[places]`` equals ``ids[found]``.
    """
    if not len(keys):
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    low = np.uint32((1 << _FILTER_BITS) - 1)
    table = np.zeros(1 << _FILTER_BITS, np.bool_)
    table[keys & low] = True
    likely = np.flatnonzero(table.take(ids & low, mode="clip"))
    places = np.minimum(np.searchsorted(keys, ids[likely]), len(keys) - 1)
    equal = keys[places] == ids[likely]
    return likely[equal], places[equal]


def looked_up(keys: Ids, values: Floats, ids: Ids) -> Floats:
    """Return for each of ``ids`` the value of the equal one of the ascending ``keys``, or 0."""
    found, places = matched(keys, ids)
    out = np.zeros(len(ids), np.float32)
    out[found] = values[places]
    return out
