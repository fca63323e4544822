"""What a PostgreSQL holds of vectors: each publisher's partitions, in tables of whatever shape."""

from __future__ import annotations

import re
from typing import Any

from psycopg import Connection, sql

from index.servers import postgres
from index.servers.pgvector_table import MAKING

_PARTS = """
SELECT part.relname, parent.relname, pg_get_expr(part.relpartbound, part.oid)
FROM pg_inherits
JOIN pg_class part ON part.oid = inhrelid
JOIN pg_class parent ON parent.oid = inhparent
WHERE parent.relkind = 'p' AND parent.relname ~ '^related_vectors_[0-9a-f]{8}$'
AND pg_table_is_visible(parent.oid) AND pg_table_is_visible(part.oid)
ORDER BY part.relname
"""
_BOUND = re.compile(r"FOR VALUES IN \('(.*)'\)", re.DOTALL)


class PgVectorStock:
    """All vectors of a database (see `index.base.Stock`)."""

    def __init__(self, url: str) -> None:
        self._server = postgres.server(url)
        self._calls = self._server.calls

    def publishers(self, prefix: str) -> list[str]:
        """Return whose names begin so: all that have a partition."""

        def read() -> set[str]:
            with self._server.connection() as connection:
                return {publisher for _, _, publisher in _parts(connection)}

        return sorted(each for each in self._calls(read) if each.startswith(prefix))

    def rows(self, publisher: str) -> int:
        """Return how many rows are held of a publisher."""

        def count() -> int:
            with self._server.connection() as connection:
                found = 0
                for part, _, owner in _parts(connection):
                    if owner == publisher:
                        asked = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(part))
                        found += (connection.execute(asked).fetchone() or (0,))[0]
                return found

        return self._calls(count)

    def forget(self, publisher: str) -> None:
        """Drop the partitions of a publisher, and the tables that are without any then."""

        def drop() -> None:
            with self._server.connection() as connection:
                connection.execute("SELECT pg_advisory_xact_lock(%s, 0)", [MAKING])  # none is made meanwhile
                parts = _parts(connection)
                for part, _, owner in parts:
                    if owner == publisher:
                        connection.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(part)))
                ours = {parent for _, parent, owner in parts if owner == publisher}
                for parent in ours - {parent for _, parent, owner in parts if owner != publisher}:
                    connection.execute(sql.SQL("DROP TABLE {}").format(sql.Identifier(parent)))

        self._calls(drop)


def _parts(connection: Connection[Any]) -> list[tuple[str, str, str]]:
    """Return each partition with its table and its publisher."""
    found = connection.execute(_PARTS).fetchall()
    bounds = [(part, parent, _BOUND.fullmatch(bound)) for part, parent, bound in found]
    return [(part, parent, bound[1].replace("''", "'")) for part, parent, bound in bounds if bound]
