"""How far stories are believed that say of each other that they are translations. Knows no texts, no catalog.

A site's template may say it of every page, and anybody may say it of the most read one. So it counts where
both say it, and where one does as long as few do.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Nums = NDArray[np.int64]
LanguagesOf = Callable[[Nums], NDArray[np.generic]]
"""Returns the codes of the languages as which stories (n,) are read."""

FEW = 4
"""Stories of one language that one side alone calls translations of one story: Spanish has three or four
editions. Of more than these none counts."""

MOST = 100
"""Translations of a story that are looked at: the largest sites have some 60 editions."""


@dataclass(frozen=True, eq=False)
class DeclaredTranslations:
    """What stories say of each other.

    Attributes
    ----------
    said : (2, m) int64
        Nums of who says it, and of what it is said, each pair once.
    """

    said: Nums

    def __bool__(self) -> bool:
        return bool(self.said.shape[1])

    def with_changed(self, changed: Nums, said: Nums) -> DeclaredTranslations:
        """Return what is said after some stories have changed, about which `said` is all."""
        kept = self.said[:, ~np.isin(self.said, changed).any(axis=0)]
        if kept.shape == self.said.shape and not said.shape[1]:
            return self
        return type(self)(np.unique(np.concatenate([kept, said], axis=1), axis=1))

    @cached_property
    def _by_either(self) -> tuple[Nums, Nums]:
        """What is said, and by or of whom, in the order of that."""
        both = np.concatenate([self.said, self.said[::-1]], axis=1)
        both = both[:, np.argsort(both[0], kind="stable")]
        return both[0], both[1]

    def _beside(self, num: int) -> Nums:
        """Return whom a story names or is named by; twice where both say it."""
        ends, others = self._by_either
        first, last = np.searchsorted(ends, [num, num + 1])
        return others[first:last]

    def pairs(self, nums: Nums, languages: LanguagesOf) -> Nums:
        """Return the pairs (2, p) of translations among some stories (n,), each once."""
        ends, _ = self._by_either
        some = nums[np.isin(nums, ends)].tolist() if self else []
        held = frozenset(nums.tolist())
        found = {
            (one, each) for one in some for each in self.of(one, languages) if each > one and each in held
        }
        return np.array(sorted(found), np.int64).reshape(-1, 2).T

    def around(self, num: int) -> list[int]:
        """Return the nums whose translations may be others once a story is, whoever is believed."""
        if not self:
            return []
        found = dict.fromkeys(self._beside(num).tolist())
        for other in list(found)[:MOST]:
            found |= dict.fromkeys(self._beside(other).tolist())
        found.pop(num, None)
        return list(found)[:MOST]

    def of(self, num: int, languages: LanguagesOf) -> list[int]:
        """Return the nums of a story's translations, ascending: what it has by itself, and by those.

        Parameters
        ----------
        num : int
        languages : callable
            Of any stories that are named.
        """
        if not self or not len(self._beside(num)):
            return []
        own = self._counted(num, languages)
        found = {num, *own}
        for other in own[:MOST]:
            found.update(self._counted(other, languages))
        nums = np.array(sorted(found), np.int64)
        spoken = languages(nums)
        foreign = nums[spoken != spoken[nums == num]]
        return [int(each) for each in foreign[:MOST]]

    def _counted(self, num: int, languages: LanguagesOf) -> list[int]:
        """Return which of those beside a story count, by it and by them."""
        (spoken,) = languages(np.array([num], np.int64)).tolist()
        return [
            other
            for other, language in self._believed(num, languages).items()
            if language != spoken and num in self._believed(other, languages)
        ]

    def _believed(self, num: int, languages: LanguagesOf) -> dict[int, int]:
        """Return who counts as far as a story itself can tell, and the language of each."""
        nums, times = np.unique(self._beside(num), return_counts=True)
        spoken = np.asarray(languages(nums)).astype(np.int64)
        kinds, which, sizes = np.unique(spoken, return_inverse=True, return_counts=True)
        alone = np.bincount(which[times == 1], minlength=len(kinds))
        counts = (times > 1) | (alone[which] <= FEW) if len(sizes) else np.zeros(0, np.bool_)
        return dict(zip(nums[counts].tolist(), spoken[counts].tolist(), strict=True))


NOTHING_DECLARED = DeclaredTranslations(np.zeros((2, 0), np.int64))
