"""How stories, vectors and changes come out of the tables, inside a transaction that the caller holds."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Sequence
from contextlib import suppress

from sqlalchemy import ColumnElement, Connection, and_, bindparam, func, select

from recommender.catalog import values
from recommender.catalog.backends.statements import Question, among
from recommender.catalog.records import (
    Change,
    LinkKind,
    Op,
    Row,
    Statistics,
    Vectors,
    from_blob,
    from_document,
    vector_problem,
)
from recommender.catalog.tables import change, link, story, vector
from recommender.errors import ArchiveError, shown
from recommender.story.story import Story

log = logging.getLogger(__name__)

# What every block asks for is put together once: it takes as long as the answer.
_documents = select(story.c.num, story.c.document)
BY_NUMS = Question(_documents.where(among(story.c.num)))
BY_IDS = Question(_documents.where(among(story.c.id)))
_VECTORS = Question(
    select(vector.c.text_hash, vector.c.rows, vector.c.data).where(
        vector.c.model == bindparam("of"), among(vector.c.text_hash)
    )
)
CONTENT_HASHES = Question(select(story.c.id, story.c.content_hash).where(among(story.c.id)))
_LAST_SEQ = Question(select(func.max(change.c.seq)))
_changes = (
    select(change.c.seq, change.c.num, change.c.op, change.c.at)
    .where(change.c.seq > bindparam("since"))
    .order_by(change.c.seq)
)
CHANGES, FIRST_CHANGES = Question(_changes), Question(_changes.limit(bindparam("most")))


def by_nums(connection: Connection, nums: Collection[int]) -> dict[int, Story]:
    """Return the stories that are held, by num, without those whose row is damaged."""
    return readable(BY_NUMS.of(connection, nums))


def readable(documents: Iterable[tuple[int, str]]) -> dict[int, Story]:
    """Return stories by num, without those that do not read as they were written: one stops no others."""
    found: dict[int, Story] = {}
    for num, document in documents:
        try:
            found[num] = from_document(document)
        except ArchiveError as error:
            log.warning("story number %d is left out: %s; `related rebuild` names it", num, error)
    return found


def named_one(id: str, documents: Sequence[tuple[int, str]]) -> tuple[int, Story] | None:
    """Return the story of an id, and its num, from what `BY_IDS` found; None where that is nothing.

    Raises
    ------
    ArchiveError
        When its row is damaged.
    """
    for num, document in documents:
        try:
            return num, from_document(document)
        except ArchiveError as error:
            raise ArchiveError(f"story {shown(id)}: {error}; send it again, or remove it") from error
    return None


def rows(
    connection: Connection, where: ColumnElement[bool], model: str | None, limit: int | None
) -> list[Row]:
    """Return stories with their vectors by `model`, in the order of num, at most `limit`."""
    embedded = and_(vector.c.text_hash == story.c.text_hash, vector.c.model == model)
    query = (
        select(story.c.num, story.c.document, vector.c.rows, vector.c.data)
        .select_from(story.outerjoin(vector, embedded))
        .where(where)
        .order_by(story.c.num)
        .limit(limit)
    )
    return [
        Row(num, from_document(document), None if data is None else from_blob(data, count))
        for num, document, count, data in connection.execute(query)
    ]


def vectors_of(connection: Connection, text_hashes: Iterable[str], model: str | None) -> dict[str, Vectors]:
    """Return the vectors of those texts that `model` has embedded, by text hash; no damaged ones."""
    held = values.model(connection, model)
    found: dict[str, Vectors] = {}
    for key, count, data in _VECTORS.of(connection, text_hashes, of=model):
        with suppress(ArchiveError):
            vectors = from_blob(data, count)
            if held is not None and not vector_problem(vectors, held.dimension):
                found[key] = vectors
    return found


def last_seq(connection: Connection) -> int:
    """Return the number of the last change, 0 when there was none."""
    ((last,),) = _LAST_SEQ.of(connection)
    return last or 0


def latest(changes: Iterable[tuple[int, int, str, int]]) -> list[Change]:
    """Return of the log, in its order, the last change of each story.

    A change of a story says all that a change of its links would, so it stands for both.
    """
    found: dict[int, Change] = {}
    for seq, num, op, at in changes:
        earlier = found.pop(num, None)
        found[num] = Change(seq, num, earlier.op if earlier and op == Op.LINK else Op(op), at)
    return list(found.values())


def pending(connection: Connection, since: int) -> int:
    """Return how many stories changed after `since`."""
    query = select(func.count(change.c.num.distinct())).where(change.c.seq > since)
    return connection.execute(query).scalar_one()


def count(connection: Connection) -> int:
    """Return how many stories are held."""
    return connection.execute(select(func.count()).select_from(story)).scalar_one()


def statistics(connection: Connection, model: str | None, version: int, size: int) -> Statistics:
    """Return the counts of what is held; `embedded` counts stories with vectors by `model`."""
    by_status = select(story.c.status, func.count()).group_by(story.c.status)
    embedded = select(func.count()).select_from(story).join(vector, vector.c.text_hash == story.c.text_hash)
    of_links = select(func.count(link.c.target), func.count()).where(
        link.c.kind != LinkKind.TRANSLATION.value
    )
    resolved, all_links = connection.execute(of_links).one()
    counts = {status: number for status, number in connection.execute(by_status)}
    return Statistics(
        stories=sum(counts.values()),
        by_status=counts,
        embedded=connection.execute(embedded.where(vector.c.model == model)).scalar_one(),
        links=resolved,
        waiting_links=all_links - resolved,
        last_seq=last_seq(connection),
        schema_version=version,
        size=size,
    )
