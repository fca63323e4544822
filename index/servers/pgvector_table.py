"""The table of vectors in PostgreSQL: made when it is first needed, a partition of it a publisher."""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection, Cursor, OperationalError, sql
from psycopg.errors import DiskFull, UndefinedTable

from index.servers import postgres

NEIGHBOURS, BUILD_WIDTH = 16, 128  # `m` and `ef_construction` of HNSW (docs/scaling.md has what they find)
GRAPH_BYTES = 750  # a row, beside its vector, while pgvector builds HNSW in memory (docs/scaling.md)
LEAST_MEMORY, MOST_MEMORY = 64, 1024  # MB that a build is given; more where the server's own setting is more
PAGE = 50_000  # rows a statement where all are read
LISTED_SECONDS = 30.0  # after which it is looked again whether another process has built HNSW
MAKING = 0x72656C61  # of advisory locks: a table is made, and HNSW is built, by one at a time
_GRAPH = (
    "SELECT count(*), "
    "(SELECT setting::bigint / 1024 FROM pg_settings WHERE name = 'maintenance_work_mem') FROM {}"
)
_NUMBER = "SELECT coalesce(to_regclass(%s)::oid::text, '')"
_LISTED = (
    "SELECT coalesce((SELECT reltuples FROM pg_class WHERE oid = to_regclass(%s)), 0), "
    "coalesce((SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass(%s)), false)"
)

log = logging.getLogger(__name__)


class VectorTable:
    """The rows of one publisher with vectors of one length and certain fields.

    Parameters
    ----------
    server : Server
        Where it is.
    dimension : int
        Components of a vector.
    fields : sequence of str
        One column of bigint each.
    publisher : str
        Whose rows.

    Attributes
    ----------
    name : Identifier
        Of the partition.
    columns : dict of str to str
        What the column of a field is called: by its place, since fields may have any name.
    """

    def __init__(
        self, server: postgres.Server, dimension: int, fields: Sequence[str], publisher: str
    ) -> None:
        self.server, self._dimension, self._publisher = server, dimension, publisher
        shape = hashlib.sha256(repr((dimension, tuple(fields))).encode()).hexdigest()[:8]
        owner = hashlib.sha256(publisher.encode()).hexdigest()[:16]
        self._parent = sql.Identifier(f"related_vectors_{shape}")
        self._plain, self._plain_hnsw = (
            f"related_vectors_{shape}_{owner}",
            f"related_vectors_{shape}_{owner}_hnsw",
        )
        self.name = sql.Identifier(self._plain)
        self.columns = {field: f"column{place}" for place, field in enumerate(fields)}
        self._number = ""
        self._listed_rows, self._listed_until = 0, 0.0

    def execute(
        self, statement: sql.SQL | sql.Composed, values: Sequence[object] | None = None
    ) -> Cursor[Any]:
        """Run one statement in a transaction."""
        with self.transaction() as connection:
            return connection.execute(statement, values)

    @contextmanager
    def transaction(self) -> Iterator[Connection[Any]]:
        """Yield a connection in a transaction that finds the table there.

        Raises
        ------
        OperationalError
            When another process has dropped it: the next try makes it anew.
        """
        with self.server.connection() as connection:
            made = self._number or self._made(connection)
            try:
                yield connection
            except UndefinedTable as error:
                self._number = ""
                raise OperationalError("its table of vectors was dropped") from error
        self._number = self._number or made  # once it is committed: where that fails, there is none

    def number(self) -> str:
        """Return the number that the server gave the table when it was made, as last seen."""
        if not self._number:
            with self.transaction():
                pass
        return self._number

    @property
    def seen(self) -> str:
        """That number, "" where none was seen yet."""
        return self._number

    def note(self, began: str, number: str) -> None:
        """Remember the number of the table that answered who had seen another when it began.

        Others may have dropped that one, and made one of the same name.
        """
        if began and number != began:
            self._number = number

    def values(self, field: str) -> NDArray[np.int64]:
        """Return the id and the value of a field (n, 2) of all rows, in the order of ids."""
        statement = sql.SQL(
            "SELECT id, {} FROM {} WHERE publisher = {} AND id > %s ORDER BY id LIMIT %s"
        ).format(sql.SQL(self.columns[field]), self.name, sql.Literal(self._publisher))
        pages: list[NDArray[np.int64]] = [np.empty((0, 2), np.int64)]
        last = -1
        with self.transaction() as connection:
            while rows := connection.execute(statement, [last, PAGE], binary=True).fetchall():
                pages.append(np.array(rows, np.int64))
                last = int(rows[-1][0])
                if len(rows) < PAGE:
                    break
        return np.concatenate(pages)

    def _made(self, connection: Connection[Any]) -> str:
        """Return the table's number, made where there is none."""
        if not (known := self.known(connection)):
            connection.execute("SELECT pg_advisory_xact_lock(%s, 0)", [MAKING])
            fields = [sql.SQL(f"{column} bigint NOT NULL") for column in self.columns.values()]
            kept = [sql.SQL("vector halfvec({}) NOT NULL").format(sql.Literal(self._dimension)), *fields]
            table = "CREATE TABLE IF NOT EXISTS {} (publisher text NOT NULL, id bigint NOT NULL, {}, " + (
                "PRIMARY KEY (publisher, id)) PARTITION BY LIST (publisher)"
            )
            part = "CREATE TABLE IF NOT EXISTS {} PARTITION OF {} FOR VALUES IN ({})"
            connection.execute(sql.SQL(table).format(self._parent, sql.SQL(", ").join(kept)))
            connection.execute(sql.SQL(part).format(self.name, self._parent, sql.Literal(self._publisher)))
            known = self.known(connection)
        return known

    def known(self, connection: Connection[Any]) -> str:
        """Return the number of the table as it is now, "" where there is none."""
        (number,) = connection.execute(_NUMBER, [self._plain]).fetchone() or ("",)
        return str(number)

    def upsert(self) -> sql.Composed:
        """Return the statement that adds or replaces rows out of arrays: ids, vectors, and each field's."""
        kept = [sql.SQL("vector"), *map(sql.SQL, self.columns.values())]
        arrays = ["%b::bigint[]", "%b::halfvec[]", *("%b::bigint[]" for _ in self.columns)]
        return sql.SQL(
            "INSERT INTO {table} (publisher, id, {kept}) SELECT {publisher}, new.* FROM unnest({arrays}) new "
            "ON CONFLICT (publisher, id) DO UPDATE SET {changes}"
        ).format(
            table=self.name,
            kept=sql.SQL(", ").join(kept),
            publisher=sql.Literal(self._publisher),
            arrays=sql.SQL(", ").join(map(sql.SQL, arrays)),
            changes=sql.SQL(", ").join(sql.SQL("{0} = excluded.{0}").format(each) for each in kept),
        )

    def drop(self) -> None:
        """Drop the partition, with all rows of the publisher."""
        self.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(self.name))
        self._number, self._listed_until = "", 0.0

    # HNSW

    def listed(self, *, anew: bool = False) -> int:
        """Return how many rows HNSW holds, about; 0 while there is none."""
        if anew or time.monotonic() >= self._listed_until:
            ((rows, is_built),) = self.execute(sql.SQL(_LISTED), [self._plain, self._plain_hnsw]).fetchall()
            self._listed_rows = max(int(rows), 1) if is_built else 0
            self._listed_until = time.monotonic() + LISTED_SECONDS
        return self._listed_rows

    def build(self) -> bool:
        """Build HNSW beside reads and writes; return False where another process is at it."""
        key = [MAKING, self._plain]
        with self.server.connection() as connection:
            connection.autocommit = True
            try:
                lock = "SELECT pg_try_advisory_lock(%s, hashtext(%s))"
                (is_ours,) = connection.execute(lock, key).fetchone() or (False,)
                if not is_ours:
                    return False
                try:
                    self._build(connection)
                finally:
                    connection.execute("SELECT pg_advisory_unlock(%s, hashtext(%s))", key)
            finally:
                connection.autocommit = False
        self._listed_until = 0.0
        return True

    def _build(self, connection: Connection[Any]) -> None:
        index = sql.Identifier(self._plain_hnsw)
        create = (
            "CREATE INDEX CONCURRENTLY {} ON {} USING hnsw (vector halfvec_ip_ops) "
            "WITH (m = {}, ef_construction = {})"
        )
        values = index, self.name, sql.Literal(NEIGHBOURS), sql.Literal(BUILD_WIDTH)
        connection.execute("SET statement_timeout = 0")
        self._give_memory(connection)
        try:
            # One that was not finished may be there, and is of no use.
            connection.execute(sql.SQL("DROP INDEX IF EXISTS {}").format(index))
            try:
                connection.execute(sql.SQL(create).format(*values))
            except DiskFull:  # of the memory that its processes share, in a container most of all
                log.warning("pgvector builds HNSW by one process: too little shared memory; see --shm-size")
                connection.execute(sql.SQL("DROP INDEX IF EXISTS {}").format(index))
                connection.execute("SET max_parallel_maintenance_workers = 0")
                connection.execute(sql.SQL(create).format(*values))
            connection.execute(sql.SQL("ANALYZE {}").format(self.name))
        finally:
            connection.execute("RESET max_parallel_maintenance_workers")
            connection.execute("RESET maintenance_work_mem")
            postgres.limit(connection)

    def _give_memory(self, connection: Connection[Any]) -> None:
        """Let the graph be built in memory: what does not fit is inserted on disk, and takes long.

        Processes that build together take all they are given at the start, so it follows the rows.
        """
        counted = sql.SQL(_GRAPH).format(self.name)
        ((rows, own),) = connection.execute(counted).fetchall()
        needed = LEAST_MEMORY + rows * (GRAPH_BYTES + 2 * self._dimension) // 2**20
        given = min(needed, max(MOST_MEMORY, own))
        if given < needed:
            log.warning(
                "HNSW of %s rows takes %s MB to build, and gets %s: it will take long; give the server's "
                "role more, if there is: ALTER ROLE ... SET maintenance_work_mem = '%sMB'",
                *(f"{rows:,}", needed, given, needed),
            )
        connection.execute(sql.SQL("SET maintenance_work_mem = {}").format(sql.Literal(f"{given}MB")))
