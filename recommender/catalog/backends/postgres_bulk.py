"""Whole tables into and out of PostgreSQL: rows by COPY, and the numbers that sequences have given out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, cast

import psycopg
from psycopg import sql
from sqlalchemy import Connection, Table, text

from recommender.catalog.backends.base import Rows
from recommender.catalog.tables import metadata
from recommender.errors import ArchiveError, shown

_LINE = re.compile(r"line (\d+)")  # in the context of an error of COPY: the row, from 1


def hold(connection: Connection) -> None:
    """Let a transaction wait for what is done elsewhere, however long that takes."""
    connection.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = 0")


def load(connection: Connection, table: Table, rows: Rows) -> None:
    """Write many new rows by COPY, within the transaction of the connection.

    Raises
    ------
    ArchiveError
        When a row holds what PostgreSQL does not keep, such as U+0000 in a text; names that row.
    """
    columns = sql.SQL(", ").join(map(sql.Identifier, table.columns.keys()))
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(table.name), columns)
    driver = cast("psycopg.Connection[Any]", connection.connection.driver_connection)
    written = 0
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copying:
            for row in rows:
                written += 1
                copying.write_row(row)
    except (psycopg.DataError, psycopg.IntegrityError) as error:
        raise _refused(table, rows, written, error) from error


def _refused(table: Table, rows: Rows, written: int, error: psycopg.Error) -> ArchiveError:
    """Return the error for a row: which one the server says, or else it is the last that was written."""
    said = error.diag.message_primary or str(error)
    line = _LINE.search(error.diag.context or "")
    if line is None and isinstance(error, psycopg.IntegrityError):  # found when all rows were there
        which = f"a row ({error.diag.message_detail or 'the server does not say which'})"
    else:
        which = _called(table, rows[(int(line[1]) if line else written) - 1])
    return ArchiveError(
        f"table {table.name}: PostgreSQL does not keep {which}: {said}; nothing was kept there: mend that in "
        "the archive that moves (send the story again without it, or remove it), and move it then"
    )


def _called(table: Table, row: tuple[object, ...]) -> str:
    """Return a row in words: its key, the stories that it is of, and the story's id."""
    told = [
        f"{column.name} {shown(value)}"
        for column, value in zip(table.columns, row, strict=True)
        if column.primary_key or column.foreign_keys or column.name == "id"
    ]
    return f"the row with {', '.join(told)}"


def given_out(connection: Connection) -> dict[str, int]:
    """Return the last number that each sequence has given out."""
    found = {}
    for table, sequence in _sequences(connection):
        last = connection.exec_driver_sql(
            f"SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END FROM {sequence}"
        )
        found[table.name] = int(last.scalar_one())
    return found


def go_on_from(connection: Connection, given_out: Mapping[str, int]) -> None:
    """Let each sequence go on after these numbers, and after those of the rows that are held."""
    for table, sequence in _sequences(connection):
        (column,) = table.primary_key.columns.keys()
        highest = f"(SELECT max({column}) FROM {table.name})"
        statement = text(f"SELECT setval(:sequence, 1 + greatest(:last, {highest}, 0), false)")
        connection.execute(statement, {"sequence": sequence, "last": given_out.get(table.name, 0)})


def _sequences(connection: Connection) -> Iterator[tuple[Table, str]]:
    """Yield the tables whose rows are numbered by the database, each with the name of its sequence."""
    for table in metadata.sorted_tables:
        if table.autoincrement_column is not None:
            named = text("SELECT pg_get_serial_sequence(:table, :column)")
            values = {"table": table.name, "column": table.autoincrement_column.name}
            if sequence := connection.execute(named, values).scalar():
                yield table, str(sequence)
