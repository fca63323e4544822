"""What editors think of single slots, in its table: a list that is added to. Knows not what a grade means.

An editor's newest row on a slot counts; one that is taken back leaves the row before it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import Connection, Row, Select, delete, func, insert, select

from recommender.catalog import writing
from recommender.catalog.backends.statements import in_lists
from recommender.catalog.catalog import Catalog
from recommender.catalog.tables import rating, story


class RatingRow(NamedTuple):
    """One rating. `source` and `target` are ids, `at` is in epoch seconds, `grade` is None for none."""

    source: str
    target: str
    by: str
    grade: int | None
    at: int
    ranker: str = ""
    recipe: str = ""
    num: int = 0


class RatingsTable:
    """The ratings of one catalog. A method that writes is one transaction."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def add(self, rows: Sequence[RatingRow]) -> list[int]:
        """Keep ratings; return the number of each, 0 where it is held already or a story is not.

        A row that says what the editor's row of the same second says is held already.
        """
        return self._add(rows, _said, lambda _, __: True)

    def say(self, rows: Sequence[RatingRow], since: Mapping[str, int]) -> list[int]:
        """Keep what an editor says now; return the numbers as `add` does.

        A row that says what they said of the slot last is held already, unless that was before the time that
        `since` has for its source.
        """
        return self._add(
            rows, _slot, lambda last, row: last.grade == row.grade and last.at >= since.get(row.source, 0)
        )

    def _add(
        self,
        rows: Sequence[RatingRow],
        key: Callable[[RatingRow], tuple[object, ...]],
        is_same: Callable[[RatingRow, RatingRow], bool],
    ) -> list[int]:
        """Keep those rows that are not the same as the last one that has their key."""
        with self._catalog.transaction() as connection:
            nums = writing.nums_of(connection, {id for row in rows for id in (row.source, row.target)})
            sources = {nums[row.source] for row in rows if row.source in nums}
            held = {key(row): row for row in _held(connection, sources)}
            added = []
            for row in rows:
                last = held.get(key(row))
                is_known = row.source in nums and row.target in nums
                is_new = is_known and not (last and is_same(last, row))
                added.append(_put(connection, row, nums[row.source], nums[row.target]) if is_new else 0)
                held[key(row)] = row
            return added

    def remove(self, nums: Collection[int], by: str) -> list[RatingRow]:
        """Take back those of an editor's ratings that have these numbers; return them."""
        with self._catalog.transaction() as connection:
            found = [
                _read(row)
                for some in in_lists(nums)
                for row in connection.execute(
                    _ROWS.where(rating.c.num.in_(some), rating.c.by == by).order_by(rating.c.num)
                )
            ]
            for some in in_lists([row.num for row in found]):
                connection.execute(delete(rating).where(rating.c.num.in_(some)))
            return found

    def newest(self) -> int:
        """Return the number of the newest rating, 0 for none."""
        with self._catalog.snapshot() as connection:
            return connection.execute(select(func.max(rating.c.num))).scalar() or 0

    def all(self) -> list[RatingRow]:
        """Return all ratings, the newest last."""
        with self._catalog.snapshot() as connection:
            return [_read(row) for row in connection.execute(_ROWS.order_by(rating.c.at, rating.c.num))]

    def of(self, sources: Iterable[str]) -> list[RatingRow]:
        """Return all ratings of the slots of some stories, the newest last."""
        with self._catalog.snapshot() as connection:
            nums = writing.nums_of(connection, set(sources))
            return _held(connection, list(nums.values()))


_source, _target = story.alias(), story.alias()
_ROWS: Select[tuple[object, ...]] = (
    select(
        _source.c.id,
        _target.c.id,
        *(rating.c[name] for name in ("by", "grade", "at", "ranker", "recipe", "num")),
    )
    .join(_source, _source.c.num == rating.c.source)
    .join(_target, _target.c.num == rating.c.target)
)


def _held(connection: Connection, sources: Iterable[int]) -> list[RatingRow]:
    found = [
        _read(row)
        for some in in_lists(sources)
        for row in connection.execute(_ROWS.where(rating.c.source.in_(some)))
    ]
    return sorted(found, key=lambda row: (row.at, row.num))


def _put(connection: Connection, row: RatingRow, source: int, target: int) -> int:
    values = row._asdict() | {"source": source, "target": target}
    del values["num"]
    num: int = connection.execute(insert(rating).values(values).returning(rating.c.num)).scalar_one()
    return num


def _said(row: RatingRow) -> tuple[object, ...]:
    return row.source, row.target, row.by, row.grade, row.at


def _slot(row: RatingRow) -> tuple[object, ...]:
    """Return whose word it is on which slot; to pass over a slot leaves what was said of it."""
    return row.source, row.target, row.by, row.grade is None


def _read(row: Row[tuple[object, ...]]) -> RatingRow:
    return RatingRow(*row)  # type: ignore[call-arg, arg-type]
