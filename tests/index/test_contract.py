"""The contract of `VectorIndex`: every engine runs every test and must answer as the oracle does."""

from __future__ import annotations

import threading
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from index import ExactIndex, Field, IndexInputError, open_index
from tests.index.conftest import DIMENSION, FIELDS, LoadIndex, MakeIndex, answers, batch, fill, whole_vectors

ONE = {"published": np.array([1]), "section": np.array([1])}


def one_vector(value: float = 1.0) -> np.ndarray:
    return np.full((1, DIMENSION), value, dtype=np.float32)


FILTERS = {
    "all": None,
    "past": Field("published") <= 40,
    "few": Field("published") == 7,
    "none": Field("published") > 1000,
    "both": (Field("published") < 60) & Field("section").isin([0, 2]),
    "either": (Field("published") < 3) | (Field("section") == 1),
    "not": ~(Field("section") == 1),
    "kept": (Field("published") > 9).kept() & (Field("section") == 1),
}


def test_answers_are_the_oracles(make: MakeIndex) -> None:
    rng = np.random.default_rng(1)
    index, oracle = make(DIMENSION, FIELDS), ExactIndex(DIMENSION, FIELDS)
    for rows in (batch(rng, 1500), batch(rng, 300, first_id=1400), batch(rng, 1)):
        fill(index, rows)
        fill(oracle, rows)
    dead = rng.permutation(1700)[:200].astype(np.int64)
    assert index.remove(dead) == oracle.remove(dead)
    queries = whole_vectors(rng, 5)
    for (name, where), k in product(FILTERS.items(), [1, 7, 200, 5000]):
        assert answers(index, queries, k, where) == answers(oracle, queries, k, where), (name, k)
    assert len(index) == len(oracle)


def test_scores_of_real_numbers_agree_within_float16_rounding(make: MakeIndex) -> None:
    rng = np.random.default_rng(2)
    vectors = rng.standard_normal((400, 584)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    index = make(584, ())
    index.upsert(np.arange(400), vectors, {})
    (hits,) = index.search(vectors[:1], 400)
    np.testing.assert_allclose(hits.scores, vectors[hits.ids] @ vectors[0], atol=2e-3)
    assert sorted(hits.ids.tolist()) == list(range(400))
    assert hits.ids[0] == 0


def test_equal_scores_go_by_id(make: MakeIndex) -> None:
    index = make(DIMENSION, ())
    ids = np.random.default_rng(3).permutation(3000).astype(np.int64)
    index.upsert(ids, np.ones((3000, DIMENSION), dtype=np.float32), {})
    (hits,) = index.search(one_vector(), 5)
    assert hits.ids.tolist() == [0, 1, 2, 3, 4]


def test_answer_is_short_only_when_the_archive_is(make: MakeIndex) -> None:
    index = make(DIMENSION, FIELDS)
    assert [len(hits) for hits in index.search(np.zeros((2, DIMENSION), dtype=np.float32), 3)] == [0, 0]
    index.upsert(np.array([4]), one_vector(), ONE)
    (hits,) = index.search(one_vector(), 10)
    assert hits.ids.tolist() == [4]
    assert hits.scores.tolist() == [DIMENSION]


def test_no_queries_no_answers(make: MakeIndex) -> None:
    assert make(DIMENSION, ()).search(np.empty((0, DIMENSION), dtype=np.float32), 1) == []


def test_replacing_leaves_one_row_with_the_new_values(make: MakeIndex) -> None:
    index = make(DIMENSION, FIELDS)
    index.upsert(np.array([4]), one_vector(1), ONE)
    index.upsert(np.array([4]), one_vector(2), {**ONE, "section": np.array([9])})
    assert len(index) == 1
    assert answers(index, one_vector(), 5) == [[(4, 2.0 * DIMENSION)]]
    assert answers(index, one_vector(), 5, Field("section") == 1) == [[]]


def test_removed_is_never_found_and_may_come_back(make: MakeIndex) -> None:
    index = make(DIMENSION, FIELDS)
    index.upsert(np.array([4]), one_vector(), ONE)
    assert index.remove(np.array([4, 5])) == 1
    assert index.remove(np.array([4])) == 0
    assert answers(index, one_vector(), 5) == [[]]
    index.upsert(np.array([4]), one_vector(), ONE)
    assert answers(index, one_vector(), 5) == [[(4, DIMENSION)]]


def test_all_ids_and_their_values_are_told_in_order(make: MakeIndex) -> None:
    index, oracle = make(DIMENSION, FIELDS), ExactIndex(DIMENSION, FIELDS)
    assert [part.tolist() for part in index.values("section")] == [[], []]
    for each in (index, oracle):
        fill(each, batch(np.random.default_rng(6), 2300))  # more than a block of any engine
        fill(each, batch(np.random.default_rng(7), 300, first_id=2200))
        each.remove(np.arange(100, 200))
        each.upsert(np.array([7]), one_vector(), {**ONE, "section": np.array([np.iinfo(np.int64).max])})
    for field in FIELDS:
        (ids, values), (wanted, theirs) = index.values(field), oracle.values(field)
        assert (ids.dtype, values.dtype) == (np.int64, np.int64)
        assert ids.tolist() == wanted.tolist() == sorted(wanted.tolist())
        assert values.tolist() == theirs.tolist()
    with pytest.raises(IndexInputError) as caught:
        index.values("tag")
    assert str(caught.value) == "field 'tag' is not declared; declared: published, section"
    assert index.held_in() == index.held_in()


def test_values_of_any_size_can_be_filtered(make: MakeIndex) -> None:
    index = make(DIMENSION, ("visible_until",))
    ends = np.array([5, 2**40, np.iinfo(np.int64).max])
    for row, end in enumerate(ends):  # the column must widen from small to large values
        index.upsert(np.array([row]), one_vector(), {"visible_until": np.array([end])})
    found = [answers(index, one_vector(), 5, Field("visible_until") > now) for now in (4, 5, 2**40)]
    assert [[number for number, _ in rows] for ((*rows,),) in found] == [[0, 1, 2], [1, 2], [2]]


BAD_ROWS = {
    "ids must be an int64 array, not int32": {"ids": np.array([1], dtype=np.int32)},
    "ids must have one axis, not shape (1, 1)": {"ids": np.array([[1]])},
    "ids must not be negative: -1": {"ids": np.array([-1])},
    "ids must be unique within a call: 3 comes twice": {"ids": np.array([3, 1, 3])},
    "vectors must be a float32 array, not float64": {"vectors": np.ones((1, DIMENSION))},
    f"vectors must have shape (n, {DIMENSION}), not (1, 3)": {"vectors": np.ones((1, 3), dtype=np.float32)},
    "vectors must be finite and within ±65504: row 0 is not": {"vectors": one_vector(np.nan)},
    "1 ids but 2 vectors": {"vectors": np.ones((2, DIMENSION), dtype=np.float32)},
    "columns lack the declared field 'section'": {"columns": {"published": np.array([1])}},
    "column 'tag' is not declared; declared: published, section": {"columns": {**ONE, "tag": np.array([1])}},
    "column 'section' must be an int64 array, not float64": {"columns": {**ONE, "section": np.array([1.0])}},
    "column 'section' must have shape (1,), not (2,)": {"columns": {**ONE, "section": np.array([1, 2])}},
}


@pytest.mark.parametrize("message", BAD_ROWS)
def test_bad_rows_are_refused_and_nothing_changes(make: MakeIndex, message: str) -> None:
    index = make(DIMENSION, FIELDS)
    good = {"ids": np.array([1]), "vectors": one_vector(), "columns": ONE}
    with pytest.raises(IndexInputError) as caught:
        index.upsert(**{**good, **BAD_ROWS[message]})  # type: ignore[arg-type]
    assert str(caught.value) == message
    assert len(index) == 0
    assert answers(index, one_vector(), 3) == [[]]


def test_bad_questions_are_refused(make: MakeIndex) -> None:
    index = make(DIMENSION, FIELDS)
    with pytest.raises(IndexInputError, match=r"^k must be at least 1, not 0$"):
        index.search(one_vector(), 0)
    with pytest.raises(IndexInputError, match=r"^queries must be finite"):
        index.search(one_vector(np.inf), 1)
    with pytest.raises(IndexInputError) as caught:
        index.search(one_vector(), 1, Field("tag") == 1)
    assert str(caught.value) == "filter field 'tag' is not declared; declared: published, section"


def test_bad_shapes_are_refused(make: MakeIndex) -> None:
    with pytest.raises(IndexInputError, match=r"^dimension must be at least 1, not 0$"):
        make(0, ())
    with pytest.raises(IndexInputError, match=r"^fields must be unique: a, a$"):
        make(3, ("a", "a"))


def test_a_saved_index_answers_as_before_and_goes_on(
    make: MakeIndex, load: LoadIndex, tmp_path: Path
) -> None:
    rng = np.random.default_rng(4)
    index = make(DIMENSION, FIELDS)
    fill(index, batch(rng, 2500))
    index.remove(np.arange(0, 400))
    queries = whole_vectors(rng, 4)
    for generation in range(3):
        directory = tmp_path / str(generation)
        index.save(directory)
        loaded = load(directory)
        assert len(loaded) == len(index)
        assert answers(loaded, queries, 300) == answers(index, queries, 300)
        assert answers(loaded, queries, 9, FILTERS["both"]) == answers(index, queries, 9, FILTERS["both"])
        index = loaded
        fill(index, batch(rng, 40, first_id=2480))
        index.remove(np.arange(500 + generation, 520))


def test_an_empty_index_can_be_saved(make: MakeIndex, load: LoadIndex, tmp_path: Path) -> None:
    make(3, ("a",)).save(tmp_path / "empty")
    loaded = load(tmp_path / "empty")
    assert (len(loaded), loaded.dimension, loaded.fields) == (0, 3, ("a",))


def test_no_index_is_saved_where_its_place_was_moved(make: MakeIndex, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        make(3, ("a",)).save(tmp_path / "moved" / "index")
    assert not (tmp_path / "moved").exists()


def test_readers_beside_a_writer_see_every_id_exactly_once(make: MakeIndex) -> None:
    """Each id is always held, with a vector of one of two values; no search may miss or double one."""
    index = make(DIMENSION, ("version",))
    ids = np.arange(300)
    index.upsert(ids, np.ones((300, DIMENSION), dtype=np.float32), {"version": ids * 0})
    stop, wrong = threading.Event(), []

    def read() -> None:
        while not stop.is_set():
            (hits,) = index.search(one_vector(), 1000)
            if sorted(hits.ids.tolist()) != ids.tolist():
                wrong.append(hits.ids)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    rng = np.random.default_rng(5)
    for version in range(150):
        some = rng.permutation(300)[:37].astype(np.int64)
        vectors = np.full((37, DIMENSION), 1 + version % 2, dtype=np.float32)
        index.upsert(some, vectors, {"version": np.full(37, version)})
    stop.set()
    for reader in readers:
        reader.join()
    assert wrong == []


def test_engines_open_by_name() -> None:
    assert open_index("faiss", 3).dimension == 3
    with pytest.raises(IndexInputError) as caught:
        open_index("annoy", 3)
    assert str(caught.value) == "engine 'annoy' is unknown; known: exact, faiss, pgvector, milvus"
