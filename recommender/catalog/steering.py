"""The rules by which a newsroom steers all blocks: kept with who and when, and never deleted.

Knows nothing of what they mean. Whoever adds or ends one makes every block due: pages follow at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, update

from recommender.catalog import values
from recommender.catalog.blocks import next_version
from recommender.catalog.catalog import Catalog
from recommender.catalog.marks import STEERING as _KEY
from recommender.catalog.tables import block

Row = Mapping[str, Any]


class SteeringRules:
    """The rules of one catalog, oldest first. A method that writes is one transaction."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def all(self) -> list[Row]:
        """Return all rules, those that were ended among them; the number of each is `num`."""
        return list(values.decoded(self._catalog.marks().steering, []))

    def add(self, row: Row, at: int) -> int:
        """Keep a rule as of `at` (epoch seconds); return its number."""
        with self._catalog.transaction() as connection:
            held = list(values.get(connection, _KEY, []))
            num = len(held) + 1
            values.put(connection, _KEY, [*held, {"num": num, **row, "at": at}])
            _all_due(connection, at)
            return num

    def end(self, num: int, by: str, at: int) -> bool:
        """Let a rule hold no more; return whether one stood under this number."""
        with self._catalog.transaction() as connection:
            held = list(values.get(connection, _KEY, []))
            standing = [row for row in held if row["num"] == num and "ended_at" not in row]
            if not standing:
                return False
            ended = {"ended_by": by, "ended_at": at}
            values.put(connection, _KEY, [row | ended if row in standing else row for row in held])
            _all_due(connection, at)
            return True


def _all_due(connection: Connection, at: int) -> None:
    row = {"due": at, "stale": "the newsroom steers otherwise", "version": next_version(connection)}
    connection.execute(update(block).values(row))
