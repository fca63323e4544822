"""What editors did to blocks: a list of acts that is only added to. Knows nothing of what they mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, Row, insert, select, update

from recommender.catalog import writing
from recommender.catalog.catalog import Catalog
from recommender.catalog.records import Op
from recommender.catalog.schema import hand


class HandRow(NamedTuple):
    """One act. `targets` are ids; `at` and `undone_at` are in epoch seconds."""

    num: int
    source: str
    act: str
    targets: tuple[str, ...]
    position: int | None
    by: str
    at: int
    undone_by: str | None
    undone_at: int | None


class Hands:
    """The acts of editors, kept in a catalog. A method that writes is one transaction."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def add(
        self, source: str, act: str, targets: Sequence[str], position: int | None, by: str, at: int
    ) -> int:
        """Keep an act and return its number; readers of the block's story hear of it in the change log."""
        row: dict[str, object] = {
            "source": source,
            "act": act,
            "targets": msgspec.json.encode(list(targets)).decode(),
        }
        with self._catalog.transaction() as connection:
            row |= {"position": position, "by": by, "at": at}
            num: int = connection.execute(insert(hand).values(row).returning(hand.c.num)).scalar_one()
            _tell(connection, source, at)
            return num

    def undo(self, num: int, by: str, at: int) -> HandRow | None:
        """Mark an act as undone and return it; None when there is none that stands under this number."""
        with self._catalog.transaction() as connection:
            stands = (hand.c.num == num) & hand.c.undone_at.is_(None)
            done = connection.execute(update(hand).where(stands).values(undone_by=by, undone_at=at))
            if not done.rowcount:
                return None
            row = _read(connection.execute(select(hand).where(hand.c.num == num)).one())
            _tell(connection, row.source, at)
            return row

    def of(self, source: str) -> list[HandRow]:
        """Return all acts on the block of a story, oldest first, the undone ones among them."""
        with self._catalog.snapshot() as connection:
            found = connection.execute(select(hand).where(hand.c.source == source).order_by(hand.c.num))
            return [_read(row) for row in found]

    def standing(self) -> list[HandRow]:
        """Return the acts on all blocks that were not undone, oldest first."""
        with self._catalog.snapshot() as connection:
            found = connection.execute(select(hand).where(hand.c.undone_at.is_(None)).order_by(hand.c.num))
            return [_read(row) for row in found]


def _tell(connection: Connection, source: str, at: int) -> None:
    nums = writing.nums_of(connection, [source])
    writing.log(connection, Op.LINK, list(nums.values()), at)


def _read(row: Row[tuple[object, ...]]) -> HandRow:
    values = row._mapping
    targets = tuple(msgspec.json.decode(values["targets"]))
    return HandRow(**{**values, "targets": targets})
