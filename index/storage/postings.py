"""Which nums hold a code: an inverted index, in files and added to in memory. Knows no stories."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from index.storage.append_log import linked
from index.storage.memory_maps import mapped

Codes = NDArray[np.uint32]
Nums = NDArray[np.int64]
Pairs = tuple[Codes, NDArray[np.integer]]
"""Some codes (p,), and beside each the num (p,) that holds it."""

_LIVE_PAIRS = 1 << 18
"""So many pairs are kept one by one before they are sorted, which takes 40 ms."""
_ALL = np.iinfo(np.int64).max
_NUM = np.uint32  # half of what int64 takes, of what is read most
_PARTS = ("codes", "offsets", "nums")


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """Pairs of a code and a num, sorted by code.

    Attributes
    ----------
    codes : (t,) uint32
        Ascending, each once.
    offsets : (t + 1,) int64
        Code ``i`` is held by ``nums[offsets[i]:offsets[i + 1]]``.
    nums : (p,) uint32
    paths : tuple of Path
        The files that hold just these, if any.
    """

    codes: Codes
    offsets: NDArray[np.int64]
    nums: NDArray[np.uint32]
    paths: tuple[Path, ...] = ()

    def __len__(self) -> int:
        return len(self.nums)

    @classmethod
    def of(cls, parts: Sequence[Pairs]) -> Self:
        """Sort pairs that come in parts; no more memory is needed than they take, and a part's own."""
        counted = [np.unique(codes, return_counts=True) for codes, _ in parts]
        codes, which = np.unique(
            np.concatenate([np.zeros(0, np.uint32), *(each for each, _ in counted)]), return_inverse=True
        )
        totals = np.concatenate([np.zeros(0, np.int64), *(counts for _, counts in counted)])
        offsets = np.zeros(len(codes) + 1, np.int64)
        np.cumsum(np.bincount(which, totals, len(codes)), out=offsets[1:])
        nums, free = np.empty(int(offsets[-1]), _NUM), offsets[:-1].copy()
        for (own, holders), (each, counts) in zip(parts, counted, strict=True):
            places, firsts = np.searchsorted(codes, each), np.cumsum(counts) - counts
            within = np.arange(len(own)) - np.repeat(firsts, counts)
            nums[np.repeat(free[places], counts) + within] = holders[np.argsort(own, kind="stable")]
            free[places] += counts
        return cls(codes, offsets, nums)

    def pairs(self) -> Pairs:
        """Return all pairs."""
        return np.repeat(self.codes, np.diff(self.offsets)), self.nums

    def spans(self, codes: Codes) -> tuple[Nums, Nums]:
        """Return where the holders of each code (n,) begin among the nums, and where they end."""
        places = np.searchsorted(self.codes, codes)
        known = self.codes.take(places, mode="clip") == codes if len(self.codes) else codes < 0
        starts, ends = self.offsets.take(places), self.offsets.take(places + 1, mode="clip")
        return starts, np.where(known, ends, starts)

    def save(self, paths: tuple[Path, ...]) -> Self:
        """Write what is held to files, or make these other names of those that hold it, and map them."""
        if not linked(self.paths, paths):
            for path, part in zip(paths, _PARTS, strict=True):
                np.save(path, getattr(self, part))
        return self.load(paths)

    @classmethod
    def load(cls, paths: tuple[Path, ...]) -> Self:
        """Map what `save` wrote."""
        codes, offsets, nums = map(mapped, paths)
        return cls(codes, offsets, nums, paths)


class Postings:
    """The nums that hold each code. One thread may put while others read.

    A num that is put again holds its old codes as well: who reads them looks at what it holds now.
    """

    def __init__(self, parts: Sequence[Pairs] = ()) -> None:
        self._runs: tuple[Run, ...] = (Run.of(parts),) if parts else ()
        self._live: dict[int, list[int]] = {}
        self._count = 0  # of the live pairs

    def put(self, num: int, codes: Codes) -> None:
        """Note that a num holds codes."""
        for code in codes.tolist():
            self._live.setdefault(code, []).append(num)
        self._count += len(codes)
        if self._count > _LIVE_PAIRS:
            self._close()

    def _close(self) -> None:
        """Sort the live pairs into runs, whose lengths fall by half or more: they stay few."""
        codes = np.repeat(
            np.fromiter(self._live, np.uint32, len(self._live)), [len(nums) for nums in self._live.values()]
        )
        runs = [*self._runs, Run.of([(codes, np.array([*_flat(self._live.values())], _NUM))])]
        while len(runs) > 1 and len(runs[-2]) < 2 * len(runs[-1]):
            runs[-2:] = [Run.of([run.pairs() for run in runs[-2:]])]
        # First the runs: a reader between the two finds a pair in both, and counts it once.
        self._runs = tuple(runs)
        self._live, self._count = {}, 0

    def holders(self, codes: Codes, most: int = _ALL) -> tuple[Nums, Nums]:
        """Return the nums that hold codes, the rarest codes first, as long as they are few.

        Parameters
        ----------
        codes : (n,) uint32
            Each once.
        most : int
            Pairs that are looked at; a code whose holders would be more is left out, and all more frequent.
            All by default.

        Returns
        -------
        nums, places : (p,) int64
            Every pair once: a num, and the place among the ``codes`` of one that it holds.
        """
        runs, live = self._runs, self._live
        spans = [run.spans(codes) for run in runs]
        late = [live.get(code, ()) for code in codes.tolist()]
        totals = np.array([len(each) for each in late], np.int64)
        for starts, ends in spans:
            totals += ends - starts
        order = np.argsort(totals, kind="stable")
        order = order[: np.searchsorted(np.cumsum(totals[order]), most, side="right")]
        found = [np.zeros((2, 0), np.int64)]
        for place in order[totals[order] > 0].tolist():
            parts = [
                run.nums[starts[place] : ends[place]] for run, (starts, ends) in zip(runs, spans, strict=True)
            ]
            nums = np.unique(np.concatenate([*parts, np.array(late[place], _NUM)])).astype(np.int64)
            found.append(np.stack([nums, np.full(len(nums), place)]))
        nums, places = np.concatenate(found, axis=1)
        return nums, places

    def save(self, directory: Path, name: str) -> None:
        """Write all to a directory, and map it from there; a run that stands in files is linked, not copied.

        Raises
        ------
        OSError
            When the disk is full; what is held stays as it was.
        """
        if self._count:
            self._close()
        runs = enumerate(self._runs or (Run.of(()),))  # one at least: without files it was not saved
        self._runs = tuple(run.save(_paths(directory, name, number)) for number, run in runs)

    def load(self, directory: Path, name: str) -> None:
        """Map what `save` wrote, in place of all that is held.

        Raises
        ------
        FileNotFoundError
            When it is not there.
        """
        count = len([*directory.glob(f"{name}.nums.*.npy")])
        self._runs = tuple(Run.load(_paths(directory, name, number)) for number in range(max(count, 1)))
        self._live, self._count = {}, 0


def _paths(directory: Path, name: str, number: int) -> tuple[Path, ...]:
    return tuple(directory / f"{name}.{part}.{number:03d}.npy" for part in _PARTS)


def _flat(lists: Iterable[list[int]]) -> Iterable[int]:
    return (num for each in lists for num in each)
