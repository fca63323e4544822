"""Milvus behind the contract: exact while that is fast enough, then HNSW; filters as its expressions."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeVar

import numpy as np
from pymilvus import MilvusClient

from index.base import Columns, Figures, Hits, Ids, Vectors
from index.checks import check_field, check_ids, check_k, check_rows, check_vectors
from index.errors import IndexInputError
from index.filters import Filter
from index.servers import milvus_server
from index.servers.calls import Calls
from index.servers.expressions import MILVUS, condition
from index.servers.milvus_collection import BLOCK, LONG, Collection
from index.servers.milvus_server import EXACT, HNSW, SECONDS
from index.servers.recall import measured
from index.servers.server_index import ServerIndex
from index.storage.background import Check

MOST = 16_384  # neighbours of one search, and keys of one condition: limits of Milvus
LEAST_WIDTH, FETCHED, WIDEST = 100, 2, 32_768  # `ef` of HNSW: so many times k
SAMPLE, SAMPLE_NEAREST, LEAST_RECALL = 20, 100, 0.95  # what a rebuilt collection has to find of a scan's

T = TypeVar("T")
log = logging.getLogger(__name__)


class MilvusIndex(ServerIndex):
    """Nearest neighbours in Milvus (see `index.base.VectorIndex`), 16,384 of them at most.

    Vectors are rounded to float16, and kept as float32. An address is
    ``http://user:password@host:19530/database``; `improve` rebuilds the collection for HNSW.
    """

    KIND, EXACT_ROWS = "milvus", 50_000  # of all publishers, up to which a scan is fast enough

    def _connect(self, url: str) -> Calls:
        server = milvus_server.server(url)
        self._held = Collection(server, self.dimension, self.fields, self.publisher)
        self._write_lock, self._rebuild_lock = threading.RLock(), threading.Lock()
        self._meanwhile: list[Callable[[], object]] | None = None  # what we write while we rebuild
        self._is_unfit = False
        return server.calls

    # Writing

    def upsert(self, ids: Ids, vectors: Vectors, columns: Columns) -> None:
        """Add or replace (see `VectorIndex.upsert`); a block of some thousand rows at once."""
        check_rows(ids, vectors, columns, self.dimension, self.fields)
        halved = vectors.astype(np.float16).astype(np.float32)
        with self._write_lock:
            for start in range(0, len(ids), BLOCK):
                rows = [
                    self._row(place, ids, halved, columns)
                    for place in range(start, min(start + BLOCK, len(ids)))
                ]
                self._write(partial(self._upsert, rows))
        self._note_written(len(ids))

    def _write(self, write: Callable[[], T]) -> T:
        """Write, and note what has to be written once more where a rebuilt collection takes the place."""
        done = self._calls(write)
        if self._meanwhile is not None:
            self._meanwhile.append(write)
        return done

    def _row(self, place: int, ids: Ids, vectors: Vectors, columns: Columns) -> dict[str, object]:
        id_ = int(ids[place])
        fields = {self._held.columns[name]: int(columns[name][place]) for name in self.fields}
        key = {"key": self._key(id_), "owner": self._held.owner, "id": id_}
        return {**key, **fields, "vector": vectors[place]}

    def _upsert(self, rows: Sequence[dict[str, object]]) -> None:
        told = {"partition_name": self._held.partition, "timeout": SECONDS}
        try:
            self._held.ask(lambda client, name: client.upsert(name, list(rows), **told))
        finally:
            self._held.note_written()

    def remove(self, ids: Ids) -> int:
        """Forget these ids; return how many were held."""
        check_ids(ids)
        with self._write_lock:
            blocks = [ids[start : start + BLOCK].tolist() for start in range(0, len(ids), BLOCK)]
            return sum(self._write(partial(self._remove, block)) for block in blocks)

    def _remove(self, ids: Sequence[int]) -> int:
        held = self._held

        def remove(client: MilvusClient, name: str) -> int:
            rows = client.query(
                name,
                filter=f'owner == "{held.owner}" and id in [{", ".join(map(str, ids))}]',
                output_fields=["key"],
                partition_names=[held.partition],
                consistency_level=held.consistency,
                timeout=SECONDS,
            )
            keys = [row["key"] for row in rows]
            if keys:
                try:
                    client.delete(name, ids=keys, partition_name=held.partition, timeout=SECONDS)
                finally:
                    held.note_written()
            return len(keys)

        return held.ask(remove)

    def forget(self) -> None:
        """Delete all that is held of this publisher; a million rows take Milvus some ten seconds."""
        held = self._held
        told = {"partition_name": held.partition, "timeout": LONG}

        def delete() -> None:
            owned = f'owner == "{held.owner}"'
            held.ask(lambda client, name: client.delete(name, filter=owned, **told))
            held.note_written()

        self._calls(delete)

    # Searching

    def search(self, queries: Vectors, k: int, where: Filter | None = None) -> list[Hits]:
        """Return the ``k`` best for each query (see `VectorIndex.search`)."""
        check_vectors("queries", queries, self.dimension)
        check_k(k)
        if where is not None:
            where.check(self.fields)
        if k > MOST:
            raise IndexInputError(f"k must be at most {MOST:,} in Milvus, not {k:,}")
        return self._search(queries, k, where, FETCHED)

    def _search(self, queries: Vectors, k: int, where: Filter | None, wide: int) -> list[Hits]:
        passing = f'owner == "{self._held.owner}"'
        if where is not None:
            passing += f" and {condition(where, self._held.columns, MILVUS)}"
        found: dict[int, Hits] = {}
        asked, limit = list(range(len(queries))), min(k + 1, MOST)
        while asked:
            answers = self._calls(partial(self._found, queries[asked], limit, passing, wide))
            again = []
            for place, (ids, scores) in zip(asked, answers, strict=True):
                # Of equal scores at the end any may have come: only when all did are the least ids known.
                if len(ids) == limit < MOST and scores[k - 1] == scores[-1]:
                    again.append(place)
                    continue
                best = np.lexsort((ids, -scores))[:k]
                found[place] = Hits(ids[best], scores[best])
            asked, limit = again, min(limit * 8, MOST)
        return [found[place] for place in range(len(queries))]

    def _found(
        self,
        queries: Vectors,
        limit: int,
        passing: str,
        wide: int,
        collection: str = "",
        seconds: float = SECONDS,
    ) -> list[tuple[Ids, Vectors]]:
        held = self._held
        width = min(max(wide * limit, LEAST_WIDTH), WIDEST)
        results = held.ask(
            lambda client, name: client.search(
                collection or name,
                data=list(queries),
                limit=limit,
                filter=passing,
                output_fields=["id"],
                partition_names=[held.partition],
                search_params={"metric_type": "IP", "params": {"ef": width}},
                consistency_level=held.consistency,
                timeout=seconds,
            )
        )
        return [
            (
                np.array([int(key.rsplit(":", 1)[1]) for key in hits.ids], np.int64),
                np.array(hits.distances, np.float32),
            )
            for hits in results
        ]

    def __len__(self) -> int:
        return self._calls(lambda: self._held.count(f'owner == "{self._held.owner}"'))

    def values(self, field: str) -> tuple[Ids, Ids]:
        """Return all ids, ascending, and what each has in a field; some thousand rows a call."""
        check_field(field, self.fields)
        rows = self._calls(lambda: self._held.values(field))
        rows = rows[np.argsort(rows[:, 0])]
        return rows[:, 0], rows[:, 1]

    def held_in(self) -> str:
        """Return the name of the collection in use."""
        return self._calls(self._held.opened)[1]

    # Speed

    def improve(self, check: Check = lambda: None) -> bool:
        """Rebuild the collection for HNSW where a scan is slow; reads and writes go on.

        What we write meanwhile is written into both. One that does not find what the scan finds is given up:
        Milvus searches rows that are not listed yet by an index of its own, which misses half of them, unless
        it is told not to (docs/scaling.md).
        """
        if self._is_unfit:
            return False
        if self._calls(self._held.index_type) == HNSW:
            self._calls(self._held.tidy)
            return False
        # A server that was filled just now is busy with that, and nobody waits for this.
        if self._calls(partial(self._held.count, seconds=LONG)) < self._exact_rows:
            return False
        check()
        with self._rebuild_lock:
            is_rebuilt = self._rebuilt()
        self._is_unfit = is_rebuilt is False
        if self._is_unfit:
            log.warning("HNSW misses too much in this Milvus, and is not used: see docs/scaling.md")
        return bool(is_rebuilt)

    def _rebuilt(self) -> bool | None:
        """Rebuild (see `Collection.rebuild`), and write once more what came meanwhile, in its order."""
        with self._write_lock:
            self._meanwhile = late = list[Callable[[], object]]()
        is_rebuilt: bool | None = False
        try:
            is_rebuilt = self._calls(lambda: self._held.rebuild(HNSW, self._is_as_good))
        finally:
            with self._write_lock:
                self._meanwhile = None
                if is_rebuilt:
                    for write in late:
                        self._calls(write)
        return is_rebuilt

    def _is_as_good(self, rebuilt: str) -> bool:
        """Return whether a rebuilt collection finds what is found now, however long a scan takes."""
        queries, owned = self._sample(SAMPLE), f'owner == "{self._held.owner}"'
        found, wanted = (
            [Hits(*each) for each in self._found(queries, SAMPLE_NEAREST, owned, FETCHED, name, LONG)]
            for name in (rebuilt, "")
        )
        return measured(found, wanted) >= LEAST_RECALL

    def _sample(self, count: int) -> Vectors:
        """Return the vectors (n, d) of some rows of the publisher."""
        held = self._held
        rows = held.ask(
            lambda client, name: client.query(
                name,
                filter=f'owner == "{held.owner}"',
                limit=count,
                output_fields=["vector"],
                partition_names=[held.partition],
                timeout=SECONDS,
            )
        )
        return np.array([row["vector"] for row in rows], np.float32).reshape(-1, self.dimension)

    def measured_recall(self, sample: int = 50, k: int = 200, where: Filter | None = None) -> float:
        """Return how much of the widest search is found (see `VectorIndex.measured_recall`): 1 for a scan."""
        queries = self._calls(lambda: self._sample(sample))
        return measured(self.search(queries, k, where), self._search(queries, k, where, WIDEST))

    def figures(self) -> Figures:
        """Return what the index is made of."""
        count, index_type = len(self), self._calls(self._held.index_type)
        return Figures("exact", count, unlisted=count) if index_type == EXACT else Figures("hnsw", count)

    def _key(self, id_: int) -> str:
        return f"{self._held.owner}:{id_}"
