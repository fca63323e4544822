"""How a catalog answers what it is asked: the statements, and which of their plans read a whole table."""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine, event

from recommender.catalog import Catalog
from recommender.catalog.tables import metadata

SMALL = {"schema_version", "setting", "model", "api_key", "person", "web_source", "refused", "bulk_job"}
"""Tables that do not grow with what is published, edited, read or watched; a new one is one that does."""
IN_TIME = {"bulk_act"}
"""Tables that are read from their oldest row on to the first young one: `steps` are counted of these."""
WAITING = {"bulk_block_waits"}
"""Indexes of rows that wait for work, and of no others."""
GROWS = set(metadata.tables) - SMALL


class Statements(dict[str, object]):
    """What was asked, each statement once, with its first parameters."""

    def __init__(self) -> None:
        super().__init__()
        self.times: Counter[str] = Counter()

    def total(self) -> int:
        """Return how many were asked, each as often as it was."""
        return self.times.total()


@contextmanager
def statements() -> Iterator[Statements]:
    """Collect what is asked of catalogs, each statement once, with its parameters."""
    found = Statements()

    def collect(_: object, __: object, statement: str, parameters: object, ___: object, many: bool) -> None:
        found.times[statement] += 1
        found.setdefault(statement, parameters[0] if many and isinstance(parameters, list) else parameters)

    event.listen(Engine, "before_cursor_execute", collect)
    try:
        yield found
    finally:
        event.remove(Engine, "before_cursor_execute", collect)


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

    def begin(connection: Connection, _: object, statement: str, *__: object) -> None:
        driver = connection.connection.driver_connection
        assert isinstance(driver, sqlite3.Connection)
        if driver not in asked:
            driver.set_progress_handler(lambda: counted.update([asked[driver]]), 1)
        asked[driver] = statement  # also of the rows that are fetched after it

    event.listen(Engine, "before_cursor_execute", begin)
    try:
        yield counted
    finally:
        event.remove(Engine, "before_cursor_execute", begin)
        for driver in asked:
            driver.set_progress_handler(None, 0)
