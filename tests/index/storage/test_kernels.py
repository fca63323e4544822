"""The compiled loops and the numpy ones do what a plain Python loop does, and read nothing outside."""

from __future__ import annotations

import math
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.storage import kernels
from index.storage.kernels import looked_up, plain
from recommender import Recommender
from recommender.story.story import Link
from tests.arrays import story
from tests.fakes import HashEmbedder

if kernels.COMPILED:
    from index.storage.kernels import compiled

    FORMS = [plain, compiled]
else:
    FORMS = [plain]

ROOT = Path(__file__).resolve().parents[3]

# Ids that agree in their low bits are told apart as well.
Ids = st.integers(0, 9).map(lambda i: i % 5 + (i // 5 << 16))
Rows = st.lists(st.dictionaries(Ids, st.integers(1, 255), max_size=6), max_size=6)
IDF = np.linspace(1, 9, 1 << 17, dtype=np.float32)
FREQUENCY = np.linspace(1, 3, 256, dtype=np.float32)

form = pytest.mark.parametrize("form", FORMS, ids=lambda each: each.__name__.rpartition(".")[2])


def offsets_of(rows: list[list[int]] | list[dict[int, int]]) -> np.ndarray:
    return np.cumsum([0, *map(len, rows)], dtype=np.int64)


def arrays(rows: list[dict[int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    ids = np.array([i for row in rows for i in sorted(row)], np.uint32)
    counts = np.array([row[i] for row in rows for i in sorted(row)], np.uint8)
    return ids, counts, offsets_of(rows)


def test_a_compiler_is_made_use_of() -> None:
    headers = Path(sysconfig.get_paths()["include"], "Python.h").exists()
    compiler = shutil.which((sysconfig.get_config_var("CC") or "cc").split()[0])
    if headers and compiler:
        assert kernels.COMPILED, "compile the loops: rm .venv/.ready && make setup"
    assert kernels.shared_sums is (compiled if kernels.COMPILED else plain).shared_sums


def test_both_forms_make_the_same_blocks(tmp_path: Path) -> None:
    with Recommender.create(tmp_path / "archive", embedder=HashEmbedder()) as recommender:
        recommender.add(story(number, links=(Link(target=f"s{number // 2}"),)) for number in range(60))
    script = (
        "import sys\n"
        "from recommender import Recommender\n"
        "from index.storage.kernels import COMPILED\n"
        "from tests.fakes import HashEmbedder\n"
        "with Recommender.open(sys.argv[1], embedder=HashEmbedder(), clock=lambda: 2e9) as recommender:\n"
        "    for number in range(0, 60, 7):\n"
        "        for slot in recommender.related(f's{number}').slots:\n"
        "            print(number, slot.story.id, round(slot.score, 4), *slot.reasons)\n"
        "print(COMPILED, file=sys.stderr)\n"
    )
    told = []
    for choice in ("", "numpy"):
        done = subprocess.run(
            [sys.executable, "-c", script, str(tmp_path / "archive")],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, kernels.CHOICE: choice},
            cwd=ROOT,
        )
        assert str(kernels.COMPILED and not choice) in done.stderr
        told.append(done.stdout)
    assert len(told[0].splitlines()) > 9
    assert told[0] == told[1]


@form
@pytest.mark.parametrize(("dtype", "shape"), [(np.uint8, ()), (np.uint32, ()), (np.float16, (3,))])
@given(st.data())
def test_runs_are_copied_to_their_places(
    form: ModuleType, dtype: type, shape: tuple[int, ...], data: st.DataObject
) -> None:
    size = data.draw(st.integers(0, 20))
    values = np.arange(size * math.prod(shape)).reshape(size, *shape).astype(dtype)
    values.flags.writeable = False  # as a mapped file is
    lengths = data.draw(st.lists(st.integers(0, size), max_size=5))
    starts = [data.draw(st.integers(0, size - length)) for length in lengths]
    gaps = [data.draw(st.integers(0, 2)) for _ in lengths]
    places, end = [], 0
    for gap, length in zip(gaps, lengths, strict=True):
        places.append(end + gap)
        end += gap + length
    out, wanted = np.full((end + 1, *shape), 7, dtype), np.full((end + 1, *shape), 7, dtype)
    for start, length, place in zip(starts, lengths, places, strict=True):
        wanted[place : place + length] = values[start : start + length]
    form.copy_runs(values, *(np.array(each, np.int64) for each in (starts, lengths, places)), out)
    np.testing.assert_array_equal(out, wanted)


@form
@pytest.mark.parametrize(
    ("start", "length", "place"), [(-1, 1, 0), (3, 2, 0), (0, 1, 4), (0, 2, 3), (0, -1, 0), (0, 1, -1)]
)
def test_what_lies_outside_is_not_copied(form: ModuleType, start: int, length: int, place: int) -> None:
    values, out = np.arange(4, dtype=np.uint32), np.zeros(4, np.uint32)
    run = (np.array([each], np.int64) for each in (start, length, place))
    with pytest.raises(IndexError, match="outside"):
        form.copy_runs(values, *run, out)
    assert not out.any()


@form
def test_where_nothing_is_copied_from_does_not_matter(form: ModuleType) -> None:
    values, out = np.arange(4, dtype=np.uint32), np.zeros(4, np.uint32)
    form.copy_runs(values, np.array([9, 1]), np.array([0, 2]), np.array([7, 0]), out)
    assert out.tolist() == [1, 2, 0, 0]


@form
def test_halves_are_those_of_numpy(form: ModuleType) -> None:
    every = np.arange(1 << 16, dtype=np.uint16).view(np.float16).reshape(-1, 64)
    found = form.floats(every)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, every.astype(np.float32))
    np.testing.assert_array_equal(np.signbit(found), np.signbit(every))
    assert form.floats(every[:0]).shape == (0, 64)
    np.testing.assert_array_equal(form.floats(every[::2, ::-1]), every[::2, ::-1].astype(np.float32))


@form
@given(Rows)
def test_lengths_are_those_of_weighed_rows(form: ModuleType, rows: list[dict[int, int]]) -> None:
    wanted = [math.hypot(*(float(IDF[i]) * float(FREQUENCY[row[i]]) for i in row)) for row in rows]
    found = form.row_lengths(*arrays(rows), IDF, FREQUENCY)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, rtol=1e-6)


@form
@given(Rows, st.dictionaries(Ids, st.integers(1, 9)), st.booleans())
def test_shared_sums_are_those_of_a_dict(
    form: ModuleType, rows: list[dict[int, int]], table: dict[int, int], counted: bool
) -> None:
    ids, counts, offsets = arrays(rows)
    keys = np.array(sorted(table), np.uint32)
    values = np.array([table[key] for key in sorted(table)], np.float64)
    more = (counts, FREQUENCY) if counted else ()
    wanted = [
        sum(table.get(i, 0) * (float(FREQUENCY[row[i]]) if counted else 1) for i in row) for row in rows
    ]
    np.testing.assert_allclose(form.shared_sums(keys, values, ids, offsets, *more), wanted)


@form
@given(Rows, st.sets(Ids))
def test_shared_terms_are_those_of_a_set(
    form: ModuleType, rows: list[dict[int, int]], keys: set[int]
) -> None:
    ids, _, offsets = arrays(rows)
    held = np.array(sorted(keys), np.uint32)
    found, places, bounds = form.shared_terms(held, ids, offsets)
    assert found.tolist() == [place for place, each in enumerate(ids.tolist()) if each in keys]
    assert held[places].tolist() == ids[found].tolist()
    assert np.diff(bounds).tolist() == [len(keys & row.keys()) for row in rows]
    assert bounds[0] == 0


def lying(rows: list[dict[int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return rows as they lie in a file, from the last to the first, with their counts behind each."""
    values, spans = np.zeros(0, np.uint32), []
    for row in reversed(rows):
        ids, counts, _ = arrays([row])
        start = len(values) + 1
        filled = np.zeros(-(-len(counts) // 4) * 4, np.uint8)
        filled[: len(counts)] = counts
        values = np.concatenate([values, np.full(1, 7, np.uint32), ids, filled.view(np.uint32)])
        spans.insert(0, (start, start + len(ids), 4 * (start + len(ids))) if row else (-3, -3, 99_999))
    starts, ends, beside = np.array(spans, np.int64).reshape(-1, 3).T.copy()
    return values, starts, ends, values.view(np.uint8), beside


@form
@given(Rows, st.dictionaries(Ids, st.integers(1, 9)))
def test_shared_terms_weigh_what_they_do_in_a_dict(
    form: ModuleType, rows: list[dict[int, int]], table: dict[int, int]
) -> None:
    keys = np.array(sorted(table), np.uint32)
    rarity = np.array([table[key] for key in sorted(table)], np.float32)
    places, weights, offsets = form.shared_weights(keys, rarity, *lying(rows), FREQUENCY)
    wanted = [[(i, row[i]) for i in sorted(row) if i in table] for row in rows]
    assert keys[places].tolist() == [i for row in wanted for i, _ in row]
    assert weights.dtype == np.float32
    assert weights.tolist() == [FREQUENCY[n] * np.float32(table[i]) for row in wanted for i, n in row]
    assert offsets.tolist() == offsets_of(wanted).tolist()


@form
@given(Rows, st.dictionaries(Ids, st.integers(1, 9)))
def test_shared_terms_are_summed_where_they_lie(
    form: ModuleType, rows: list[dict[int, int]], table: dict[int, int]
) -> None:
    keys = np.array(sorted(table), np.uint32)
    values = np.array([table[key] for key in sorted(table)], np.float64)
    sums = form.span_sums(keys, values, *lying(rows), FREQUENCY)
    assert sums.dtype == np.float64
    wanted = [math.fsum(table[i] * float(FREQUENCY[n]) for i, n in row.items() if i in table) for row in rows]
    assert sums.tolist() == pytest.approx(wanted)


@form
@given(Rows, st.dictionaries(Ids, st.integers(1, 9)), st.integers(1, 4))
def test_the_largest_of_shared_terms_are_summed(
    form: ModuleType, rows: list[dict[int, int]], table: dict[int, int], count: int
) -> None:
    keys = np.array(sorted(table), np.uint32)
    values = np.array([table[key] for key in sorted(table)], np.float32)
    found = form.largest_shared(keys, values, *lying(rows)[:3], count)
    assert found.dtype == np.float32
    assert found.tolist() == [
        sum(sorted((table[i] for i in row if i in table), reverse=True)[:count]) for row in rows
    ]


@form
@pytest.mark.parametrize(
    ("start", "end", "beside"), [(-1, 1, 0), (0, 4, 0), (2, 1, 0), (0, 2, 2), (0, 2, -1)]
)
def test_rows_that_lie_outside_are_refused(form: ModuleType, start: int, end: int, beside: int) -> None:
    ids, some = np.arange(3, dtype=np.uint32), np.ones(3, np.float32)
    span = np.array([start]), np.array([end])
    with pytest.raises(IndexError, match="rows do not lie within 3"):
        form.shared_weights(ids, some, ids, *span, np.ones(3, np.uint8), np.array([beside]), FREQUENCY)
    values = np.ones(3)
    with pytest.raises(IndexError, match="rows do not lie within 3"):
        form.span_sums(ids, values, ids, *span, np.ones(3, np.uint8), np.array([beside]), FREQUENCY)
    if not beside:
        with pytest.raises(IndexError, match="rows do not lie within 3"):
            form.largest_shared(ids, some, ids, *span, 2)


@form
@given(st.lists(st.lists(st.integers(-9, 9), max_size=7), max_size=6), st.integers(1, 4))
def test_the_largest_are_summed(form: ModuleType, rows: list[list[int]], count: int) -> None:
    values = np.array([value for row in rows for value in row], np.float32)
    found = form.largest_sums(values, offsets_of(rows), count)
    assert found.dtype == np.float32
    assert found.tolist() == [sum(sorted(row, reverse=True)[:count]) for row in rows]


Sparse = st.lists(st.dictionaries(st.integers(0, 3), st.integers(1, 9), max_size=4), max_size=5)


@form
@given(Sparse, st.lists(st.dictionaries(st.integers(0, 4), st.integers(1, 9)), min_size=4, max_size=4))
def test_the_best_product_is_that_of_matrices(
    form: ModuleType, rows: list[dict[int, int]], columns: list[dict[int, int]]
) -> None:
    left, right = np.zeros((len(rows), 4)), np.zeros((4, 5))
    for matrix, lists in ((left, rows), (right, columns)):
        for row, each in zip(matrix, lists, strict=True):
            row[list(each)] = list(each.values())
    found = form.best_products(*sparse(rows), *columns_of(columns), 5)
    assert found.dtype == np.float32
    assert found.tolist() == (left @ right).max(axis=1, initial=0).tolist()


@form
@given(Sparse, st.lists(st.sets(st.integers(0, 4)), min_size=4, max_size=4), st.integers(1, 4))
def test_the_best_sum_is_that_of_the_largest_in_one_column(
    form: ModuleType, rows: list[dict[int, int]], columns: list[set[int]], count: int
) -> None:
    places, weights, offsets = sparse(rows)
    starts, there, _ = columns_of([dict.fromkeys(sorted(each), 1) for each in columns])
    found = form.best_sums(places, weights, offsets, starts, there, 5, count)
    held = [[[v for i, v in row.items() if c in columns[i]] for c in range(5)] for row in rows]
    assert found.dtype == np.float32
    assert found.tolist() == [max(sum(sorted(each)[::-1][:count]) for each in row) for row in held]


def sparse(rows: list[dict[int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the columns and values of rows, and where each row begins."""
    places = np.array([i for row in rows for i in row], np.int64)
    return places, np.array([v for row in rows for v in row.values()], np.float32), offsets_of(rows)


def columns_of(rows: list[dict[int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    places, values, offsets = sparse(rows)
    return offsets, places, values


@form
@given(st.lists(st.lists(st.integers(0, 2), max_size=9), max_size=5), st.integers(1, 4), st.booleans())
def test_runs_are_held_by_the_texts_that_say_them(
    form: ModuleType, texts: list[list[int]], run: int, shifted: bool
) -> None:
    words = np.array([5, 1 << 20, 9, 5], np.uint32)  # of each text three, from the first or the second on
    said = [[int(words[place + shifted]) for place in text] for text in texts]
    asked = [(9, 5, 5, 5)[:run], *(tuple(row[:run]) for row in said if len(row) >= run)]
    hashes = np.unique(np.concatenate([form.run_hashes(np.array(each, np.uint32), run) for each in asked]))
    assert len(hashes) == len(set(asked))
    places = np.array([place for text in texts for place in text], np.uint16)
    starts = np.full(len(texts), int(shifted), np.int64)
    held = form.runs_held(hashes, run, places, offsets_of(texts), words, starts)
    for row, each in zip(held, said, strict=True):
        own = form.run_hashes(np.array(each, np.uint32), run)
        assert row.tolist() == np.isin(hashes, own).tolist()
    assert own_or_none(form, said, run) == own_or_none(plain, said, run)


def own_or_none(form: ModuleType, said: list[list[int]], run: int) -> list[list[int]]:
    return [form.run_hashes(np.array(each, np.uint32), run).tolist() for each in said]


@form
@given(st.lists(st.lists(st.integers(-9, 9), max_size=4), max_size=8))
def test_row_sums_count_an_empty_row_as_nothing(form: ModuleType, rows: list[list[int]]) -> None:
    values = np.array([value for row in rows for value in row], np.float32)
    assert form.row_sums(values, offsets_of(rows)).tolist() == [sum(row) for row in rows]


@given(st.dictionaries(Ids, st.integers(1, 9)), st.lists(Ids))
def test_a_look_up_is_that_of_a_dict(table: dict[int, int], ids: list[int]) -> None:
    keys = np.array(sorted(table), np.uint32)
    values = np.array([table[key] for key in sorted(table)], np.float32)
    assert looked_up(keys, values, np.array(ids, np.uint32)).tolist() == [table.get(i, 0) for i in ids]


@pytest.mark.skipif(not kernels.COMPILED, reason="no C compiler where this was installed")
@pytest.mark.parametrize("offsets", [[0, 4], [-1, 3], [0, 3, 2], []])
def test_rows_that_are_none_are_refused_in_c(offsets: list[int]) -> None:
    ids, counts, bounds = np.arange(3, dtype=np.uint32), np.ones(3, np.uint8), np.array(offsets, np.int64)
    with pytest.raises(IndexError, match="rows"):
        compiled.row_lengths(ids, counts, bounds, IDF, FREQUENCY)
    with pytest.raises(IndexError, match="rows"):
        compiled.shared_sums(ids, np.ones(3), ids, bounds)
    with pytest.raises(IndexError, match="rows"):
        compiled.row_sums(np.ones(3, np.float32), bounds)
    with pytest.raises(IndexError, match="rows"):
        compiled.shared_terms(ids, ids, bounds)
    with pytest.raises(IndexError, match="rows"):
        compiled.largest_sums(np.ones(3, np.float32), bounds, 2)
    some, weights, whole = np.zeros(3, np.int64), np.ones(3, np.float32), np.array([0, 3])
    with pytest.raises(IndexError, match="rows"):
        compiled.best_products(some, weights, bounds, whole, some, weights, 1)
    with pytest.raises(IndexError, match="rows"):
        compiled.best_products(some, weights, whole, bounds, some, weights, 1)
    with pytest.raises(IndexError, match="0 is no place among 0"):
        compiled.best_products(some, weights, whole, whole, some, weights, 0)
    with pytest.raises(IndexError, match="7 is no place among 1"):
        compiled.best_products(some + 7, weights, whole, whole, some, weights, 1)
    with pytest.raises(IndexError, match="rows"):
        compiled.best_sums(some, weights, bounds, whole, some, 1, 2)
    with pytest.raises(IndexError, match="7 is no place among 1"):
        compiled.best_sums(some + 7, weights, whole, whole, some, 1, 2)
    with pytest.raises(ValueError, match="the 0 largest values are not told"):
        compiled.best_sums(some, weights, whole, whole, some, 1, 0)


@pytest.mark.skipif(not kernels.COMPILED, reason="no C compiler where this was installed")
def test_arrays_that_do_not_fit_are_refused_in_c() -> None:
    ids, offsets = np.arange(3, dtype=np.uint32), np.array([0, 3])
    with pytest.raises(ValueError, match="2 values beside 3"):
        compiled.row_lengths(ids, np.ones(2, np.uint8), offsets, IDF, FREQUENCY)
    with pytest.raises(ValueError, match="2 values beside 3"):
        compiled.shared_sums(ids, np.ones(2), ids, offsets)
    with pytest.raises(ValueError, match="float32, not float16"):
        compiled.floats(np.ones(3, np.float32))
    with pytest.raises(ValueError, match="uint32"):
        compiled.copy_runs(ids, *3 * [np.zeros(1, np.int64)], np.zeros(3, np.uint8))
    with pytest.raises(ValueError, match="contiguous"):
        compiled.copy_runs(ids, *3 * [np.zeros(1, np.int64)], np.zeros(6, np.uint32)[::2])
