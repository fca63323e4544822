"""The same with numpy: where nothing could be compiled, and what the compiled form is tested against.

What each loop does is told here for both forms; hence the length.
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

# Low bits of an id that are looked at first, in a table of 64 kB that stays in the cache: of the hundred
# thousand terms of a pool it leaves one in a hundred for the search (5 times faster than a full table).
_FILTER_BITS = 16

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # odd: Knuth's, of the golden section


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


def _lying(values: Parts, starts: Nums, ends: Nums) -> tuple[Array, Nums]:
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
    lengths, _ = _lying(values, starts[there], starts[there] + width)
    found = np.zeros((len(starts), 1 + width), np.int64)
    found[there, 1:] = lengths.reshape(-1, width).cumsum(axis=1)
    return found


def counts_below(ordered: Nums, values: Nums) -> Nums:
    """Return how many of the ascending numbers are below each of some values (n,) int64."""
    return np.searchsorted(ordered, values)


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
    keys: Ids, rarity: Floats, ids: Parts, starts: Nums, ends: Nums, beside: Nums, frequency: Floats
) -> tuple[Nums, Floats, Nums]:
    """Return for each row which of its terms are among ``keys``, and what they weigh.

    The rows are read where they lie: nothing is copied.

    Parameters
    ----------
    keys, rarity : (k,) uint32, (k,) float32
        Terms, ascending, and how rare each is.
    ids : Parts of uint32
        Hold the rows' terms.
    starts, ends : (n,) int64
        Row ``i`` is ``ids[starts[i]:ends[i]]``. Where an empty one begins does not matter.
    beside : (n,) int64
        Where the counts of each row begin among the bytes of ``ids``.
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
    terms, offsets = _lying(ids, starts, ends)
    counts, _ = _lying(ids.bytes, beside, beside + (ends - starts))
    found, places = matched(keys, terms)
    return places, frequency[counts[found]] * rarity[places], np.searchsorted(found, offsets)


def span_sums(
    keys: Ids,
    values: NDArray[np.float64],
    ids: Parts,
    starts: Nums,
    ends: Nums,
    beside: Nums | None = None,
    frequency: Floats | None = None,
) -> NDArray[np.float64]:
    """Return for each row the sum of the values of its terms among ``keys``, (n,) float64.

    ``values`` (k,) float64 are the keys'; for the others see `shared_weights`. Where it is told which counts
    stand beside them, a term adds its frequency times as much.
    """
    terms, offsets = _lying(ids, starts, ends)
    found, places = matched(keys, terms)
    worth = values[places]
    if beside is not None and frequency is not None:
        counts, _ = _lying(ids.bytes, beside, beside + (ends - starts))
        worth = worth * frequency[counts[found]]
    rows = np.searchsorted(offsets, found, side="right") - 1
    return np.bincount(rows, worth, minlength=len(starts)).astype(np.float64)


def largest_shared(keys: Ids, values: Floats, ids: Parts, starts: Nums, ends: Nums, count: int) -> Floats:
    """Return for each row the sum of the ``count`` largest values of its terms among ``keys``, (n,) float32.

    ``values`` (k,) float32, not below 0, are the keys'; for the others see `shared_weights`.
    """
    terms, offsets = _lying(ids, starts, ends)
    found, places = matched(keys, terms)
    return largest_sums(places, np.searchsorted(found, offsets), values, count)


def largest_sums(places: Nums, offsets: Nums, worth: Floats, count: int) -> Floats:
    """Return the sum of what the ``count`` things are worth that are worth most in each row, (n,) float32.

    Parameters
    ----------
    places, offsets : (m,) int64, (n + 1,) int64
        The rows: which of k things each holds.
    worth : (k,) float32
        Not below 0.
    count : int
    """
    values = worth[places]
    rows = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    order = np.lexsort((-values, rows))
    kept = np.arange(len(order)) - offsets[rows] < count
    return np.bincount(rows[kept], values[order][kept], minlength=len(offsets) - 1).astype(np.float32)


def window_counts(sequence: NDArray[np.uint16], size: int, step: int) -> tuple[Nums, Nums, Nums, int]:
    """Cut a text into windows of two steps, each a step behind the one before; return which words each has.

    Parameters
    ----------
    sequence : (m,) uint16
        Which word stands there, each below ``size``.
    size, step : int
        How many different words there are, and how many words a step is long.

    Returns
    -------
    starts, columns, times : (size + 1,), (p,), (p,) int64
        Word ``i`` is in the windows ``columns[starts[i]:starts[i + 1]]``, ascending, so many times.
    count : int
        How many windows there are: one at least.
    """
    words = sequence.astype(np.int64)
    half = np.arange(len(words)) // step
    count = max(-(-len(words) // step) - 1, 1)
    # Each half of a window is the first one of it, and the second one of the window before.
    first, second = half < count, half > 0
    pairs = np.concatenate([words[first] * count + half[first], words[second] * count + half[second] - 1])
    cells, times = np.unique(pairs, return_counts=True)
    starts = np.searchsorted(cells // count, np.arange(size + 1))
    return starts, cells % count, times, count


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


def best_shares(
    keys: Ids, ids: Parts, starts: Nums, ends: Nums, worth: Floats, held: Nums, columns: Nums, width: int
) -> Floats:
    """Return the largest share (n,) float32, by worth, that one column has of a row's terms, 0 to 1.

    Parameters
    ----------
    keys : (k,) uint32
        The terms that are in columns, ascending.
    ids, starts, ends : Parts of uint32, (n,) int64, (n,) int64
        The rows: see `shared_weights`.
    worth : (s,) float32
        What each term is worth, by id, below ``s``.
    held, columns : (k + 1,) int64, (p,) int64
        The columns that each key is in: ``columns[held[i]:held[i + 1]]``.
    width : int
        How many columns there are.
    """
    terms, offsets = _lying(ids, starts, ends)
    found, places = matched(keys, terms)
    weights, bounds = worth.take(terms, mode="clip"), np.searchsorted(found, offsets)
    ones = np.ones(len(columns), np.float32)
    best = best_products(places, weights[found], bounds, held, columns, ones, width)
    total = _sums(weights.astype(np.float64), offsets)
    return np.asarray(best / np.where(total > 0, total, 1), np.float32)


def best_sums(
    places: Nums, offsets: Nums, worth: Floats, starts: Nums, columns: Nums, width: int, count: int
) -> Floats:
    """Return the largest sum (n,) float32 of what ``count`` things are worth that a row has in one column.

    Parameters
    ----------
    places, offsets : (m,) int64, (n + 1,) int64
        The rows: which of k things each holds, none twice.
    worth : (k,) float32
        Not below 0.
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
    values = np.repeat(worth[places], lengths)
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
    sequences: Parts,
    begins: Nums,
    ends: Nums,
    words: Parts,
    first: Nums,
    last: Nums,
) -> NDArray[np.bool_]:
    """Return which runs of words stand in which texts, (n, m).

    Parameters
    ----------
    hashes : (m,) uint64
        `run_hashes` of those that are looked for, ascending, each once.
    run : int
        How many words each has.
    sequences, begins, ends : Parts of uint16, (n,) int64, (n,) int64
        Which of its words stand where in each text: ``sequences[begins[i]:ends[i]]``.
    words, first, last : Parts of uint32, (n,) int64, (n,) int64
        The words; those of text ``i`` are ``words[first[i]:last[i]]``. A place beyond them is the last of
        them; a text without words has no run.
    """
    held = np.zeros((len(begins), len(hashes)), np.bool_)
    places, offsets = _lying(sequences, begins, ends)
    there, starts = _lying(words, first, last)
    told = np.repeat(first < last, np.diff(offsets))
    rows = np.repeat(np.arange(len(held)), np.diff(offsets))[told]
    if len(rows) < run or not len(hashes):
        return held
    theirs = run_hashes(there[np.minimum(places[told] + starts[rows], starts[rows + 1] - 1)], run)
    at = np.minimum(np.searchsorted(hashes, theirs), len(hashes) - 1)
    same = (hashes[at] == theirs) & (rows[: len(theirs)] == rows[run - 1 :])
    held[rows[: len(theirs)][same], at[same]] = True
    return held


def weighted_sums(places: Nums, weights: Floats, offsets: Nums, values: Floats) -> Floats:
    """Return for each row of things (m,) the sum of what each is worth (k,) times its weight (m,), (n,)."""
    return row_sums(values[places] * weights, offsets)


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
