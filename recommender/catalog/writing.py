"""How stories get into the tables, in a transaction that the caller holds. Knows no files and locks."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, bindparam, delete, exists, insert, select, update

from recommender.catalog import linking, values
from recommender.catalog.reading import by_nums
from recommender.catalog.records import (
    MICROSECONDS,
    Entry,
    Op,
    Outcome,
    Vectors,
    revised,
    seconds,
    to_blob,
    to_document,
    vector_problem,
)
from recommender.catalog.schema import change, story, vector
from recommender.catalog.schema import set_aside as aside
from recommender.catalog.sqlite import in_lists, upsert
from recommender.catalog.urls import is_url, normal_url, reference
from recommender.errors import TEXT_FAILURES, ArchiveError, NotFoundError, shown
from recommender.languages import UNKNOWN, Language, find_language, language_of
from recommender.story import Story, content_hash, text_hash, visible_window


@dataclass(frozen=True, slots=True)
class _Held:
    """What decides whether an arriving story is written; `num` is None while it has no row yet."""

    num: int | None
    content_hash: str
    text_hash: str
    revised: int
    set_aside: bool = False


def write(connection: Connection, entries: Sequence[Entry], model: str | None, at: int) -> list[Outcome]:
    """Insert or replace stories, their vectors and text links, and log the changes.

    A story that comes again with the same content is left alone, unless it was set aside. One whose `updated`
    (or `published`) is earlier than what is held came late and does not overwrite. A batch may hold more
    versions of one story.
    """
    held = _held(connection, {entry.story.id for entry in entries})
    before = dict(held)
    outcomes: list[Outcome] = []
    winners: dict[str, Story] = {}
    problems: dict[str, str] = {}
    for entry in entries:
        arriving, key = entry.story, entry.story.id
        outcome, state = _judge(held.get(key), arriving)
        held[key] = state
        if outcome in (Outcome.ADDED, Outcome.UPDATED):
            winners[key], problems[key] = arriving, entry.problem
        outcomes.append(outcome)
    put(connection, [(winner, held[key]) for key, winner in winners.items()], at)
    nums = nums_of(connection, winners)
    take_back(connection, nums.values())
    set_aside(connection, {nums[key]: problem for key, problem in problems.items() if problem}, at)
    current = {state.text_hash for state in held.values()}
    brought = {text_hash(e.story): e.vectors for e in entries if e.vectors is not None}
    # A story that was held without vectors can be found from now on: readers have to be told.
    fresh = put_vectors(connection, {key: brought[key] for key in brought if key in current}, model)
    log(connection, Op.PUT, nums_of_texts(connection, fresh, winners), at)
    forget_vectors(connection, {before[key].text_hash for key in winners if key in before})
    return outcomes


def amend(connection: Connection, story_id: str, change_: Callable[[Story], Story], now: float) -> Outcome:
    """Replace a held story by a function of it, made at `now` (epoch seconds).

    Raises
    ------
    NotFoundError
        When there is no such story.
    ArchiveError
        When its row is damaged.
    ValueError
        When the function returns a story with another id.
    """
    held = _held(connection, [story_id]).get(story_id)
    if held is None or held.num is None:
        raise NotFoundError(f"no story {shown(story_id)}")
    found = by_nums(connection, [held.num])
    if held.num not in found:
        raise ArchiveError(f"story {shown(story_id)} cannot be read; send it again, or remove it")
    amended = change_(found[held.num])
    if amended.id != story_id:
        raise ValueError(f"an amendment may not change the id {story_id!r} to {amended.id!r}")
    if content_hash(amended) == held.content_hash:
        return Outcome.UNCHANGED
    made = max(held.revised, revised(amended), int(now * MICROSECONDS))
    put(connection, [(amended, _Held(held.num, content_hash(amended), text_hash(amended), made))], int(now))
    forget_vectors(connection, [held.text_hash])
    return Outcome.UPDATED


def foretell(connection: Connection, arriving: Story) -> Outcome:
    """Return what would become of a story if it were written."""
    return _judge(_held(connection, [arriving.id]).get(arriving.id), arriving)[0]


def _judge(held: _Held | None, arriving: Story) -> tuple[Outcome, _Held]:
    """Say what becomes of a story, and what is held after it."""
    made, content = revised(arriving), content_hash(arriving)
    if held is None:
        return Outcome.ADDED, _Held(None, content, text_hash(arriving), made)
    if content == held.content_hash and not held.set_aside:
        return Outcome.UNCHANGED, held
    if made < held.revised:
        return Outcome.OLDER, held
    return Outcome.UPDATED, _Held(held.num, content, text_hash(arriving), made)


def _held(connection: Connection, ids: Iterable[str]) -> dict[str, _Held]:
    columns = (story.c.id, story.c.num, story.c.content_hash, story.c.text_hash, story.c.revised)
    query = select(*columns, aside.c.num.is_not(None)).select_from(story.outerjoin(aside))
    return {
        id: _Held(*state)
        for some in in_lists(ids)
        for id, *state in connection.execute(query.where(story.c.id.in_(some)))
    }


def put(connection: Connection, stories: Sequence[tuple[Story, _Held]], at: int) -> None:
    """Insert or replace the rows of stories, each id once; their links and the change log follow."""
    rows = [_row(one, state) for one, state in stories]
    new = [row for row, (_, state) in zip(rows, stories, strict=True) if state.num is None]
    old = [row | {"at_num": state.num} for row, (_, state) in zip(rows, stories, strict=True) if state.num]
    if new:
        connection.execute(insert(story), new)
    if old:
        connection.execute(update(story).where(story.c.num == bindparam("at_num")), old)
    nums = nums_of(connection, [one.id for one, _ in stories])
    log(connection, Op.PUT, list(nums.values()), at)
    linking.set_text_links(
        connection, [(nums[one.id], one) for one, _ in stories], {row["at_num"] for row in old}
    )
    linking.resolve(connection, {nums[row["id"]]: _keys(row) for row in rows})


def _row(one: Story, state: _Held) -> dict[str, Any]:
    """Return a story's columns. An id that is an address serves as one where no other is known."""
    visible_from, visible_until = visible_window(one)
    one = replace(one, spoken=_language(one))
    address = one.url or (one.id if is_url(one.id) else None)
    return {
        "id": one.id,
        "url": normal_url(address) if address else None,
        "canonical_url": normal_url(one.canonical_url) if one.canonical_url else None,
        "published": seconds(one.published),
        "visible_from": visible_from,
        "visible_until": visible_until,
        "status": one.status.value,
        "language": language_of(one).key or None,
        "section": one.section,
        "kind": one.kind,
        "revised": state.revised,
        "content_hash": state.content_hash,
        "text_hash": state.text_hash,
        "document": to_document(one),
    }


def _language(one: Story) -> Language:
    """Return the language of a story, unknown where that cannot be found out: no reason not to keep it."""
    try:
        return find_language(one)
    except TEXT_FAILURES:
        return Language(UNKNOWN, 0.0, declared=False)


def _keys(row: Mapping[str, Any]) -> set[str]:
    """Return the references by which other stories may have named this one before it came."""
    return {row["id"], reference(row["id"], None), row["url"], row["canonical_url"]} - {None}


def nums_of(connection: Connection, ids: Iterable[str]) -> dict[str, int]:
    """Return the number of each story that is held."""
    query = select(story.c.id, story.c.num)
    return {
        row.id: row.num
        for some in in_lists(ids)
        for row in connection.execute(query.where(story.c.id.in_(some)))
    }


def nums_of_texts(connection: Connection, text_hashes: Iterable[str], but: Container[str] = ()) -> list[int]:
    """Return the nums of the stories that have these texts, those with the ids `but` left out."""
    query = select(story.c.num, story.c.id)
    return [
        row.num
        for some in in_lists(text_hashes)
        for row in connection.execute(query.where(story.c.text_hash.in_(some)))
        if row.id not in but
    ]


def put_vectors(connection: Connection, vectors: Mapping[str, Vectors], model: str | None) -> set[str]:
    """Store the vectors of texts, by text hash; return those that had none.

    Raises
    ------
    ValueError
        When the model was not recorded, or the vectors are not as long as it says, or not finite.
    """
    if not vectors:
        return set()
    known = None if model is None else values.model(connection, model)
    if known is None:
        raise ValueError(f"vectors of the unknown model {model!r}: call use_model first")
    for key, value in vectors.items():
        if vector_problem(value, known.dimension):
            raise ValueError(f"vectors of text {key}: want finite (n, {known.dimension}), got {value.shape}")
    rows = [
        {"text_hash": key, "model": model, "rows": len(value), "data": to_blob(value)}
        for key, value in vectors.items()
    ]
    had = {
        row.text_hash
        for some in in_lists(vectors)
        for row in connection.execute(
            select(vector.c.text_hash).where(vector.c.model == model, vector.c.text_hash.in_(some))
        )
    }
    connection.execute(upsert(vector, "text_hash", "model"), rows)
    return set(vectors) - had


def forget_vectors(connection: Connection, text_hashes: Iterable[str]) -> None:
    """Delete the vectors of texts that no story has any more."""
    unused = ~exists().where(story.c.text_hash == vector.c.text_hash)
    for some in in_lists(text_hashes):
        connection.execute(delete(vector).where(vector.c.text_hash.in_(some), unused))


def remove(connection: Connection, ids: Sequence[str], at: int) -> list[str]:
    """Delete stories with their links and vectors; return the ids that were held, in the order given."""
    held = _held(connection, set(ids))
    nums = [state.num for state in held.values() if state.num is not None]
    for some in in_lists(nums):
        connection.execute(delete(story).where(story.c.num.in_(some)))
    forget_vectors(connection, {state.text_hash for state in held.values()})
    log(connection, Op.REMOVE, nums, at)
    return [key for key in dict.fromkeys(ids) if key in held]


def set_aside(connection: Connection, reasons: Mapping[int, str], at: int) -> None:
    """Set stories aside, by num; see `quarantine.py`."""
    if reasons:
        rows = [{"num": num, "reason": reason, "at": at} for num, reason in reasons.items()]
        connection.execute(upsert(aside, "num"), rows)


def take_back(connection: Connection, nums: Iterable[int]) -> None:
    """Take stories back into use."""
    for some in in_lists(nums):
        connection.execute(delete(aside).where(aside.c.num.in_(some)))


def log(connection: Connection, op: Op, nums: Sequence[int], at: int) -> None:
    """Append to the change log and drop what this makes needless to know.

    A reader acts on the last change of a story alone, so a later one replaces the earlier; only a change of
    links must not hide a change of the story itself.
    """
    for some in in_lists(nums):
        needless = delete(change).where(change.c.num.in_(some))
        connection.execute(needless.where(change.c.op == Op.LINK) if op is Op.LINK else needless)
    if nums:
        connection.execute(insert(change), [{"num": num, "op": op.value, "at": at} for num in nums])
