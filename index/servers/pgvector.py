"""PostgreSQL with pgvector behind the contract: exact while that is fast enough, then HNSW, filters in SQL.

One table a shape of vectors, one partition of it a publisher: a question reads no other publisher's rows.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol, Self, TypeVar

import numpy as np
from pgvector import HalfVector
from psycopg import Connection, sql

from index.base import Columns, Figures, Hits, Ids, Vectors
from index.checks import check_ids, check_k, check_rows, check_shape, check_vectors
from index.filters import Filter
from index.manifest import Header, read_header, write_header
from index.servers import postgres
from index.servers.expressions import SQL, condition
from index.servers.hnsw_cost import FETCHED, is_listed_faster
from index.servers.pgvector_table import VectorTable
from index.servers.recall import measured
from index.storage.background import BackgroundJob, Check

KIND = "pgvector"
EXACT_ROWS = 30_000  # up to which a scan is about as fast as HNSW, and finds all
LEAST_WIDTH, LARGEST_WIDTH = 100, 1000  # `hnsw.ef_search`: what pgvector allows at most
BLOCK = 2000  # rows a statement

_SEARCH = """
SELECT asked.place, near.id, -near.distance
FROM unnest(%b::halfvec[]) WITH ORDINALITY asked(vector, place)
CROSS JOIN LATERAL (
    SELECT id, held.vector <#> asked.vector AS distance FROM {table} held
    WHERE {passing} ORDER BY {order} LIMIT {k}
) near
"""
_BY_HNSW = (
    "SELECT set_config('hnsw.ef_search', %s, true), set_config('hnsw.max_scan_tuples', %s, true), "
    "set_config('hnsw.iterative_scan', 'relaxed_order', true), set_config('enable_seqscan', 'off', true)"
)
_BY_SCAN = "SELECT set_config('enable_indexscan', 'off', true)"

T = TypeVar("T")


class Caller(Protocol):
    """Makes a call that asks the server."""

    def __call__(self, work: Callable[[], T]) -> T:
        """Return what `work` returns."""


def _once(work: Callable[[], T]) -> T:
    return work()


class PgVectorIndex:
    """Nearest neighbours in PostgreSQL (see `index.base.VectorIndex`).

    Nothing is asked before the first call, so it can be made while the server is away. Every call may raise
    `IndexUnavailable`.

    Parameters
    ----------
    dimension : int
        Components of a vector, 4,000 at most for HNSW.
    fields : tuple of str
        The int64 fields that filters may read.
    url : str
        Of the database, ``postgresql://...``.
    publisher : str
        Whose vectors: what two publishers hold under one id are two rows, and no search sees the other's.
    exact_rows : int
        From how many rows on `improve` builds HNSW.
    background : bool
        For a process that stays: writes start `improve` when it may be due.
    """

    def __init__(
        self,
        dimension: int,
        fields: tuple[str, ...] = (),
        *,
        url: str,
        publisher: str,
        exact_rows: int = EXACT_ROWS,
        background: bool = False,
    ) -> None:
        check_shape(dimension, fields)
        self.dimension, self.fields = dimension, tuple(fields)
        self.publisher, self._exact_rows = publisher, exact_rows
        server = postgres.server(url)
        self._calls: Caller = server.calls
        self._table = VectorTable(server, dimension, fields, publisher)
        self._in_background, self._unseen = background, 0
        self._improver = BackgroundJob()

    # Writing

    def within(self, connection: Connection[Any]) -> Self:
        """Return this index in a transaction of the caller's: what it writes is written when that commits."""
        postgres.prepare(connection)
        joined, server = copy(self), self._table.server
        joined._table = VectorTable(server, self.dimension, self.fields, self.publisher, connection)
        joined._calls, joined._in_background = _once, False  # what failed in a transaction ends it
        return joined

    def upsert(self, ids: Ids, vectors: Vectors, columns: Columns) -> None:
        """Add or replace, all or nothing (see `VectorIndex.upsert`)."""
        check_rows(ids, vectors, columns, self.dimension, self.fields)
        statement = self._table.upsert()

        def write() -> None:
            with self._table.transaction() as connection:
                for start in range(0, len(ids), BLOCK):
                    rows = slice(start, start + BLOCK)
                    halves = [HalfVector(each) for each in vectors[rows]]
                    values = [columns[name][rows].tolist() for name in self.fields]
                    connection.execute(statement, [ids[rows].tolist(), halves, *values])

        if len(ids):
            self._calls(write)
            self._unseen += len(ids)
        if self._in_background and self._unseen >= self._exact_rows // 4:
            self._unseen = 0
            self._improver.start(self.improve)

    def remove(self, ids: Ids) -> int:
        """Forget these ids; return how many were held."""
        check_ids(ids)
        statement = sql.SQL("DELETE FROM {} WHERE id = ANY(%s)").format(self._table.name)
        return int(self._calls(lambda: self._table.execute(statement, [ids.tolist()]).rowcount))

    def forget(self) -> None:
        """Drop all that is held of this publisher, with its space."""
        self._calls(self._table.drop)

    # Searching

    def search(self, queries: Vectors, k: int, where: Filter | None = None) -> list[Hits]:
        """Return the ``k`` best for each query, all by one statement (see `VectorIndex.search`)."""
        check_vectors("queries", queries, self.dimension)
        check_k(k)
        if where is not None:
            where.check(self.fields)
        if not len(queries):
            return []
        listed = self._calls(lambda: self._worth_listing(k, where))
        if not listed:
            return self._calls(lambda: self._found(queries, k, where))
        found = self._calls(lambda: self._found(queries, k, where, listed))
        # HNSW may end before k are found, where more was expected to pass.
        short = [place for place, hits in enumerate(found) if len(hits) < k]
        if short:
            whole = self._calls(lambda: self._found(queries[short], k, where))
            for place, hits in zip(short, whole, strict=True):
                found[place] = hits
        return found

    def _found(self, queries: Vectors, k: int, where: Filter | None, listed: int = 0) -> list[Hits]:
        """Return the nearest by a scan, or by HNSW over ``listed`` rows: equal scores then go by chance."""
        passing = "true" if where is None else condition(where, self._table.columns, SQL)
        statement = sql.SQL(_SEARCH).format(
            table=self._table.name,
            passing=sql.SQL(passing),
            order=sql.SQL("distance" if listed else "distance, id"),
            k=sql.Literal(FETCHED * k if listed else k),
        )
        with self._table.transaction() as connection:
            if listed:
                width = min(max(FETCHED * k, LEAST_WIDTH), LARGEST_WIDTH)
                connection.execute(_BY_HNSW, [str(width), str(listed)])
            else:
                connection.execute(_BY_SCAN)
            asked = [[HalfVector(each) for each in queries]]
            rows = connection.execute(statement, asked, binary=True).fetchall()
        places, ids, scores = (
            np.array([row[part] for row in rows], dtype)
            for part, dtype in enumerate((np.int64, np.int64, np.float32))
        )
        order = np.lexsort((ids, -scores, places))
        bounds = np.searchsorted(places[order], np.arange(1, len(queries) + 2))
        parts = [order[start:stop][:k] for start, stop in pairwise(bounds)]
        return [Hits(ids[part], scores[part]) for part in parts]

    def _worth_listing(self, k: int, where: Filter | None) -> int:
        """Return how many rows HNSW holds, about, where it is faster than a scan; else 0."""
        rows = self._table.listed()
        passing = rows
        if rows and where is not None:
            statement = sql.SQL("EXPLAIN (FORMAT JSON) SELECT FROM {} WHERE {}").format(
                self._table.name, sql.SQL(condition(where, self._table.columns, SQL))
            )
            ((plan,),) = self._table.execute(statement).fetchall()
            passing = int(plan[0]["Plan"]["Plan Rows"])
        return rows if is_listed_faster(rows, passing, k) else 0

    def __len__(self) -> int:
        statement = sql.SQL("SELECT count(*) FROM {}").format(self._table.name)
        (count,) = self._calls(lambda: self._table.execute(statement).fetchone()) or (0,)
        return int(count)

    # Speed

    def improve(self, check: Check = lambda: None) -> bool:
        """Build HNSW where there are rows enough and none yet; reads and writes go on meanwhile."""
        if self._table.joined is not None or len(self) < self._exact_rows or self.figures().profile == "hnsw":
            return False
        check()
        return self._calls(self._table.build)

    def measured_recall(self, sample: int = 50, k: int = 200, where: Filter | None = None) -> float:
        """Return the part (0 to 1) of the exact ``k`` nearest that is found, for ``sample`` held rows."""
        statement = sql.SQL("SELECT vector FROM {} ORDER BY random() LIMIT %s").format(self._table.name)
        held = self._calls(lambda: self._table.execute(statement, [sample]).fetchall())
        queries = np.array([row[0].to_numpy() for row in held], np.float32).reshape(-1, self.dimension)
        exact = self._calls(lambda: self._found(queries, k, where))
        return measured(self.search(queries, k, where), exact)

    def figures(self) -> Figures:
        """Return what the index is made of."""
        is_listed, count = self._calls(lambda: self._table.listed(anew=True)) > 0, len(self)
        return Figures("hnsw", count) if is_listed else Figures("exact", count, unlisted=count)

    def close(self) -> None:
        """End what is waited for in the background. The index stays usable."""
        self._improver.stop()

    # On disk: where to look, and nothing of what is there

    def save(self, directory: Path) -> None:
        """Write whose vectors these are; the vectors stay on the server."""
        write_header(directory, Header(KIND, self.dimension, self.fields, {"publisher": self.publisher}))

    @classmethod
    def load(cls, directory: Path, *, url: str, background: bool = False) -> Self:
        """Open what `save` wrote, on the server at ``url``."""
        header = read_header(directory, KIND)
        publisher = str(header.extra.get("publisher", ""))
        return cls(header.dimension, header.fields, url=url, publisher=publisher, background=background)
