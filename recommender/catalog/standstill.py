"""An archive that moves to another place stands still: it is read, and nobody writes it. Knows no places."""

from __future__ import annotations

from recommender.catalog import values
from recommender.catalog.database import MOVES_TO, Database


def moves_to(catalog: Database) -> str:
    """Return the place to which a catalog moves, or has moved; "" where it does not."""
    with catalog.snapshot() as connection:
        return str(values.get(connection, MOVES_TO, ""))


def stand_still(catalog: Database, to: str) -> None:
    """Let nobody write a catalog from here on: all of it moves to the place `to`."""
    with catalog.transaction(moving=True) as connection:
        values.put(connection, MOVES_TO, to)


def go_on(catalog: Database) -> None:
    """Let a catalog be written again: it moves nowhere."""
    with catalog.transaction(moving=True) as connection:
        values.forget(connection, MOVES_TO)
