"""What is done to many blocks at once: which blocks, how far it came, who does it. Knows not what is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import func, insert, select, update

from recommender.catalog.catalog import Catalog
from recommender.catalog.tables import bulk_act, bulk_block


class BulkActRow(NamedTuple):
    """An act on many blocks: of which kind, about what; how many blocks, and how many of them are done."""

    num: int
    kind: str
    about: str
    by: str
    at: int
    blocks: int
    done: int


class BulkBlockRow(NamedTuple):
    """A block of an act.

    `event` is None while it waits; `note` says why nothing was done. What was made anew has what it showed
    `after` that, and the number of the `last` act of an editor on it by then.
    """

    place: int
    source: str
    before: tuple[str, ...]
    event: int | None
    note: str
    after: tuple[str, ...] = ()
    last: int = 0


class BulkActs:
    """The acts on many blocks of one catalog. A method that writes is one transaction."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def add(self, kind: str, about: str, by: str, at: int, blocks: Mapping[str, Sequence[str]]) -> int:
        """Keep an act that is to be done to blocks, by id, each with what it showed or is to show."""
        with self._catalog.transaction() as connection:
            values = {"kind": kind, "about": about, "by": by, "at": at}
            num: int = connection.execute(
                insert(bulk_act).values(values).returning(bulk_act.c.num)
            ).scalar_one()
            rows = [
                {"act": num, "place": place, "source": source, "before": _json(before), "note": ""}
                for place, (source, before) in enumerate(blocks.items(), 1)
            ]
            if rows:
                connection.execute(insert(bulk_block), rows)
            return num

    def get(self, num: int) -> BulkActRow | None:
        """Return an act."""
        found = self._some(bulk_act.c.num == num, 1)
        return found[0] if found else None

    def latest(self, limit: int) -> list[BulkActRow]:
        """Return the last acts, newest first."""
        return self._some(bulk_act.c.num > 0, limit)

    def undoing(self, num: int) -> int | None:
        """Return the act of kind `undo` that takes another back, if there is one."""
        query = select(bulk_act.c.num).where(bulk_act.c.kind == "undo", bulk_act.c.about == str(num))
        with self._catalog.snapshot() as connection:
            found: int | None = connection.execute(query.limit(1)).scalar_one_or_none()
        return found

    def unfinished(self) -> list[int]:
        """Return the acts that have blocks which wait, oldest first."""
        query = select(bulk_block.c.act).where(bulk_block.c.event.is_(None)).distinct()
        with self._catalog.snapshot() as connection:
            return sorted(connection.execute(query).scalars())

    def waiting(self, num: int, limit: int) -> list[BulkBlockRow]:
        """Return the next blocks of an act that wait, in order."""
        query = _blocks(num).where(bulk_block.c.event.is_(None)).limit(limit)
        with self._catalog.snapshot() as connection:
            return [_block(row) for row in connection.execute(query)]

    def blocks(self, num: int, limit: int | None = None) -> list[BulkBlockRow]:
        """Return the blocks of an act, in order."""
        with self._catalog.snapshot() as connection:
            return [_block(row) for row in connection.execute(_blocks(num).limit(limit))]

    def block(self, num: int, source: str) -> BulkBlockRow | None:
        """Return a block of an act, by the id of its story."""
        with self._catalog.snapshot() as connection:
            row = connection.execute(_blocks(num).where(bulk_block.c.source == source)).one_or_none()
        return None if row is None else _block(row)

    def done(self, num: int, row: BulkBlockRow) -> None:
        """Keep what was done to a block."""
        of_it = (bulk_block.c.act == num) & (bulk_block.c.place == row.place)
        values = row._asdict() | {"before": _json(row.before), "after": _json(row.after)}
        with self._catalog.transaction() as connection:
            connection.execute(update(bulk_block).where(of_it).values(values))

    def _some(self, where: Any, limit: int) -> list[BulkActRow]:  # noqa: ANN401 (a condition)
        counted = select(func.count(), func.count(bulk_block.c.event)).select_from(bulk_block)
        columns = [bulk_act.c[name] for name in ("num", "kind", "about", "by", "at")]
        query = select(*columns).where(where).order_by(bulk_act.c.num.desc()).limit(limit)
        with self._catalog.snapshot() as connection:
            rows = connection.execute(query).all()
            return [
                BulkActRow._make(
                    (*row, *connection.execute(counted.where(bulk_block.c.act == row.num)).one())
                )
                for row in rows
            ]


def _blocks(num: int) -> Any:  # noqa: ANN401 (a query)
    columns = [bulk_block.c[name] for name in BulkBlockRow._fields]
    return select(*columns).where(bulk_block.c.act == num).order_by(bulk_block.c.place)


def _block(row: Any) -> BulkBlockRow:  # noqa: ANN401 (a row of SQLAlchemy's)
    values = dict(row._mapping)
    ids = {name: tuple(msgspec.json.decode(values[name])) for name in ("before", "after")}
    return BulkBlockRow(**(values | ids))


def _json(ids: Sequence[str]) -> str:
    return msgspec.json.encode(list(ids)).decode()
