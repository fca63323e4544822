"""In which order many blocks are made: stories that are alike follow each other. Knows no SQL, no policy."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from index.storage.kernels import floats
from recommender.features.feature_store import Store

Nums = NDArray[np.int64]

GROUP = 512
"""Stories a group: what they and their related stories take stays in `newsroom.catalog_cache`."""

_MOST_GROUPS = 1024  # at a million stories, a few seconds for all
_MOST = 2 * GROUP  # stories of a group that are put in order together, in ten milliseconds
_BLOCK = 8192  # stories compared at once: 33 MB at most


def alike_together(store: Store, nums: Nums) -> Nums:
    """Return ``nums`` (n,) in an order in which neighbours tell of similar things.

    Blocks of one subject hold the same stories: who makes them one after the other reads each once. Each
    story goes to the most similar of a few that are taken at even steps; within a group each is followed by
    the most similar of those that are left: the two share .6 of their candidates, by num they share .25.
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
    order = held[np.argsort(group, kind="stable")]
    ends = np.cumsum(np.bincount(group, minlength=count)).tolist()
    groups = (order[start:end] for start, end in pairwise([0, *ends]))
    parts = (part for some in groups for part in store.blocks(some, _MOST))
    return np.concatenate([*(_chained(store, part) for part in parts), others])


def _chained(store: Store, nums: Nums) -> Nums:
    """Return some stories, each followed by the most similar of those that are left."""
    means = floats(store.means(nums))
    means -= means.mean(axis=0)
    means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), np.finfo(np.float32).tiny)
    likeness, taken = means @ means.T, [0] * min(len(nums), 1)
    while len(taken) < len(nums):
        likeness[:, taken[-1]] = -np.inf  # nothing goes on to what was taken
        taken.append(int(likeness[taken[-1]].argmax()))
    return nums[taken]
