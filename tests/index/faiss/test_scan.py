"""Many queries at once are answered as each would be alone."""

from __future__ import annotations

import numpy as np
import pytest

from index import Field, open_index
from index.base import Hits, VectorIndex, Vectors
from index.faiss.scan import _TOGETHER

ROWS, DIMENSION = 9000, 24  # more than one block of the product


def unit(rows: Vectors) -> Vectors:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), np.float32)


@pytest.fixture(scope="module")
def index() -> VectorIndex:
    """Return rows in several segments, many of them equal, some replaced or removed."""
    chance = np.random.default_rng(3)
    rows = unit(chance.standard_normal((ROWS, DIMENSION)).astype(np.float32))
    rows[chance.integers(0, ROWS, 2000)] = rows[0]
    made, ids = open_index("faiss", DIMENSION, ("n",)), np.arange(ROWS, dtype=np.int64)
    for start in range(0, ROWS, 2500):
        some = ids[start : start + 2500]
        made.upsert(some, rows[some], {"n": some})
    made.upsert(ids[:50], rows[100:150], {"n": ids[:50]})
    made.remove(ids[200:300])
    return made


def same(one: Hits, other: Hits) -> bool:
    return one.ids.tolist() == other.ids.tolist() and np.array_equal(one.scores, other.scores)


@pytest.mark.parametrize("k", [1, 7, 200, ROWS])
@pytest.mark.parametrize("where", [None, Field("n") < 8000, Field("n") < 1000, Field("n") < 0])
def test_many_queries_are_answered_as_one(index: VectorIndex, k: int, where: object) -> None:
    queries = unit(np.random.default_rng(4).standard_normal((_TOGETHER + 3, DIMENSION)).astype(np.float32))
    together = index.search(queries, k, where)  # type: ignore[arg-type]
    alone = [index.search(query[None], k, where)[0] for query in queries]  # type: ignore[arg-type]
    assert all(map(same, together, alone))
