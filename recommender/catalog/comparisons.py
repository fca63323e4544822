"""Comparisons of two settings by readers' clicks: which one runs, which ran, what was clicked, by team.

Nothing is kept of a reader: a day, a story, a team, two counts. Knows no settings and ranks nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, update

from recommender.catalog import values, writing
from recommender.catalog.backends.statements import in_lists, insert_into
from recommender.catalog.blocks import next_version
from recommender.catalog.catalog import Catalog
from recommender.catalog.tables import block, story, team_click

_KEY = "comparisons"  # setting
NOW, TRIED = "now", "tried"
TEAMS = (NOW, TRIED)
"""The settings that hold, and those that are compared with them."""

Row = Mapping[str, Any]


class TeamClicks(NamedTuple):
    """How often the slots of one team were shown and clicked on one day. `source` is the block's story."""

    comparison: int
    day: str
    source: str
    team: str
    shown: int
    clicked: int


def running(connection: Connection) -> Row | None:
    """Return the comparison that runs, or None."""
    held = values.get(connection, _KEY, [])
    return held[-1] if held and "ended_at" not in held[-1] else None


class Comparisons:
    """The comparisons of one catalog. A method that writes is one transaction."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def all(self) -> list[Row]:
        """Return all comparisons, oldest first; the number of each is `num`, from 1 without gaps."""
        with self._catalog.snapshot() as connection:
            return list(values.get(connection, _KEY, []))

    def start(self, row: Row, at: int, since: int) -> int | None:
        """Begin one, and make the blocks of the stories since a moment due; None where one runs already."""
        with self._catalog.transaction() as connection:
            held = list(values.get(connection, _KEY, []))
            if running(connection) is not None:
                return None
            values.put(connection, _KEY, [*held, {"num": len(held) + 1, **row, "at": at}])
            _due(connection, at, since)
            return len(held) + 1

    def stop(self, by: str, at: int, since: int) -> bool:
        """End the one that runs; return whether one did."""
        with self._catalog.transaction() as connection:
            held = list(values.get(connection, _KEY, []))
            if running(connection) is None:
                return False
            held[-1] = held[-1] | {"ended_by": by, "ended_at": at}
            values.put(connection, _KEY, held)
            _due(connection, at, since)
            return True

    def add(self, rows: Sequence[TeamClicks], since: int) -> None:
        """Add counts of the comparison that runs; others, and those of older stories, are left out."""
        with self._catalog.transaction() as connection:
            held = running(connection)
            nums = writing.nums_of(connection, {row.source for row in rows})
            recent = {
                num
                for some in in_lists(nums.values())
                for num in connection.execute(
                    select(story.c.num).where(story.c.num.in_(some), story.c.published >= since)
                ).scalars()
            }
            known = [
                row._asdict() | {"source": nums[row.source]}
                for row in rows
                if held is not None and row.comparison == held["num"] and nums.get(row.source) in recent
            ]
            if known:
                put = insert_into(connection, team_click)
                sums = {name: put.excluded[name] + team_click.c[name] for name in ("shown", "clicked")}
                keys = ("comparison", "day", "source", "team")
                connection.execute(put.on_conflict_do_update(index_elements=keys, set_=sums), known)

    def counts(self, num: int) -> list[TeamClicks]:
        """Return what was counted of a comparison, in order of days."""
        columns = [team_click.c[name] for name in TeamClicks._fields]
        columns[2] = story.c.id
        rows = select(*columns).join(story, story.c.num == team_click.c.source)
        rows = rows.where(team_click.c.comparison == num).order_by(team_click.c.day, team_click.c.source)
        with self._catalog.snapshot() as connection:
            return [TeamClicks(*row) for row in connection.execute(rows)]


def _due(connection: Connection, at: int, since: int) -> None:
    row = {"due": at, "stale": "settings are compared", "version": next_version(connection)}
    recent = select(story.c.num).where(story.c.published >= since)
    connection.execute(update(block).where(block.c.source.in_(recent)).values(row))
