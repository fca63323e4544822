"""Whether a catalog has changed since one last looked, in microseconds. Knows nothing of what it holds."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

from recommender.catalog.backends import sqlite
from recommender.catalog.backends.sqlite import explained

Signature = tuple[int, ...]


class Watch:
    """Looks at a catalog's commit counter: any commit of any process or thread moves it.

    Asking for the last change through the change log is a query, some 100 microseconds; this asks SQLite for
    a counter in shared memory, some 3 (sqlite.org/pragma.html#pragma_data_version). It is for what is read
    thousands of times a second.

    Parameters
    ----------
    path : Path
        The file.
    read_only : bool
        This process cannot write beside it. Others may do so all the same: a writer that comes is seen by its
        files.
    on_writer : callable
        Called when the files have changed that a reader may have taken as immutable.
    """

    def __init__(
        self, path: Path, *, read_only: bool = False, on_writer: Callable[[], None] = lambda: None
    ) -> None:
        self._path, self._read_only, self._on_writer = path, read_only, on_writer
        self._lock = threading.Lock()
        self._files, self._moved = self._signature(), 0
        with explained(path):
            # Autocommit and never a write: only what others commit moves the counter, so all of it does.
            self._connection = sqlite.connect(path, busy_seconds=0, read_only=read_only)

    def version(self) -> int:
        """Return a number that stays as long as nothing is committed."""
        # Explained afterwards: a context for what hardly ever happens takes as long as all the rest.
        try:
            with self._lock:
                if self._read_only and (files := self._signature()) != self._files:
                    self._on_writer()
                    self._reopen(files)
                (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        except sqlite3.Error as error:
            with explained(self._path):
                raise error
        return int(version) + self._moved

    def lead(self) -> None:
        """Go on as one who can write beside the file; the number moves on."""
        with self._lock, explained(self._path):
            self._read_only = False
            self._reopen(())
            self._connection.execute("PRAGMA data_version").fetchone()

    def _reopen(self, files: Signature) -> None:
        """Begin anew with what the files are now; the number moves on, whatever the new counter says."""
        connection = sqlite.connect(self._path, busy_seconds=0, read_only=self._read_only)
        self._connection.close()
        self._connection = connection
        self._files, self._moved = files, self._moved + _FAR

    def _signature(self) -> Signature:
        """Return what changes when somebody writes, as far as it can be seen from outside."""
        if not self._read_only:
            return ()
        found: list[int] = []
        for path in (self._path, sqlite.log_of(self._path)):
            try:
                stat = path.stat()
            except FileNotFoundError:
                continue
            found += [stat.st_ino, stat.st_size, stat.st_mtime_ns]
        return tuple(found)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()


_FAR = 2**40  # more commits than one counter sees
