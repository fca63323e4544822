"""Which stories carry a tag: what a filter by tags asks, without a look at every story. Knows no text.

An inverted index by code. Of a story whose tags changed it may say too much: such stories are looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.storage.postings import Postings
from index.storage.ragged import Column

Codes = NDArray[np.uint32]
Nums = NDArray[np.int64]
Rows = tuple[Codes, NDArray[np.int64]]
"""Codes row after row, and the offsets of the rows."""

_NAME, _DOUBTED = "tags", "tags.doubted.npy"  # of the files


class TagIndex:
    """The nums that carry each tag. One thread may put while others read."""

    def __init__(self) -> None:
        self._postings, self._doubted = Postings(), Column(np.bool_)

    def doubt(self, num: int) -> None:
        """Note that a story is about to carry other tags than it was put with, or none."""
        self._doubted[num] = True

    def put(self, num: int, codes: Codes) -> None:
        """Note that a story carries tags that it did not carry before."""
        self._postings.put(num, codes)

    def take_back(self, num: int) -> None:
        """Forget that a story was doubted, which is gone as if it had never been."""
        self._doubted[num] = False

    def carrying(self, codes: Iterable[int], rows: Callable[[Nums], Rows]) -> Nums:
        """Return the nums that carry any of the tags, ascending.

        Parameters
        ----------
        codes : iterable of int
        rows : callable
            Returns the tags that stories carry now; it is asked about those whose tags have changed.
        """
        wanted = np.unique(np.fromiter(codes, np.uint32))
        nums = np.unique(self._postings.holders(wanted)[0])
        doubted = self._doubted.values.take(nums, mode="clip")
        if not doubted.any():
            return nums
        passes = ~doubted
        passes[doubted] = carrying(rows(nums[doubted]), wanted)
        return nums[passes]

    def save(self, directory: Path, size: int) -> None:
        """Write all to a directory, for nums below `size`."""
        self._postings.save(directory, _NAME)
        self._doubted.save(directory / _DOUBTED, size)

    def load(self, directory: Path) -> None:
        """Map what `save` wrote, in place of all that is held."""
        self._postings.load(directory, _NAME)
        self._doubted = Column.load(directory / _DOUBTED)


def carrying(rows: Rows, codes: Codes) -> NDArray[np.bool_]:
    """Return which rows (n,) hold any of the codes."""
    held, offsets = rows
    found = np.zeros(len(offsets) - 1, np.bool_)
    found[np.repeat(np.arange(len(found)), np.diff(offsets))[np.isin(held, codes)]] = True
    return found
