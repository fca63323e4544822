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
from index.storage.parts import Parts
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
    sizes = data.draw(st.lists(st.integers(0, 20), min_size=1, max_size=3))
    values = np.arange(sum(sizes) * math.prod(shape)).reshape(-1, *shape).astype(dtype)
    values.flags.writeable = False  # as a mapped file is
    firsts = np.cumsum([0, *sizes])
    parts = Parts.of(*np.split(values, firsts[1:-1]))
    within = data.draw(st.lists(st.integers(0, len(sizes) - 1), max_size=5))
    lengths = [data.draw(st.integers(0, sizes[part])) for part in within]
    starts = [
        int(firsts[part]) + data.draw(st.integers(0, sizes[part] - length))
        for part, length in zip(within, lengths, strict=True)
    ]
    gaps = [data.draw(st.integers(0, 2)) for _ in lengths]
    places, end = [], 0
    for gap, length in zip(gaps, lengths, strict=True):
        places.append(end + gap)
        end += gap + length
    out, wanted = np.full((end + 1, *shape), 7, dtype), np.full((end + 1, *shape), 7, dtype)
    for start, length, place in zip(starts, lengths, places, strict=True):
        wanted[place : place + length] = values[start : start + length]
    form.copy_runs(parts, *(np.array(each, np.int64) for each in (starts, lengths, places)), out)
    np.testing.assert_array_equal(out, wanted)


@form
@pytest.mark.parametrize(
    ("start", "length", "place"), [(-1, 1, 0), (3, 2, 0), (0, 1, 4), (0, 2, 3), (0, -1, 0), (0, 1, -1)]
)
def test_what_lies_outside_is_not_copied(form: ModuleType, start: int, length: int, place: int) -> None:
    values, out = Parts.of(np.arange(4, dtype=np.uint32)), np.zeros(4, np.uint32)
    run = (np.array([each], np.int64) for each in (start, length, place))
    with pytest.raises(IndexError, match=r"outside|within one part"):
        form.copy_runs(values, *run, out)
    assert not out.any()


@form
def test_where_nothing_is_copied_from_does_not_matter(form: ModuleType) -> None:
    values, out = Parts.of(np.arange(4, dtype=np.uint32)), np.zeros(4, np.uint32)
    form.copy_runs(values, np.array([9, 1]), np.array([0, 2]), np.array([7, 0]), out)
    assert out.tolist() == [1, 2, 0, 0]


@form
@given(st.lists(st.integers(-9, 9)), st.lists(st.integers(-10, 10), max_size=20))
def test_as_many_are_below_as_a_list_has(form: ModuleType, ordered: list[int], values: list[int]) -> None:
    found = form.counts_below(np.array(sorted(ordered), np.int64), np.array(values, np.int64))
    assert found.tolist() == [sum(each < value for each in ordered) for value in values]


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


@form
def test_a_run_lies_within_one_part(form: ModuleType) -> None:
    parts, out = Parts.of(np.arange(2, dtype=np.uint8), np.arange(3, dtype=np.uint8)), np.zeros(2, np.uint8)
    with pytest.raises(IndexError, match="one part of 5"):
        form.copy_runs(parts, np.array([1]), np.array([2]), np.array([0]), out)


@form
@given(st.lists(st.none() | st.tuples(*3 * [st.integers(0, 9)]), max_size=5), st.integers(1, 3))
def test_the_ends_of_lists_are_those_of_their_lengths(
    form: ModuleType, rows: list[tuple[int, int, int] | None], parts: int
) -> None:
    values = [np.array([7, *(row or ())], np.uint32) for row in rows] or [np.zeros(1, np.uint32)]
    starts = np.cumsum([1, *(1 + len(row or ()) for row in rows)], dtype=np.int64)[: len(rows)]
    ends = starts + np.array([len(row or ()) for row in rows], np.int64)
    whole = [*values[: parts - 1], np.concatenate([*values[parts - 1 :], np.zeros(1, np.uint32)])]
    found = form.list_ends(Parts.of(*whole), starts, ends, 3)
    assert found.shape == (len(rows), 4)
    assert found.tolist() == [np.cumsum([0, *(row or (0, 0, 0))]).tolist() for row in rows]
    if any(rows):
        with pytest.raises(IndexError, match="less than 4"):
            form.list_ends(Parts.of(*whole), starts, ends, 4)


def lying(rows: list[dict[int, int]]) -> tuple[Parts, np.ndarray, np.ndarray, np.ndarray]:
    """Return rows as they lie in two files, from the last to the first, with their counts behind each."""
    first, values, spans = np.zeros(0, np.uint32), np.zeros(0, np.uint32), []
    for row in reversed(rows):
        ids, counts, _ = arrays([row])
        if len(spans) == len(rows) // 2:
            first, values = values, first
        start = len(first) + len(values) + 1
        filled = np.zeros(-(-len(counts) // 4) * 4, np.uint8)
        filled[: len(counts)] = counts
        values = np.concatenate([values, np.full(1, 7, np.uint32), ids, filled.view(np.uint32)])
        spans.insert(0, (start, start + len(ids), 4 * (start + len(ids))) if row else (-3, -3, 99_999))
    starts, ends, beside = np.array(spans, np.int64).reshape(-1, 3).T.copy()
    return Parts.of(first, values), starts, ends, beside


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
    uncounted = form.span_sums(keys, values, *lying(rows)[:3])
    assert uncounted.tolist() == [sum(table.get(i, 0) for i in row) for row in rows]


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
    ("start", "end", "beside"), [(-1, 1, 0), (0, 4, 0), (2, 1, 0), (0, 2, 11), (0, 2, -1)]
)
def test_rows_that_lie_outside_are_refused(form: ModuleType, start: int, end: int, beside: int) -> None:
    ids, some = np.arange(3, dtype=np.uint32), np.ones(3, np.float32)
    parts, span = Parts.of(ids), (np.array([start]), np.array([end]))
    outside = pytest.raises(IndexError, match=r"within one part of (3|12) values")
    with outside:
        form.shared_weights(ids, some, parts, *span, np.array([beside]), FREQUENCY)
    with outside:
        form.span_sums(ids, np.ones(3), parts, *span, np.array([beside]), FREQUENCY)
    if not beside:
        with outside:
            form.largest_shared(ids, some, parts, *span, 2)
        with outside:
            form.best_shares(ids, parts, *span, some, np.arange(4), np.zeros(3, np.int64), 1)
        with outside:
            form.list_ends(parts, *span, 1)


@form
@given(st.lists(st.lists(st.integers(0, 9), max_size=7), max_size=6), st.integers(1, 4))
def test_the_largest_are_summed(form: ModuleType, rows: list[list[int]], count: int) -> None:
    places = np.array([value for row in rows for value in row], np.int64)
    found = form.largest_sums(places, offsets_of(rows), np.arange(10, dtype=np.float32)[::-1].copy(), count)
    assert found.dtype == np.float32
    assert found.tolist() == [sum(9 - place for place in sorted(row)[:count]) for row in rows]


@form
@given(st.lists(st.integers(0, 5), max_size=40), st.integers(1, 9))
def test_windows_have_the_words_that_stand_in_them(form: ModuleType, said: list[int], step: int) -> None:
    starts, columns, times, count = form.window_counts(np.array(said, np.uint16), 6, step)
    cut = [said[at : at + 2 * step] for at in range(0, max(len(said) - step, 1), step)]
    assert count == len(cut)
    for word in range(6):
        held = slice(starts[word], starts[word + 1])
        there = [(window, each.count(word)) for window, each in enumerate(cut) if word in each]
        assert [*zip(columns[held].tolist(), times[held].tolist(), strict=True)] == there


@form
@given(Rows, st.dictionaries(Ids, st.sets(st.integers(0, 2))))
def test_the_best_share_is_that_of_one_column(
    form: ModuleType, rows: list[dict[int, int]], table: dict[int, set[int]]
) -> None:
    keys = np.array(sorted(table), np.uint32)
    held, columns, _ = columns_of([dict.fromkeys(sorted(table[key]), 1) for key in sorted(table)])
    found = form.best_shares(keys, *lying(rows)[:3], IDF, held, columns, 3)
    assert found.dtype == np.float32
    for row, share in zip(rows, found.tolist(), strict=True):
        parts = [sum(float(IDF[i]) for i in row if c in table.get(i, ())) for c in range(3)]
        assert share == pytest.approx(max(parts) / (sum(float(IDF[i]) for i in row) or 1))


@form
@given(st.lists(st.lists(st.tuples(st.integers(0, 4), st.integers(-9, 9)), max_size=5), max_size=6))
def test_what_things_are_worth_is_summed_by_weight(
    form: ModuleType, rows: list[list[tuple[int, int]]]
) -> None:
    places = np.array([place for row in rows for place, _ in row], np.int64)
    weights = np.array([weight for row in rows for _, weight in row], np.float32)
    offsets = np.cumsum([0, *map(len, rows)], dtype=np.int64)
    found = form.weighted_sums(places, weights, offsets, np.arange(5, dtype=np.float32))
    assert found.dtype == np.float32
    assert found.tolist() == [sum(place * weight for place, weight in row) for row in rows]


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
    for width in (5, 5000):  # filled up with zeros, and by its columns
        found = form.best_products(*sparse(rows), *columns_of(columns), width)
        assert found.dtype == np.float32
        assert found.tolist() == (left @ right).max(axis=1, initial=0).tolist()


@form
@given(
    st.lists(st.lists(st.integers(0, 7), unique=True), max_size=5),
    st.lists(st.tuples(st.integers(0, 9), st.sets(st.integers(0, 4))), min_size=8, max_size=8),
    st.integers(1, 4),
)
def test_the_best_sum_is_that_of_the_largest_in_one_column(
    form: ModuleType, rows: list[list[int]], things: list[tuple[int, set[int]]], count: int
) -> None:
    places = np.array([place for row in rows for place in row], np.int64)
    worth = np.array([value for value, _ in things], np.float32)
    starts, there, _ = columns_of([dict.fromkeys(sorted(each), 1) for _, each in things])
    found = form.best_sums(places, offsets_of(rows), worth, starts, there, 5, count)
    held = [[[things[i][0] for i in row if c in things[i][1]] for c in range(5)] for row in rows]
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
    places = [np.array(text, np.uint16) for text in texts] or [np.zeros(0, np.uint16)]
    bounds, first = offsets_of(texts), np.full(len(texts), int(shifted), np.int64)
    spans = bounds[:-1], bounds[1:], Parts.of(words), first, first + 3
    held = form.runs_held(hashes, run, Parts.of(*places), *spans)
    for row, each in zip(held, said, strict=True):
        own = form.run_hashes(np.array(each, np.uint32), run)
        assert row.tolist() == np.isin(hashes, own).tolist()
    assert own_or_none(form, said, run) == own_or_none(plain, said, run)


@form
def test_a_place_beyond_the_words_is_the_last_of_them(form: ModuleType) -> None:
    words, places = np.array([5, 9, 7], np.uint32), np.array([0, 4, 0, 4], np.uint16)
    hashes = form.run_hashes(np.array([5, 9], np.uint32), 2)
    spans = Parts.of(words), np.array([0, 2]), np.array([2, 2])  # the second has no words
    held = form.runs_held(hashes, 2, Parts.of(places), np.array([0, 2]), np.array([2, 4]), *spans)
    assert held.tolist() == [[True], [False]]


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
        compiled.largest_sums(np.zeros(3, np.int64), bounds, np.ones(3, np.float32), 2)
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
        compiled.best_sums(some, bounds, weights[:1], whole, some, 1, 2)
    with pytest.raises(IndexError, match="7 is no place among 1"):
        compiled.best_sums(some + 7, whole, weights[:1], whole, some, 1, 2)
    with pytest.raises(ValueError, match="the 0 largest values are not told"):
        compiled.best_sums(some, whole, weights[:1], whole, some, 1, 0)
    with pytest.raises(IndexError, match="7 is no place among 3"):
        compiled.window_counts(np.array([0, 7], np.uint16), 3, 1)
    with pytest.raises(IndexError, match="0 is no place among 0"):
        compiled.best_shares(ids[:1], Parts.of(ids), whole[:1], whole[1:], weights, whole, some, 0)


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
        compiled.copy_runs(Parts.of(ids), *3 * [np.zeros(1, np.int64)], np.zeros(3, np.uint8))
    with pytest.raises(ValueError, match="contiguous"):
        compiled.copy_runs(Parts.of(ids), *3 * [np.zeros(1, np.int64)], np.zeros(6, np.uint32)[::2])
    with pytest.raises(ValueError, match="not uint32"):
        compiled.list_ends(Parts.of(ids.view(np.uint8)), offsets[:1], offsets[1:], 1)
