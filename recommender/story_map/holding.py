"""How many stories still hold the terms that name clusters: a correction takes words away. Knows no SQL."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recommender.features.feature_store import Store
from recommender.story_map.layout import Term

Nums = NDArray[np.int64]

_SHIFT = 32  # bits: a term's id has so many


def counts(store: Store, terms: Sequence[Term], nums: Nums) -> list[int]:
    """Return for each term how many of its holders are among `nums` and hold it as they are now."""
    if not terms:
        return []
    which = np.repeat(np.arange(len(terms)), [len(term.holders) for term in terms])
    holders = np.concatenate([term.holders for term in terms])
    ids = np.array([term.id for term in terms], np.int64)
    visible = np.intersect1d(holders, nums)
    rows = store.terms("words", visible)
    asked = np.isin(rows.ids, ids)  # few of all words: the rest need not be sorted
    of_story = np.repeat(visible, np.diff(rows.offsets))[asked]
    held = np.isin(
        _pairs(holders, ids[which]), _pairs(of_story, rows.ids[asked].astype(np.int64)), kind="sort"
    )
    found: list[int] = np.bincount(which[held], minlength=len(terms)).tolist()
    return found


def _pairs(nums: Nums, ids: Nums) -> Nums:
    return (nums << _SHIFT) | ids
