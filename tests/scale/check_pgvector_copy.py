"""Many rows reach PostgreSQL by COPY, and end as those that came by arrays."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import psycopg
import pytest

from index import ExactIndex, Field
from index.servers import pgvector_copy
from index.servers.pgvector import PgVectorIndex
from tests.index.conftest import DIMENSION, FIELDS, Batch, answers, batch, fill
from tests.scale.postgres_server import PostgresServer

MANY = 3 * pgvector_copy.COPIED


def made(url: str, publisher: str = "") -> PgVectorIndex:
    return PgVectorIndex(DIMENSION, FIELDS, url=url, publisher=publisher or uuid.uuid4().hex)


def held(url: str) -> list[tuple[object, ...]]:
    """Return all rows of a database that are of publishers, without whose they are."""
    with psycopg.connect(url) as connection:
        tables = connection.execute("SELECT oid::regclass::text FROM pg_class WHERE relkind = 'p'").fetchall()
        ((table,),) = tables
        rows = connection.execute(f"SELECT publisher, id, vector::text, column0, column1 FROM {table}")
        return sorted(row for row in rows)


@pytest.fixture
def copied(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return how many rows each call of COPY was given."""
    calls: list[int] = []
    copy_rows = pgvector_copy.copy_rows

    def counted(*given: object) -> None:
        calls.append(len(given[3]))  # type: ignore[arg-type]
        copy_rows(*given)  # type: ignore[arg-type]

    monkeypatch.setattr("index.servers.pgvector.copy_rows", counted)
    return calls


def without_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.servers.pgvector.COPIED", 10**9)


def test_rows_are_the_same_by_copy_and_by_arrays(
    postgres_server: PostgresServer, copied: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, rows = postgres_server.fresh(), batch(np.random.default_rng(1), MANY)
    least = np.full(MANY, np.iinfo(np.int64).min)
    rows = Batch(rows.ids, rows.vectors, {**rows.columns, "section": least})
    fill(made(url, "a"), rows)
    assert copied == [MANY]
    without_copy(monkeypatch)
    fill(made(url, "b"), rows)
    assert copied == [MANY]
    by_copy, by_arrays = ([row[1:] for row in held(url) if row[0] == name] for name in "ab")
    assert len(by_copy) == MANY
    assert by_copy == by_arrays


def test_what_is_copied_again_is_replaced_and_the_rest_stays(
    postgres_url: str, copied: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pgvector_copy, "BLOCK", 100)  # several, and the last is shorter
    rng = np.random.default_rng(2)
    first, second = batch(rng, MANY), batch(rng, MANY, first_id=MANY // 2)
    index, exact = made(postgres_url), ExactIndex(DIMENSION, FIELDS)
    for each in (index, exact):
        for rows in (first, second, second):
            fill(each, rows)
    assert copied == [MANY] * 3
    assert len(index) == len(exact) == MANY + MANY // 2
    for where in (None, Field("section") == 2):
        assert answers(index, first.vectors[:5], 50, where) == answers(exact, first.vectors[:5], 50, where)


def test_two_that_copy_the_same_rows_at_once_are_not_in_each_others_way(postgres_url: str) -> None:
    rows, publisher = batch(np.random.default_rng(3), MANY), uuid.uuid4().hex
    indexes = [made(postgres_url, publisher) for _ in range(4)]
    with ThreadPoolExecutor(len(indexes)) as pool:
        list(pool.map(fill, indexes * 3, [rows] * 3 * len(indexes)))
    assert len(indexes[0]) == MANY


def test_a_copy_that_fails_leaves_nothing(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    index = made(postgres_url)
    assert len(index) == 0
    packed = pgvector_copy.packed
    monkeypatch.setattr(pgvector_copy, "BLOCK", MANY // 2)
    calls = iter(range(2))

    def torn(*given: object) -> bytes:
        return packed(*given)[: -20 if next(calls) else None]  # type: ignore[arg-type]

    monkeypatch.setattr(pgvector_copy, "packed", torn)
    with pytest.raises(psycopg.Error):
        pgvector_copy_of(index, batch(np.random.default_rng(4), MANY))
    assert len(index) == 0


def pgvector_copy_of(index: PgVectorIndex, rows: Batch) -> None:
    told = [rows.columns[name] for name in FIELDS]
    with index._table.transaction() as connection:
        pgvector_copy.copy_rows(connection, index._table.name, index.publisher, rows.ids, rows.vectors, told)


def test_a_role_that_may_make_no_tables_of_its_own_writes_by_arrays(
    postgres_server: PostgresServer, copied: list[int]
) -> None:
    url = postgres_server.fresh()
    index = made(url)
    fill(index, batch(np.random.default_rng(5), 10))
    database = url.rpartition("/")[2]
    role = f"bare_{uuid.uuid4().hex[:8]}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'bare'")
        connection.execute(f"REVOKE TEMPORARY ON DATABASE {database} FROM PUBLIC")
        connection.execute(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}")
    address = f"postgresql://{role}:bare@127.0.0.1:{postgres_server.port}/{database}"
    theirs = PgVectorIndex(DIMENSION, FIELDS, url=address, publisher=index.publisher)
    fill(theirs, batch(np.random.default_rng(6), MANY))
    assert copied == []
    assert len(index) == MANY
