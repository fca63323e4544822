"""How often readers were shown a slot and clicked it, counted by day, in its table. Knows no reader.

Nothing but numbers is kept: a day, two stories, a position, two counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.sqlite import insert

from recommender.catalog import writing
from recommender.catalog.catalog import Catalog
from recommender.catalog.tables import block_slot, click_count, story

MOST_A_DAY = 200_000
"""Rows of one day: what anybody may send cannot fill a disk."""


class ClickRow(NamedTuple):
    """Counts of one slot on one day. `day` is ISO 8601, `source` and `target` are ids."""

    day: str
    source: str
    target: str
    position: int
    shown: int
    clicked: int


class SlotClicks(NamedTuple):
    """Counts of one slot in all, and what it says in the stored block now; empty where it stands in none."""

    source: str
    target: str
    position: int
    shown: int
    clicked: int
    role: str
    reasons: str


class ClicksTable:
    """The counts of one catalog. A method that writes is one transaction."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def add(self, rows: Sequence[ClickRow], *, replacing: bool = False) -> int:
        """Add counts to those that are held, or put them in their place; return how many rows were taken.

        Those of stories that are not held are passed over, and new ones of a day that has `MOST_A_DAY`.
        """
        with self._catalog.transaction() as connection:
            nums = writing.nums_of(connection, {id for row in rows for id in (row.source, row.target)})
            count = select(func.count()).select_from(click_count)
            room = {
                day: MOST_A_DAY - connection.execute(count.where(click_count.c.day == day)).scalar_one()
                for day in {row.day for row in rows}
            }
            taken = 0
            for row in rows:
                if row.source not in nums or row.target not in nums:
                    continue
                key = {"day": row.day, "source": nums[row.source], "target": nums[row.target]}
                key |= {"position": row.position}
                is_new = not connection.execute(count.filter_by(**key)).scalar_one()
                if is_new and room[row.day] <= 0:
                    continue
                put = insert(click_count).values(**key, shown=row.shown, clicked=row.clicked)
                sums = {
                    name: put.excluded[name] + (0 if replacing else click_count.c[name])
                    for name in ("shown", "clicked")
                }
                connection.execute(put.on_conflict_do_update(index_elements=list(key), set_=sums))
                room[row.day] -= is_new
                taken += 1
            return taken

    def forget(self, before: str) -> None:
        """Delete the counts of the days before one."""
        with self._catalog.transaction() as connection:
            connection.execute(delete(click_count).where(click_count.c.day < before))

    def since(self, day: str) -> list[SlotClicks]:
        """Return what was counted from a day on, summed over days."""
        source, target = story.alias(), story.alias()
        said = (block_slot.c.source == click_count.c.source) & (block_slot.c.target == target.c.id)
        rows = (
            select(
                source.c.id,
                target.c.id,
                click_count.c.position,
                func.sum(click_count.c.shown),
                func.sum(click_count.c.clicked),
                func.coalesce(func.max(block_slot.c.role), ""),
                func.coalesce(func.max(block_slot.c.reasons), ""),
            )
            .join(source, source.c.num == click_count.c.source)
            .join(target, target.c.num == click_count.c.target)
            .outerjoin(block_slot, said & (block_slot.c.version == 0))
            .where(click_count.c.day >= day)
            .group_by(click_count.c.source, click_count.c.target, click_count.c.position)
            .order_by(click_count.c.source, click_count.c.position, click_count.c.target)
        )
        with self._catalog.snapshot() as connection:
            return [SlotClicks(*row) for row in connection.execute(rows)]
