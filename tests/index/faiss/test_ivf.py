"""The approximate profiles: recall on clustered vectors, filters, growth, builds beside reads and writes."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import numpy as np
import pytest

from index import FaissIndex, Field, IndexInputError, Profile, load_index
from index.faiss.profiles import COMPACT, FAST, chosen
from tests.index.conftest import DIMENSION, FIELDS, Listed, answers, batch, fill

WIDTH, ROWS = 64, 6000


def clustered(rows: int, seed: int = 0) -> np.ndarray:
    """Unit vectors in nested clusters of uneven sizes (topics, events), as stories are."""
    rng = np.random.default_rng(seed)
    topics = rng.standard_normal((40, WIDTH))
    events = topics[rng.integers(0, 40, 600)] + 0.7 * rng.standard_normal((600, WIDTH))
    place = np.minimum(rng.zipf(1.3, rows) - 1, 599)
    vectors = events[place] + 0.7 * rng.standard_normal((rows, WIDTH))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def archive(profile: str | Profile, rows: int = ROWS) -> FaissIndex:
    index = FaissIndex(WIDTH, ("published",), profile=profile)
    index.upsert(np.arange(rows), clustered(rows), {"published": np.arange(rows)})
    return index


@pytest.mark.parametrize("profile", [Profile("small fast", small=0), Profile("small compact", 2, 2, small=0)])
def test_a_built_index_reaches_its_recall(profile: Profile) -> None:
    index = archive(profile)
    assert index.improve()
    assert index.figures().profile == profile.name
    assert index.figures().probes < index.figures().lists
    assert index.measured_recall(sample=200, k=50) >= 0.96
    assert index.measured_recall(sample=200, k=50, where=Field("published") <= ROWS // 4) >= 0.96


@pytest.mark.parametrize("passing", [1, 37, 200, 1500])
def test_filters_never_shorten_an_answer(passing: int) -> None:
    index = archive(Profile("small fast", small=0))
    index.improve()
    for hits in index.search(clustered(20, seed=1), 200, Field("published") < passing):
        assert len(hits) == min(200, passing)
        assert hits.ids.max() < passing


def test_few_passing_rows_are_scanned_exactly() -> None:
    index, exact = archive(Profile("small fast", small=500)), archive("exact")
    index.improve()
    where = Field("published").isin(range(0, ROWS, 13))
    queries = clustered(20, seed=1)
    assert answers(index, queries, 50, where) == answers(exact, queries, 50, where)


def test_fewer_rows_are_scanned_where_the_lists_are_short() -> None:
    assert [FAST.scanned(rows) for rows in (64_000, 960_000, 4_000_000)] == [6000, 20_000, 20_000]
    assert Profile("small", small=7).scanned(4_000_000) == 7


def test_a_batch_is_answered_as_its_queries_are() -> None:
    index = archive(Profile("small fast", small=0))
    index.improve()
    queries = clustered(30, seed=2)
    together = answers(index, queries, 20)
    assert together == [answers(index, query[None], 20)[0] for query in queries]


def test_the_size_chooses_the_profile() -> None:
    assert [chosen("auto", rows) for rows in (0, 50_000, 50_001, 4_000_001)] == [None, None, FAST, COMPACT]
    assert [chosen(name, 7) for name in ("exact", "fast", "compact")] == [None, FAST, COMPACT]
    with pytest.raises(
        IndexInputError, match=r"^profile 'slow' is unknown; known: auto, exact, fast, compact$"
    ):
        FaissIndex(3, (), profile="slow")


def test_a_small_index_needs_no_lists() -> None:
    index = archive("auto")
    assert not index.improve()
    assert index.figures().profile == "exact"
    assert index.measured_recall() == 1.0


def test_added_rows_are_found_at_once_and_listed_later() -> None:
    index = archive(Profile("small fast", small=0, tail=10))
    index.improve()
    fresh = clustered(11, seed=3)
    for row, vector in enumerate(fresh):
        number = np.array([ROWS + row])
        index.upsert(number, vector[None], {"published": number})
        assert index.search(vector[None], 1)[0].ids.tolist() == number.tolist()
    assert index.figures().unlisted == 11
    assert index.improve()
    assert index.figures().unlisted == 0
    assert [hits.ids[0] for hits in index.search(fresh, 1)] == list(range(ROWS, ROWS + 11))


def test_dead_rows_are_dropped_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.faiss.maintenance._DEAD_LEAST", 100)
    index = archive(Profile("small fast", small=0))
    index.improve()
    index.remove(np.arange(0, ROWS, 2))
    assert index.figures().dead == ROWS // 2
    assert index.improve()
    assert (index.figures().dead, len(index)) == (0, ROWS // 2)
    (hits,) = index.search(clustered(1, seed=4), ROWS)
    assert sorted(hits.ids.tolist()) == list(range(1, ROWS, 2))


def test_lists_are_saved_linked_and_opened(tmp_path: Path) -> None:
    index = archive(Profile("small fast", small=0))
    index.improve()
    queries = clustered(10, seed=5)
    before = answers(index, queries, 100)
    index.save(tmp_path / "1")
    loaded = load_index(tmp_path / "1")
    assert answers(loaded, queries, 100) == before
    loaded.remove(np.array([0]))
    loaded.save(tmp_path / "2")
    for name in ("lists.faiss", "vectors000000000000.faiss"):
        assert (tmp_path / "1" / name).stat().st_ino == (tmp_path / "2" / name).stat().st_ino


def test_building_goes_on_beside_reads_and_writes(monkeypatch: pytest.MonkeyPatch) -> None:
    """While lists are built and dead rows dropped, every held id is found, and what was written stays."""
    monkeypatch.setattr("index.faiss.maintenance._DEAD_LEAST", 10)
    index = Listed(DIMENSION, FIELDS)
    index.upsert = lambda *rows: FaissIndex.upsert(index, *rows)  # type: ignore[method-assign]
    index.remove = lambda ids: FaissIndex.remove(index, ids)  # type: ignore[method-assign]
    rng = np.random.default_rng(6)
    fill(index, batch(rng, 400))
    stop, wrong = threading.Event(), []

    def read() -> None:
        while not stop.is_set():
            (hits,) = index.search(np.ones((1, DIMENSION), dtype=np.float32), 400)
            if sorted(hits.ids.tolist()) != list(range(400)):
                wrong.append(hits.ids)

    reader = threading.Thread(target=read)
    reader.start()
    built = 0
    until = time.monotonic() + 3
    while time.monotonic() < until:
        rows = batch(rng, 400)
        index.upsert(rows.ids[:90], rows.vectors[:90], {n: c[:90] for n, c in rows.columns.items()})
        built += index.improve_in_background()
    index.wait()
    stop.set()
    reader.join()
    assert wrong == []
    assert built > 3
    assert len(index) == 400


def test_stopping_leaves_the_index_as_it_was() -> None:
    index = archive(Profile("small fast"))
    assert index.improve_in_background()
    assert not index.improve_in_background()  # one at a time
    index.close()
    assert len(index.search(clustered(1), 10)[0]) == 10

    def stopped() -> None:
        raise InterruptedError

    index = archive(Profile("small fast"))
    with pytest.raises(InterruptedError):
        index.improve(stopped)
    assert index.figures().lists == 0
    assert index.improve()
