"""Growing columns and ragged arrays that a thread may read while another writes. Knows nothing of stories."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from index.storage.append_log import Lanes, Values
from index.storage.memory_maps import is_much
from index.storage.parts import Parts

Nums = NDArray[np.int64]
Array = NDArray[Any]

# A place is start << LENGTH_BITS | length: one aligned int64, so that a reader sees both or neither.
LENGTH_BITS = 20
MAX_LENGTH = (1 << LENGTH_BITS) - 1
_FIRST_CAPACITY = 1024
# A saved column has room for an eighth more, so that the first put after opening copies nothing.
_SLACK = 8
# Values that nothing points to are dropped when they are more than half of those that are needed.
_MOST_WASTE = 0.5
_COMPACT_ROWS = 1 << 14  # copied at a time


class Column:
    """One value for each num. ``values`` is always longer than the largest num ever set."""

    def __init__(self, dtype: DTypeLike, values: Array | None = None) -> None:
        self.values: Array = np.zeros(_FIRST_CAPACITY, dtype) if values is None else values

    def __setitem__(self, num: int, value: float) -> None:
        if num >= len(self.values):
            self._grow(num + 1)
        self.values[num] = value

    def put(self, nums: Nums, values: Array) -> None:
        """Set the values of many nums at once."""
        if len(nums) and (last := int(nums.max())) >= len(self.values):
            self._grow(last + 1)
        self.values[nums] = values

    def _grow(self, size: int) -> None:
        grown = np.zeros(max(size, 2 * len(self.values)), self.values.dtype)
        grown[: len(self.values)] = self.values
        self.values = grown

    def save(self, path: Path, size: int) -> None:
        """Write the first ``size`` values and some free room behind them."""
        saved = np.zeros(size + max(_FIRST_CAPACITY, size // _SLACK), self.values.dtype)
        held = self.values[:size]
        saved[: len(held)] = held
        np.save(path, saved)

    @classmethod
    def load(cls, path: Path) -> Column:
        """Map a saved column; later puts change this process's copy of a page, not the file."""
        values = np.load(path, mmap_mode="c", allow_pickle=False)
        return cls(values.dtype, values.view(np.ndarray))


class Table:
    """Where each num's row is, and the values: what a reader takes as one."""

    def __init__(self, places: Column, values: Values) -> None:
        self.places, self.values = places, values

    def spans(self, nums: Nums) -> tuple[Nums, Nums]:
        """Return the position of each num's first value (n,), and how many it has (n,)."""
        places = self.places.values[nums]
        return places >> LENGTH_BITS, places & MAX_LENGTH


class Ragged:
    """Rows of any length for each num, in parallel lanes (term ids beside their counts).

    Values are only appended: a replaced story points to its new place, and what it leaves behind is dropped
    by a later save.

    Parameters
    ----------
    lanes : mapping of str to (dtype, shape)
        See `index.storage.append_log.Lanes`.
    scratch : Path, optional
        Where much that is not saved yet is put.
    """

    def __init__(self, lanes: Lanes, scratch: Path | None = None) -> None:
        self._lanes, self._scratch = lanes, scratch
        self.table = Table(Column(np.int64), Values(lanes, scratch))

    def put(self, num: int, *values: Array) -> None:
        """Append one row of equally long ``values``, one array a lane, and let ``num`` point to it.

        Raises
        ------
        ValueError
            When the row is longer than `MAX_LENGTH` or the lanes differ in length.
        """
        length = len(values[0])
        if length > MAX_LENGTH or any(len(lane) != length for lane in values):
            raise ValueError(f"a row has {[len(lane) for lane in values]} values; at most {MAX_LENGTH} fit")
        start = self.table.values.append(values)
        # Last, so that a reader that sees the place finds the values.
        self.table.places[num] = start << LENGTH_BITS | length

    def put_all(self, nums: Nums, lengths: Nums, *values: Array) -> None:
        """Append the rows of many nums at once, row after row in the arrays of ``values``; else as `put`."""
        if (longest := int(lengths.max(initial=0))) > MAX_LENGTH:
            raise ValueError(f"a row has {longest} values; at most {MAX_LENGTH} fit")
        starts = self.table.values.append(values) + np.cumsum(lengths) - lengths
        self.table.places.put(nums, starts << LENGTH_BITS | lengths)

    def take_back(self, num: int) -> None:
        """Forget the row of ``num``, which was put last; what is put next takes its place."""
        length = int(self.table.places.values[num]) & MAX_LENGTH
        self.table.places[num] = 0
        self.table.values.take_back(length)

    def row(self, num: int, skip: int = 0) -> tuple[Array, ...]:
        """Return a copy of one num's row without its first ``skip`` values, one array a lane."""
        if is_much():  # mapped, each row would make all that lies around it resident
            return self.gather(np.array([num]), skip)[0]
        table = self.table
        place = int(table.places.values[num])
        start, length = place >> LENGTH_BITS, place & MAX_LENGTH
        return tuple(
            lane.run(start + min(skip, length), start + length).copy() for lane in table.values.lanes
        )

    def gather(self, nums: Nums, skip: int = 0) -> tuple[tuple[Array, ...], NDArray[np.int64]]:
        """Return the rows of many nums at once, without the first ``skip`` values of each.

        Returns
        -------
        values : tuple of arrays (total, ...)
            One array a lane, row after row in the order of ``nums``.
        offsets : (len(nums) + 1,) int64
            Row ``i`` is ``values[offsets[i]:offsets[i + 1]]``.
        """
        table = self.table
        starts, lengths = table.spans(nums)
        return table.values.take_runs(starts + skip, np.maximum(lengths - skip, 0))

    def lying(self, nums: Nums, most: int = MAX_LENGTH) -> tuple[tuple[Parts, ...], Nums, Nums]:
        """Return values, one a lane, and where the row of each of many nums begins and ends in them.

        Of each row ``most`` values are needed. They are those that are held, where they lie, or where that is
        too much to be mapped a copy.
        """
        table = self.table
        starts, lengths = table.spans(nums)
        if is_much():
            lengths = np.minimum(lengths, most)
            copies, offsets = table.values.take_runs(starts, lengths)
            return tuple(map(Parts.of, copies)), offsets[:-1], offsets[1:]
        return table.values.lanes, starts, starts + lengths

    def each(self, nums: Nums, place: int) -> tuple[Array, ...]:
        """Return the value at ``place`` of each row (all are longer), one array (n, ...) a lane."""
        table = self.table
        return table.values.take(table.spans(nums)[0] + place)

    def save(self, directory: Path, name: str, nums: Nums, size: int) -> None:
        """Write the rows of ``nums``, of all below ``size`` those that are held, and map them from there."""
        self._compact(nums, size)
        self.table.values.save(directory, name)
        self.table.places.save(directory / f"{name}.places.npy", size)

    def _compact(self, nums: Nums, size: int) -> None:
        """Copy the rows of ``nums`` if much else is held."""
        _, lengths = self.table.spans(nums)
        needed = int(lengths.sum())
        if len(self.table.values) - needed <= _MOST_WASTE * max(needed, _FIRST_CAPACITY):
            return
        places, values = Column(np.int64), Values(self._lanes, self._scratch)
        starts = np.cumsum(lengths) - lengths
        places[size] = 0
        places.values[nums] = starts << LENGTH_BITS | lengths
        for block in range(0, len(nums), _COMPACT_ROWS):
            values.append(self.gather(nums[block : block + _COMPACT_ROWS])[0])
        self.table = Table(places, values)

    def load(self, directory: Path, name: str) -> None:
        """Map what `save` wrote, in place of all that is held."""
        values = Values(self._lanes, self._scratch)
        values.load(directory, name)
        self.table = Table(Column.load(directory / f"{name}.places.npy"), values)
