"""The outbox to webhooks: what was posted, what waits, what was given up. Knows no HTTP."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, Row, func, insert, select, update

from recommender.catalog.backends.statements import in_lists
from recommender.catalog.catalog import Catalog
from recommender.catalog.tables import delivery, purge, story

WAITING, DONE, DEAD = "waiting", "done", "dead"
LONGEST = 86_400
"""Seconds: nothing is put off for as long; what is due later was put off by a clock that ran ahead."""


class DeliveryRow(NamedTuple):
    """One post: the changes from `first` to `last`. `due` is in epoch seconds; `id` is that of every try."""

    num: int
    id: str
    first: int
    last: int
    state: str
    tries: int
    due: int
    error: str | None


class OutboxRow(NamedTuple):
    """One change of a block, as the outbox holds it."""

    num: int
    at: int
    source: str
    url: str | None
    before: tuple[str, ...]
    after: tuple[str, ...]
    reason: str


class Deliveries:
    """The posts of one catalog. Any number of services may share it: each post is claimed by one of them."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    def claim(self, now: int, lease: int, most: int) -> DeliveryRow | None:
        """Take the next post that is due, or make one of up to `most` changes that are in none yet.

        It is kept from others for `lease` seconds: who dies with it leaves it to the next.
        """
        with self._catalog.snapshot() as connection:
            if not _due(connection, now) and not _unsent(connection, 1):
                return None
        with self._catalog.transaction() as connection:
            found = _due(connection, now) or _packed(connection, now, most)
            if found is None:
                return None
            connection.execute(update(delivery).where(delivery.c.num == found.num).values(due=now + lease))
            return found

    def next_due(self) -> int | None:
        """Return from when a post is to be made, epoch seconds; 0 for changes that are in none yet."""
        query = select(func.min(delivery.c.due)).where(delivery.c.state == WAITING)
        with self._catalog.snapshot() as connection:
            return 0 if _unsent(connection, 1) else connection.execute(query).scalar()

    def settle(self, num: int, state: str, tries: int, due: int, error: str | None) -> None:
        """Keep what came of a try."""
        values = {"state": state, "tries": tries, "due": due, "error": error}
        with self._catalog.transaction() as connection:
            connection.execute(update(delivery).where(delivery.c.num == num).values(values))

    def purges(self, first: int, last: int, now: int) -> list[OutboxRow]:
        """Return the changes of a post, in order.

        A post may come late: of what a block shows after a change, it names what readers may still see.
        """
        query = select(purge).where(purge.c.num.between(first, last)).order_by(purge.c.num)
        with self._catalog.snapshot() as connection:
            rows = [_purge(row) for row in connection.execute(query)]
            public = _public(connection, {id for row in rows for id in row.after}, now)
        return [row._replace(after=tuple(id for id in row.after if id in public)) for row in rows]

    def list(self, state: str | None = None) -> list[DeliveryRow]:
        """Return the posts in a state, by number; all that are not done without one."""
        query = select(delivery).order_by(delivery.c.num)
        wanted = delivery.c.state == state if state else delivery.c.state != DONE
        with self._catalog.snapshot() as connection:
            return [DeliveryRow(*row) for row in connection.execute(query.where(wanted))]

    def counts(self) -> dict[str, int]:
        """Return how many posts wait, and how many were given up, by state."""
        query = select(delivery.c.state, func.count()).where(delivery.c.state.in_([WAITING, DEAD]))
        with self._catalog.snapshot() as connection:
            found = {state: count for state, count in connection.execute(query.group_by(delivery.c.state))}
        return {WAITING: 0, DEAD: 0} | found

    def retry(self, now: int, num: int | None = None) -> int:
        """Make posts that were given up (all, or one) due again; return how many."""
        which = (
            delivery.c.state == DEAD if num is None else (delivery.c.num == num) & (delivery.c.state == DEAD)
        )
        with self._catalog.transaction() as connection:
            fresh = {"state": WAITING, "tries": 0, "due": now}
            return connection.execute(update(delivery).where(which).values(fresh)).rowcount

    def begin_after_present(self) -> None:
        """Where nothing was ever posted, leave the past out: a new webhook hears of what comes."""
        with self._catalog.transaction() as connection:
            held = connection.execute(select(func.count()).select_from(delivery)).scalar_one()
            last = connection.execute(select(func.coalesce(func.max(purge.c.num), 0))).scalar_one()
            if not held:  # noted where there is no past, too, or what comes next would be taken for it
                row = {"id": uuid.uuid4().hex, "first": 0, "last": last, "state": DONE, "tries": 0, "due": 0}
                connection.execute(insert(delivery).values(row | {"error": "before there was a webhook"}))


def _due(connection: Connection, now: int) -> DeliveryRow | None:
    by_now = (delivery.c.due <= now) | (delivery.c.due > now + LONGEST)
    ready = (delivery.c.state == WAITING) & by_now
    row = connection.execute(select(delivery).where(ready).order_by(delivery.c.num).limit(1)).one_or_none()
    return None if row is None else DeliveryRow(*row)


def _unsent(connection: Connection, most: int) -> list[int]:
    newest = select(delivery.c.last).order_by(delivery.c.num.desc()).limit(1).scalar_subquery()
    query = (
        select(purge.c.num).where(purge.c.num > func.coalesce(newest, 0)).order_by(purge.c.num).limit(most)
    )
    return list(connection.execute(query).scalars())


def _packed(connection: Connection, now: int, most: int) -> DeliveryRow | None:
    nums = _unsent(connection, most)
    if not nums:
        return None
    row = {
        "id": uuid.uuid4().hex,
        "first": nums[0],
        "last": nums[-1],
        "state": WAITING,
        "tries": 0,
        "due": now,
    }
    made = connection.execute(insert(delivery).values(row).returning(delivery)).one()
    return DeliveryRow(*made)


def _public(connection: Connection, ids: Collection[str], now: int) -> set[str]:
    shown = select(story.c.id).where(story.c.visible_from <= now, story.c.visible_until > now)
    return {
        id for some in in_lists(ids) for id in connection.execute(shown.where(story.c.id.in_(some))).scalars()
    }


def _purge(row: Row[tuple[object, ...]]) -> OutboxRow:
    values = {name: row._mapping[name] for name in OutboxRow._fields}
    sides = {name: tuple(msgspec.json.decode(values[name])) for name in ("before", "after")}
    return OutboxRow(**{**values, **sides})
