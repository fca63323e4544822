"""All that is peculiar to SQLite: how a file is opened, locked, recognised, checked; what its errors mean.

Another database is another module with these names.
"""

from __future__ import annotations

import functools
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Dialect, Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool
from sqlalchemy.util import LRUCache

from recommender.catalog.records import DAMAGED
from recommender.errors import ArchiveBusyError, ArchiveDiskError, ArchiveError, NotFoundError, shown

APPLICATION_ID = 0x52454C53  # "RELS" in the file's header (sqlite.org/fileformat.html, offset 68)
SYNCHRONOUS = "FULL"  # see `open_engine`
COMPILED = 1000  # statements that are kept: SQLAlchemy's default for one engine is half as many
_WAL_LIMIT = 64 * 2**20  # bytes that the log keeps on disk after a large batch was folded into the main file
_PRIMARY = 0xFF  # the low byte of an extended result code (sqlite.org/rescode.html)
_BEGIN = "begin"  # the execution option that names how a transaction starts


def open_engine(path: Path, *, busy_seconds: float, read_only: bool) -> Engine:
    """Return an engine whose transactions begin when SQLAlchemy says so, not when the driver guesses.

    A commit is on the disk before it returns (synchronous=FULL): what is acknowledged outlives a power cut.
    """
    engine = create_engine(
        "sqlite+pysqlite://",
        creator=lambda: connect(path, busy_seconds=busy_seconds, read_only=read_only),
        poolclass=QueuePool,
        pool_use_lifo=True,  # the one used last has the pages at hand: others' caches stay small
        max_overflow=-1,  # as many as threads ask for: one is a few file handles, waiting is a stalled page
    )
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    engine.dialect, cache = _compiling()
    engine.update_execution_options(compiled_cache=cache)
    return engine


@functools.cache
def _compiling() -> tuple[Dialect, LRUCache[Any, Any]]:
    """Return the dialect by which all compile, and where what was compiled is kept: each statement once.

    SQLAlchemy keeps that apart for each dialect: of many archives in one process each would take some 10 ms
    for its first block, and megabytes.
    """
    engine = create_engine("sqlite+pysqlite://")
    with engine.connect():  # a dialect asks its first connection what the library can do
        pass
    engine.dispose()
    return engine.dialect, LRUCache(COMPILED)


def writing(engine: Engine) -> Engine:
    """Return the engine for transactions that write: they take the lock first, so none fails half way."""
    return engine.execution_options(**{_BEGIN: "IMMEDIATE"})


def connect(path: Path, *, busy_seconds: float, read_only: bool) -> sqlite3.Connection:
    """Return a connection to a file that exists, in autocommit.

    Even to read, SQLite needs an index of the log beside the file, made by who opens it first. Where nobody
    has and this process cannot, the file is taken as immutable, unless a log was left that holds a part of
    the truth (sqlite.org/wal.html#read_only_databases). Who reads on has to look whether one appears: see
    `Watch`.
    """
    connection = _connected(path, "mode=ro" if read_only else "mode=rw", busy_seconds)
    if not read_only:
        return connection
    try:
        connection.execute("PRAGMA schema_version").fetchone()
        return connection
    except sqlite3.OperationalError:
        connection.close()
        if _size(log_of(path)):
            raise
        return _connected(path, "mode=ro&immutable=1", busy_seconds)


def _connected(path: Path, mode: str, busy_seconds: float) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?{mode}",
        uri=True,
        timeout=busy_seconds,
        check_same_thread=False,
        isolation_level=None,
    )


def log_of(path: Path) -> Path:
    """Return where a file's write-ahead log is while there is one."""
    return path.with_name(path.name + "-wal")


def on_read_only_medium(path: Path) -> bool:
    """Return whether nobody can write where a path is, whatever their rights."""
    return hasattr(os, "statvfs") and bool(os.statvfs(path).f_flag & os.ST_RDONLY)


def unwritable(path: Path) -> str:
    """Return why rights keep this process from writing a file and its neighbours, "" where they do not."""
    if on_read_only_medium(path):
        return "it is on a read-only medium"
    closed = [each for each in (path, path.parent) if not os.access(each, os.W_OK)]
    return f"this user may not write {closed[0]}" if closed else ""


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _prepare(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    for pragma in ("foreign_keys=ON", f"synchronous={SYNCHRONOUS}", f"journal_size_limit={_WAL_LIMIT}"):
        connection.cursor().execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    how = connection.get_execution_options().get(_BEGIN, "DEFERRED")
    with closing(connection.connection.cursor()) as cursor:  # SQLAlchemy would take as long as a question
        cursor.execute(f"BEGIN {how}")


def prepare_file(engine: Engine) -> None:
    """Turn on the write-ahead log, which the file remembers: readers and the writer do not wait."""
    with closing(
        engine.raw_connection()
    ) as connection:  # not inside a transaction, where it could not change
        connection.cursor().execute("PRAGMA journal_mode=WAL")


def mark(connection: Connection) -> None:
    """Write our application id into the file's header, as a part of the transaction."""
    connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")


def is_marked(connection: Connection) -> bool:
    """Return whether the file's header holds our application id."""
    return connection.exec_driver_sql("PRAGMA application_id").scalar() == APPLICATION_ID


def problems(connection: Connection) -> list[str]:
    """Return what SQLite finds wrong with the file: torn pages, broken indexes, dangling references."""
    found = [str(row[0]) for row in connection.exec_driver_sql("PRAGMA integrity_check")]
    dangling = [f"row {row[1]} of {row[0]} refers to a missing {row[2]}" for row in _foreign_keys(connection)]
    return [text for text in found if text != "ok"] + dangling


def _foreign_keys(connection: Connection) -> list[Any]:
    return list(connection.exec_driver_sql("PRAGMA foreign_key_check"))


def copy(path: Path, to: Path, *, without: Sequence[str] = ()) -> None:
    """Copy a file that may be in use, as of one moment, to a path where there is none. No writer waits.

    What is kept under the settings `without` is left out, with its bytes.
    """
    with (
        explained(path),
        closing(connect(path, busy_seconds=5, read_only=True)) as source,
        closing(sqlite3.connect(to)) as target,
    ):
        source.backup(target)
        if without:
            target.execute("PRAGMA secure_delete=ON")
            target.executemany("DELETE FROM setting WHERE key = ?", [(key,) for key in without])
            target.commit()


def counts(path: Path) -> dict[str, int]:
    """Check every page of a file that nobody writes, and return how many rows each of its tables has.

    Raises
    ------
    ArchiveError
        When it is damaged, or no catalog.
    """
    uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    with explained(path), closing(sqlite3.connect(uri, uri=True)) as connection:
        found = [row[0] for row in connection.execute("PRAGMA integrity_check")]
        mark = connection.execute("PRAGMA application_id").fetchone()[0]
        if found != ["ok"] or mark != APPLICATION_ID:
            raise ArchiveError(f"catalog {path}: {DAMAGED}")
        tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
        names = [name for (name,) in tables.fetchall() if not name.startswith("sqlite_")]
        return {name: connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}


def schema(path: Path) -> int:
    """Return the version of the schema in a file, whatever it is, and change nothing."""
    with explained(path), closing(connect(path, busy_seconds=5, read_only=True)) as connection:
        return int(connection.execute("SELECT version FROM schema_version").fetchone()[0])


def is_in_use(path: Path) -> bool:
    """Return whether another connection, of this process or another, holds a file open."""
    with closing(connect(path, busy_seconds=0, read_only=False)) as connection:
        try:
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.DatabaseError as error:
            return getattr(error, "sqlite_errorcode", 0) & _PRIMARY == sqlite3.SQLITE_BUSY
    return False


def size(path: Path) -> int:
    """Return the bytes that the file and its log take."""
    return _size(path) + _size(log_of(path))


@contextmanager
def explained(path: Path, *, writing: bool = False) -> Iterator[None]:
    """Turn the driver's errors into ours, each with its way out.

    Raises
    ------
    ArchiveBusyError
        When another process held the write lock for longer than the time allowed.
    ArchiveError
        When the disk is full, or the file is damaged, unreadable or not a database.
    NotFoundError
        When something was looked up by a text that is no Unicode (half a surrogate pair, say).
    """
    try:
        yield
    except OverflowError as error:
        raise NotFoundError("nothing is held under a number of more than 64 bits") from error
    except UnicodeEncodeError as error:
        raise NotFoundError(
            f"nothing is held under {shown(error.object)}, which is not Unicode text"
        ) from error
    except DBAPIError as error:
        if not isinstance(error.orig, sqlite3.Error):
            raise
        raise _explain(path, error.orig, writing) from error
    except sqlite3.Error as error:
        raise _explain(path, error, writing) from error


def _explain(path: Path, error: sqlite3.Error, writing: bool) -> ArchiveError:
    code = getattr(error, "sqlite_errorcode", None)
    primary = code & _PRIMARY if isinstance(code, int) else None
    if primary in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return busy(path)
    if primary == sqlite3.SQLITE_CANTOPEN and _size(log_of(path)):
        return ArchiveDiskError(f"catalog {path}: {error}; {_LOG_LEFT}")
    lost = _NOT_WRITTEN if writing else _NOTHING_LOST
    way_out = _WAYS_OUT.get(primary or 0, "{lost}").format(lost=lost)
    return (ArchiveDiskError if primary in _OF_DISK else ArchiveError)(f"catalog {path}: {error}; {way_out}")


def busy(path: Path) -> ArchiveBusyError:
    """Return the error for a write lock that did not come free in time."""
    return ArchiveBusyError(
        f"catalog {path}: another writer holds it and did not finish in time; nothing was written: "
        "try again, or raise busy_seconds"
    )


_NOTHING_LOST = "nothing that was acknowledged is lost"
_NOT_WRITTEN = f"this batch was not written and {_NOTHING_LOST}"
_LOG_LEFT = (
    "its newest stories are in the -wal file beside it, which is read only where that directory can be "
    "written: open it there once, or copy the whole directory to such a place"
)
_OF_DISK = {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
}
_WAYS_OUT = {
    sqlite3.SQLITE_FULL: "{lost}: free some space and try again",
    sqlite3.SQLITE_IOERR: "{lost}: check the disk (full, over quota, failing) and try again",
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
    sqlite3.SQLITE_READONLY: "it was opened for reading or may not be written: check its owner and mode",
    sqlite3.SQLITE_CANTOPEN: "check that the directory exists and that this user may write in it",
}
