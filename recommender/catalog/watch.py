"""Whether a catalog has changed since one last looked, in microseconds. Knows nothing of what it holds."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

from recommender.catalog.sqlite import explained


class Watch:
    """Looks at a catalog's commit counter: any commit of any process or thread moves it.

    Asking for the last change through the change log is a query, some 100 microseconds; this asks SQLite for
    a counter in shared memory, some 3 (sqlite.org/pragma.html#pragma_data_version). It is for what is read
    thousands of times a second.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        with explained(path):
            # Autocommit and never a write: only what others commit moves the counter, so all of it does.
            self._connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=rw", uri=True, isolation_level=None, check_same_thread=False
            )
        self._lock = threading.Lock()

    def version(self) -> int:
        """Return a number that stays as long as nothing is committed."""
        # Explained afterwards: a context for what hardly ever happens takes as long as all the rest.
        try:
            with self._lock:
                (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        except sqlite3.Error as error:
            with explained(self._path):
                raise error
        return int(version)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()
