"""What was refused when it came: the last of it, for a person to look at. Knows no reason for a refusal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import delete, exists, func, insert, select

from recommender.catalog import reading
from recommender.catalog.catalog import Catalog
from recommender.catalog.records import Op
from recommender.catalog.tables import change, refused, story
from recommender.errors import StoryError, shown

KEPT = 500  # the last ones, whoever sent them: what sends nonsense without end must not fill the disk
LONGEST = 512  # characters of each part that are kept: no id is longer
DAYS = 14  # that each is listed: what came without an id cannot be told to have been taken


class RefusedRow(NamedTuple):
    """A story that was refused: by which way it came, its id or where it stood, and what is wrong with it."""

    way: str
    story: str
    field: str
    value: str
    problem: str
    way_out: str
    at: int = 0


class Refusals:
    """The last refused stories of one catalog. A method that writes is one transaction."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def add(self, way: str, errors: Sequence[StoryError], now: float) -> None:
        """Keep what was refused on its way, each instead of what came so of the same story before."""
        if not errors:
            return
        last: dict[str, RefusedRow] = {}
        for each in errors[-KEPT:]:
            parts = (way, each.story, each.field, shown(each.value), each.problem, each.way_out)
            row = RefusedRow._make((*(part[:LONGEST] for part in parts), int(now)))
            last[row.story] = row
        with self._catalog.transaction() as connection:
            for row in last.values():
                same = (refused.c.way == row.way) & (refused.c.story == row.story)
                connection.execute(delete(refused).where(same))
            seq = reading.last_seq(connection)
            connection.execute(insert(refused), [row._asdict() | {"seq": seq} for row in last.values()])
            newest = select(refused.c.num).order_by(refused.c.at.desc(), refused.c.num.desc()).limit(KEPT)
            gone = refused.c.num.not_in(newest) | (refused.c.at < _since(now))
            connection.execute(delete(refused).where(gone))

    def latest(self, limit: int, now: float) -> tuple[int, list[RefusedRow]]:
        """Return how many are refused still, and the last of them, the newest first.

        What was taken since under the same id is refused no more; what is older than `DAYS` is not told.
        """
        columns = [refused.c[name] for name in RefusedRow._fields]
        taken = (
            (story.c.id == refused.c.story) & (change.c.num == story.c.num) & (change.c.op == Op.PUT.value)
        )
        open_ = ~exists().where(taken, change.c.seq > refused.c.seq) & (refused.c.at >= _since(now))
        with self._catalog.snapshot() as connection:
            total = connection.execute(select(func.count()).select_from(refused).where(open_)).scalar_one()
            query = select(*columns).where(open_).order_by(refused.c.at.desc(), refused.c.num.desc())
            return total, [RefusedRow(*row) for row in connection.execute(query.limit(limit))]


def _since(now: float) -> int:
    return int(now) - DAYS * 86_400
