"""FAISS behind the contract: exact scan of float16 vectors, safe for many readers beside one writer."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np

from index.base import Columns, Hits, Ids, Vectors
from index.checks import check_ids, check_k, check_rows, check_shape, check_vectors
from index.errors import SnapshotCorrupt
from index.filters import Filter
from index.manifest import Header, read_header, write_header
from index.rows import Rows, RowsView, load_rows, save_rows
from index.segments import Part, Scanners, Scores, Segment, Segments, grouped, write_group

KIND = "faiss"


class FaissIndex:
    """Nearest neighbours with FAISS (see `index.base.VectorIndex`).

    Reads never wait for writes longer than a copy of one byte a row; a search sees one moment.
    """

    def __init__(self, dimension: int, fields: tuple[str, ...] = ()) -> None:
        check_shape(dimension, fields)
        self.dimension, self.fields = dimension, tuple(fields)
        self._rows = Rows(self.fields)
        self._segments = Segments(dimension)
        self._scanners = Scanners(dimension)
        self._lock = threading.Lock()

    def upsert(self, ids: Ids, vectors: Vectors, columns: Columns) -> None:
        """Add or replace (see `VectorIndex.upsert`)."""
        check_rows(ids, vectors, columns, self.dimension, self.fields)
        with self._lock:
            self._segments.append(vectors)
            self._rows.replace(ids, columns)

    def remove(self, ids: Ids) -> int:
        """Forget these ids; return how many were held."""
        check_ids(ids)
        with self._lock:
            return self._rows.kill(ids)

    def search(self, queries: Vectors, k: int, where: Filter | None = None) -> list[Hits]:
        """Return the ``k`` best for each query (see `VectorIndex.search`)."""
        check_vectors("queries", queries, self.dimension)
        check_k(k)
        if where is not None:
            where.check(self.fields)
        rows, parts = self._moment()
        found = self._scanners.own.scan(parts, queries, k, rows.passing(where))
        return [_best(rows.ids[slots], scores, k) for slots, scores in found]

    def __len__(self) -> int:
        return self._rows.live

    def save(self, directory: Path) -> None:
        """Write all to ``directory``. Reads and writes may go on meanwhile.

        Files that have not changed since the last `save` or `load` are hard links to it. Afterwards the
        vectors are mapped from the new files: what was in memory is given back.
        """
        rows, parts = self._moment()
        groups = grouped(parts)
        names = [f"vectors{group[0].segment.start:012d}.faiss" for group in groups]
        extra = {"rows": len(rows.ids), "segments": names}
        write_header(directory, Header(KIND, self.dimension, self.fields, extra))
        save_rows(directory, self.fields, rows)
        for group, name in zip(groups, names, strict=True):
            write_group(group, directory / name)
        with self._lock:
            self._segments.adopt(groups, [directory / name for name in names])

    @classmethod
    def load(cls, directory: Path) -> FaissIndex:
        """Open what `save` wrote; vectors stay in the files and are mapped.

        Raises
        ------
        SnapshotMissing, SnapshotCorrupt, SnapshotForeign, SnapshotVersion
            See `index.manifest.read_header`; also corrupt when the files do not agree with each other.
        """
        header = read_header(directory, KIND)
        index = cls(header.dimension, header.fields)
        rows = load_rows(directory, index.fields)
        segments: list[Segment] = []
        for name in header.extra["segments"]:
            start = segments[-1].stop if segments else 0
            segments.append(Segment.mapped(directory / name, index.dimension, start))
        index._segments = Segments(index.dimension, segments)
        lengths = {len(rows.ids), len(rows.alive), index._segments.size, header.extra["rows"]}
        if len(lengths | {len(column) for column in rows.columns.values()}) != 1:
            raise SnapshotCorrupt(f"the files of {directory} do not have the same number of rows")
        index._rows = Rows.of(index.fields, rows)
        return index

    def _moment(self) -> tuple[RowsView, tuple[Part, ...]]:
        with self._lock:
            return self._rows.view(), self._segments.parts()


def _best(ids: Ids, scores: Scores, k: int) -> Hits:
    order = np.lexsort((ids, -scores))[:k]
    return Hits(ids[order], scores[order])
