"""Stored blocks in their tables, inside a transaction that the caller holds. Knows no files and locks."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Connection, bindparam, delete, insert, or_, select, update

from recommender.catalog.backends.statements import Question, among, in_lists, upsert
from recommender.catalog.block_records import Ahead, BlockRow, PurgeRow, Shown, ShownRow, SlotRow
from recommender.catalog.ordering import address_seen
from recommender.catalog.tables import block, block_slot, block_translation, purge, story

V = TypeVar("V", int, str)

_BLOCKS = Question(
    select(
        *(block.c.source, block.c.made, block.c.due, block.c.stale, block.c.recipe),
        *(block.c.provenance, block.c.shown, block.c.named),
    ).where(among(block.c.source))
)
_SLOTS = Question(
    select(
        *(block_slot.c.source, block_slot.c.version, block_slot.c.target, block_slot.c.score),
        *(block_slot.c.role, block_slot.c.reasons, block_slot.c.fallback, block_slot.c.said_of),
    )
    .where(among(block_slot.c.source))
    .order_by(block_slot.c.source, block_slot.c.position, block_slot.c.version)
)
_TRANSLATIONS = Question(
    select(block_translation.c.source, block_translation.c.target)
    .where(among(block_translation.c.source))
    .order_by(block_translation.c.source, block_translation.c.place)
)
_HELD = Question(select(story.c.num).where(among(story.c.num)))
_SHOWN = Question(select(block.c.source, block.c.shown, block.c.named).where(among(block.c.source)))
_CLEAR = [delete(table).where(table.c.source == bindparam("of")) for table in (block_slot, block_translation)]
_MADE = update(story).where(among(story.c.num), story.c.unmade.is_not(None)).values(unmade=None)
_SHOWS = update(block).where(block.c.source == bindparam("of"))
_SHOWS = _SHOWS.values({name: bindparam(f"now_{name}") for name in ("shown", "named", "version")})
_PUT_SLOTS, _PUT_TRANSLATIONS = insert(block_slot), insert(block_translation)
_TELL = insert(purge).returning(purge)
_AHEAD = Question(
    select(purge)
    .where(
        purge.c.num > bindparam("since"),
        or_(purge.c.source == bindparam("page"), purge.c.reason == bindparam("because")),
    )
    .order_by(purge.c.num)
)


def load(connection: Connection, sources: Collection[int]) -> dict[int, BlockRow]:
    """Return the blocks that are held, by the num of their story; a damaged one is as good as none."""
    found: dict[int, BlockRow] = {}
    slots, told = _load_slots(connection, sources), _load_translations(connection, sources)
    for source, made, due, stale, recipe, provenance, shown, named in _BLOCKS.of(connection, sources):
        with suppress(msgspec.MsgspecError):
            found[source] = BlockRow(
                source=source,
                made=made,
                due=due,
                recipe=recipe,
                provenance=msgspec.json.decode(provenance, type=dict[str, Any]),
                shown=shown_of(shown),
                slots=tuple(map(_slot, slots.get(source, ()))),
                stale=stale,
                translations=tuple(told.get(source, ())),
                named=_ids(named),
            )
    return found


def _slot(raw: SlotRow) -> SlotRow:
    """Return a slot with its reasons read; raise `msgspec.MsgspecError` where they are damaged."""
    return raw._replace(reasons=msgspec.json.decode(raw.reasons[0], type=tuple[str, ...]))


def _load_slots(connection: Connection, sources: Collection[int]) -> dict[int, tuple[SlotRow, ...]]:
    """Return slots by the num of the block's story, their reasons still JSON."""
    found: dict[int, list[SlotRow]] = {}
    for source, version, target, score, role, reasons, fallback, said_of in _SLOTS.of(connection, sources):
        slots = found.setdefault(source, [])
        if version == 0:
            slots.append(SlotRow(target, score, role, (reasons,), (), bool(fallback), (said_of,)))
        else:
            head = slots[-1]
            timeline, said = (*head.timeline, target), (*head.said_of, said_of)
            slots[-1] = head._replace(timeline=timeline, said_of=said)
    return {source: tuple(slots) for source, slots in found.items()}


def _load_translations(connection: Connection, sources: Collection[int]) -> dict[int, list[str]]:
    """Return the ids of translations by the num of the block's story."""
    found: dict[int, list[str]] = {}
    for source, target in _TRANSLATIONS.of(connection, sources):
        found.setdefault(source, []).append(target)
    return found


def put(connection: Connection, rows: Sequence[BlockRow], version: int) -> None:
    """Insert or replace blocks; what is held of what they showed stays."""
    # A story that was deleted meanwhile takes its block with it.
    held = {num for (num,) in _HELD.of(connection, (row.source for row in rows))}
    rows = [row for row in rows if row.source in held]
    shown = _shown(connection, held)
    if rows:
        connection.execute(
            upsert(connection, block, "source"),
            [_block(row, version) | shown.get(row.source, _told(row.shown, row.named)) for row in rows],
        )
        for clear in _CLEAR:
            connection.execute(clear, [{"of": row.source} for row in rows])
    for some in in_lists(row.source for row in rows):
        connection.execute(_MADE, {"some": some})
    if slots := [one for row in rows for one in _slots(row)]:
        connection.execute(_PUT_SLOTS, slots)
    told = [
        {"source": row.source, "place": place, "target": target}
        for row in rows
        for place, target in enumerate(row.translations, 1)
    ]
    if told:
        connection.execute(_PUT_TRANSLATIONS, told)


def _shown(connection: Connection, sources: Collection[int]) -> dict[int, dict[str, str]]:
    """Return what blocks were last known to show, as columns, by the num of their story."""
    return {
        source: {"shown": shown, "named": named} for source, shown, named in _SHOWN.of(connection, sources)
    }


def _told(shown: Shown, named: tuple[str, ...]) -> dict[str, str]:
    return {"shown": _json(shown), "named": _json(named)}


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
    """Return a row for each story that a block links to; those that are folded into a slot say no more."""
    return [
        {"source": row.source, "position": position, "version": version, "target": target}
        | {"score": slot.score, "role": slot.role if version == 0 else "", "fallback": slot.fallback}
        | {"reasons": _json(slot.reasons if version == 0 else ())}
        | {"said_of": slot.said_of[version] if version < len(slot.said_of) else ""}
        for position, slot in enumerate(row.slots, 1)
        for version, target in enumerate((slot.target, *slot.timeline))
    ]


def show(connection: Connection, rows: Sequence[ShownRow], version: int, now: int) -> list[PurgeRow]:
    """Note what blocks show, and put those that show something else than was last told into the outbox."""
    told, before = [], _shown(connection, [row.source for row in rows])
    for row in rows:
        held = before.get(row.source)
        if held is None:
            continue
        before_now, named = shown_of(held["shown"]), _ids(held["named"])
        if (before_now, named) == (row.after, row.named):
            continue
        now_shown = {f"now_{name}": text for name, text in _told(row.after, row.named).items()}
        connection.execute(_SHOWS, now_shown | {"of": row.source, "now_version": version})
        url = row.url or address_seen(connection, row.source, now)
        entry = {"at": now, "source": row.id, "url": url, "reason": row.reason}
        entry |= {"before": _json(flat(before_now, named)), "after": _json(flat(row.after, row.named))}
        entry["heads"] = _json([slot[0] for slot in before_now if slot])
        added = connection.execute(_TELL, entry).one()
        told.append(purge_of(added._mapping))
    return told


def told_ahead(connection: Connection, ahead: Ahead | None) -> list[PurgeRow]:
    """Return what was put into the outbox of a change before the call that wrote it came to that."""
    if ahead is None:
        return []
    rows = _AHEAD.of(connection, since=ahead.since, page=ahead.page, because=ahead.reason)
    return [purge_of(dict(zip(purge.c.keys(), row, strict=True))) for row in rows]


def purge_of(row: Mapping[Any, Any]) -> PurgeRow:
    """Return an entry of the outbox."""
    ids = {name: msgspec.json.decode(row[name] or "null") for name in ("before", "after", "heads")}
    return PurgeRow(**{**row, **{name: None if some is None else tuple(some) for name, some in ids.items()}})


def shown_of(text: str) -> Shown:
    """Return what a block shows, from JSON; nothing where that is damaged: it is told anew then."""
    try:
        return msgspec.json.decode(text, type=Shown)
    except msgspec.MsgspecError:
        return ()


def _ids(text: str) -> tuple[str, ...]:
    """Return ids from JSON; none where that is damaged."""
    try:
        return msgspec.json.decode(text, type=tuple[str, ...])
    except msgspec.MsgspecError:
        return ()


def waits(now: int, recipe: str | None) -> list[tuple[ColumnElement[bool], str]]:
    """Return the ways in which a block waits to be made anew, each with why; an index answers each."""
    due = (block.c.due <= now, "an embargo or a story ended")
    # Of a moment that has not come: what was due until then is not noted in it.
    early = (block.c.made > now, "the clock was set back")
    if recipe is None:
        return [due, early]
    engine = "the engine changed"  # not "<>", which no index answers
    others = [(block.c.recipe < recipe, engine), (block.c.recipe > recipe, engine)]
    return [due, early, (block.c.stale.is_not(None), ""), *others]


def flat(shown: Shown, named: Iterable[str] = ()) -> tuple[str, ...]:
    """Return all ids that a block links to, in order, and then the translations that it names."""
    return (*(id for slot in shown for id in slot), *named)


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def by_value(values: Mapping[int, V]) -> Iterator[tuple[V, list[int]]]:
    """Yield each value with the keys it is for, as many at once as one statement takes."""
    keys: dict[V, list[int]] = {}
    for key, value in values.items():
        keys.setdefault(value, []).append(key)
    return ((value, some) for value, every in keys.items() for some in in_lists(every))
