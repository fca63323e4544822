"""How often readers were shown a slot and clicked it, counted by day, in its table. Knows no reader.

Nothing but numbers is kept: a day, two stories, a position, two counts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence, Set
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import BigInteger, Connection, cast, delete, func, select, tuple_

from recommender.catalog import writing
from recommender.catalog.backends.statements import in_lists, insert_into
from recommender.catalog.catalog import Catalog
from recommender.catalog.comparisons import Comparisons
from recommender.catalog.tables import block_slot, click_count, story

MOST_A_DAY = 200_000
"""Rows of one day: what anybody may send cannot fill a disk."""
MOST_AT_ONCE = 500
"""Rows of one transaction."""
MOST_READ = 500_000
"""Rows that are read one by one, the newest: 40 MB."""
MOST_POSITION = 50
"""No page shows more slots, so what tells of one below is not measured."""

_KEY = ("day", "source", "target", "position")

Row = dict[str, Any]  # of the table
Counts = NDArray[np.void]  # of the table, with the fields of `BY_DAY`

_NUMBERS = ("source", "target", "position", "shown", "clicked")
BY_DAY = np.dtype([("day", "U10"), *((name, np.int64) for name in _NUMBERS)])
"""Rows of the table; `source` and `target` are nums."""


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
    """The counts of one catalog; `comparisons` has those by team.

    A method that writes is one transaction, but for `add` and `forget`.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog, self.comparisons = catalog, Comparisons(catalog)

    def held(self, ids: Set[str]) -> Set[str]:
        """Return those ids of which a story is held."""
        return self._catalog.nums_of(ids).keys()

    def add(self, rows: Sequence[ClickRow], *, replacing: bool = False) -> int:
        """Add counts to those that are held, or put them in their place; return how many rows were taken.

        Those of stories that are not held are passed over, and new ones of a day that has `MOST_A_DAY`. Each
        `MOST_AT_ONCE` are a transaction, so that no other writer waits for long.
        """
        return sum(
            self._put(rows[start : start + MOST_AT_ONCE], replacing=replacing)
            for start in range(0, len(rows), MOST_AT_ONCE)
        )

    def _put(self, rows: Sequence[ClickRow], *, replacing: bool) -> int:
        with self._catalog.transaction() as connection:
            nums = writing.nums_of(connection, {id for row in rows for id in (row.source, row.target)})
            known = [
                row._asdict() | {"source": nums[row.source], "target": nums[row.target]}
                for row in rows
                if row.source in nums and row.target in nums
            ]
            if taken := _with_room(connection, known):
                _put(connection, taken, replacing=replacing)
            return len(taken)

    def forget(self, before: str) -> None:
        """Delete the counts of the days before one, `MOST_AT_ONCE` rows a transaction: see `add`."""
        key = [click_count.c[name] for name in _KEY]
        some = select(*key).where(click_count.c.day < before).limit(MOST_AT_ONCE)
        gone = MOST_AT_ONCE
        while gone == MOST_AT_ONCE:
            with self._catalog.transaction() as connection:
                gone = connection.execute(delete(click_count).where(tuple_(*key).in_(some))).rowcount
        while self.comparisons.forget(before, MOST_AT_ONCE) == MOST_AT_ONCE:
            pass

    def by_day(self, first: str, end: str) -> Counts:
        """Return what was counted from a day on and before another, as it is kept, `MOST_READ` at most."""
        day, *others = (click_count.c[name] for name in BY_DAY.names or ())
        rows = (
            select(day, *others)
            .where(day >= first, day < end)
            .order_by(day.desc(), *others[:3])
            .limit(MOST_READ)
        )
        with self._catalog.snapshot() as connection:
            return np.fromiter((tuple(row) for row in connection.execute(rows)), BY_DAY)

    def since(self, day: str) -> list[SlotClicks]:
        """Return what was counted from a day on, summed over days."""
        source, target = story.alias(), story.alias()
        said = (block_slot.c.source == click_count.c.source) & (block_slot.c.target == target.c.id)
        rows = (
            select(
                source.c.id,
                target.c.id,
                click_count.c.position,
                cast(func.sum(click_count.c.shown), BigInteger),
                cast(func.sum(click_count.c.clicked), BigInteger),
                func.coalesce(func.max(block_slot.c.role), ""),
                func.coalesce(func.max(block_slot.c.reasons), ""),
            )
            .join(source, source.c.num == click_count.c.source)
            .join(target, target.c.num == click_count.c.target)
            .outerjoin(block_slot, said & (block_slot.c.version == 0))
            .where(click_count.c.day >= day)
            .group_by(source.c.num, target.c.num, click_count.c.position)
            .order_by(source.c.num, click_count.c.position, target.c.num)
        )
        with self._catalog.snapshot() as connection:
            return [SlotClicks(*row) for row in connection.execute(rows)]


def _put(connection: Connection, rows: list[Row], *, replacing: bool) -> None:
    put = insert_into(connection, click_count)
    sums = {
        name: put.excluded[name] + (0 if replacing else click_count.c[name]) for name in ("shown", "clicked")
    }
    connection.execute(put.on_conflict_do_update(index_elements=list(_KEY), set_=sums), rows)


def _with_room(connection: Connection, rows: list[Row]) -> list[Row]:
    """Return the rows without those that would be new on a day that is full."""
    count = select(click_count.c.day, func.count()).group_by(click_count.c.day)
    room = Counter({row["day"]: MOST_A_DAY for row in rows})
    for days in in_lists(room):
        for day, times in connection.execute(count.where(click_count.c.day.in_(days))):
            room[day] -= times
    if not Counter(row["day"] for row in rows) - room:
        return rows
    columns = [click_count.c[name] for name in _KEY]
    keys = [tuple(row[name] for name in _KEY) for row in rows]
    held = {
        tuple(found)
        for some in in_lists(keys, len(_KEY))
        for found in connection.execute(select(*columns).where(tuple_(*columns).in_(some)))
    }
    taken = []
    for key, row in zip(keys, rows, strict=True):
        if key not in held:
            if room[row["day"]] <= 0:
                continue
            room[row["day"]] -= 1
            held.add(key)
        taken.append(row)
    return taken
