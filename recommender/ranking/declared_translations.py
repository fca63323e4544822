"""How far stories are believed that say of each other that they are translations. Knows no texts, no catalog.

A site's template may say it of every page, and anybody may say it of the most read one. So it counts where
both say it, and where one does as long as few do; and only among stories that readers may see.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Nums = NDArray[np.int64]
Mask = NDArray[np.bool_]
LanguagesOf = Callable[[Nums], NDArray[np.generic]]
"""Returns the codes of the languages as which stories (n,) are read."""
Seen = Callable[[Nums], Mask]
"""Returns which of some stories (n,) readers may see."""

FEW = 4
"""Stories of one language that one side alone calls translations of one story: Spanish has three or four
editions. Of more than these none counts."""

EDITIONS = 60
"""The same in all languages together: as many editions have the largest sites."""

TEMPLATE = 1_000
"""Stories that name one, from which on all that it does not name itself are passed over unread."""

MOST = 100
"""Translations of a story that are looked at."""

_BITS = 32
_LAST = (1 << _BITS) - 1
_NAMES, _IS_NAMED = 1, 2
_BOTH = _NAMES | _IS_NAMED


@dataclass(frozen=True, eq=False)
class DeclaredTranslations:
    """What stories say of each other.

    Attributes
    ----------
    named : (m,) int64
        Ascending: of each pair the num of who says it, and in the lower half of whom.
    naming : (m,) int64
        Ascending: the same pairs, of whom it is said first.
    """

    named: Nums
    naming: Nums

    @classmethod
    def read(cls, said: Nums) -> Self:
        """Make it of the pairs (2, m): nums of who says it, and of whom it is said."""
        keys = np.unique(said[0] << _BITS | said[1])
        return cls(keys, np.sort(_turned(keys)))

    def __bool__(self) -> bool:
        return bool(len(self.named))

    @property
    def said(self) -> Nums:
        """The pairs (2, m), each once."""
        return np.stack(_ends(self.named))

    def with_changed(self, changed: Nums, said: Nums) -> Self:
        """Return what is said after some stories have changed, about which `said` is all."""
        gone = np.union1d(_of_each(self.named, changed), _turned(_of_each(self.naming, changed)))
        new = np.unique(said[0] << _BITS | said[1])
        if np.array_equal(gone, new):
            return self
        turned = np.sort(_turned(gone)), np.sort(_turned(new))
        return type(self)(_replaced(self.named, gone, new), _replaced(self.naming, *turned))

    def around(self, num: int) -> list[int]:
        """Return the nums whose translations may be others once a story is, or is seen; the nearest first.

        It may keep those beside it from believing others, and so those from standing for a third.
        """
        found, ring = {num: None}, np.array([num], np.int64)
        for _ in range(3):
            ring = ring[_counts(self.naming, ring) <= TEMPLATE]
            beside = np.concatenate([_of_each(self.named, ring), _of_each(self.naming, ring)]) & _LAST
            ring = np.array([each for each in dict.fromkeys(beside.tolist()) if each not in found], np.int64)
            found |= dict.fromkeys(ring.tolist())
            if not len(ring) or len(found) > MOST:
                break
        return list(found)[1 : MOST + 1]

    def of(self, num: int, languages: LanguagesOf, seen: Seen) -> list[int]:
        """Return the nums of a story's translations, ascending: what it has by itself, and by its originals.

        Two that call a third one their translation or original are each other's. What that one alone says
        makes it theirs, and them not each other's.

        Parameters
        ----------
        num : int
            Seen itself, whoever may see it.
        languages, seen : callable
            Of any stories that are named.
        """

        def believed(nums: Nums) -> tuple[Nums, Nums]:
            return self._believed(nums, languages, lambda some: seen(some) | (some == num))

        if not self:
            return []
        asked = np.array([num], np.int64)
        if not any(_counts(keys, asked)[0] for keys in (self.named, self.naming)):
            return []
        own, says = believed(asked)
        if not len(own):
            return []
        beside, beside_says = believed(own & _LAST)
        counts = _among(beside, _turned(own))
        originals = own[counts & (says & _NAMES > 0)] & _LAST
        thirds = beside[np.isin(beside >> _BITS, originals) & (beside_says & _IS_NAMED > 0)]
        back, _ = believed(np.unique(thirds & _LAST))
        found = np.union1d(own[counts] & _LAST, thirds[_among(back, _turned(thirds))] & _LAST)
        nums: list[int] = found[languages(found) != languages(asked)][:MOST].tolist()
        return nums

    def pairs(self, nums: Nums, languages: LanguagesOf) -> Nums:
        """Return the pairs (2, p) of translations among some stories (n,), each once.

        They are what `of` returns where no others are seen.
        """
        nums = np.unique(nums)
        keys, says = self._believed(nums, languages, lambda some: _among(nums, some))
        counts = _among(keys, _turned(keys))
        keys, says = keys[counts], says[counts]
        thirds = keys[says & _IS_NAMED > 0]
        parts = np.split(thirds, np.flatnonzero(np.diff(thirds >> _BITS)) + 1) if len(thirds) else []
        # Most that name each other all do: one group, found from each of them.
        groups = {tuple(sorted([*(part & _LAST).tolist(), int(part[0] >> _BITS)])) for part in parts}
        found = np.unique(np.concatenate([keys, *map(_pairs_among, groups)]))
        one, other = _ends(found)
        kept = (one < other) & (languages(one) != languages(other))
        return np.stack([one[kept], other[kept]])

    def _believed(self, nums: Nums, languages: LanguagesOf, seen: Seen) -> tuple[Nums, Nums]:
        """Return whom stories have beside them that count as far as each itself can tell.

        Returns
        -------
        keys : (m,) int64
            Ascending: of each pair the story, and in the lower half who counts.
        says : (m,) int64
            Whether it `_NAMES` the other one, `_IS_NAMED` by it, or both.
        """
        templates = nums[_counts(self.naming, nums) > TEMPLATE]
        named = _of_each(self.named, nums)
        naming = _of_each(self.naming, np.setdiff1d(nums, templates))
        returned = _of_each(self.named, templates)
        naming = np.concatenate([naming, returned[_among(self.naming, returned)]])
        keys, which = np.unique(np.concatenate([named, naming]), return_inverse=True)
        weights = np.repeat([_NAMES, _IS_NAMED], [len(named), len(naming)])
        says = np.bincount(which, weights, len(keys)).astype(np.int64)
        some = seen(keys & _LAST)
        keys, says = keys[some], says[some]
        one, other = _ends(keys)
        spoken = np.asarray(languages(other)).astype(np.int64)
        alone = says != _BOTH
        counts = ~alone
        counts[alone] = (
            (_times(one[alone] << _BITS | spoken[alone]) <= FEW)
            & (_times(one[alone]) <= EDITIONS)
            & ~np.isin(one[alone], templates)
        )
        counts &= spoken != languages(one)
        return keys[counts], says[counts]


def _ends(keys: Nums) -> tuple[Nums, Nums]:
    return keys >> _BITS, keys & _LAST


def _turned(keys: Nums) -> Nums:
    """Return pairs the other way round, in their order."""
    return (keys & _LAST) << _BITS | keys >> _BITS


def _bounds(keys: Nums, nums: Nums) -> tuple[Nums, Nums]:
    return np.searchsorted(keys, nums << _BITS), np.searchsorted(keys, (nums + 1) << _BITS)


def _counts(keys: Nums, nums: Nums) -> Nums:
    """Return how many pairs begin with each of `nums`."""
    first, last = _bounds(keys, nums)
    return last - first


def _of_each(keys: Nums, nums: Nums) -> Nums:
    """Return the pairs that begin with `nums`, one after another."""
    first, last = _bounds(keys, nums)
    sizes = last - first
    return keys[np.repeat(last - np.cumsum(sizes), sizes) + np.arange(sizes.sum())]


def _among(keys: Nums, some: Nums) -> Mask:
    """Return which of `some` are in `keys`, which ascend."""
    places = np.searchsorted(keys, some)
    found = places < len(keys)
    found[found] = keys[places[found]] == some[found]
    return found


def _replaced(keys: Nums, gone: Nums, new: Nums) -> Nums:
    """Return `keys`, which ascend, without those of `gone`, all held, and with `new`."""
    kept = np.delete(keys, np.searchsorted(keys, gone))
    return np.insert(kept, np.searchsorted(kept, new), new)


def _times(values: Nums) -> Nums:
    """Return how often each value stands there."""
    _, which, sizes = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray(sizes[which])


def _pairs_among(group: tuple[int, ...]) -> Nums:
    """Return all pairs of an ascending group."""
    nums = np.array(group, np.int64)
    one, other = np.triu_indices(len(nums), 1)
    return nums[one] << _BITS | nums[other]


NOTHING_DECLARED = DeclaredTranslations(np.zeros(0, np.int64), np.zeros(0, np.int64))
