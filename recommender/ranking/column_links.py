"""What a column's earlier instalments linked to: a digest to what was new. Knows no body."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.ranking.columns import ENOUGH, Column, in_series
from recommender.ranking.link_history import LinkHistory
from recommender.ranking.pool import Nums, Pool

Floats = NDArray[np.float32]

DOUBT = 3.0
"""Imagined links of the column to what was not new: its first links say little."""


def since_instalment(pool: Pool) -> Floats:
    """0 to 1 for what came out between the last instalment of the source's column and the source, else 0.

    It is the share of the links of earlier instalments that led to what had come out since the one before.
    Other instalments have 0, and so has all where fewer than two came before.
    """
    found = np.zeros(len(pool), np.float32)
    source, past = pool.source.published, pool.past
    if source is None or past is None:
        return found
    published, column = pool.column("published").astype(np.int64), in_series(pool)
    column[Column.of(pool).places] = True
    earlier = np.flatnonzero(column & (published < source))
    if len(earlier) < ENOUGH:
        return found
    earlier = earlier[np.argsort(published[earlier], kind="stable")]
    since = ~column & (published >= published[earlier[-1]]) & (published <= source)
    found[since] = _share_of_new(pool, past, earlier, published[earlier])
    return found


def _share_of_new(pool: Pool, past: LinkHistory, instalments: Nums, published: Nums) -> float:
    """Return the share of the links of instalments, in order, to what is newer than the one before each."""
    nums = pool.nums[instalments]
    targets, rows, weights = past.from_(nums)
    told = rows > 0  # before the first there is none
    targets, rows, weights = targets[told], rows[told], weights[told]
    times = pool.store.column("published")[targets].astype(np.int64)
    new = (times >= published[rows - 1]) & ~np.isin(targets, nums)
    return float(weights[new].sum() / (weights.sum() + DOUBT))
