"""A whole catalog copied into another database, all or nothing, and compared there row by row. Knows no file.

What is copied is every row of every table as of one moment, and which numbers were given out: none of a story
that was deleted is given to another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypeVar

import msgspec
from sqlalchemy import Connection, Float, Select, Table, select

from recommender.catalog.backends import backend_at
from recommender.catalog.backends.base import Backend, Rows
from recommender.catalog.database import BUSY_SECONDS, MOVES_TO, Database
from recommender.catalog.tables import metadata, setting
from recommender.errors import ArchiveError, NotFoundError

_ROWS = 2000  # at once: some 30 MB of vectors
_DIGEST_BYTES = 16
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Content:
    """What a table holds.

    Attributes
    ----------
    rows : int
        How many.
    checksum : str
        The sum of the BLAKE2 digests of all rows, in hexadecimal: the same in whatever order they are read.
    """

    rows: int
    checksum: str

    @classmethod
    def of(cls, parts: Iterable[Rows]) -> Self:
        """Return what some rows are, however they are parted."""
        count, total = 0, 0
        for rows in parts:
            count += len(rows)
            for row in rows:
                digest = hashlib.blake2b(msgspec.msgpack.encode(row), digest_size=_DIGEST_BYTES).digest()
                total += int.from_bytes(digest, "big")
        return cls(count, f"{total % 256**_DIGEST_BYTES:0{2 * _DIGEST_BYTES}x}")


def look(at: Path | str, ask: Callable[[Connection], T]) -> T | None:
    """Ask the catalog at a place, of whatever version; None where none was committed yet. Changes nothing.

    Raises
    ------
    ArchiveError
        When it cannot be asked: it is damaged, does not answer, or is the database of another program.
    """
    backend = backend_at(at)
    try:
        backend.need()
    except NotFoundError:
        return None
    engine = backend.open_engine(busy_seconds=BUSY_SECONDS, read_only=bool(backend.unwritable()))
    try:
        with backend.explained(), engine.begin() as connection:
            if not backend.tables(connection):
                return None
            if not backend.is_marked(connection):
                raise ArchiveError(f"{backend.place} is the database of another program; name another place")
            return ask(connection)
    finally:
        engine.dispose()


def copy(
    catalog: Database,
    to: Path | str,
    *,
    once_held: Callable[[], object] = lambda: None,
    before_commit: Callable[[], object] = lambda: None,
) -> dict[str, Content]:
    """Copy a catalog, as of one moment, to where there is none; return what each table holds there.

    It is one transaction of the target: until it is committed, and wherever this is killed before, there is
    no catalog there. What was written is read again and compared first.

    Parameters
    ----------
    catalog : Database
        Of whatever kind; others may read and write it meanwhile.
    to : path or str
        A file, or the address of a database.
    once_held : callable
        Called when the place is known to be empty and nobody else can make a catalog there.
    before_commit : callable
        Called when nothing is left but to commit.

    Raises
    ------
    ArchiveError
        When there is a catalog already, the place cannot be written, or what it holds is not what was read.
    """
    origin, backend = backend_at(catalog.address), backend_at(to)
    backend.make()
    engine = backend.open_engine(busy_seconds=BUSY_SECONDS, read_only=False)
    try:
        with backend.explained():
            backend.prepare(engine)
        with backend.explained(writing=True), backend.writing(engine).begin() as target:
            if backend.tables(target):
                raise ArchiveError(
                    f"catalog {backend.place} exists already; move to another place, or take that one away"
                )
            backend.hold(target)
            once_held()
            metadata.create_all(target)
            with catalog.snapshot() as source:
                read = {table.name: _copied(source, target, backend, table) for table in _tables()}
                given_out = origin.given_out(source)
            backend.go_on_from(target, given_out)
            written = {table.name: content_of(target, table) for table in _tables()}
            _need_same(backend.place, read, written)
            backend.mark(target)
            before_commit()
        return written
    finally:
        engine.dispose()


def content_of(connection: Connection, table: Table) -> Content:
    """Return what a table holds, but for the note that the archive moves."""
    return Content.of(_rows(connection, table))


def _tables() -> list[Table]:
    """Return all tables, each after those that it refers to."""
    return metadata.sorted_tables


def _of(table: Table) -> Select[tuple[object, ...]]:
    """Return the question for what moves: all of a table, but for the note that it does."""
    return select(table).where(setting.c.key != MOVES_TO) if table is setting else select(table)


def _rows(connection: Connection, table: Table) -> Iterator[Rows]:
    """Yield the rows of a table, some at once."""
    found = connection.execute(_of(table), execution_options={"yield_per": _ROWS})
    has_numbers = any(isinstance(column.type, Float) for column in table.columns)
    make = _without_negative_zero if has_numbers else tuple
    return ([make(row) for row in part] for part in found.partitions())


def _without_negative_zero(row: Iterable[object]) -> tuple[object, ...]:
    """Return a row as SQLite keeps it: a whole number is an integer on its disk, and none of these is -0."""
    return tuple(value + 0.0 if isinstance(value, float) else value for value in row)


def _copied(source: Connection, target: Connection, backend: Backend, table: Table) -> Content:
    def passed_on() -> Iterator[Rows]:
        for rows in _rows(source, table):
            backend.load(target, table, rows)
            yield rows

    return Content.of(passed_on())


def _need_same(place: str, read: Mapping[str, Content], written: Mapping[str, Content]) -> None:
    for table, content in read.items():
        if written[table] != content:
            raise ArchiveError(
                f"catalog {place}: table {table} holds {written[table].rows:,} rows with checksum "
                f"{written[table].checksum}, and {content.rows:,} with {content.checksum} were read; nothing "
                "was kept there, and the archive is as it was: look at both disks, and try again"
            )
