"""What the tests of `index` share: whole-number vectors, whose scores are exact, so that ties are ties."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from index import Columns, ExactIndex, FaissIndex, Ids, Profile, VectorIndex, Vectors, load_index

DIMENSION = 16
FIELDS = ("published", "section")

MakeIndex = Callable[[int, tuple[str, ...]], VectorIndex]
LoadIndex = Callable[[Path], VectorIndex]
EVERYTHING = Profile("everything", candidates=10**6, least_probes=10**6, small=0, tail=8)
"""Visits all lists and scores all that they hold: goes the way of the lists, and must be exact."""


class Listed(FaissIndex):
    """A FAISS index whose lists are always as they should be, however few the rows."""

    def __init__(self, dimension: int, fields: tuple[str, ...]) -> None:
        super().__init__(dimension, fields, profile=EVERYTHING)

    def upsert(self, ids: Ids, vectors: Vectors, columns: Columns) -> None:
        super().upsert(ids, vectors, columns)
        self.improve()

    def remove(self, ids: Ids) -> int:
        held = super().remove(ids)
        self.improve()
        return held


ENGINES: dict[str, MakeIndex] = {"exact": ExactIndex, "faiss": FaissIndex, "lists": Listed}


@pytest.fixture(params=sorted(ENGINES))
def make(request: pytest.FixtureRequest) -> MakeIndex:
    return ENGINES[request.param]


@pytest.fixture
def load() -> LoadIndex:
    """Return what opens a saved index."""
    return load_index


@dataclass(frozen=True)
class Batch:
    ids: Ids
    vectors: Vectors
    columns: Columns

    def __getitem__(self, rows: slice) -> Batch:
        columns = {name: column[rows] for name, column in self.columns.items()}
        return Batch(self.ids[rows], self.vectors[rows], columns)


def whole_vectors(rng: np.random.Generator, rows: int, dimension: int = DIMENSION) -> Vectors:
    """Small whole numbers: products are exact in float32 and float16, and equal scores are frequent."""
    return rng.integers(-3, 4, (rows, dimension)).astype(np.float32)


def batch(rng: np.random.Generator, rows: int, first_id: int = 0, dimension: int = DIMENSION) -> Batch:
    ids = rng.permutation(np.arange(first_id, first_id + rows, dtype=np.int64))
    columns = {"published": rng.integers(-5, 100, rows), "section": rng.integers(0, 4, rows)}
    return Batch(ids, whole_vectors(rng, rows, dimension), columns)


def fill(index: VectorIndex, rows: Batch) -> None:
    index.upsert(rows.ids, rows.vectors, rows.columns)


def answers(index: VectorIndex, *question: object) -> list[list[tuple[int, float]]]:
    hits = index.search(*question)  # type: ignore[arg-type]
    return [list(zip(hit.ids.tolist(), hit.scores.tolist(), strict=True)) for hit in hits]
