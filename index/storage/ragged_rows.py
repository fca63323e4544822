"""Several lists of codes for each num, side by side in one row. Knows nothing of stories.

A question reads a few lists of some hundred stories, which lie anywhere in a file larger than memory: what
stands together is read together, and one page a story is touched instead of one for each list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.storage.kernels import copy_runs, list_ends, taken
from index.storage.kernels.asks import Ask, Found
from index.storage.kernels.row_terms import met
from index.storage.parts import Parts
from index.storage.ragged import Nums, Ragged

Codes = NDArray[np.uint32]
Counts = NDArray[np.uint8]
Offsets = NDArray[np.int64]

_LANES = {"values": (np.uint32, ())}
_BYTES = 4  # of a value


class RaggedRows:
    """Lists of uint32 for each num, some with a count, uint8, beside each code.

    A row is: the length of each list; the lists, one after the other; the counts in the same order, filled up
    to a whole value.

    Parameters
    ----------
    counted, plain : sequence of str
        Names of the lists with and without counts; all of them are always put together.
    scratch : Path, optional
        Where much that is not saved yet is put.
    """

    def __init__(self, counted: Sequence[str], plain: Sequence[str], scratch: Path | None = None) -> None:
        self._counted = len(counted)
        self._places = {name: place for place, name in enumerate((*counted, *plain))}
        self._rows = Ragged(_LANES, scratch)

    def put(self, num: int, codes: Mapping[str, Codes], counts: Mapping[str, Counts]) -> None:
        """Insert or replace the lists of ``num``.

        Raises
        ------
        ValueError
            When they are too long for one row, or counts are not as many as their codes.
        """
        lists = [codes[name] for name in self._places]
        beside = [counts[name] for name in [*self._places][: self._counted]]
        lengths = np.array([len(one) for one in lists], np.uint32)
        if [len(one) for one in beside] != lengths[: self._counted].tolist():
            raise ValueError(f"lists of {lengths.tolist()} with counts of {[len(one) for one in beside]}")
        tail = np.concatenate([*beside, np.zeros(0, np.uint8)])
        filled = np.zeros(-(-len(tail) // _BYTES) * _BYTES, np.uint8)
        filled[: len(tail)] = tail
        self._rows.put(num, np.concatenate([lengths, *lists, filled.view(np.uint32)]))

    def put_all(
        self, nums: Nums, lists: Mapping[str, tuple[Codes, Offsets]], counts: Mapping[str, Counts]
    ) -> None:
        """Insert or replace the lists of many nums, each name's row after row, and the counts beside them."""
        lengths = np.stack([np.diff(lists[name][1]) for name in self._places])
        tails = -(-lengths[: self._counted].sum(0) // _BYTES)
        sizes = len(lengths) + lengths.sum(0) + tails
        starts = np.cumsum(sizes) - sizes
        values = np.zeros(int(sizes.sum()), np.uint32)
        values[starts + np.arange(len(lengths))[:, None]] = lengths
        places = starts + len(lengths)
        for name, sizes_of in zip(self._places, lengths, strict=True):
            codes, offsets = lists[name]
            copy_runs(Parts.of(codes), offsets[:-1], sizes_of, places, values)
            places = places + sizes_of
        places = _BYTES * places
        for name, sizes_of in zip([*self._places][: self._counted], lengths, strict=False):
            copy_runs(Parts.of(counts[name]), lists[name][1][:-1], sizes_of, places, values.view(np.uint8))
            places = places + sizes_of
        self._rows.put_all(nums, sizes, values)

    def take_back(self, num: int) -> None:
        """Forget the lists of ``num``, which were put last."""
        self._rows.take_back(num)

    def item(self, num: int) -> tuple[dict[str, Codes], dict[str, Counts]]:
        """Return all lists of one num, and the counts of those that have some."""
        (row,) = self._rows.row(num)
        width = len(self._places)
        ends = (width + row[:width].cumsum(dtype=np.int64)).tolist()
        starts = [width, *ends[:-1]]
        named = {name: row[start:end] for name, start, end in zip(self._places, starts, ends, strict=True)}
        counted = [*self._places][: self._counted]
        marks = row[ends[-1] :].view(np.uint8)
        last = list(accumulate(len(named[name]) for name in counted))
        first = [0, *last[:-1]]
        return named, {name: marks[at:end] for name, at, end in zip(counted, first, last, strict=True)}

    def codes(self, name: str, nums: Nums) -> tuple[Codes, Offsets]:
        """Return one list of many nums, row after row, and the offsets of the rows; no other list is read."""
        table, width, place = self._rows.table, len(self._places), self._places[name]
        starts, sizes = table.spans(nums)
        there = np.flatnonzero(sizes)
        (lengths,), _ = table.values.take_runs(starts[there], np.full(len(there), width))
        ends = np.zeros((len(nums), 1 + width), np.int64)
        ends[there, 1:] = lengths.reshape(-1, width).cumsum(axis=1)
        before, after = ends[:, place], ends[:, place + 1]
        (codes,), offsets = table.values.take_runs(starts + width + before, after - before)
        return codes, offsets

    def rows(self, nums: Nums) -> FoundRows:
        """Return all lists of many nums, where they lie."""
        width = len(self._places)
        (values,), starts, ends = self._rows.lying(nums)
        ends = list_ends(values, starts, ends, width)
        starts = starts + width
        return FoundRows(self._places, values, starts, ends, _BYTES * (starts + ends[:, -1]))

    def save(self, directory: Path, name: str, nums: Nums, size: int) -> None:
        """Write the rows of ``nums``; see `Ragged.save`."""
        self._rows.save(directory, name, nums, size)

    def load(self, directory: Path, name: str) -> None:
        """Map what `save` wrote, in place of all that is held."""
        self._rows.load(directory, name)


@dataclass(frozen=True, slots=True, eq=False)
class FoundRows:
    """The lists of n nums.

    Attributes
    ----------
    places : mapping of str to int
        Which list comes when.
    values : Parts of uint32
        Hold the rows.
    starts : (n,) int64
        Where the first list of each num begins.
    ends : (n, 1 + lists) int64
        How many codes stand before each list, and in all of them.
    marks : (n,) int64
        Where the counts of each num begin among the bytes of the values.
    """

    places: Mapping[str, int]
    values: Parts
    starts: Nums
    ends: NDArray[np.int64]
    marks: Nums

    def codes(self, name: str) -> tuple[Codes, Offsets]:
        """Return one list of all nums, row after row, and the offsets of the rows."""
        starts, ends, _ = self.runs(name)
        return taken(self.values, starts, ends - starts)

    def counts(self, name: str) -> Counts:
        """Return the counts beside the codes of a list that has some."""
        starts, ends, marks = self.runs(name)
        return taken(self.values.bytes, marks, ends - starts)[0]

    def met(self, asks: Sequence[tuple[str, Ask]]) -> list[Found]:
        """Return what each ask finds in the list of a name; see `asks`."""
        return met(self.values, self.starts, self.ends, [(self.places[name], ask) for name, ask in asks])

    def runs(self, name: str) -> tuple[Nums, Nums, Nums]:
        """Return where one list of each num begins and ends in the values, and its counts in their bytes."""
        place = self.places[name]
        before = self.ends[:, place]
        # The counted lists come first: as many counts stand before a list's own as codes before it.
        return self.starts + before, self.starts + self.ends[:, place + 1], self.marks + before
