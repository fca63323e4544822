"""Whether a catalog on a PostgreSQL server has changed since one last looked. Knows no tables."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import psycopg

from recommender.catalog.backends.postgres_errors import explained

_LONG, _REST = 1.0, 2.0  # seconds: whom a failure took so long, nobody asks again for a while
_FAR = 2**40  # more commits than one server counts between two reconnections


class PostgresWatch:
    """Asks the server for the number of commits of one archive, by a connection of its own.

    It is asked, one round trip, and not told by NOTIFY: a notice arrives some time after the commit, and what
    another copy has withdrawn may not be shown by this one from the moment that the withdrawal is
    acknowledged. Where only time is lost, NOTIFY is enough: see `PostgresDatabase.listen`.

    Parameters
    ----------
    place : str
        As messages name it.
    connect : callable
        Returns a connection in autocommit.
    question : str
        The statement that answers with the number.
    """

    def __init__(self, place: str, connect: Callable[[], psycopg.Connection], question: str) -> None:
        self._place, self._connect, self._question = place, connect, question
        self._lock, self._moved = threading.Lock(), 0
        self._failed: psycopg.OperationalError | None = None
        self._failed_until = 0.0
        with explained(place):
            self._connection = connect()

    def version(self) -> int:
        """Return a number that stays as long as nothing is committed; a cut connection is replaced."""
        with self._lock, explained(self._place):
            if self._failed and time.monotonic() < self._failed_until:
                raise self._failed  # who waited for the lock does not wait for the server once more
            began = time.monotonic()
            try:
                try:
                    return self._asked()
                except psycopg.OperationalError:
                    self._reconnect()
                    return self._asked()
            except psycopg.OperationalError as error:
                if time.monotonic() - began > _LONG:
                    self._failed, self._failed_until = error, time.monotonic() + _REST
                raise

    def _asked(self) -> int:
        row = self._connection.execute(self._question, prepare=True).fetchone()
        return self._moved + (int(row[0]) if row else 0)

    def lead(self) -> None:
        """Go on; the number moves on."""
        with self._lock, explained(self._place):
            self._reconnect()

    def _reconnect(self) -> None:
        """Connect anew; the number moves on: what answers now may be another server."""
        self._connection.close()
        self._connection = self._connect()
        self._moved += _FAR

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
