"""The order in which all blocks are made holds each story once, and what is alike side by side."""

from __future__ import annotations

import numpy as np

from recommender.newsroom.rebuild_order import GROUP, alike_together
from tests.arrays import store_of, story

MISSING = 5000


def test_what_is_alike_follows_each_other() -> None:
    store = store_of([story(number) for number in range(GROUP + 40)])
    nums = np.append(store.nums, MISSING)
    order = alike_together(store, nums)
    assert sorted(order.tolist()) == nums.tolist()
    assert order[-1] == MISSING
    means = store.means(store.nums).astype(np.float32)

    def likeness(some: np.ndarray) -> float:
        rows = means[some - 1]
        return float((rows[1:] * rows[:-1]).sum(axis=1).mean())

    assert likeness(order[:-1]) > likeness(store.nums) + 0.1


def test_few_go_by_num() -> None:
    store = store_of([story(number) for number in range(5)])
    assert alike_together(store, store.nums).tolist() == [1, 2, 3, 4, 5]
