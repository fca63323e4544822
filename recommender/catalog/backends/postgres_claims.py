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
        self._held: psycopg.Connection | None = None
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Return whether the work is this process's; once taken it stays so while the connection lives."""
        with self._lock, explained(self._place):
            if self._held is not None:
                try:
                    self._held.execute("SELECT 1")
                    return True
                except psycopg.OperationalError:  # and the lock is gone with it
                    self._end()
            connection = self._connect()
            row = connection.execute("SELECT pg_try_advisory_lock(%s)", [self._key]).fetchone()
            if row != (True,):
                connection.close()
                return False
            self._held = connection
            return True

    def give_back(self) -> None:
        """Let another process have it."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        if self._held is not None:
            with suppress(psycopg.Error):
                self._held.close()
            self._held = None
