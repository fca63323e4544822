"""Vectors in Milvus beyond the contract: rebuilt behind the alias, publishers, versions."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from pymilvus import MilvusClient

from index import ExactIndex, Field, IndexInputError, IndexUnsuitable, Vectors
from index.servers import milvus_server as connections
from index.servers.milvus import MilvusIndex
from index.servers.milvus_collection import Collection
from index.servers.recall import measured
from tests.index.conftest import DIMENSION, FIELDS, answers, batch, fill

K = 100


def made(url: str, publisher: str = "", dimension: int = DIMENSION, exact_rows: int = 10_000) -> MilvusIndex:
    fields = FIELDS if dimension == DIMENSION else ("published",)
    return MilvusIndex(
        dimension, fields, url=url, publisher=publisher or uuid.uuid4().hex, exact_rows=exact_rows
    )


def unit_vectors(rng: np.random.Generator, rows: int) -> Vectors:
    vectors = rng.standard_normal((rows, 64)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def test_a_collection_that_was_rebuilt_for_hnsw_finds_nearly_all(milvus_url: str) -> None:
    rng = np.random.default_rng(1)
    index, exact = made(milvus_url, dimension=64, exact_rows=1000), ExactIndex(64, ("published",))
    other = made(milvus_url, "another", dimension=64)
    other.upsert(np.arange(5), unit_vectors(rng, 5), {"published": np.zeros(5, np.int64)})
    vectors = unit_vectors(rng, 4000)
    for each in (index, exact):
        each.upsert(np.arange(4000), vectors, {"published": np.arange(4000) % 100})
        each.remove(np.arange(500))
    assert index.figures().profile == "exact"
    assert index.improve()
    assert not index.improve()
    assert (index.figures().profile, index.figures().rows, len(other)) == ("hnsw", 3500, 5)
    later = unit_vectors(rng, 300)
    for each in (index, exact):
        each.upsert(np.arange(3900, 4200), later, {"published": np.full(300, 7)})
        each.remove(np.arange(1500, 1600))
    for where in (None, Field("published") < 50, Field("published") == 7, Field("published") > 1000):
        found, wanted = (each.search(vectors[1000:1010], K, where) for each in (index, exact))
        assert measured(found, wanted) >= 0.97
        gone = [*range(500), *range(1500, 1600)]
        assert not any(np.isin(hits.ids, gone).any() for hits in found)
    assert index.measured_recall(10, K) >= 0.97


def test_a_rebuilt_collection_that_misses_rows_is_given_up(
    milvus_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(3)
    index = MilvusIndex(32, (), url=milvus_url, publisher="news", exact_rows=100)
    index.upsert(np.arange(200), rng.standard_normal((200, 32)).astype(np.float32), {})
    monkeypatch.setattr("index.servers.milvus.measured", lambda *_: 0.5)
    before = answers(index, np.ones((1, 32), np.float32), 10)
    assert not index.improve()
    assert index.figures().profile == "exact"
    assert answers(index, np.ones((1, 32), np.float32), 10) == before
    monkeypatch.undo()
    assert not index.improve(), "it is not tried again and again"
    assert MilvusIndex(32, (), url=milvus_url, publisher="news", exact_rows=100).improve()


def test_what_others_write_while_a_collection_is_rebuilt_is_found_to_be_lacking(
    milvus_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who wrote searches what it wrote into until that is gone, and is told then by another name."""
    rng, copy = np.random.default_rng(5), Collection._copy
    vectors = rng.standard_normal((204, 24)).astype(np.float32)
    one, other = (MilvusIndex(24, (), url=milvus_url, publisher="news", exact_rows=100) for _ in range(2))
    one.upsert(np.arange(200), vectors[:200], {})
    before, seen = (one.held_in(), other.held_in()), []
    assert before[0] == before[1]

    def copied(held: Collection, client: MilvusClient, old: str, new: str, partition: str) -> None:
        copy(held, client, old, new, partition)
        if partition == held.partition:
            other.upsert(np.arange(200, 204), vectors[200:], {})  # few: what is found is compared then
            other.remove(np.arange(2))
            seen.append(sorted(other.search(vectors[:1], 1000)[0].ids.tolist()))

    monkeypatch.setattr(Collection, "_copy", copied)
    assert one.improve()
    assert seen == [list(range(2, 204))]
    assert one.held_in() == other_place(other) != before[0]
    rival = MilvusIndex(24, (), url=milvus_url, publisher="news", exact_rows=100)
    assert (rival.held_in(), rival.improve()) == (one.held_in(), False)
    names = one._held.opened()[0].list_collections()
    assert [name for name in names if name.startswith(one._held.alias)] == [one.held_in()]
    one.forget()


def test_what_we_write_while_we_rebuild_waits_for_nothing_and_is_found_afterwards(
    milvus_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng, copy = np.random.default_rng(8), Collection._copy
    vectors = rng.standard_normal((204, 22)).astype(np.float32)
    index = MilvusIndex(22, (), url=milvus_url, publisher="news", exact_rows=100)
    index.upsert(np.arange(200), vectors[:200], {})
    seen = []

    def write() -> None:
        index.upsert(np.arange(200, 204), vectors[200:], {})
        index.remove(np.arange(1, 3))
        index.upsert(np.arange(2, 3), vectors[:1], {})
        seen.append(sorted(index.search(vectors[:1], 1000)[0].ids.tolist()))

    def copied(held: Collection, client: MilvusClient, old: str, new: str, partition: str) -> None:
        copy(held, client, old, new, partition)
        if partition == held.partition:
            with ThreadPoolExecutor(1) as threads:
                threads.submit(write).result()

    monkeypatch.setattr(Collection, "_copy", copied)
    assert index.improve()
    there = [0, *range(2, 204)]
    assert seen == [there]
    (hits,) = index.search(vectors[:1], 1000)
    assert sorted(hits.ids.tolist()) == there
    assert set(hits.ids[:2].tolist()) == {0, 2}
    index.forget()


def other_place(index: MilvusIndex) -> str:
    """Return where an index is after it was asked something: until then it knows of no exchange."""
    index.search(np.ones((1, index.dimension), np.float32), 1)
    return index.held_in()


def test_a_rebuild_that_fails_leaves_nothing_behind(milvus_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    index = MilvusIndex(20, (), url=milvus_url, publisher="news", exact_rows=10)
    index.upsert(np.arange(50), np.random.default_rng(6).standard_normal((50, 20)).astype(np.float32), {})

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(Collection, "_copy", fail)
        with pytest.raises(ZeroDivisionError):
            index.improve()
    names = index._held.opened()[0].list_collections()
    assert [name for name in names if name.startswith(index._held.alias)] == [index.held_in()]
    assert index.improve()
    assert len(index) == 50


def test_of_two_rebuilds_the_later_one_gives_up(milvus_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """And is not dropped under its hands by who tidies meanwhile."""
    vectors = np.random.default_rng(7).standard_normal((50, 28)).astype(np.float32)
    one, rival = (MilvusIndex(28, (), url=milvus_url, publisher="news", exact_rows=10) for _ in range(2))
    one.upsert(np.arange(50), vectors, {})
    assert len(rival) == 50
    copy, tidied = Collection._copy, []

    def copied(held: Collection, client: MilvusClient, old: str, new: str, partition: str) -> None:
        if held is rival._held and not tidied:
            with monkeypatch.context() as patch:
                patch.setattr(Collection, "tidy", lambda _: [])  # both had looked before either began
                assert one.improve()
            tidied.extend(one._held.tidy())
            assert tidied == [new]
        copy(held, client, old, new, partition)

    monkeypatch.setattr(Collection, "_copy", copied)
    assert not rival.improve()
    names = one._held.opened()[0].list_collections()
    assert [name for name in names if name.startswith(one._held.alias)] == [one.held_in()]
    assert len(rival) == 50
    one.forget()


def test_one_publisher_does_not_see_another_whatever_their_names(milvus_url: str) -> None:
    rng = np.random.default_rng(2)
    ours, theirs = made(milvus_url, 'a" or id >= 0 or owner == "'), made(milvus_url, "o'neill \\ \n পত্রিকা")
    fill(ours, batch(rng, 20))
    assert answers(theirs, np.ones((1, DIMENSION), np.float32), 5) == [[]]
    fill(theirs, batch(rng, 10))
    assert theirs.remove(np.arange(5)) == 5
    assert (len(ours), len(theirs)) == (20, 5)
    theirs.forget()
    assert (len(ours), len(theirs)) == (20, 0)
    ours.forget()


def test_more_neighbours_than_milvus_returns_are_refused(milvus_url: str) -> None:
    with pytest.raises(IndexInputError, match="k must be at most 16,384 in Milvus, not 20,000"):
        made(milvus_url).search(np.ones((1, DIMENSION), np.float32), 20_000)


@pytest.mark.parametrize("version", ["v2.3.5-lite", "2.6.0"])
def test_versions_that_are_known_are_used(version: str) -> None:
    connections.check_version(version)


@pytest.mark.parametrize("version", ["v2.2.16", "v3.0.0", "nightly"])
def test_versions_that_are_not_known_are_refused_with_those_that_are(version: str) -> None:
    with pytest.raises(
        IndexUnsuitable, match=rf"Milvus {version} is not .* use one of 2\.3, 2\.4, 2\.5, 2\.6$"
    ):
        connections.check_version(version)


@pytest.mark.parametrize("url", ["milvus", "ftp://host", "http://"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(IndexInputError, match="give http://user@host:19530"):
        made(url)
