"""A catalog in a file: SQLite's part of what `base.py` asks for. See `sqlite.py`, which speaks to SQLite."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from pathlib import Path

from sqlalchemy import Connection, Engine, Table, inspect

from index.storage.file_checks import make_private
from recommender.catalog.backends import sqlite, sqlite_bulk
from recommender.catalog.backends.base import Rows
from recommender.catalog.backends.catalog_files import CatalogFiles
from recommender.catalog.backends.claims import FileClaim
from recommender.catalog.backends.sqlite_watch import Watch
from recommender.errors import ArchiveBusyError, ArchiveError, NotFoundError


class SqliteFile:
    """The file of a catalog.

    Parameters
    ----------
    path : Path
        Where it is, or is to be.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.place = self.address = str(path)

    def make(self) -> None:
        """Make an empty file that others may not read."""
        try:
            make_private(self.path)
        except OSError as error:
            raise ArchiveError(
                f"catalog {self.path}: {error.strerror}; choose a directory that can be written"
            ) from error

    def need(self) -> None:
        """Raise `NotFoundError` where there is no file."""
        if not self.path.is_file():
            raise NotFoundError(f"no catalog at {self.path}; make an archive with: related init")

    def unwritable(self) -> str:
        """Return why rights keep this process from writing, "" where they do not."""
        return sqlite.unwritable(self.path)

    def open_engine(self, *, busy_seconds: float, read_only: bool) -> Engine:
        """Return an engine; a commit is on the disk before it returns."""
        return sqlite.open_engine(self.path, busy_seconds=busy_seconds, read_only=read_only)

    def writing(self, engine: Engine) -> Engine:
        """Return the engine for transactions that take the file's lock first."""
        return sqlite.writing(engine)

    def prepare(self, engine: Engine) -> None:
        """Turn on the write-ahead log."""
        sqlite.prepare_file(engine)

    def tables(self, connection: Connection) -> list[str]:
        """Return the tables in the file."""
        return inspect(connection).get_table_names()

    def mark(self, connection: Connection) -> None:
        """Write our application id into the file's header."""
        sqlite.mark(connection)

    def is_marked(self, connection: Connection) -> bool:
        """Return whether the file's header holds it."""
        return sqlite.is_marked(connection)

    def explained(self, *, writing: bool = False) -> AbstractContextManager[None]:
        """Turn SQLite's errors into ours."""
        return sqlite.explained(self.path, writing=writing)

    def busy(self) -> ArchiveBusyError:
        """Return the error for a lock that did not come free in time."""
        return sqlite.busy(self.path)

    def watch(self, *, read_only: bool, on_writer: Callable[[], None]) -> Watch:
        """Return what looks at the file's commit counter."""
        return Watch(self.path, read_only=read_only, on_writer=on_writer)

    def listen(self, told: Callable[[], None], stopping: threading.Event) -> None:
        """Return: a file tells nobody."""

    def presence(self) -> CatalogFiles:
        """Return what looks whether the files are where they are now."""
        return CatalogFiles(self.path)

    def claim(self, work: str) -> FileClaim:
        """Return a claim by a file beside the catalog."""
        return FileClaim(self.path.with_name(work))

    def size(self, connection: Connection) -> int:
        """Return the bytes of the file and its log."""
        return sqlite.size(self.path)

    def problems(self, connection: Connection) -> list[str]:
        """Read the whole file and return what SQLite finds wrong with it."""
        return sqlite.problems(connection)

    # In bulk

    def hold(self, connection: Connection) -> None:
        """Return: a file ends no transaction."""

    def load(self, connection: Connection, table: Table, rows: Rows) -> None:
        """Write many new rows."""
        sqlite_bulk.load(connection, table, rows)

    def given_out(self, connection: Connection) -> dict[str, int]:
        """Return the last number given to a row, by the table."""
        return sqlite_bulk.given_out(connection)

    def go_on_from(self, connection: Connection, given_out: Mapping[str, int]) -> None:
        """Give no row a number up to these."""
        sqlite_bulk.go_on_from(connection, given_out)
