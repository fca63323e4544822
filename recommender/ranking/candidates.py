"""Which stories are worth scoring: the union of all ways of looking. Knows no features and no scores."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Nums = NDArray[np.int64]

NEAREST = 700
"""How many of the nearest by hybrid vector are scored: with the newest, .995 and more of the writers' links
of each of six publishers are among them."""

FIRST = 200
"""How many of them come before the newest: the first of a pool tell what is usual in it (`model.TYPICAL`)."""

RECENT = 100
"""How many of the newest are scored beside: a fast-moving publisher's recall goes from .74 to .98."""

SHARING = 100
"""How many stories that share a text's rarest words are scored beside. For a story they add less than .002 to
the recall of editors' links, and are not looked for."""


def in_order(nearest: Nums, besides: Nums, without: int | None = None) -> Nums:
    """Return the `FIRST` of the nearest, then those found otherwise, then the rest; see `united`."""
    return united(nearest[:FIRST], besides, nearest[FIRST:], without=without)


def united(*sources: Nums, without: int | None = None) -> Nums:
    """Return each num of the ``sources`` once, in the order of its first appearance.

    Parameters
    ----------
    *sources : (n,) int64
        Nums that different ways of looking have found, the best first.
    without : int, optional
        The source of the question, excluded by its num wherever it stands.
    """
    nums = np.concatenate([np.zeros(0, np.int64), *sources])
    _, first = np.unique(nums, return_index=True)
    nums = nums[np.sort(first)]
    return nums if without is None else nums[nums != without]
