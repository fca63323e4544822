"""How a catalog answers what it is asked: the statements, and which of their plans read a whole table."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from sqlalchemy import Connection, Dialect, Engine, event
from sqlalchemy.pool import PoolProxiedConnection

from recommender.catalog import Catalog
from recommender.catalog.backends.statements import Question
from recommender.catalog.tables import metadata

SMALL = {"schema_version", "setting", "model", "api_key", "person", "web_source", "refused", "bulk_job"}
"""Tables that do not grow with what is published, edited, read or watched; a new one is one that does."""
IN_TIME = {"bulk_act"}
"""Tables that are read from their oldest row on to the first young one: `steps` are counted of these."""
WAITING = {"bulk_block_waits"}
"""Indexes of rows that wait for work, and of no others."""
GROWS = set(metadata.tables) - SMALL


class Statements(dict[str, Any]):
    """What was asked, each statement once, with its first parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.times: Counter[str] = Counter()

    def total(self) -> int:
        """Return how many were asked, each as often as it was."""
        return self.times.total()


@contextmanager
def _asked(told: Callable[[PoolProxiedConnection, str, object], None]) -> Iterator[None]:
    """Tell of each statement before it is asked, by SQLAlchemy or as a `Question` of the driver."""
    rows = Question.rows

    def executed(connection: Connection, _: object, text: str, values: Any, __: object, many: bool) -> None:
        told(connection.connection, text, values[0] if many and isinstance(values, list) else values)

    def questioned(
        self: Question,
        connection: PoolProxiedConnection,
        dialect: Dialect,
        some: Sequence[object],
        others: Mapping[str, object],
    ) -> list[tuple[Any, ...]]:
        text, values = self.asked(dialect, some, others)
        told(connection, text, tuple(values))
        return rows(self, connection, dialect, some, others)

    def begun(connection: Connection) -> None:
        told(connection.connection, "BEGIN", ())

    event.listen(Engine, "before_cursor_execute", executed)
    event.listen(Engine, "begin", begun)
    try:
        with patch.object(Question, "rows", questioned):
            yield
    finally:
        event.remove(Engine, "before_cursor_execute", executed)
        event.remove(Engine, "begin", begun)


@contextmanager
def statements() -> Iterator[Statements]:
    """Collect what is asked of catalogs, each statement once, with its parameters."""
    found = Statements()

    def collect(_: object, statement: str, parameters: object) -> None:
        found.times[statement] += 1
        found.setdefault(statement, parameters)

    with _asked(collect):
        yield found


def scans(catalog: Catalog, found: Statements) -> list[str]:
    """Return the steps of the statements' plans that read a table that grows, from end to end."""
    steps = []
    with catalog.snapshot() as connection:
        for statement, parameters in found.items():
            if not re.match(r"\s*(SELECT|UPDATE|DELETE|INSERT|WITH)", statement):
                continue
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            details = [row.detail for row in plan]
            for detail in details:
                scan = re.match(r"SCAN (\w+?)(_\d+)?( |$)", detail)  # by an alias, too
                if scan and scan[1] in GROWS and not _passes_few(statement, scan[1], detail):
                    steps.append(f"{detail}: {statement}")
    return steps


def _passes_few(statement: str, table: str, detail: str) -> bool:
    """Return whether a scan ends at the first row, in the order of an index, or reads what waits alone."""
    if table in IN_TIME or any(f"INDEX {name}" in detail for name in WAITING):
        return True
    first = rf"FROM {table}( AS \w+)?\s+ORDER BY [\w.\"]+( DESC)?(, [\w.\"]+( DESC)?)*\s+LIMIT"
    return re.search(first, statement) is not None


@contextmanager
def steps() -> Iterator[Counter[str]]:
    """Count the steps of SQLite's machine by statement: some for each row and column that it looks at."""
    counted: Counter[str] = Counter()
    asked: dict[sqlite3.Connection, str] = {}

    def begin(connection: PoolProxiedConnection, statement: str, _: object) -> None:
        driver = connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        if driver not in asked:
            driver.set_progress_handler(lambda: counted.update([asked[driver]]), 1)
        asked[driver] = statement  # also of the rows that are fetched after it

    try:
        with _asked(begin):
            yield counted
    finally:
        for driver in asked:
            driver.set_progress_handler(None, 0)
