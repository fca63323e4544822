"""Settings that editors chose over those of the file: every choice, with who, when and why. None is deleted.

Knows no setting. The newest row holds; to take it back is a row of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from recommender.catalog import values
from recommender.catalog.catalog import Catalog
from recommender.catalog.comparisons import running

_KEY = "chosen_settings"  # setting

Row = Mapping[str, Any]


class ChosenSettings:
    """The choices of one catalog, oldest first. A method that writes is one transaction."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def all(self) -> list[Row]:
        """Return all choices; the number of each is `num`, from 1 without gaps."""
        with self._catalog.snapshot() as connection:
            return list(values.get(connection, _KEY, []))

    def read(self) -> tuple[list[Row], Row | None]:
        """Return all choices, and the comparison that runs, as of one moment."""
        with self._catalog.snapshot() as connection:
            return list(values.get(connection, _KEY, [])), running(connection)

    def add(self, row: Row, after: int) -> int | None:
        """Keep a choice that was made in sight of choice `after`; return its number, None if another came."""
        with self._catalog.transaction() as connection:
            held = list(values.get(connection, _KEY, []))
            if len(held) != after:
                return None
            values.put(connection, _KEY, [*held, {"num": len(held) + 1, **row}])
            return len(held) + 1
