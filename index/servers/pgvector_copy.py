"""Many rows at once into a table of vectors, by COPY in PostgreSQL's binary form. Knows no filter.

A table of the transaction's own takes them first, and a statement adds or replaces out of it: so the same
rows may come again, and from two processes at once. COPY into the table itself, after a DELETE, takes three
times as long where the rows are there already.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from psycopg import Connection, sql

from index.base import Ids, Vectors

COPIED = 256  # rows from which on this is faster than a statement that takes arrays
BLOCK = 4096  # rows a statement, some 4 MB: each has a second or less to do of the five it may take
_STAGING = sql.Identifier("related_staging")
_BEGIN, _END = b"PGCOPY\n\xff\r\n\0" + bytes(8), b"\xff\xff"
_MAKE = "CREATE TEMPORARY TABLE {} ({}) ON COMMIT DROP"
_COPY = "COPY {} FROM STDIN (FORMAT BINARY)"
_MERGE = """
INSERT INTO {table} (publisher, id, {kept}) SELECT {publisher}, id, {kept} FROM {staging}
ON CONFLICT (publisher, id) DO UPDATE SET {changes}
"""


def copy_rows(
    connection: Connection[Any],
    table: sql.Identifier,
    publisher: str,
    ids: Ids,
    vectors: Vectors,
    columns: Sequence[NDArray[np.int64]],
) -> None:
    """Add or replace rows, within a transaction that the caller ends.

    Parameters
    ----------
    connection : Connection
    table : Identifier
        The partition of the publisher.
    publisher : str
    ids, vectors : arrays (n,), (n, d)
    columns : sequence of int64 arrays (n,)
        The values of ``column0``, ``column1`` and so on.
    """
    names = ["vector", *(f"column{place}" for place in range(len(columns)))]
    kinds = [f"halfvec({vectors.shape[1]})", *("bigint" for _ in columns)]
    shape = ", ".join(["id bigint", *(f"{name} {kind}" for name, kind in zip(names, kinds, strict=True))])
    connection.execute(sql.SQL(_MAKE).format(_STAGING, sql.SQL(shape)))
    copy, empty = sql.SQL(_COPY).format(_STAGING), sql.SQL("TRUNCATE {}").format(_STAGING)
    merge = sql.SQL(_MERGE).format(
        table=table,
        kept=sql.SQL(", ".join(names)),
        publisher=sql.Literal(publisher),
        staging=_STAGING,
        changes=sql.SQL(", ".join(f"{name} = excluded.{name}" for name in names)),
    )
    for start in range(0, len(ids), BLOCK):
        some = slice(start, start + BLOCK)
        with connection.cursor().copy(copy) as stream:
            stream.write(_BEGIN)
            stream.write(packed(ids[some], vectors[some], [each[some] for each in columns]))
            stream.write(_END)
        connection.execute(merge)
        connection.execute(empty)


def may_copy(connection: Connection[Any]) -> bool:
    """Return whether the role may make a table of its own, which anyone may unless that was taken away."""
    asked = "SELECT has_database_privilege(current_database(), 'TEMPORARY')"
    (may,) = connection.execute(asked).fetchone() or (False,)
    return bool(may)


def packed(ids: Ids, vectors: Vectors, columns: Sequence[NDArray[np.int64]]) -> bytes:
    """Return rows as COPY takes them: how many values each has, and of each its length and its bytes."""
    dimension = vectors.shape[1]
    number = [("length", ">i4"), ("value", ">i8")]
    half = [("length", ">i4"), ("dimension", ">i2"), ("unused", ">i2"), ("value", ">f2", (dimension,))]
    numbers = {"id": ids} | {f"column{place}": each for place, each in enumerate(columns)}
    others = [(name, number) for name in numbers if name != "id"]
    rows = np.zeros(len(ids), np.dtype([("count", ">i2"), ("id", number), ("vector", half), *others]))
    rows["count"] = 1 + len(numbers)
    rows["vector"]["length"], rows["vector"]["dimension"] = 4 + 2 * dimension, dimension
    rows["vector"]["value"] = vectors
    for name, values in numbers.items():
        rows[name]["length"], rows[name]["value"] = 8, values
    return rows.tobytes()
