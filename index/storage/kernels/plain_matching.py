"""The same with numpy: where nothing could be compiled, and what the compiled form is tested against.

What each loop does is told here, and in `asks`, for both forms; hence the length.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from index.storage.kernels.asks import Ask, Columns, Found, Largest, Likeness, Shares, Sums
from index.storage.kernels.plain import Floats, Ids, Nums, lying, row_sums, sums
from index.storage.parts import Parts

# Low bits of an id that are looked at first, in a table of 64 kB that stays in the cache: of the hundred
# thousand terms of a pool it leaves one in a hundred for the search (5 times faster than a full table).
_FILTER_BITS = 16

_MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # odd: Knuth's, of the golden section

_NOTHING = 1e-6  # stands for the length of a window of words that weigh nothing


def met(values: Parts, starts: Nums, ends: NDArray[np.int64], asks: Sequence[tuple[int, Ask]]) -> list[Found]:
    """Return what each ask finds in one list of many rows: see `asks`.

    The rows are read where they lie, each once for all that is asked: nothing is copied.

    Parameters
    ----------
    values : Parts of uint32
        Hold the rows.
    starts : (n,) int64
        Where the first list of each row begins. Where an empty row does, does not matter.
    ends : (n, 1 + lists) int64
        How many values stand before each list of a row, and in all of them. The lists' counts, a byte each,
        follow in the same order.
    asks : sequence of (int, Ask)
        Which list each is about.

    Raises
    ------
    IndexError
        When a row does not lie within one of the parts.
    """
    return [_of(ask, values, starts, ends, place) for place, ask in asks]


def _of(ask: Ask, values: Parts, starts: Nums, ends: NDArray[np.int64], place: int) -> Found:
    if not 0 <= place < ends.shape[1] - 1:
        raise IndexError(f"{place} is no list among {ends.shape[1] - 1}")
    if (np.diff(ends, axis=1) < 0).any():
        raise IndexError("offsets of lists do not ascend")
    before, lengths = ends[:, place], ends[:, place + 1] - ends[:, place]
    terms, offsets = lying(values, starts + before, starts + before + lengths)
    found, places = matched(ask.keys, terms)
    bounds = np.searchsorted(found, offsets)
    if isinstance(ask, Sums):
        return (sums(ask.values[places], bounds),)
    if isinstance(ask, Largest):
        return (largest_sums(places, bounds, ask.values, ask.most),)
    if isinstance(ask, Shares):
        return (_shares(ask, terms, offsets, found, places),)
    beside = 4 * (starts + ends[:, -1]) + before
    counts, _ = lying(values.bytes, beside, beside + lengths)
    return _likeness(ask, places, ask.frequency[counts[found]] * ask.rarity[places], bounds)


def _shares(ask: Shares, terms: Ids, offsets: Nums, found: Nums, places: Nums) -> Floats:
    weights, bounds = ask.worth.take(terms, mode="clip"), np.searchsorted(found, offsets)
    ones = np.ones(len(ask.columns.places), np.float32)
    best = best_products(places, weights[found], bounds, ask.columns._replace(values=ones))
    total = sums(weights.astype(np.float64), offsets)
    return np.asarray(best / np.where(total > 0, total, 1), np.float32)


def _likeness(ask: Likeness, places: Nums, weights: Floats, offsets: Nums) -> Found:
    said = np.where(ask.said, ask.worth, np.float32(0))
    return (
        row_sums(weights * ask.weights[places], offsets),
        largest_sums(places, offsets, said, ask.most_said),
        best_products(places, weights, offsets, ask.wide),
        best_sums(places, offsets, ask.worth, ask.narrow, ask.most_near),
    )


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


def best_products(places: Nums, weights: Floats, offsets: Nums, columns: Columns) -> Floats:
    """Return the largest product (n,) float32 of a row of weighed things with one of the columns, at least 0.

    ``places``, (m,), tells which of k things each row holds: see `largest_sums`.
    """
    cells, rows, within = _cells(places, offsets, columns)
    values = np.repeat(weights, np.diff(columns.starts)[places]) * columns.values[within].astype(np.float64)
    best = np.bincount(cells, values, minlength=rows * columns.width)
    return np.asarray(best.reshape(rows, columns.width).max(axis=1, initial=0), np.float32)


def _cells(places: Nums, offsets: Nums, columns: Columns) -> tuple[Nums, int, Nums]:
    """Return the cells of rows times columns that things are in, how many rows, and where in the columns."""
    starts, rows = columns.starts, len(offsets) - 1
    lengths = starts[places + 1] - starts[places]
    row = np.repeat(np.repeat(np.arange(rows), np.diff(offsets)), lengths)
    within = np.repeat(starts[places], lengths) + np.arange(len(row))
    within -= np.repeat(np.cumsum(lengths) - lengths, lengths)
    return row * columns.width + columns.places[within], rows, within


def best_sums(places: Nums, offsets: Nums, worth: Floats, columns: Columns, most: int) -> Floats:
    """Return the largest sum (n,) float32 of what ``most`` things are worth that a row has in one column.

    For the rows, none of which holds a thing twice, see `largest_sums`.
    """
    cells, rows, _ = _cells(places, offsets, columns)
    values = np.repeat(worth[places], np.diff(columns.starts)[places])
    order = np.lexsort((-values, cells))
    counts = np.bincount(cells, minlength=rows * columns.width)
    cells, values = cells[order], values[order]
    kept = np.arange(len(cells)) - (np.cumsum(counts) - counts)[cells] < most
    best = np.bincount(cells[kept], values[kept], minlength=rows * columns.width)
    return np.asarray(best.reshape(rows, columns.width).max(axis=1, initial=0), np.float32)


def windows(sequence: NDArray[np.uint16], idf: Floats, frequency: Floats, step: int) -> Columns:
    """Cut a text into windows of two steps, each a step behind the one before: unit vectors of its words.

    Parameters
    ----------
    sequence : (m,) uint16
        Which word stands there, each below ``k``.
    idf : (k,) float32
        Of each word.
    frequency : (256,) float32
        By how often it stands there: so much more it weighs.
    step : int
        How many words a step is long.

    Returns
    -------
    Columns
        The windows that each word is in, ascending: one at least, of which it may have none.
    """
    words = sequence.astype(np.int64)
    if len(words) and words.max() >= len(idf):
        raise IndexError(f"{words.max()} is no place among {len(idf)}")
    half = np.arange(len(words)) // step
    count = max(-(-len(words) // step) - 1, 1)
    # Each half of a window is the first one of it, and the second one of the window before.
    first, second = half < count, half > 0
    pairs = np.concatenate([words[first] * count + half[first], words[second] * count + half[second] - 1])
    cells, times = np.unique(pairs, return_counts=True)
    which, columns = cells // count, cells % count
    values = frequency[np.minimum(times, len(frequency) - 1)] * idf[which]
    lengths = np.sqrt(np.bincount(columns, values.astype(np.float64) ** 2, minlength=count))
    shares = (values / np.maximum(lengths[columns], _NOTHING)).astype(np.float32)
    return Columns(np.searchsorted(which, np.arange(len(idf) + 1)), columns, shares, count)


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

    The rows are read where they lie: nothing is copied.

    Parameters
    ----------
    keys, values : (k,) uint32, (k,) float64
        Terms, ascending, and what each adds.
    ids : Parts of uint32
        Hold the rows' terms.
    starts, ends : (n,) int64
        Row ``i`` is ``ids[starts[i]:ends[i]]``. Where an empty one begins does not matter.
    beside : (n,) int64, optional
        Where the counts of each row begin among the bytes of ``ids``.
    frequency : (256,) float32, optional
        By count: a term adds so much more.
    """
    terms, offsets = lying(ids, starts, ends)
    found, places = matched(keys, terms)
    worth = values[places]
    if beside is not None and frequency is not None:
        counts, _ = lying(ids.bytes, beside, beside + (ends - starts))
        worth = worth * frequency[counts[found]]
    rows = np.searchsorted(offsets, found, side="right") - 1
    return np.bincount(rows, worth, minlength=len(starts)).astype(np.float64)


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
        `run_hashes` of those that are looked for.
    run : int
        How many words each has.
    sequences, begins, ends : Parts of uint16, (n,) int64, (n,) int64
        Which of its words stand where in each text: ``sequences[begins[i]:ends[i]]``.
    words, first, last : Parts of uint32, (n,) int64, (n,) int64
        The words; those of text ``i`` are ``words[first[i]:last[i]]``. A place beyond them is the last of
        them; a text without words has no run.
    """
    held = np.zeros((len(begins), len(hashes)), np.bool_)
    places, offsets = lying(sequences, begins, ends)
    there, starts = lying(words, first, last)
    told = np.repeat(first < last, np.diff(offsets))
    rows = np.repeat(np.arange(len(held)), np.diff(offsets))[told]
    if len(rows) < run or not len(hashes):
        return held
    theirs = run_hashes(there[np.minimum(places[told] + starts[rows], starts[rows + 1] - 1)], run)
    different, which = np.unique(hashes, return_inverse=True)
    at = np.minimum(np.searchsorted(different, theirs), len(different) - 1)
    same = (different[at] == theirs) & (rows[: len(theirs)] == rows[run - 1 :])
    held[rows[: len(theirs)][same], at[same]] = True  # as many of them as are different
    return held[:, which]


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
