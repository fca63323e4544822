"""Nums in the order of their publication, kept sorted while stories come and go. Knows no stories."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from index.storage.kernels import counts_below

Nums = NDArray[np.int64]
Times = NDArray[np.int64]
Test = Callable[[Nums], NDArray[np.bool_]]

# So many late arrivals are looked at one by one before they are merged into the sorted order.
_PENDING_LEAST = 1024
_PENDING_SHARE = 64
# How many stories, for each one wanted, are looked at in one step back in time.
_STRIDE = 4


@dataclass(slots=True)
class _Pending:
    """Late arrivals, in no order. ``count`` grows after the num is written."""

    nums: Nums
    count: int = 0

    def view(self) -> Nums:
        return self.nums[: self.count]

    def each(self) -> Nums:
        """Return each of them once, ascending."""
        return np.unique(self.view()) if self.count else self.nums[:0]


@dataclass(frozen=True, slots=True)
class _Order:
    """One consistent state: readers take it once. Sorted by time; may name stories that have moved since."""

    times: Times
    nums: Nums
    pending: _Pending = field(default_factory=lambda: _Pending(np.zeros(_PENDING_LEAST, np.int64)))


class Timeline:
    """The stories by time of publication.

    The owner passes its own column of times to every call; a num whose time differs from the sorted one has
    moved, and is found among the pending. A num that is gone has `GONE` as its time.
    """

    GONE = np.iinfo(np.int64).min

    def __init__(self, times: Times | None = None, nums: Nums | None = None) -> None:
        none = np.zeros(0, np.int64)
        self._order = _Order(none if times is None else times, none if nums is None else nums)

    def put(self, num: int, published: Times) -> None:
        """Note that ``num`` has a new time in ``published``."""
        pending = self._order.pending
        if pending.count == len(pending.nums):
            self.merge(published)
            pending = self._order.pending
        pending.nums[pending.count] = num
        pending.count += 1

    def take_back(self) -> None:
        """Forget the last `put`, of a num that is gone."""
        self._order.pending.count -= 1

    def merge(self, published: Times) -> tuple[Times, Nums]:
        """Sort the pending into the order; return all times and nums in order."""
        order = self._order
        nums = np.unique(np.concatenate([order.nums, order.pending.view()]))
        nums = nums[published[nums] != self.GONE]
        nums = nums[np.argsort(published[nums], kind="stable")]
        room = np.zeros(max(_PENDING_LEAST, len(nums) // _PENDING_SHARE), np.int64)
        self._order = _Order(published[nums], nums, _Pending(room))
        return self._order.times, self._order.nums

    def recent(self, before: int, count: int, published: Times, test: Test | None = None) -> Nums:
        """Return the ``count`` newest nums with time <= ``before`` that pass ``test``, newest first.

        Equal times go by num, smallest first.
        """
        order = self._order
        late = order.pending.each()
        late = late[(published[late] != self.GONE) & (published[late] <= before)]
        found = [late if test is None or not len(late) else late[test(late)]]
        end, wanted = int(np.searchsorted(order.times, before, side="right")), count
        while end > 0 and wanted > 0:
            start = max(0, end - max(count, wanted) * _STRIDE)
            # A tie must not be cut: of equal times the smallest nums come first.
            start = int(np.searchsorted(order.times, order.times[start], side="left"))
            nums = order.nums[start:end]
            nums = nums[published[nums] == order.times[start:end]]
            found.append(nums if test is None else nums[test(nums)])
            wanted -= len(found[-1])
            end = start
        return _newest_first(found, published)[:count]

    def between(self, first: int, last: int, published: Times, test: Test) -> Nums:
        """Return the nums with ``first`` <= time <= ``last`` that pass ``test``, in the order of `recent`."""
        order = self._order
        late = order.pending.each()
        late = late[(published[late] >= first) & (published[late] <= last)]
        start, end = order.times.searchsorted(np.array([first, last + 1])).tolist()
        nums = order.nums[start:end]
        nums = nums[published[nums] == order.times[start:end]]
        return _newest_first([late[test(late)] if len(late) else late, nums[test(nums)]], published)

    def count_before(self, times: Times, published: Times) -> NDArray[np.int64]:
        """Return how many stories have a time < each of ``times``.

        A story that moved since the last merge may count twice: the figure is for ranks, not for totals.
        """
        order = self._order
        found = counts_below(order.times, times)
        if order.pending.count:
            late = np.sort(published[order.pending.each()])
            found += counts_below(late[late != self.GONE], times)
        return found


def _newest_first(parts: list[Nums], published: Times) -> Nums:
    """Return late arrivals, and runs of the order, newest first, each once; equal times go by num.

    Nothing but a late arrival may stand in two parts, and no tie does.
    """
    nums = np.concatenate(parts)
    if not len(nums):
        return nums
    if len(parts[0]):
        nums = np.unique(nums)
    return nums[np.argsort(-published[nums], kind="stable")]
