"""Whole tables into and out of a file of SQLite, and the numbers that it has given out."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection, Table, insert

from recommender.catalog.backends.base import Rows
from recommender.catalog.tables import metadata


def load(connection: Connection, table: Table, rows: Rows) -> None:
    """Write many new rows by one prepared statement."""
    if rows:
        names = table.columns.keys()
        connection.execute(insert(table), [dict(zip(names, row, strict=True)) for row in rows])


def given_out(connection: Connection) -> dict[str, int]:
    """Return the last numbers of the tables that give none twice (sqlite.org/autoinc.html)."""
    found = connection.exec_driver_sql("SELECT name, seq FROM sqlite_sequence")
    return {name: int(last) for name, last in found if name in metadata.tables}


def go_on_from(connection: Connection, given_out: Mapping[str, int]) -> None:
    """Let those tables go on after these numbers; that of the highest row held is noted by SQLite itself."""
    for table in metadata.sorted_tables:
        last = given_out.get(table.name, 0)
        if not table.dialect_options["sqlite"]["autoincrement"] or not last:
            continue
        noted = connection.exec_driver_sql(
            "UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?", (last, table.name)
        )
        if not noted.rowcount:
            connection.exec_driver_sql(
                "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table.name, last)
            )
