"""Connections to a PostgreSQL that holds vectors: pooled, checked once, limited in time. Knows no table."""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from pgvector.psycopg import register_vector
from psycopg import Connection
from psycopg.conninfo import conninfo_to_dict
from psycopg.errors import QueryCanceled
from psycopg_pool import ConnectionPool, PoolTimeout

from index.errors import IndexInputError, IndexUnsuitable
from index.servers.calls import Calls

LEAST_SERVER, LEAST_EXTENSION = 140_000, (0, 8)  # pgvector scans on where a filter passes few from 0.8 on
SECONDS = 5.0  # that a statement, or getting a connection, may take
CONNECTIONS = 8  # of one process
IDLE = 60.0  # seconds after which a connection that nobody uses is closed
_NO_URL = (
    "not a PostgreSQL URL; give postgresql://user@host:5432/database, with %xx for : / @ % in a password"
)


@dataclass
class Server:
    """One database, for all indexes of this process that use it."""

    url: str
    pool: ConnectionPool[Connection[Any]]
    calls: Calls
    is_checked: bool = False

    @contextmanager
    def connection(self) -> Iterator[Connection[Any]]:
        """Yield a connection in a transaction, which is committed at the end unless something was raised.

        Raises
        ------
        IndexUnsuitable
            When the server cannot hold vectors.
        """
        if not self.is_checked:  # by one connection of its own: where nobody answers, a pool only waits
            with psycopg.connect(self.url, connect_timeout=int(SECONDS)) as first:
                prepare(first)
            self.is_checked = True
        try:
            with self.pool.connection() as connection:
                yield connection
        except (psycopg.OperationalError, PoolTimeout):
            self.is_checked = False
            raise


_servers: dict[tuple[int, str], Server] = {}
_lock = threading.Lock()


def server(url: str) -> Server:
    """Return what talks to a database; nothing is asked yet.

    Raises
    ------
    IndexInputError
        When the URL is none.
    """
    with _lock:
        key = (os.getpid(), url)  # a connection of the parent's is of no use after a fork
        if key not in _servers:
            _servers[key] = _opened(url)
        return _servers[key]


def _opened(url: str) -> Server:
    try:
        parts = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        # Without the driver's words, and not as their consequence: they show parts of it, maybe the password.
        raise IndexInputError(_NO_URL) from None
    if "@" in (host := str(parts.get("host", "localhost"))):  # the end of a password that has one
        raise IndexInputError(_NO_URL)
    name = f"PostgreSQL at {host}, database {parts.get('dbname', '')!r},"
    pool: ConnectionPool[Connection[Any]] = ConnectionPool(
        url,
        min_size=0,
        max_size=CONNECTIONS,
        max_idle=IDLE,
        timeout=SECONDS,
        kwargs={"connect_timeout": int(SECONDS)},
        configure=_configured,
        check=ConnectionPool.check_connection,
        open=True,
    )
    atexit.register(pool.close)
    return Server(url, pool, Calls(name, _is_passing, (psycopg.Error, PoolTimeout), SECONDS, _is_slow))


def _is_passing(error: BaseException) -> bool:
    """Return whether the same may succeed later: the server is away, or two were in each other's way."""
    return isinstance(error, psycopg.OperationalError | PoolTimeout)


def _is_slow(error: BaseException) -> bool:
    return isinstance(error, QueryCanceled)  # by its own limit of time: it was there all along


def _configured(connection: Connection[Any]) -> None:
    register_vector(connection)
    limit(connection)
    connection.commit()


def limit(connection: Connection[Any]) -> None:
    """Let no statement of a connection take longer than `SECONDS`."""
    connection.execute("SELECT set_config('statement_timeout', %s, false)", [f"{SECONDS * 1000:.0f}"])


def prepare(connection: Connection[Any]) -> None:
    """Check that a server can hold vectors, and let its connection read and write them.

    Raises
    ------
    IndexUnsuitable
        When PostgreSQL or pgvector is too old, or pgvector is not there and cannot be made.
    """
    version = connection.info.server_version
    if version < LEAST_SERVER:
        raise IndexUnsuitable(
            f"PostgreSQL {version // 10_000} is too old for vectors; use {LEAST_SERVER // 10_000} or newer"
        )
    held = _extension(connection)
    if held is None:
        try:
            with connection.transaction():
                connection.execute("SELECT pg_advisory_xact_lock(1919247457, 1)")
                connection.execute("CREATE EXTENSION IF NOT EXISTS vector")
        except psycopg.Error as error:
            raise IndexUnsuitable(
                f"PostgreSQL has no pgvector here, and none can be made ({error.sqlstate}); install pgvector "
                "0.8 or newer on its machine, and run in the database as its owner: CREATE EXTENSION vector"
            ) from error
        held = _extension(connection)
    if held is None or tuple(int(part) for part in held.split(".")[:2]) < LEAST_EXTENSION:
        raise IndexUnsuitable(
            f"pgvector {held} is too old; install 0.8 or newer, and run: ALTER EXTENSION vector UPDATE"
        )
    register_vector(connection)


def _extension(connection: Connection[Any]) -> str | None:
    row = connection.execute("SELECT extversion FROM pg_extension WHERE extname = 'vector'").fetchone()
    return None if row is None else str(row[0])
