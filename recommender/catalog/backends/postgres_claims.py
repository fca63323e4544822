"""Work that one process at a time may do for an archive on PostgreSQL, claimed by an advisory lock."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

import psycopg

from recommender.catalog.backends.postgres_errors import explained


class PostgresClaim:
    """A claim on work; the end of the process, or of its connection, gives it back.

    Parameters
    ----------
    place : str
        As messages name the catalog.
    connect : callable
        Returns a connection in autocommit.
    key : int
        Of the lock.
    """

    def __init__(self, place: str, connect: Callable[[], psycopg.Connection], key: int) -> None:
        self._place, self._connect, self._key = place, connect, key
        self._connection: psycopg.Connection | None = None
        self._lock, self._is_held = threading.Lock(), False

    def take(self) -> bool:
        """Return whether the work is this process's; once taken it stays so while the connection lives."""
        with self._lock, explained(self._place):
            try:
                return self._tried()
            except psycopg.OperationalError:  # the connection was cut, and the lock is gone with it
                self._end()
                return self._tried()

    def _tried(self) -> bool:
        if self._connection is None:
            self._connection = self._connect()
        if self._is_held:
            self._connection.execute("SELECT 1")
            return True
        row = self._connection.execute("SELECT pg_try_advisory_lock(%s)", [self._key]).fetchone()
        self._is_held = row == (True,)
        return self._is_held

    def give_back(self) -> None:
        """Let another process have it, from now on: a server ends a session some time after it was closed."""
        with self._lock:
            if self._connection is not None and self._is_held:
                with suppress(psycopg.Error):  # cut: the lock is gone with it
                    self._connection.execute("SELECT pg_advisory_unlock(%s)", [self._key])
            self._end()

    def _end(self) -> None:
        connection, self._connection, self._is_held = self._connection, None, False
        if connection is not None:
            connection.close()
