"""The oracle: every answer by one plain numpy product. Every other index must answer as this one does."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from index.base import Columns, Figures, Hits, Ids, Vectors
from index.checks import check_field, check_ids, check_k, check_rows, check_shape, check_vectors
from index.filters import Filter
from index.manifest import Header, read_header, write_header
from index.storage.background import Check

KIND = "exact"


class ExactIndex:
    """Nearest neighbours by full scan over float16-rounded vectors (see `index.base.VectorIndex`)."""

    def __init__(self, dimension: int, fields: tuple[str, ...] = ()) -> None:
        check_shape(dimension, fields)
        self.dimension, self.fields = dimension, tuple(fields)
        self._rows: dict[int, tuple[Vectors, tuple[int, ...]]] = {}

    def upsert(self, ids: Ids, vectors: Vectors, columns: Columns) -> None:
        """Add or replace (see `VectorIndex.upsert`)."""
        check_rows(ids, vectors, columns, self.dimension, self.fields)
        halved = vectors.astype(np.float16).astype(np.float32)
        for row, number in enumerate(ids.tolist()):
            self._rows[number] = (halved[row], tuple(int(columns[name][row]) for name in self.fields))

    def remove(self, ids: Ids) -> int:
        """Forget these ids; return how many were held."""
        check_ids(ids)
        return sum(self._rows.pop(number, None) is not None for number in ids.tolist())

    def search(self, queries: Vectors, k: int, where: Filter | None = None) -> list[Hits]:
        """Return the ``k`` best for each query (see `VectorIndex.search`)."""
        check_vectors("queries", queries, self.dimension)
        check_k(k)
        ids, vectors, columns = self._arrays()
        if where is not None:
            where.check(self.fields)
            passed = where.mask(columns)
            ids, vectors = ids[passed], vectors[passed]
        scores = queries @ vectors.T
        order = [np.lexsort((ids, -row))[:k] for row in scores]
        return [Hits(ids[best], row[best]) for row, best in zip(scores, order, strict=True)]

    def __len__(self) -> int:
        return len(self._rows)

    def values(self, field: str) -> tuple[Ids, Ids]:
        """Return all ids, ascending, and what each has in a field."""
        check_field(field, self.fields)
        ids, _, columns = self._arrays()
        order = np.argsort(ids)
        return ids[order], columns[field][order]

    def held_in(self) -> str:
        """Return "": the rows are here."""
        return ""

    def improve(self, check: Check = lambda: None) -> bool:
        """Do nothing: there is nothing to build."""
        return False

    def measured_recall(self, sample: int = 50, k: int = 200, where: Filter | None = None) -> float:
        """Return 1: every answer is exact."""
        return 1.0

    def figures(self) -> Figures:
        """Return what the index is made of."""
        return Figures(KIND, len(self), unlisted=len(self))

    def close(self) -> None:
        """Do nothing: nothing runs in the background."""

    def save(self, directory: Path) -> None:
        """Write all to ``directory``."""
        ids, vectors, columns = self._arrays()
        write_header(directory, Header(KIND, self.dimension, self.fields))
        named = {f"column{place}": columns[name] for place, name in enumerate(self.fields)}
        np.savez(directory / "rows.npz", allow_pickle=False, ids=ids, vectors=vectors, **named)

    @classmethod
    def load(cls, directory: Path) -> ExactIndex:
        """Read what `save` wrote."""
        header = read_header(directory, KIND)
        index = cls(header.dimension, header.fields)
        with np.load(directory / "rows.npz", allow_pickle=False) as rows:
            columns = {name: rows[f"column{place}"] for place, name in enumerate(header.fields)}
            index.upsert(rows["ids"], rows["vectors"], columns)
        return index

    def _arrays(self) -> tuple[Ids, Vectors, dict[str, Ids]]:
        ids = np.fromiter(self._rows, dtype=np.int64, count=len(self._rows))
        vectors = np.array([vector for vector, _ in self._rows.values()], dtype=np.float32)
        values = np.array([fields for _, fields in self._rows.values()], dtype=np.int64)
        values = values.reshape(len(ids), len(self.fields))
        columns = {name: values[:, place] for place, name in enumerate(self.fields)}
        return ids, vectors.reshape(len(ids), self.dimension), columns
