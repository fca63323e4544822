"""In which order many blocks are made: stories that are alike follow each other. Knows no SQL, no policy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from index.storage.kernels import floats
from recommender.features.feature_store import Store

Nums = NDArray[np.int64]

GROUP = 512
"""Stories a group: what they and their related stories take stays in `newsroom.catalog_cache`."""

_MOST_GROUPS = 1024  # at a million stories, a few seconds for all
_BLOCK = 8192  # stories compared at once: 33 MB at most


def alike_together(store: Store, nums: Nums) -> Nums:
    """Return ``nums`` (n,) in an order in which neighbours tell of similar things.

    Blocks of one subject hold the same stories: who makes them one after the other reads each once. Each
    story goes to the most similar of a few that are taken at even steps; within a group it goes by num.
    """
    known = np.array([num in store for num in nums.tolist()], np.bool_)
    held, others = nums[known], nums[~known]
    count = min(len(held) // GROUP, _MOST_GROUPS)
    if not count:
        return nums
    leaders = store.means(held[np.linspace(0, len(held) - 1, count).astype(np.int64)]).astype(np.float32)
    middle = leaders.mean(axis=0)
    leaders -= middle
    leaders /= np.maximum(np.linalg.norm(leaders, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    blocks = (floats(store.means(some)) for some in store.blocks(held, _BLOCK))
    group = np.concatenate([(block @ leaders.T).argmax(axis=1) for block in blocks])
    return np.concatenate([held[np.argsort(group, kind="stable")], others])
