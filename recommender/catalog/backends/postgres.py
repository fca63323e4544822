"""A catalog on a PostgreSQL server, version 16 or newer: its part of what `base.py` asks for.

One schema is one archive, and its writers take turns by an advisory lock that is held until the commit. So
the numbers of changes appear in their order: who has read up to one misses none below it.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, closing
from typing import Any

import psycopg
from sqlalchemy import Connection, Engine, Table, Text, create_engine, event, inspect, text
from sqlalchemy.pool import QueuePool

from recommender.catalog.backends import postgres_bulk, postgres_errors
from recommender.catalog.backends.base import Rows
from recommender.catalog.backends.postgres_address import PostgresAddress
from recommender.catalog.backends.postgres_claims import PostgresClaim
from recommender.catalog.backends.postgres_connection import STATEMENT_SECONDS, LimitedConnection
from recommender.catalog.backends.postgres_notices import listen
from recommender.catalog.backends.postgres_watch import PostgresWatch
from recommender.catalog.tables import metadata
from recommender.errors import ArchiveBusyError, ArchiveError, NotFoundError

COMMITS = "commits"  # table of one row: how many transactions have written
LEAST = 16  # the first version with IS JSON
_MARK = "catalog of related-stories"
_OWN = secrets.token_hex(8)  # tells this process's notices from those of others
_BEGIN = "begins_by"  # execution option: what a transaction that writes begins with
_CONNECT_SECONDS = 10
_UNACKNOWLEDGED_SECONDS = 10  # that what was sent may stay so: the network is parted
_SERVER_LIMITS = {
    "tcp_keepalives_idle": "10",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "2",
    "tcp_user_timeout": "20000",
}
"""By which the server finds that this machine is gone, after 20 seconds and not two hours: until then nobody
else has what was claimed here."""
_IDLE_SECONDS = (
    60  # that a transaction may do nothing: a process that hangs does not keep others from writing
)
_THREADS = 40  # of a service that answers: so many connections are kept, and more are made at need
_RECYCLE_SECONDS = 3600  # after which a connection is made anew

# What `tables.py` says for SQLite: to say it there for both would load both dialects.
for _table in metadata.tables.values():
    for _index in _table.indexes:
        _index.dialect_options["postgresql"]["where"] = _index.dialect_options["sqlite"]["where"]
    for _column in _table.columns:
        if isinstance(_column.type, Text):  # sorted by its bytes, whatever the database was made with
            _column.type = _column.type.with_variant(Text(collation="C"), "postgresql")


class PostgresDatabase:
    """The schema of a catalog.

    Parameters
    ----------
    address : PostgresAddress
        Where it is.
    """

    def __init__(self, address: PostgresAddress) -> None:
        self._at = address
        self.place, self.address = address.place, address.text
        self._busy_seconds = float(_CONNECT_SECONDS)

    def make(self) -> None:
        """Return; the schema is made by `prepare`."""

    def need(self) -> None:
        """Raise `NotFoundError` where the schema holds no catalog, however unfinished."""
        with self.explained(), closing(self.connect()) as connection:
            if connection.execute("SELECT to_regclass(%s)", [COMMITS]).fetchone() == (None,):
                raise NotFoundError(f"no catalog at {self.place}; make an archive with: related init")

    def unwritable(self) -> str:
        """Return why nothing can be written there: the server is a standby."""
        with self.explained(), closing(self.connect()) as connection:
            if connection.execute("SELECT pg_is_in_recovery()").fetchone() == (True,):
                return "the server is a standby; connect to the primary to write"
        return ""

    def connect(self, *, autocommit: bool = True) -> psycopg.Connection:
        """Return a connection that sees the schema alone."""
        limits = {
            "search_path": self._at.schema,
            "lock_timeout": f"{max(1, int(self._busy_seconds * 1000))}",
            "idle_in_transaction_session_timeout": f"{_IDLE_SECONDS * 1000}",
            "statement_timeout": f"{STATEMENT_SECONDS * 1000}",
            "timezone": "UTC",
            **_SERVER_LIMITS,
        }
        told: dict[str, Any] = {
            "connect_timeout": str(_CONNECT_SECONDS),
            "application_name": "related-stories",
        }
        told |= {"keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3"}
        told |= {"tcp_user_timeout": str(_UNACKNOWLEDGED_SECONDS * 1000)}
        told |= self._at.connecting
        told["options"] = " ".join(
            [*told.get("options", "").split(), *(f"-c {n}={v}" for n, v in limits.items())]
        )
        return LimitedConnection.connect(**told, autocommit=autocommit)

    def open_engine(self, *, busy_seconds: float, read_only: bool) -> Engine:
        """Return an engine that connects anew where the server was started again meanwhile."""
        self._busy_seconds = busy_seconds
        engine = create_engine(
            "postgresql+psycopg://",
            creator=lambda: self._reading(read_only=read_only),
            poolclass=QueuePool,
            pool_size=_THREADS,
            max_overflow=-1,  # as many as threads ask for
            pool_recycle=_RECYCLE_SECONDS,
            pool_pre_ping=True,
            use_native_hstore=False,
        )
        event.listen(engine, "begin", _begin)
        return engine

    def _reading(self, *, read_only: bool) -> psycopg.Connection:
        """Return a connection whose transactions each see one moment, unless they are for writing."""
        connection = self.connect(autocommit=False)
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        connection.read_only = read_only or None
        return connection

    def writing(self, engine: Engine) -> Engine:
        """Return the engine for transactions that take their turn first, and tell listeners when they commit.

        The turn comes before the first look, so each sees all that was committed before it.
        """
        begins = (
            f"SELECT pg_advisory_xact_lock({self._at.key('write')}); "
            f"UPDATE {COMMITS} SET number = number + 1; NOTIFY {self.channel}, '{_OWN}'"
        )
        return engine.execution_options(isolation_level="READ COMMITTED", **{_BEGIN: begins})

    @property
    def channel(self) -> str:
        """The channel of NOTIFY on which each commit is told."""
        return f"related_{self._at.schema}"[:63]

    def prepare(self, engine: Engine) -> None:
        """Make the schema and the count of commits where they are missing."""
        with closing(self.connect()) as connection:
            if (version := connection.info.server_version // 10_000) < LEAST:
                raise ArchiveError(f"catalog {self.place}: PostgreSQL {version}; use {LEAST} or newer")
            if connection.execute("SELECT to_regclass(%s)", [COMMITS]).fetchone() != (None,):
                return
            with connection.transaction():
                connection.execute("SELECT pg_advisory_xact_lock(%s)", [self._at.key("write")])
                connection.execute(
                    f"CREATE SCHEMA IF NOT EXISTS {self._at.schema}; "
                    f"CREATE TABLE IF NOT EXISTS {COMMITS} (number bigint NOT NULL); "
                    f"INSERT INTO {COMMITS} SELECT 0 WHERE NOT EXISTS (SELECT FROM {COMMITS})"
                )

    def tables(self, connection: Connection) -> list[str]:
        """Return the tables in the schema, but for the count of commits."""
        return [name for name in inspect(connection).get_table_names() if name != COMMITS]

    def mark(self, connection: Connection) -> None:
        """Note on the table of commits that it is a catalog."""
        connection.exec_driver_sql(f"COMMENT ON TABLE {COMMITS} IS '{_MARK}'")

    def is_marked(self, connection: Connection) -> bool:
        """Return whether that is noted."""
        comment = text("SELECT obj_description(to_regclass(:name), 'pg_class')")
        return connection.execute(comment, {"name": COMMITS}).scalar() == _MARK

    def explained(self, *, writing: bool = False) -> AbstractContextManager[None]:
        """Turn PostgreSQL's errors into ours."""
        return postgres_errors.explained(self.place, writing=writing)

    def busy(self) -> ArchiveBusyError:
        """Return the error for other writers that did not finish in time."""
        return ArchiveBusyError(
            f"catalog {self.place}: other writers of this process did not finish in time; nothing was "
            "written: try again, or raise busy_seconds"
        )

    def watch(self, *, read_only: bool, on_writer: Callable[[], None]) -> PostgresWatch:
        """Return what asks for the count of commits."""
        return PostgresWatch(self.place, self.connect, f"SELECT number FROM {COMMITS}")

    def listen(self, told: Callable[[], None], stopping: threading.Event) -> None:
        """Call `told` whenever another process commits, from a thread of its own."""
        arguments = (self.connect, self.channel, _OWN, told, stopping)
        threading.Thread(target=listen, args=arguments, name="notices", daemon=True).start()

    def presence(self) -> Present:
        """Return what is always there: a server that is not answers nothing."""
        return Present()

    def claim(self, work: str) -> PostgresClaim:
        """Return a claim by an advisory lock, that a connection of its own holds."""
        return PostgresClaim(self.place, self.connect, self._at.key(work))

    def size(self, connection: Connection) -> int:
        """Return the bytes of the tables and their indexes."""
        query = text(
            "SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class "
            "WHERE relkind = 'r' AND relnamespace = to_regnamespace(:schema)"
        )
        return int(connection.execute(query, {"schema": self._at.schema}).scalar_one())

    def problems(self, connection: Connection) -> list[str]:
        """Read every row; PostgreSQL itself checks references, and pages where checksums are on."""
        for table in metadata.sorted_tables:
            connection.exec_driver_sql(f"SELECT count(t.*::text) FROM {table.name} AS t")
        return []

    # In bulk

    def hold(self, connection: Connection) -> None:
        """Take the limit of idle transactions from this one."""
        postgres_bulk.hold(connection)

    def load(self, connection: Connection, table: Table, rows: Rows) -> None:
        """Write many new rows."""
        postgres_bulk.load(connection, table, rows)

    def given_out(self, connection: Connection) -> dict[str, int]:
        """Return the last number given to a row, by the table."""
        return postgres_bulk.given_out(connection)

    def go_on_from(self, connection: Connection, given_out: Mapping[str, int]) -> None:
        """Give no row a number up to these."""
        postgres_bulk.go_on_from(connection, given_out)


class Present:
    """A place that nobody moves."""

    def know_log(self) -> None:
        """Return."""

    def check(self) -> None:
        """Return."""


def _begin(connection: Connection) -> None:
    if begins := connection.get_execution_options().get(_BEGIN):
        connection.exec_driver_sql(begins)
