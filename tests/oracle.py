"""The plain way to the same answers: everything anew from the catalog, searched by full scan."""

from __future__ import annotations

import numpy as np

from index import ExactIndex, Hits
from recommender.archive.archive import Archive
from recommender.archive.index_columns import FIELDS
from recommender.archive.view import View, eligible
from recommender.features.hybrid_vectors import HybridModel

ROUNDING = 4e-3  # two ways of rounding 264 to 584 products of halves
K = 20


def oracle_of(archive: Archive, hybrid: HybridModel) -> ExactIndex:
    """Index what the catalog holds, read anew, under a hybrid model."""
    model = archive.catalog.model()
    plain = View.empty(model.dimension if model else 0)
    plain.put(archive.catalog.rows())
    nums = plain.store.nums
    index = ExactIndex(hybrid.dimension, FIELDS)
    columns = {name: plain.store.field(name, nums).astype(np.int64) for name in FIELDS}
    index.upsert(nums, hybrid.vectors(plain.store, nums), columns)
    return index


def check_search(archive: Archive, questions: int = 5, now: int = 2**40) -> None:
    """Check that an archive holds what its catalog holds, and finds what the oracle finds."""
    view = archive.catch_up()
    assert sorted(view.store.nums.tolist()) == sorted(row.num for row in archive.catalog.rows())
    if view.hybrid is None or view.index is None:
        assert not len(view.store)
        return
    oracle = oracle_of(archive, view.hybrid)
    assert len(view.index) == len(oracle) == len(view.store)
    for num in view.store.nums[:: max(1, len(view.store) // questions)]:
        query = view.hybrid.vector(view.store.item(int(num)))[None]
        for where in (None, eligible(now, int(view.store.column("published")[num]))):
            check_hits(view.index.search(query, K, where)[0], oracle.search(query, len(oracle), where)[0])


def check_hits(found: Hits, every: Hits) -> None:
    """Check the best few against all scores of the oracle; only rounding may change places."""
    scores = dict(zip(every.ids.tolist(), every.scores.tolist(), strict=True))
    assert len(found) == min(K, len(every))
    assert len(set(found.ids.tolist())) == len(found)
    np.testing.assert_allclose(found.scores, [scores[num] for num in found.ids.tolist()], atol=ROUNDING)
    np.testing.assert_allclose(found.scores, every.scores[: len(found)], atol=ROUNDING)
