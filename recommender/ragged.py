"""Growing columns and ragged arrays that a thread may read while another writes. Knows nothing of stories."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

Nums = NDArray[np.int64]
Array = NDArray[Any]

# A place is start << LENGTH_BITS | length: one aligned int64, so that a reader sees both or neither.
LENGTH_BITS = 20
MAX_LENGTH = (1 << LENGTH_BITS) - 1
_FIRST_CAPACITY = 1024
# Slots left free in a saved column, so that the first put after opening copies nothing.
_SLACK = 8
_SAVE_BLOCK = 1 << 15


class Column:
    """One value for each num. ``values`` is always longer than the largest num ever set."""

    def __init__(self, dtype: DTypeLike, values: Array | None = None) -> None:
        self.values: Array = np.zeros(_FIRST_CAPACITY, dtype) if values is None else values

    def __setitem__(self, num: int, value: int) -> None:
        if num >= len(self.values):
            self._grow(num + 1)
        self.values[num] = value

    def _grow(self, size: int) -> None:
        grown = np.zeros(max(size, 2 * len(self.values)), self.values.dtype)
        grown[: len(self.values)] = self.values
        self.values = grown

    def save(self, path: Path, size: int) -> None:
        """Write the first ``size`` values and some free room behind them."""
        room = size + max(_FIRST_CAPACITY, size // _SLACK)
        saved = np.zeros(room, self.values.dtype)
        held = self.values[:size]
        saved[: len(held)] = held
        np.save(path, saved)

    @classmethod
    def load(cls, path: Path) -> Column:
        """Map a saved column; later puts change this process's copy of a page, not the file."""
        values = np.load(path, mmap_mode="c", allow_pickle=False)
        return cls(values.dtype, values.view(np.ndarray))


class Ragged:
    """Rows of any length for each num, in parallel lanes (term ids beside their counts).

    Values are only ever appended, to a tail in memory behind a read-only base that may be a mapped file;
    a replaced story points to its new place and leaves the old one until the next save.

    Parameters
    ----------
    lanes : mapping of str to (dtype, shape)
        What one value is in each lane: ``{"ids": (np.uint32, ()), "counts": (np.uint8, ())}``.
    """

    def __init__(self, lanes: Mapping[str, tuple[DTypeLike, tuple[int, ...]]]) -> None:
        self._lanes = dict(lanes)
        self._places = Column(np.int64)
        self._base: tuple[Array, ...] = tuple(np.zeros((0, *shape), dtype) for dtype, shape in lanes.values())
        self._base_size = 0
        self._tail: tuple[Array, ...] = self._base
        self._tail_size = 0

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
        start, end = self._tail_size, self._tail_size + length
        if end > len(self._tail[0]):
            self._tail = tuple(_grown(lane, start, end) for lane in self._tail)
        for lane, value in zip(self._tail, values, strict=True):
            lane[start:end] = value
        self._tail_size = end
        # Last, so that whoever sees the place finds the values.
        self._places[num] = (self._base_size + start) << LENGTH_BITS | length

    def gather(self, nums: Nums) -> tuple[tuple[Array, ...], NDArray[np.int64]]:
        """Return the rows of many nums at once.

        Returns
        -------
        values : tuple of arrays (total, ...)
            One array a lane, row after row in the order of ``nums``.
        offsets : (len(nums) + 1,) int64
            Row ``i`` is ``values[offsets[i]:offsets[i + 1]]``.
        """
        places = self._places.values[nums]
        lengths = places & MAX_LENGTH
        offsets = np.zeros(len(places) + 1, np.int64)
        np.cumsum(lengths, out=offsets[1:])
        index = np.repeat((places >> LENGTH_BITS) - offsets[:-1], lengths)
        index += np.arange(offsets[-1])
        return self._take(index), offsets

    def firsts(self, nums: Nums) -> tuple[Array, ...]:
        """Return the first value of each row (rows must not be empty), one array (n, ...) a lane."""
        return self._take(self._places.values[nums] >> LENGTH_BITS)

    def _take(self, index: NDArray[np.int64]) -> tuple[Array, ...]:
        tail = self._tail
        in_tail = index >= self._base_size
        if not in_tail.any():
            return tuple(_at(lane, index) for lane in self._base)
        if in_tail.all():
            return tuple(_at(lane, index - self._base_size) for lane in tail)
        taken = []
        for old, new in zip(self._base, tail, strict=True):
            out = np.empty((len(index), *old.shape[1:]), old.dtype)
            out[~in_tail] = old[index[~in_tail]]
            out[in_tail] = new[index[in_tail] - self._base_size]
            taken.append(out)
        return tuple(taken)

    def save(self, directory: Path, name: str, nums: Nums, size: int) -> None:
        """Write the rows of ``nums`` (ascending) without gaps; other nums below ``size`` get an empty row."""
        lengths = self._places.values[nums] & MAX_LENGTH
        starts = np.cumsum(lengths) - lengths
        places = np.zeros(size, np.int64)
        places[nums] = starts << LENGTH_BITS | lengths
        Column(np.int64, places).save(directory / f"{name}.places.npy", size)
        total = int(lengths.sum())
        files = [
            np.lib.format.open_memmap(
                directory / f"{name}.{lane}.npy",
                mode="w+",
                dtype=np.dtype(dtype),
                shape=(max(total, 1), *shape),
            )
            for lane, (dtype, shape) in self._lanes.items()
        ]
        done = 0
        for block in range(0, len(nums), _SAVE_BLOCK):
            values, offsets = self.gather(nums[block : block + _SAVE_BLOCK])
            for file, value in zip(files, values, strict=True):
                file[done : done + len(value)] = value
            done += int(offsets[-1])
        for file in files:
            file.flush()

    def load(self, directory: Path, name: str) -> None:
        """Map what `save` wrote, in place of all that is held."""
        self._places = Column.load(directory / f"{name}.places.npy")
        self._base = tuple(
            np.load(directory / f"{name}.{lane}.npy", mmap_mode="r", allow_pickle=False).view(np.ndarray)
            for lane in self._lanes
        )
        self._base_size = len(self._base[0])
        self._tail = tuple(np.zeros((0, *shape), dtype) for dtype, shape in self._lanes.values())
        self._tail_size = 0


def _at(lane: Array, index: NDArray[np.int64]) -> Array:
    # Places are always within a lane; "clip" spares the check, which takes as long as the copying.
    return lane.take(index, axis=0, mode="clip") if len(lane) else lane[index]


def _grown(lane: Array, used: int, needed: int) -> Array:
    grown = np.empty((max(needed, 2 * len(lane), _FIRST_CAPACITY), *lane.shape[1:]), lane.dtype)
    grown[:used] = lane[:used]
    return grown
