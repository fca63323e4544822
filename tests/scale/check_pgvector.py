"""Vectors in PostgreSQL beyond the contract: HNSW, publishers, a server that is away."""

from __future__ import annotations

import numpy as np
import pytest

from index import ExactIndex, Field, IndexInputError, IndexUnavailable, Vectors
from index.servers.pgvector import PgVectorIndex
from index.servers.recall import measured
from tests.index.conftest import DIMENSION, FIELDS, answers, batch, fill
from tests.scale.postgres_server import PostgresServer

K = 100


def made(
    url: str, publisher: str = "news", dimension: int = DIMENSION, exact_rows: int = 10_000
) -> PgVectorIndex:
    fields = FIELDS if dimension == DIMENSION else ("published",)
    return PgVectorIndex(dimension, fields, url=url, publisher=publisher, exact_rows=exact_rows)


def unit_vectors(rng: np.random.Generator, rows: int) -> Vectors:
    vectors = rng.standard_normal((rows, 64)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_hnsw_finds_nearly_all_with_and_without_filters(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.servers.pgvector.is_listed_faster", lambda *_: True)
    rng = np.random.default_rng(1)
    index, exact = made(postgres_url, dimension=64, exact_rows=1000), ExactIndex(64, ("published",))
    vectors = unit_vectors(rng, 4000)
    ids, columns = np.arange(4000), {"published": rng.integers(0, 100, 4000)}
    for each in (index, exact):
        each.upsert(ids, vectors, columns)
    assert index.figures().profile == "exact"
    assert index.improve()
    assert not index.improve()
    assert (index.figures().profile, index.figures().rows) == ("hnsw", 4000)
    later = unit_vectors(rng, 300)
    for each in (index, exact):  # rows that HNSW was not built of, and such as it has to forget
        each.upsert(np.arange(3900, 4200), later, {"published": np.full(300, 7)})
        each.remove(np.arange(500))
    for where in (None, Field("published") < 50, Field("published") == 7, Field("published") > 1000):
        found, wanted = (each.search(vectors[1000:1020], K, where) for each in (index, exact))
        assert measured(found, wanted) >= 0.97
        assert all(len(some) == len(all_) for some, all_ in zip(found, wanted, strict=True))
        assert all(hits.ids.min(initial=500) >= 500 for hits in found), "removed"
    assert index.measured_recall(20, K) >= 0.97


def test_who_builds_hnsw_in_too_little_memory_is_told_what_it_takes(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("index.servers.pgvector_table.MOST_MEMORY", 2)
    postgres_url += ("&" if "?" in postgres_url else "?") + "options=-cmaintenance_work_mem%3D65MB"
    rng = np.random.default_rng(4)
    for rows, told in ((2000, False), (4000, True)):
        index = made(postgres_url, str(rows), dimension=64, exact_rows=1000)
        index.upsert(np.arange(rows), unit_vectors(rng, rows), {"published": np.arange(rows)})
        assert index.improve()
        assert ("maintenance_work_mem = '67MB'" in caplog.text) is told


def test_one_publisher_does_not_see_another(postgres_url: str) -> None:
    rng = np.random.default_rng(2)
    ours, theirs = made(postgres_url), made(postgres_url, "o'neill \"; DROP TABLE x; --")
    fill(ours, batch(rng, 20))
    assert len(theirs) == 0
    assert answers(theirs, np.ones((1, DIMENSION), np.float32), 5) == [[]]
    fill(theirs, batch(rng, 10))
    assert theirs.remove(np.arange(5)) == 5
    assert (len(ours), len(theirs)) == (20, 5)
    theirs.forget()
    assert (len(ours), len(theirs)) == (20, 0)


def test_a_search_tells_by_itself_which_table_it_read(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other, rows = made(postgres_url), made(postgres_url), batch(np.random.default_rng(5), 10)
    fill(one, rows)
    assert one.search(rows.vectors[:1], 3)
    place = one.held_in()
    other.forget()
    fill(other, rows)
    with monkeypatch.context() as patch:
        assert one.search(rows.vectors[:1], 3)
        patch.setattr(one._table.server, "connection", lambda: pytest.fail("it was asked once more"))
        assert one.held_in() != place
    place = one.held_in()
    other.forget()
    assert len(other) == 0
    assert answers(one, rows.vectors[:1], 3) == [[]]
    assert one.held_in() == other.held_in() != place


def test_a_table_whose_making_fails_is_made_by_the_next_call(postgres_url: str) -> None:
    table = made(postgres_url, "another")._table
    with pytest.raises(ZeroDivisionError), table.transaction():
        raise ZeroDivisionError
    assert table.seen == ""
    assert len(table.values("published")) == 0


def test_rows_that_were_refused_leave_nothing_of_their_batch(postgres_url: str) -> None:
    index = made(postgres_url)
    with pytest.raises(IndexInputError):
        index.upsert(np.array([1, 1]), np.ones((2, DIMENSION), np.float32), {})
    assert len(index) == 0


def test_a_server_that_is_away_is_named_with_the_way_out_and_comes_back_by_itself(
    postgres_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("index.servers.calls.REST", 0.0)
    index, rows = made(postgres_server.fresh()), batch(np.random.default_rng(4), 10)
    fill(index, rows)
    postgres_server.kill()
    try:
        with pytest.raises(
            IndexUnavailable, match=r"PostgreSQL at 127\.0\.0\.1.* does not answer: .*start it"
        ) as caught:
            index.search(rows.vectors[:1], 3)
        assert postgres_server.password not in str(caught.value)
    finally:
        postgres_server.start()
    assert len(index) == 10
    assert len(index.search(rows.vectors[:1], 3)[0]) == 3


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(IndexInputError, match="give postgresql://user@host:5432/database"):
        made("no address = at = all")
