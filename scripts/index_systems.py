"""The systems that `bench_index.py` compares, behind one small interface."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from synthetic_vectors import Vectors, alone, blocks, load, vector

from index import FaissIndex

K = 200
OVERFETCH = 2

Ids = NDArray[np.int64]

faiss: Any = import_module("faiss")
"""Without its type stubs, which describe the C++ constructors."""


class System(Protocol):
    """What is measured. It holds rows 0 to n, and answers for one of them."""

    def build(self, data: Vectors) -> None:
        """Take in all rows."""

    def past(self, data: Vectors, row: int) -> Ids:
        """Return the ids nearest to a row among those published before."""

    def batch(self, queries: NDArray[np.float32]) -> None:
        """Answer many queries without a filter at once."""

    def add(self, number: int, vector: NDArray[np.float32]) -> None:
        """Add one row."""

    def remove(self, number: int) -> None:
        """Remove one row."""


class Ours:
    """`index.FaissIndex`, in the profile that it chooses for the size, opened from disk."""

    def __init__(self, profile: str = "auto") -> None:
        self.profile = profile

    def build(self, data: Vectors) -> None:
        """Take in all rows, build the lists and save, in a process that ends; then open what was saved."""
        self._directory = tempfile.TemporaryDirectory()
        with alone() as process:
            process.submit(_saved, data.directory, Path(self._directory.name), self.profile).result()
        self.reopen()

    def reopen(self) -> None:
        """Open what was saved, vectors mapped."""
        self.index = FaissIndex.load(Path(self._directory.name), profile=self.profile)
        self.index.warm()

    def past(self, data: Vectors, row: int) -> Ids:
        """Search with a filter."""
        return self.index.search(vector(data, row), K, data.past(row))[0].ids

    def batch(self, queries: NDArray[np.float32]) -> None:
        """Search many."""
        self.index.search(queries, K)

    def add(self, number: int, vector: NDArray[np.float32]) -> None:
        """Add one row."""
        self.index.upsert(np.array([number]), vector, {"published": np.array([0])})

    def remove(self, number: int) -> None:
        """Remove one row."""
        self.index.remove(np.array([number]))


class FaissFlat:
    """FAISS, float32, all rows scanned, ids by `IndexIDMap2`."""

    def build(self, data: Vectors) -> None:
        """Take in all rows."""
        self.index = self._wrapped(self._empty(data.vectors.shape[1]))
        for first, block in blocks(data):
            self._add(np.arange(first, first + len(block)), block)

    def past(self, data: Vectors, row: int) -> Ids:
        """Search with a bitmap."""
        faiss.omp_set_num_threads(1)  # with more, their waiting for each other is what is measured
        bits = np.packbits(data.published <= data.published[row], bitorder="little")
        params = self._params(faiss.IDSelectorBitmap(bits))
        ids: Ids = self.index.search(vector(data, row), K, params=params)[1][0]
        return ids[ids >= 0]  # FAISS fills short answers up

    def batch(self, queries: NDArray[np.float32]) -> None:
        """Search many."""
        faiss.omp_set_num_threads(os.cpu_count() or 1)
        self.index.search(queries, K)

    def add(self, number: int, vector: NDArray[np.float32]) -> None:
        """Add one row."""
        self._add(np.array([number]), vector)

    def remove(self, number: int) -> None:
        """Remove one row: all that follow are moved."""
        self.index.remove_ids(np.array([number]))

    def _empty(self, dimension: int) -> Any:  # noqa: ANN401  # FAISS's stubs do not describe its Python calls
        return faiss.IndexFlatIP(dimension)

    def _wrapped(self, index: Any) -> Any:  # noqa: ANN401
        return faiss.IndexIDMap2(index)

    def _params(self, selector: Any) -> Any:  # noqa: ANN401
        return faiss.SearchParameters(sel=selector)

    def _add(self, ids: Ids, vectors: NDArray[np.float32]) -> None:
        self.index.add_with_ids(vectors, ids)


class FaissHnsw(FaissFlat):
    """FAISS HNSW, 32 links, 400 candidates. It cannot remove."""

    def _empty(self, dimension: int) -> Any:  # noqa: ANN401
        return faiss.IndexHNSWFlat(dimension, 32, faiss.METRIC_INNER_PRODUCT)

    def _wrapped(self, index: Any) -> Any:  # noqa: ANN401
        return index

    def _params(self, selector: Any) -> Any:  # noqa: ANN401
        return faiss.SearchParametersHNSW(sel=selector, efSearch=2 * K)

    def _add(self, ids: Ids, vectors: NDArray[np.float32]) -> None:
        self.index.add(vectors)

    def remove(self, number: int) -> None:
        """Refuse."""
        raise NotImplementedError


class ScikitLearn:
    """scikit-learn `NearestNeighbors`, cosine, brute force. No filter; a new row means a new fit."""

    def build(self, data: Vectors) -> None:
        """Fit."""
        from sklearn.neighbors import NearestNeighbors

        self.model = NearestNeighbors(metric="cosine", algorithm="brute")
        self.model.fit(np.asarray(data.vectors, dtype=np.float32))

    def past(self, data: Vectors, row: int) -> Ids:
        """Search, then drop what was published later."""
        found = self.model.kneighbors(vector(data, row), OVERFETCH * K, return_distance=False)[0]
        return _earlier(data, row, found)

    def batch(self, queries: NDArray[np.float32]) -> None:
        """Search many."""
        self.model.kneighbors(queries, K, return_distance=False)

    def add(self, number: int, vector: NDArray[np.float32]) -> None:
        """Refuse."""
        raise NotImplementedError

    def remove(self, number: int) -> None:
        """Refuse."""
        raise NotImplementedError


class Usearch:
    """usearch HNSW over float16 vectors, as it comes. No filter from Python."""

    def build(self, data: Vectors) -> None:
        """Take in all rows."""
        from usearch.index import Index

        self.index = Index(ndim=data.vectors.shape[1], metric="ip", dtype="f16")
        for first, block in blocks(data):
            self.index.add(np.arange(first, first + len(block)), block)

    def past(self, data: Vectors, row: int) -> Ids:
        """Search, then drop what was published later."""
        keys = self.index.search(vector(data, row)[0], OVERFETCH * K).keys
        return _earlier(data, row, np.asarray(keys, dtype=np.int64))

    def batch(self, queries: NDArray[np.float32]) -> None:
        """Search many."""
        self.index.search(queries, K)

    def add(self, number: int, vector: NDArray[np.float32]) -> None:
        """Add one row."""
        self.index.add(number, vector[0])

    def remove(self, number: int) -> None:
        """Remove one row."""
        self.index.remove(number)


class QdrantEdge:
    """Qdrant in this process: float16, HNSW with its defaults, an index of the dates to filter by."""

    _BATCH = 1000  # points a call: lists of Python numbers, 20 MB of them

    def build(self, data: Vectors) -> None:
        """Take in all rows, then let it optimize."""
        self._qdrant: Any = import_module("qdrant_edge")
        qdrant, dimension = self._qdrant, data.vectors.shape[1]
        self._directory = tempfile.TemporaryDirectory()
        half = qdrant.VectorStorageDatatype.Float16
        params = qdrant.EdgeVectorParams(size=dimension, distance=qdrant.Distance.Dot, datatype=half)
        self.shard = qdrant.EdgeShard.create(
            str(Path(self._directory.name) / "shard"), qdrant.EdgeConfig(vectors=params)
        )
        kind = qdrant.PayloadSchemaType.Integer
        self.shard.update(qdrant.UpdateOperation.create_field_index("published", kind))
        for first, block in blocks(data):
            for start in range(0, len(block), self._BATCH):
                rows = block[start : start + self._BATCH]
                self._put(first + start, rows, data.published[first + start : first + start + len(rows)])
        self.shard.optimize()

    def past(self, data: Vectors, row: int) -> Ids:
        """Search with a filter."""
        qdrant = self._qdrant
        until = qdrant.RangeFloat(lte=float(data.published[row]))
        passing = qdrant.Filter(must=[qdrant.FieldCondition("published", range=until)])
        found = self.shard.query(self._request(vector(data, row)[0], passing))
        return np.array([point.id for point in found], dtype=np.int64)

    def batch(self, queries: NDArray[np.float32]) -> None:
        """Search many."""
        requests = [self._request(query, None) for query in queries]
        self.shard.query_batch(self._qdrant.QueryBatchRequest(requests))

    def add(self, number: int, vector: NDArray[np.float32]) -> None:
        """Add one row."""
        self._put(number, vector, np.zeros(1, dtype=np.int64))

    def remove(self, number: int) -> None:
        """Remove one row."""
        self.shard.update(self._qdrant.UpdateOperation.delete_points([number]))

    def _request(self, query: NDArray[np.float32], passing: Any) -> Any:  # noqa: ANN401  # Qdrant's types
        nearest = self._qdrant.Query.Nearest(query)
        return self._qdrant.QueryRequest(limit=K, query=nearest, filter=passing)

    def _put(self, first: int, vectors: NDArray[np.float32], published: Ids) -> None:
        numbers = range(first, first + len(vectors))
        points = [
            self._qdrant.Point(number, row, {"published": at})
            for number, row, at in zip(numbers, vectors.tolist(), published.tolist(), strict=True)
        ]
        self.shard.update(self._qdrant.UpdateOperation.upsert_points(points))


SYSTEMS: dict[str, Callable[[], System]] = {
    "FAISS flat": FaissFlat,
    "FAISS HNSW": FaissHnsw,
    "scikit-learn": ScikitLearn,
    "usearch": Usearch,
    "Qdrant Edge": QdrantEdge,
    "ours": Ours,
    "ours, exact": lambda: Ours("exact"),
}


def _saved(source: Path, target: Path, profile: str) -> None:
    data = load(source)
    index = FaissIndex(data.vectors.shape[1], ("published",), profile=profile)
    for first, block in blocks(data):
        rows = np.arange(first, first + len(block))
        index.upsert(rows, block, {"published": data.published[rows]})
    index.improve()
    index.save(target)


def _earlier(data: Vectors, row: int, found: Ids) -> Ids:
    earlier: Ids = found[data.published[found] <= data.published[row]]
    return earlier[:K]
