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
from index.storage.kernels import plain
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
    assert kernels.row_sums is (compiled if kernels.COMPILED else plain).row_sums


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
@given(
    st.lists(st.sets(st.integers(0, 9)), max_size=5),
    st.lists(st.integers(0, 7), max_size=6),
    st.integers(0, 10),
)
def test_members_are_those_of_their_groups(
    form: ModuleType, groups: list[set[int]], asked: list[int], below: int
) -> None:
    ordered = [sorted(each) for each in groups]
    members = np.array([each for group in ordered for each in group], np.int64)
    found, rows = form.members(offsets_of(ordered), members, np.array(asked, np.int64), below)
    wanted = [
        (i, each) for i, g in enumerate(asked) if g < len(ordered) for each in ordered[g] if each < below
    ]
    assert [*zip(rows.tolist(), found.tolist(), strict=True)] == wanted


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


@form
@given(st.lists(st.lists(st.integers(-9, 9), max_size=4), max_size=8))
def test_row_sums_count_an_empty_row_as_nothing(form: ModuleType, rows: list[list[int]]) -> None:
    values = np.array([value for row in rows for value in row], np.float32)
    assert form.row_sums(values, offsets_of(rows)).tolist() == [sum(row) for row in rows]


@pytest.mark.skipif(not kernels.COMPILED, reason="no C compiler where this was installed")
@pytest.mark.parametrize("offsets", [[0, 4], [-1, 3], [0, 3, 2], []])
def test_rows_that_are_none_are_refused_in_c(offsets: list[int]) -> None:
    ids, counts, bounds = np.arange(3, dtype=np.uint32), np.ones(3, np.uint8), np.array(offsets, np.int64)
    with pytest.raises(IndexError, match="rows"):
        compiled.row_lengths(ids, counts, bounds, IDF, FREQUENCY)
    with pytest.raises(IndexError, match="rows"):
        compiled.row_sums(np.ones(3, np.float32), bounds)


@pytest.mark.skipif(not kernels.COMPILED, reason="no C compiler where this was installed")
def test_arrays_that_do_not_fit_are_refused_in_c() -> None:
    ids, offsets = np.arange(3, dtype=np.uint32), np.array([0, 3])
    with pytest.raises(ValueError, match="2 values beside 3"):
        compiled.row_lengths(ids, np.ones(2, np.uint8), offsets, IDF, FREQUENCY)
    with pytest.raises(ValueError, match="float32, not float16"):
        compiled.floats(np.ones(3, np.float32))
    with pytest.raises(ValueError, match="uint32"):
        compiled.copy_runs(Parts.of(ids), *3 * [np.zeros(1, np.int64)], np.zeros(3, np.uint8))
    with pytest.raises(ValueError, match="contiguous"):
        compiled.copy_runs(Parts.of(ids), *3 * [np.zeros(1, np.int64)], np.zeros(6, np.uint32)[::2])
    with pytest.raises(ValueError, match="not uint32"):
        compiled.list_ends(Parts.of(ids.view(np.uint8)), offsets[:1], offsets[1:], 1)
    with pytest.raises(IndexError, match="there is no group -1"):
        compiled.members(offsets, np.arange(3), np.array([-1]), 9)
    with pytest.raises(IndexError, match="group 0 does not lie within 2 places"):
        compiled.members(offsets, np.arange(2), np.array([0]), 9)
