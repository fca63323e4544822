"""Blocks as they are served, which of them wait to be made anew, and the outbox of those that changed.

Knows nothing of ranking, link policy or clock.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, bindparam, func, or_, select, union, update

from recommender.catalog import reading, values
from recommender.catalog.backends.statements import Question, among, in_lists, insert_once
from recommender.catalog.block_records import Batch, BlockRow, PurgeRow, Shown
from recommender.catalog.block_tables import by_value, load, purge_of, put, show, shown_of, told_ahead, waits
from recommender.catalog.catalog import Catalog
from recommender.catalog.marks import BLOCK_CURSOR as _CURSOR
from recommender.catalog.marks import BLOCK_VERSION as _VERSION
from recommender.catalog.tables import block, block_slot, block_translation, deleted, purge, story, told
from recommender.story.story import ALWAYS_UNTIL

MOST_TOLD = 1000  # changes that are told once more: some times what one call changes
_STREAM = 10_000  # nums read at a time, where all are

_CHANGED = Question(select(block.c.source).where(block.c.version > bindparam("since")))
_HOLDERS = [
    Question(select(table.c.source).where(among(table.c.target)).distinct())
    for table in (block_slot, block_translation)
]
_PREDECESSORS = Question(select(story.c.id).where(among(story.c.heir)))
_LAST_PURGE = Question(select(func.max(purge.c.num)))
_WAIT = update(block).where(among(block.c.source)).values(stale=bindparam("because"))


class Blocks:
    """The blocks of one catalog. A method that writes is one transaction."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    # Reading

    def load(self, sources: Collection[int]) -> dict[int, BlockRow]:
        """Return the blocks that are held, by the num of their story."""
        with self._catalog.snapshot() as connection:
            return load(connection, sources)

    def version(self) -> int:
        """Return a number that rises whenever a block is made, shows other stories or is due otherwise."""
        return self._catalog.marks().blocks

    def cursor(self) -> int:
        """Return the last change of a story that blocks have followed."""
        return self._catalog.marks().cursor

    def changed_after(self, version: int) -> list[int]:
        """Return whose blocks have changed since a version."""
        return [source for (source,) in self._catalog.ask(_CHANGED, since=version)]

    def holders(self, targets: Collection[str]) -> list[int]:
        """Return whose blocks hold one of the stories `targets`, by id, however."""
        with self._catalog.snapshot() as connection:
            found = {source for each in _HOLDERS for (source,) in each.of(connection, targets)}
        return sorted(found)

    def inbound(self, targets: Collection[str], slots: int, besides: int) -> dict[str, int]:
        """Return in how many blocks' first `slots` each of `targets` stands, not counting `besides`'s."""
        counted = (block_slot.c.position <= slots) & (block_slot.c.version == 0)
        counted &= block_slot.c.source != besides
        query = select(block_slot.c.target, func.count()).where(counted)
        with self._catalog.snapshot() as connection:
            return {
                target: count
                for some in in_lists(targets)
                for target, count in connection.execute(
                    query.where(block_slot.c.target.in_(some)).group_by(block_slot.c.target)
                )
            }

    def predecessors(self, id: str) -> set[str]:
        """Return the ids of the retracted stories whose succession leads to a story."""
        found, fresh = {id}, {id}
        while fresh:
            fresh = {one for (one,) in self._catalog.ask(_PREDECESSORS, fresh)} - found
            found |= fresh
        return found - {id}

    def waiting(self, now: int, recipe: str | None, limit: int) -> list[tuple[int, str]]:
        """Return up to `limit` blocks to make anew, and why.

        Those that are due at `now`, or were made later; with a `recipe`, then those that are stale, or that
        another one made.
        """
        query = select(block.c.source, block.c.stale).limit(limit)
        found: dict[int, str] = {}
        with self._catalog.snapshot() as connection:
            for where, reason in waits(now, recipe):
                if len(found) < limit:
                    for source, stale in connection.execute(query.where(where)):
                        found.setdefault(source, stale or reason)
        return list(found.items())[:limit]

    def count_waiting(self, now: int, recipe: str) -> int:
        """Return how many blocks wait to be made anew."""
        # Not by "or", for which the whole table would be read: each way to wait has an index.
        each = union(*(select(block.c.source).where(where) for where, _ in waits(now, recipe)))
        with self._catalog.snapshot() as connection:
            return connection.execute(select(func.count()).select_from(each.subquery())).scalar_one()

    def unfresh(self, now: int, recipe: str) -> NDArray[np.int64]:
        """Return whose blocks have to be made (n,), ascending: those that wait and those that are missing."""
        public = (story.c.visible_from <= now) & (story.c.visible_until > now)
        wanted = or_(block.c.source.is_(None) & public, *(where for where, _ in waits(now, recipe)))
        query = select(story.c.num).outerjoin(block, block.c.source == story.c.num).where(wanted)
        with self._catalog.snapshot() as connection:
            nums = connection.execute(query.execution_options(yield_per=_STREAM)).scalars()
            return np.sort(np.fromiter(nums, np.int64))

    def reasons(self, sources: Collection[int], now: int, recipe: str) -> dict[int, str]:
        """Return why those blocks of `sources` that are held wait to be made anew; "" where they do not."""
        found: dict[int, str] = {}
        with self._catalog.snapshot() as connection:
            for some in in_lists(sources):
                query = select(block.c.source, block.c.stale).where(block.c.source.in_(some))
                found |= {source: stale or "" for source, stale in connection.execute(query)}
                for where, reason in reversed(waits(now, recipe)):
                    for source, stale in connection.execute(query.where(where)):
                        found[source] = stale or reason
        return found

    def count(self) -> int:
        """Return how many blocks are stored."""
        with self._catalog.snapshot() as connection:
            return connection.execute(select(func.count()).select_from(block)).scalar_one()

    def dangling(self, since: int) -> list[int]:
        """Return whose blocks hold a story that was deleted at `since` (epoch seconds) or later."""
        gone = select(deleted.c.id).where(deleted.c.at >= since)
        with self._catalog.snapshot() as connection:
            ids = list(connection.execute(gone).scalars())
        return self.holders(ids)

    def all_shown(self) -> Iterator[Shown]:
        """Yield what each block was last known to show."""
        with self._catalog.snapshot() as connection:
            yield from map(shown_of, connection.execute(select(block.c.shown)).scalars())

    def shown_by_public(self, now: int) -> list[tuple[str, Shown | None]]:
        """Return the ids of the stories that readers may see, newest first, and what their blocks show."""
        query = select(story.c.id, block.c.shown).outerjoin(block, block.c.source == story.c.num)
        seen = (story.c.visible_from <= now) & (story.c.visible_until > now)
        newest = query.where(seen).order_by(story.c.published.desc(), story.c.num.desc())
        with self._catalog.snapshot() as connection:
            rows = connection.execute(newest).tuples().all()
        return [(id, None if shown is None else shown_of(shown)) for id, shown in rows]

    def first_scores(self) -> dict[int, float]:
        """Return the score of the first slot of each block, by the num of its story; not of what fills up."""
        first = (block_slot.c.position == 1, block_slot.c.version == 0, block_slot.c.fallback.is_(False))
        query = select(block_slot.c.source, block_slot.c.score).where(*first)
        with self._catalog.snapshot() as connection:
            return {num: score for num, score in connection.execute(query).tuples()}

    def latest_purges(self, limit: int) -> list[PurgeRow]:
        """Return the last entries of the outbox, newest first."""
        query = select(purge).order_by(purge.c.num.desc()).limit(limit)
        with self._catalog.snapshot() as connection:
            return [purge_of(row._mapping) for row in connection.execute(query)]

    def purge(self, num: int) -> PurgeRow | None:
        """Return an entry of the outbox."""
        with self._catalog.snapshot() as connection:
            row = connection.execute(select(purge).where(purge.c.num == num)).one_or_none()
        return None if row is None else purge_of(row._mapping)

    def purges_of(self, reason: str, since: int, limit: int) -> list[PurgeRow]:
        """Return what was put into the outbox for a reason from `since` on (epoch seconds), oldest first."""
        query = select(purge).where(purge.c.at >= since, purge.c.reason == reason).order_by(purge.c.num)
        with self._catalog.snapshot() as connection:
            return [purge_of(row._mapping) for row in connection.execute(query.limit(limit))]

    def public(self, now: int) -> list[str]:
        """Return the ids of the stories that readers may see."""
        seen = (story.c.visible_from <= now) & (story.c.visible_until > now)
        with self._catalog.snapshot() as connection:
            return list(connection.execute(select(story.c.id).where(seen)).scalars())

    def public_nums(self, now: int) -> NDArray[np.int64]:
        """Return the nums of the stories that readers may see (n,), ascending."""
        query = select(story.c.num).where(story.c.visible_from <= now, story.c.visible_until > now)
        with self._catalog.snapshot() as connection:
            nums = connection.execute(query.execution_options(yield_per=_STREAM)).scalars()
            return np.sort(np.fromiter(nums, np.int64))

    def newest_public(self, now: int) -> list[int]:
        """Return the nums of the stories that readers may see, those published last first."""
        query = select(story.c.num).where(story.c.visible_from <= now, story.c.visible_until > now)
        newest = query.order_by(story.c.published.desc(), story.c.num.desc())
        with self._catalog.snapshot() as connection:
            return list(connection.execute(newest).scalars())

    def missing(self, now: int, limit: int) -> list[int]:
        """Return up to `limit` stories that readers may see and that have no block yet, newest first."""
        seen = (story.c.unmade.is_not(None), story.c.visible_from <= now)
        query = select(story.c.num).where(*seen).order_by(story.c.unmade.desc()).limit(limit)
        with self._catalog.snapshot() as connection:
            # Those that stay are found in order; of those that expire one day there are few.
            found = list(connection.execute(query.where(story.c.visible_until == ALWAYS_UNTIL)).scalars())
            if len(found) < limit:
                ends = (story.c.visible_until > now, story.c.visible_until < ALWAYS_UNTIL)
                found += connection.execute(query.where(*ends)).scalars()
        return found[:limit]

    def next_due(self) -> int | None:
        """Return from when the first block has to be made anew, epoch seconds."""
        with self._catalog.snapshot() as connection:
            return connection.execute(select(func.min(block.c.due))).scalar()

    def purges(self, after: int, limit: int) -> list[PurgeRow]:
        """Return the outbox above the number `after`, oldest first."""
        query = select(purge).where(purge.c.num > after).order_by(purge.c.num).limit(limit)
        with self._catalog.snapshot() as connection:
            return [purge_of(row._mapping) for row in connection.execute(query)]

    def last_purge(self) -> int:
        """Return the last number of the outbox, 0 where it is empty."""
        ((last,),) = self._catalog.ask(_LAST_PURGE)
        return last or 0

    def told(self, cause: str) -> list[PurgeRow]:
        """Return what was put into the outbox under a cause, the last of each block, oldest first."""
        query = select(purge).join(told, told.c.purge == purge.c.num).where(told.c.cause == cause)
        with self._catalog.snapshot() as connection:
            found = connection.execute(query.order_by(purge.c.num.desc()).limit(MOST_TOLD)).all()
        last: dict[str, PurgeRow] = {}
        for row in found:
            last.setdefault(row.source, purge_of(row._mapping))
        return list(reversed(last.values()))

    # Writing

    def commit(self, batch: Batch, now: int) -> list[PurgeRow]:
        """Write a batch as of `now`, epoch seconds; return what it put into the outbox."""
        with self._catalog.transaction() as connection:
            return _write(connection, batch, now)

    def commit_as_of(self, batch: Batch, now: int, seq: int) -> list[PurgeRow] | None:
        """Write a batch as `commit` does, unless a story was changed after the change `seq`: then None."""
        with self._catalog.transaction() as connection:
            return _write(connection, batch, now) if reading.last_seq(connection) == seq else None

    def all_stale(self, reason: str, cursor: tuple[int, int]) -> int:
        """Let every block wait to be made anew, and move the cursor; return how many there are."""
        with self._catalog.transaction() as connection:
            if values.get(connection, _CURSOR, 0) == cursor[0]:
                values.put(connection, _CURSOR, cursor[1])
            return connection.execute(update(block).values(stale=reason)).rowcount


def next_version(connection: Connection) -> int:
    """Return the number under which blocks change now; who holds some in memory sees by it that they did."""
    version = int(values.get(connection, _VERSION, 0)) + 1
    values.put(connection, _VERSION, version)
    return version


def _write(connection: Connection, batch: Batch, now: int) -> list[PurgeRow]:
    version = next_version(connection)
    put(connection, batch.made, version)
    for reason, some in by_value(batch.stale):
        connection.execute(_WAIT, {"because": reason, "some": some})
    for due, some in by_value(batch.due):
        later = or_(block.c.due.is_(None), block.c.due > due)
        comes = update(block).where(block.c.source.in_(some), later)
        connection.execute(comes.values(due=due, version=version))
    if batch.cursor and values.get(connection, _CURSOR, 0) == batch.cursor[0]:
        values.put(connection, _CURSOR, batch.cursor[1])
    changed = told_ahead(connection, batch.ahead) + show(connection, batch.shown, version, now)
    if batch.cause and changed:
        rows = [{"cause": batch.cause, "purge": row.num} for row in changed]
        connection.execute(insert_once(connection, told), rows)
    return changed
