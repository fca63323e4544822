"""PostgreSQL with pgvector behind the contract: exact while that is fast enough, then HNSW, filters in SQL.

One table a shape of vectors, one partition of it a publisher: a question reads no other publisher's rows.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from pgvector import HalfVector
from psycopg import sql

from index.base import Columns, Figures, Hits, Ids, Vectors
from index.checks import check_field, check_ids, check_k, check_rows, check_vectors
from index.filters import Filter
from index.servers import postgres
from index.servers.calls import Calls
from index.servers.expressions import SQL, condition
from index.servers.hnsw_cost import FETCHED, is_listed_faster
from index.servers.pgvector_copy import COPIED, copy_rows, may_copy
from index.servers.pgvector_table import VectorTable
from index.servers.recall import measured
from index.servers.server_index import ServerIndex
from index.storage.background import Check

LEAST_WIDTH, LARGEST_WIDTH = 100, 1000  # `hnsw.ef_search`: what pgvector allows at most
BLOCK = 2000  # rows a statement

_SEARCH = """
SELECT asked.place, near.id, -near.distance, near.number
FROM unnest(%b::halfvec[]) WITH ORDINALITY asked(vector, place)
CROSS JOIN LATERAL (
    SELECT id, held.vector <#> asked.vector AS distance, held.tableoid AS number FROM {table} held
    WHERE {passing} ORDER BY {order} LIMIT {k}
) near
"""
_BY_HNSW = (
    "SELECT set_config('hnsw.ef_search', %s, true), set_config('hnsw.max_scan_tuples', %s, true), "
    "set_config('hnsw.iterative_scan', 'relaxed_order', true), set_config('enable_seqscan', 'off', true)"
)
_BY_SCAN = "SELECT set_config('enable_indexscan', 'off', true)"


class PgVectorIndex(ServerIndex):
    """Nearest neighbours in PostgreSQL (see `index.base.VectorIndex`).

    A vector may have 4,000 components at most for HNSW, which `improve` builds. An address is
    ``postgresql://...``, of the database.
    """

    KIND, EXACT_ROWS = "pgvector", 30_000  # up to which a scan is about as fast as HNSW, and finds all

    def _connect(self, url: str) -> Calls:
        server = postgres.server(url)
        self._table = VectorTable(server, self.dimension, self.fields, self.publisher)
        return server.calls

    # Writing

    def upsert(self, ids: Ids, vectors: Vectors, columns: Columns) -> None:
        """Add or replace, all or nothing (see `VectorIndex.upsert`); many rows by COPY."""
        check_rows(ids, vectors, columns, self.dimension, self.fields)
        statement, told = self._table.upsert(), [columns[name] for name in self.fields]

        def write() -> None:
            with self._table.transaction() as connection:
                if len(ids) >= COPIED and may_copy(connection):
                    copy_rows(connection, self._table.name, self.publisher, ids, vectors, told)
                    return
                for start in range(0, len(ids), BLOCK):
                    rows = slice(start, start + BLOCK)
                    halves = [HalfVector(each) for each in vectors[rows]]
                    values = [columns[name][rows].tolist() for name in self.fields]
                    connection.execute(statement, [ids[rows].tolist(), halves, *values])

        if len(ids):
            self._calls(write)
        self._note_written(len(ids))

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
            began = self._table.seen
            if listed:
                width = min(max(FETCHED * k, LEAST_WIDTH), LARGEST_WIDTH)
                connection.execute(_BY_HNSW, [str(width), str(listed)])
            else:
                connection.execute(_BY_SCAN)
            asked = [[HalfVector(each) for each in queries]]
            rows = connection.execute(statement, asked, binary=True).fetchall()
            self._table.note(began, str(rows[0][3]) if rows else self._table.known(connection))
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

    def values(self, field: str) -> tuple[Ids, Ids]:
        """Return all ids, ascending, and what each has in a field; some ten thousand rows a statement."""
        check_field(field, self.fields)
        rows = self._calls(lambda: self._table.values(field))
        return rows[:, 0], rows[:, 1]

    def held_in(self) -> str:
        """Return the number that the server gave the table, which each search reads with what it finds."""
        return self._calls(self._table.number)

    # Speed

    def improve(self, check: Check = lambda: None) -> bool:
        """Build HNSW where there are rows enough and none yet; reads and writes go on meanwhile."""
        if len(self) < self._exact_rows or self.figures().profile == "hnsw":
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
