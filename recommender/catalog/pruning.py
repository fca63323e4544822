"""Lets go of what was told and undone long ago, a piece at a time. Knows no clock, and not how long to keep.

A purge stays while a post that holds it waits, and a post waits as long as it was tried of late; the newest
post stays, since what comes is posted from there; an act of an editor that stands always stays. An act on
many blocks stays while some of them wait, or while one waits that takes it back.
"""

from __future__ import annotations

from sqlalchemy import Connection, Select, Table, Text, cast, delete, exists, func, select

from recommender.catalog.catalog import Catalog
from recommender.catalog.deliveries import DEAD, DONE, WAITING
from recommender.catalog.tables import action, bulk_act, bulk_block, delivery, purge

NEVER_GIVEN = 2**63 - 1  # a num above all
PIECE = 500  # rows of a table that one transaction drops: some milliseconds for which a publish may wait


def prune(catalog: Catalog, before: int, most: int = PIECE) -> int:
    """Drop up to `most` rows of each table that are older than `before`, epoch seconds; return how many."""
    with catalog.snapshot() as connection:
        if not any(_nums(connection, old) for _, old in _olds(connection, before, 1)):
            return 0
    with catalog.transaction() as connection:
        return sum(_drop(connection, table, old) for table, old in _olds(connection, before, most))


def _olds(connection: Connection, before: int, most: int) -> list[tuple[Table, Select[int]]]:
    """Return by table the query for the nums of its oldest rows to drop, posts before what they hold."""
    newest = connection.execute(select(func.max(delivery.c.num))).scalar()
    posts = [
        select(delivery.c.num)
        .where(delivery.c.state == state, delivery.c.due < before, delivery.c.num != newest)
        .order_by(delivery.c.due)
        for state in (DONE, DEAD, WAITING)
    ]
    first = select(func.min(delivery.c.first)).where(delivery.c.state == WAITING).scalar_subquery()
    unheld = purge.c.num < func.coalesce(first, NEVER_GIVEN)
    told = select(purge.c.num).where(purge.c.at < before, unheld).order_by(purge.c.at)
    undone = select(action.c.num).where(action.c.undone_at < before).order_by(action.c.undone_at)
    every = [*((delivery, post) for post in posts), (purge, told), (action, undone)]
    return [*((table, query.limit(most)) for table, query in every), (bulk_act, _done_on_many(before))]


def _done_on_many(before: int) -> Select[int]:
    """Return the query for the oldest act on many blocks that is done, one alone: its blocks go with it."""
    waits = exists().where(bulk_block.c.act == bulk_act.c.num, bulk_block.c.event.is_(None))
    undo = bulk_act.alias()
    undoing = select(undo.c.num).join(bulk_block, bulk_block.c.act == undo.c.num)
    undoing = undoing.where(bulk_block.c.event.is_(None), undo.c.kind == "undo")
    waits_to_be_undone = undoing.where(undo.c.about == cast(bulk_act.c.num, Text)).exists()
    # They are numbered in order of time: at most polls the first one is young, and no other is looked at.
    by_num = select(bulk_act.c.num).order_by(bulk_act.c.num).limit(1)
    young = by_num.where(bulk_act.c.at >= before).scalar_subquery()
    begins = bulk_act.c.num < func.coalesce(young, NEVER_GIVEN)
    return by_num.where(begins, ~waits, ~waits_to_be_undone)


def _nums(connection: Connection, query: Select[int]) -> list[int]:
    return list(connection.execute(query).scalars())


def _drop(connection: Connection, table: Table, old: Select[int]) -> int:
    nums = _nums(connection, old)
    if nums:
        connection.execute(delete(table).where(table.c.num.in_(nums)))
    return len(nums)
