"""Blocks as they are served, which of them wait to be made anew, and the outbox of those that changed.

Knows nothing of ranking, gate or clock.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Connection, bindparam, delete, exists, func, insert, or_, select, update

from recommender.catalog import values
from recommender.catalog.catalog import Catalog
from recommender.catalog.records import from_document
from recommender.catalog.schema import block, block_slot, purge, story
from recommender.catalog.sqlite import in_lists, upsert
from recommender.story import Status

V = TypeVar("V", int, str)

_VERSION = "block_version"  # setting: the number of the last block that was made
_CURSOR = "block_cursor"  # setting: the last change of a story that blocks have followed


class SlotRow(NamedTuple):
    """What the engine put in a slot. `target` and `timeline` are ids."""

    target: str
    score: float = 0.0
    role: str = ""
    reasons: tuple[str, ...] = ()
    timeline: tuple[str, ...] = ()
    fallback: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockRow:
    """The block of the story `source`, a num.

    Attributes
    ----------
    made, due : int
        Epoch seconds: when it was made, and from when it has to be made anew; None when nothing is known.
    recipe : str
        A hash of what made it.
    provenance : mapping
        JSON.
    shown : tuple of str
        The ids that it was last known to show. Of a block that is held already, the held ones stay.
    slots : tuple of SlotRow
        In order, some more than are shown.
    stale : str or None
        Why it waits to be made anew.
    """

    source: int
    made: int
    due: int | None
    recipe: str
    provenance: Mapping[str, Any]
    shown: tuple[str, ...]
    slots: tuple[SlotRow, ...]
    stale: str | None = None


class ShownRow(NamedTuple):
    """What a block shows now, and why it may have changed. `source` is a num, `id` its story's."""

    source: int
    id: str
    url: str | None
    after: tuple[str, ...]
    reason: str


class PurgeRow(NamedTuple):
    """A change of a block, as it stands in the outbox. `before` and `after` are ids."""

    num: int
    at: int
    source: str
    url: str | None
    before: tuple[str, ...]
    after: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What one transaction does to the blocks.

    Attributes
    ----------
    made : sequence of BlockRow
        Blocks that were made.
    shown : sequence of ShownRow
        Blocks that may show other stories than before; those that do go to the outbox.
    stale : mapping of int to str
        Blocks that wait to be made anew, and why.
    due : mapping of int to int
        Blocks that have to be made anew from a moment on (epoch seconds), unless they are earlier.
    cursor : tuple of int, int, optional
        Move the cursor from the first number to the second, if it is there.
    """

    made: Sequence[BlockRow] = ()
    shown: Sequence[ShownRow] = ()
    stale: Mapping[int, str] = field(default_factory=dict)
    due: Mapping[int, int] = field(default_factory=dict)
    cursor: tuple[int, int] | None = None


class Blocks:
    """The blocks of one catalog. A method that writes is one transaction."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog

    # Reading

    def load(self, sources: Collection[int]) -> dict[int, BlockRow]:
        """Return the blocks that are held, by the num of their story."""
        with self._catalog.snapshot() as connection:
            return _load(connection, sources)

    def version(self) -> int:
        """Return a number that rises whenever a block is made, shows other stories or is due otherwise."""
        with self._catalog.snapshot() as connection:
            return int(values.get(connection, _VERSION, 0))

    def cursor(self) -> int:
        """Return the last change of a story that blocks have followed."""
        with self._catalog.snapshot() as connection:
            return int(values.get(connection, _CURSOR, 0))

    def changed_after(self, version: int) -> list[int]:
        """Return whose blocks have changed since a version."""
        with self._catalog.snapshot() as connection:
            return list(connection.execute(select(block.c.source).where(block.c.version > version)).scalars())

    def holders(self, targets: Collection[str]) -> list[int]:
        """Return whose blocks hold one of the stories `targets`, by id, in a slot or in reserve."""
        query = select(block_slot.c.source).distinct()
        with self._catalog.snapshot() as connection:
            found = {
                source
                for some in in_lists(targets)
                for source in connection.execute(query.where(block_slot.c.target.in_(some))).scalars()
            }
        return sorted(found)

    def inbound(self, targets: Collection[str], slots: int, besides: int) -> dict[str, int]:
        """Return in how many blocks' first `slots` each of `targets` stands, not counting `besides`'s."""
        counted = (block_slot.c.position <= slots) & (block_slot.c.source != besides)
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
        query = select(story.c.document).where(story.c.status == Status.RETRACTED.value)
        with self._catalog.snapshot() as connection:
            taken_back = [from_document(text) for text in connection.execute(query).scalars()]
        found, reached = {id}, 0
        while reached < len(found):
            reached = len(found)
            found |= {one.id for one in taken_back if one.successor in found}
        return found - {id}

    def waiting(self, now: int, recipe: str | None, limit: int) -> list[tuple[int, str]]:
        """Return up to `limit` blocks to make anew, and why.

        Those that are due at `now`; with a `recipe`, then those that are stale, or that another one made.
        """
        query = select(block.c.source, block.c.stale).limit(limit)
        found: dict[int, str] = {}
        with self._catalog.snapshot() as connection:
            for where, reason in _waits(now, recipe):
                if len(found) < limit:
                    for source, stale in connection.execute(query.where(where)):
                        found.setdefault(source, stale or reason)
        return list(found.items())[:limit]

    def count_waiting(self, now: int, recipe: str) -> int:
        """Return how many blocks wait to be made anew."""
        waits = or_(*(where for where, _ in _waits(now, recipe)))
        with self._catalog.snapshot() as connection:
            return connection.execute(select(func.count()).select_from(block).where(waits)).scalar_one()

    def dangling(self) -> list[int]:
        """Return whose blocks hold a story that was deleted."""
        gone = ~exists().where(story.c.id == block_slot.c.target)
        with self._catalog.snapshot() as connection:
            return list(connection.execute(select(block_slot.c.source).distinct().where(gone)).scalars())

    def all_shown(self) -> Iterator[tuple[str, ...]]:
        """Yield the ids that each block was last known to show."""
        with self._catalog.snapshot() as connection:
            yield from map(_tuple, connection.execute(select(block.c.shown)).scalars())

    def public(self, now: int) -> list[str]:
        """Return the ids of the stories that readers may see."""
        seen = (story.c.visible_from <= now) & (story.c.visible_until > now)
        with self._catalog.snapshot() as connection:
            return list(connection.execute(select(story.c.id).where(seen)).scalars())

    def missing(self, now: int, limit: int) -> list[int]:
        """Return up to `limit` stories that readers may see and that have no block yet, newest first."""
        query = select(story.c.num).outerjoin(block, block.c.source == story.c.num)
        public = (block.c.source.is_(None), story.c.visible_from <= now, story.c.visible_until > now)
        with self._catalog.snapshot() as connection:
            found = connection.execute(query.where(*public).order_by(story.c.published.desc()).limit(limit))
            return list(found.scalars())

    def next_due(self) -> int | None:
        """Return from when the first block has to be made anew, epoch seconds."""
        with self._catalog.snapshot() as connection:
            return connection.execute(select(func.min(block.c.due))).scalar()

    def purges(self, after: int, limit: int) -> list[PurgeRow]:
        """Return the outbox above the number `after`, oldest first."""
        query = select(purge).where(purge.c.num > after).order_by(purge.c.num).limit(limit)
        with self._catalog.snapshot() as connection:
            return [_purge(row._mapping) for row in connection.execute(query)]

    # Writing

    def commit(self, batch: Batch, now: int) -> list[PurgeRow]:
        """Write a batch as of `now`, epoch seconds; return what it put into the outbox."""
        with self._catalog.transaction() as connection:
            version = int(values.get(connection, _VERSION, 0)) + 1
            values.put(connection, _VERSION, version)
            _put(connection, batch.made, version)
            for reason, some in _by_value(batch.stale):
                waits = update(block).where(block.c.source.in_(some))
                connection.execute(waits.values(stale=reason))
            for due, some in _by_value(batch.due):
                later = or_(block.c.due.is_(None), block.c.due > due)
                waits = update(block).where(block.c.source.in_(some), later)
                connection.execute(waits.values(due=due, version=version))
            if batch.cursor and values.get(connection, _CURSOR, 0) == batch.cursor[0]:
                values.put(connection, _CURSOR, batch.cursor[1])
            return _show(connection, batch.shown, version, now)

    def all_stale(self, reason: str, cursor: tuple[int, int]) -> int:
        """Let every block wait to be made anew, and move the cursor; return how many there are."""
        with self._catalog.transaction() as connection:
            if values.get(connection, _CURSOR, 0) == cursor[0]:
                values.put(connection, _CURSOR, cursor[1])
            return connection.execute(update(block).values(stale=reason)).rowcount


def _by_value(values_: Mapping[int, V]) -> Iterator[tuple[V, list[int]]]:
    """Yield each value with the keys it is for, as many at once as one statement takes."""
    keys: dict[V, list[int]] = {}
    for key, value in values_.items():
        keys.setdefault(value, []).append(key)
    return ((value, some) for value, every in keys.items() for some in in_lists(every))


def _waits(now: int, recipe: str | None) -> list[tuple[ColumnElement[bool], str]]:
    due = (block.c.due <= now, "an embargo or a story ended")
    if recipe is None:
        return [due]
    return [due, (block.c.stale.is_not(None), ""), (block.c.recipe != recipe, "the engine changed")]


def _load(connection: Connection, sources: Collection[int]) -> dict[int, BlockRow]:
    slots: dict[int, list[SlotRow]] = {}
    found: dict[int, BlockRow] = {}
    for some in in_lists(sources):
        in_order = select(block_slot).where(block_slot.c.source.in_(some)).order_by(block_slot.c.position)
        for row in connection.execute(in_order):
            slots.setdefault(row.source, []).append(
                SlotRow(
                    row.target, row.score, row.role, _tuple(row.reasons), _tuple(row.timeline), row.fallback
                )
            )
        for row in connection.execute(select(block).where(block.c.source.in_(some))):
            found[row.source] = BlockRow(
                source=row.source,
                made=row.made,
                due=row.due,
                recipe=row.recipe,
                provenance=msgspec.json.decode(row.provenance),
                shown=_tuple(row.shown),
                slots=tuple(slots.get(row.source, ())),
                stale=row.stale,
            )
    return found


def _put(connection: Connection, rows: Sequence[BlockRow], version: int) -> None:
    # A story that was deleted meanwhile takes its block with it.
    held = {
        num
        for some in in_lists(row.source for row in rows)
        for num in connection.execute(select(story.c.num).where(story.c.num.in_(some))).scalars()
    }
    rows = [row for row in rows if row.source in held]
    shown = _shown(connection, held)
    if rows:
        connection.execute(
            upsert(block, "source"),
            [_block(row, version) | {"shown": shown.get(row.source, _json(row.shown))} for row in rows],
        )
        connection.execute(
            delete(block_slot).where(block_slot.c.source == bindparam("of")),
            [{"of": row.source} for row in rows],
        )
    if slots := [one for row in rows for one in _slots(row)]:
        connection.execute(insert(block_slot), slots)


def _shown(connection: Connection, sources: Collection[int]) -> dict[int, str]:
    """Return what blocks were last known to show, as JSON, by the num of their story."""
    query = select(block.c.source, block.c.shown)
    return {
        source: shown
        for some in in_lists(sources)
        for source, shown in connection.execute(query.where(block.c.source.in_(some)))
    }


def _block(row: BlockRow, version: int) -> dict[str, Any]:
    return {
        "source": row.source,
        "made": row.made,
        "due": row.due,
        "stale": row.stale,
        "recipe": row.recipe,
        "provenance": _json(row.provenance),
        "version": version,
    }


def _slots(row: BlockRow) -> list[dict[str, Any]]:
    return [
        slot._asdict()
        | {"source": row.source, "position": position}
        | {"reasons": _json(slot.reasons), "timeline": _json(slot.timeline)}
        for position, slot in enumerate(row.slots, 1)
    ]


def _show(connection: Connection, rows: Sequence[ShownRow], version: int, now: int) -> list[PurgeRow]:
    """Note what blocks show, and put those that show something else than was last told into the outbox."""
    told, before = [], _shown(connection, [row.source for row in rows])
    for row in rows:
        held = before.get(row.source)
        if held is None or _tuple(held) == row.after:
            continue
        shown = {"shown": _json(row.after), "version": version}
        connection.execute(update(block).where(block.c.source == row.source).values(shown))
        entry = {"at": now, "source": row.id, "url": row.url, "before": held, "after": _json(row.after)}
        added = insert(purge).values(entry | {"reason": row.reason}).returning(purge)
        told.append(_purge(connection.execute(added).one()._mapping))
    return told


def _purge(row: Mapping[Any, Any]) -> PurgeRow:
    return PurgeRow(**{**row, "before": _tuple(row["before"]), "after": _tuple(row["after"])})


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _tuple(text: str) -> tuple[Any, ...]:
    return tuple(msgspec.json.decode(text))
