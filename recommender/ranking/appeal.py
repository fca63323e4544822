"""What readers' clicks add to candidates' scores: one number a story, 0 for nearly all. Arrays only."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


class Appeal:
    """By how much stories are clicked more, or less, than what else stood at their places.

    A score is the logarithm of how often a link is chosen among candidates, up to a constant, and this is the
    same of clicks: they add up.

    Parameters
    ----------
    lifts : mapping of int to float
        What is added to the score of a story, by its num.

    Attributes
    ----------
    digest : str
        Changes with what it adds.
    """

    def __init__(self, lifts: Mapping[int, float]) -> None:
        self._nums = np.array(sorted(lifts), np.int64)
        self._lifts = np.array([lifts[num] for num in self._nums.tolist()], np.float32)
        digest = hashlib.blake2b(self._nums.tobytes() + self._lifts.tobytes(), digest_size=8)
        self.digest = digest.hexdigest()

    def of(self, nums: NDArray[np.integer]) -> Floats:
        """Return what is added for each of some stories, (n,)."""
        if not len(self._nums):
            return np.zeros(len(nums), np.float32)
        places = np.minimum(np.searchsorted(self._nums, nums), len(self._nums) - 1)
        return np.where(self._nums[places] == nums, self._lifts[places], np.float32(0))
