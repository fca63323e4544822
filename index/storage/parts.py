"""Values by position that lie in several arrays: files that were mapped, and memory. Knows no rows."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Parts:
    """Arrays one after the other, read as one without a copy. A run of values lies within one of them.

    Attributes
    ----------
    arrays : tuple of (m, ...) arrays
        Contiguous, of one dtype and shape of a value; one at least. They are kept as long as this is.
    firsts : (k + 1,) int64
        Position of the first value of each array, and of what would follow the last one.
    addresses : (k,) uint64
        Where each array lies in memory.
    """

    arrays: tuple[Array, ...]
    firsts: NDArray[np.int64]
    addresses: NDArray[np.uint64]

    @classmethod
    def of(cls, *arrays: Array) -> Self:
        """Return these arrays as one.

        Raises
        ------
        ValueError
            When they are not contiguous, or not of one dtype and shape of a value.
        """
        if len({(array.dtype, array.shape[1:]) for array in arrays}) != 1:
            raise ValueError(f"no arrays of one kind: {[(each.dtype, each.shape) for each in arrays]}")
        if not all(array.flags.c_contiguous for array in arrays):
            raise ValueError("values are read from contiguous arrays")
        addresses = [array.__array_interface__["data"][0] for array in arrays]
        return cls(arrays, np.cumsum([0, *map(len, arrays)]), np.array(addresses, np.uint64))

    def __len__(self) -> int:
        return int(self.firsts[-1])

    @cached_property
    def dtype(self) -> np.dtype[Any]:
        """Dtype of a value."""
        return self.arrays[0].dtype

    @cached_property
    def shape(self) -> tuple[int, ...]:
        """Shape of a value."""
        return self.arrays[0].shape[1:]

    @cached_property
    def width(self) -> int:
        """How many numbers a value has."""
        return math.prod(self.shape)

    @cached_property
    def bytes(self) -> Parts:
        """The bytes of the values, of which each has several."""
        return self.viewed(np.uint8)

    def viewed(self, dtype: DTypeLike) -> Parts:
        """Return the same memory as values of another dtype."""
        return Parts.of(*(array.reshape(-1).view(dtype) for array in self.arrays))

    def run(self, start: int, end: int) -> Array:
        """Return the values from one position up to another, which lie in one array."""
        part = int(self.firsts.searchsorted(start, side="right")) - 1
        part = min(part, len(self.arrays) - 1)  # where nothing follows
        first = int(self.firsts[part])
        return self.arrays[part][start - first : end - first]
