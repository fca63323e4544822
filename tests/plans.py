"""How a catalog answers what it is asked: the statements, and which of their plans read a whole table."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, event

from recommender.catalog import Catalog

GROWS = {
    "story", "vector", "change", "link", "block", "block_slot", "hand", "hand_target", "purge", "delivery",
    "told", "aired", "override", "deleted", "set_aside", "origin", "web_story", "rating",
    "click_count", "block_translation", "audit", "team_click", "settings_choice", "comparison",
}  # fmt: skip
Statements = dict[str, object]


@contextmanager
def statements() -> Iterator[Statements]:
    """Collect what is asked of catalogs, each statement once, with its parameters."""
    found: Statements = {}

    def collect(_: object, __: object, statement: str, parameters: object, ___: object, many: bool) -> None:
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
            is_sorted = any(
                "ORDER BY" in detail for detail in details
            )  # all rows are read, to be put in order
            for detail in details:
                scan = re.match(r"SCAN (\w+)", detail)
                if scan and scan[1] in GROWS and not _is_first_of(statement, is_sorted):
                    steps.append(f"{detail}: {statement}")
    return steps


def _is_first_of(statement: str, is_sorted: bool) -> bool:
    """Return whether a scan ends at the first rows: the newest or the next by an index, or a least value."""
    ordered = "LIMIT" in statement and "ORDER BY" in statement
    return "SELECT max(" in statement or "SELECT min(" in statement or (ordered and not is_sorted)
