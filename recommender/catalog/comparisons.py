"""Comparisons of two settings by readers' clicks: which one runs, which ran, what was clicked, by team.

Nothing is kept of a reader: a day, a story, a team, two counts. Knows no settings and ranks nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Connection, case, cast, delete, func, insert, select, tuple_, update

from recommender.catalog import audit, writing
from recommender.catalog.audit import Entry
from recommender.catalog.backends.statements import in_lists, insert_into
from recommender.catalog.catalog import Catalog
from recommender.catalog.setting_rows import from_columns, in_words, to_columns
from recommender.catalog.tables import block, comparison, settings_choice, story, team_click
from recommender.story.story import ALWAYS_UNTIL

NOW, TRIED = "now", "tried"
TEAMS = (NOW, TRIED)
"""The settings that hold, and those that are compared with them."""

Row = Mapping[str, Any]
_ABOVE_ALL = 2**31 - 1  # no comparison has this number
_NEWEST_FIRST = select(comparison).order_by(comparison.c.num.desc())


class TeamClicks(NamedTuple):
    """How often the slots of one team were shown and clicked on one day. `source` is the block's story."""

    comparison: int
    day: str
    source: str
    team: str
    shown: int
    clicked: int


def running(connection: Connection) -> Row | None:
    """Return the comparison that runs, without what was counted, or None."""
    held = connection.execute(_NEWEST_FIRST.limit(1)).first()
    return from_columns(held) if held is not None and held.ended_at is None else None


def last_choice(connection: Connection) -> int:
    """Return the number of the choice of settings that holds, 0 for none."""
    return connection.execute(select(func.max(settings_choice.c.num))).scalar() or 0


class Comparisons:
    """The comparisons of one catalog; the number of each is `num`, from 1 without gaps.

    A method that writes is one transaction.
    """

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def all(self, most: int | None = None) -> list[Row]:
        """Return the comparisons, or so many of the newest, oldest first, with what was counted of each."""
        with self._catalog.snapshot() as connection:
            found = [from_columns(row) for row in connection.execute(_NEWEST_FIRST.limit(most))]
            return [
                row if row["wins"] is not None else row | _counted(connection, row["num"])
                for row in reversed(found)
            ]

    def start(self, row: Row, at: int, since: int, choice: int) -> int | None:
        """Begin one, and make the blocks of the stories since a moment due; return its number.

        None where one runs already, or another choice of settings holds than `choice`.
        """
        with self._catalog.transaction() as connection:
            if running(connection) is not None or last_choice(connection) != choice:
                return None
            num = (connection.execute(select(func.max(comparison.c.num))).scalar() or 0) + 1
            connection.execute(insert(comparison).values(to_columns({**row, "num": num, "at": at})))
            said = Entry(at, "comparison.start", str(num), row["by"], note=in_words(row["values"]))
            audit.write(connection, said)
            _due(connection, at, since)
            return num

    def stop(self, by: str, at: int, since: int, named: int | None = None) -> bool:
        """End the one that runs, or the `named` where it does, and keep the counts; return whether it did."""
        with self._catalog.transaction() as connection:
            held = running(connection)
            if held is None or named not in (None, held["num"]):
                return False
            num = held["num"]
            ended = {"ended_by": by, "ended_at": at, **_counted(connection, num)}
            connection.execute(update(comparison).where(comparison.c.num == num).values(ended))
            audit.write(connection, Entry(at, "comparison.stop", str(num), by))
            _due(connection, at, since)
            return True

    def forget(self, before: str, most: int) -> int:
        """Delete up to `most` rows of days before one, but for the comparison that runs; return how many.

        Of those that have ended the sums are kept.
        """
        key = list(team_click.primary_key.columns)
        with self._catalog.transaction() as connection:
            held = running(connection)
            ended = team_click.c.comparison < (held["num"] if held else _ABOVE_ALL)
            old = ended & (team_click.c.day < before)
            some = select(*key).where(old).limit(most)
            return connection.execute(delete(team_click).where(tuple_(*key).in_(some))).rowcount

    def add(self, rows: Sequence[TeamClicks], since: int) -> set[str]:
        """Add counts of the comparison that runs; others, and those of older stories, are left out.

        Returns the ids of the stories whose counts were added.
        """
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
            added = {row["source"] for row in known}
            return {id for id, num in nums.items() if num in added}


def _counted(connection: Connection, num: int) -> dict[str, int]:
    """Return what was counted of a comparison, by block and day: for each the coins were thrown anew."""
    is_tried, clicked = team_click.c.team == TRIED, team_click.c.clicked
    units = (
        select(
            func.sum(case((is_tried, clicked), else_=-clicked)).label("apart"),
            func.sum(case((is_tried, clicked), else_=0)).label("tried"),
            func.sum(case((is_tried, 0), else_=clicked)).label("now"),
        )
        .where(team_click.c.comparison == num)
        .group_by(team_click.c.day, team_click.c.source)
        .subquery()
    )
    sums = {
        "wins": case((units.c.apart > 0, 1), else_=0),
        "losses": case((units.c.apart < 0, 1), else_=0),
        "ties": case((units.c.apart == 0, 1), else_=0),
        "clicks": units.c.tried,
        "clicks_now": units.c.now,
    }
    query = select(
        *(cast(func.coalesce(func.sum(each), 0), BigInteger).label(name) for name, each in sums.items())
    )
    return dict(connection.execute(query).one()._mapping)


def _due(connection: Connection, at: int, since: int) -> None:
    from recommender.catalog.blocks import next_version  # most who read settings compare none

    row = {"due": at, "stale": "settings are compared", "version": next_version(connection)}
    # Readers see no story before it was published, so the index of the one finds all by the other. Of those
    # that are hidden the block is made anew when they are shown.
    seen = story.c.visible_from.between(since, ALWAYS_UNTIL - 1)
    recent = select(story.c.num).where(seen, story.c.published >= since)
    connection.execute(update(block).where(block.c.source.in_(recent)).values(row))
