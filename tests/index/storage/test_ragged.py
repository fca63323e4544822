"""A ragged array answers as a dict of lists does, also when it was saved, mapped and put to again."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.storage.ragged import MAX_LENGTH, Column, Ragged

LANES = {"ids": (np.uint32, ()), "pairs": (np.float16, (2,))}
ROWS = st.lists(st.integers(0, 1000), max_size=7)
PUTS = st.lists(st.tuples(st.integers(0, 40), ROWS), max_size=30)


def put_all(ragged: Ragged, puts: list[tuple[int, list[int]]], held: dict[int, list[int]]) -> None:
    for num, row in puts:
        ids = np.array(row, np.uint32)
        ragged.put(num, ids, np.stack([ids, ids], axis=1).astype(np.float16))
        held[num] = row


def rows(ragged: Ragged, nums: list[int]) -> list[list[int]]:
    (ids, pairs), offsets = ragged.gather(np.array(nums, np.int64))
    np.testing.assert_array_equal(pairs[:, 1], ids.astype(np.float16))
    return [part.tolist() for part in np.split(ids, offsets[1:-1])] if nums else []


@given(PUTS)
def test_gathers_what_was_put_last(puts: list[tuple[int, list[int]]]) -> None:
    ragged, held = Ragged(LANES), {}
    put_all(ragged, puts, held)
    assert rows(ragged, list(held)) == list(held.values())


@settings(max_examples=50)  # each writes files
@given(PUTS, PUTS, st.data())
def test_a_saved_array_goes_on_where_it_was(
    tmp_path_factory: pytest.TempPathFactory, first: list, later: list, data: st.DataObject
) -> None:
    directory = tmp_path_factory.mktemp("ragged")
    ragged, held = Ragged(LANES), {}
    put_all(ragged, first, held)
    ragged.save(directory, "r", np.array(sorted(held), np.int64), max(held, default=-1) + 1)
    files = {file: file.read_bytes() for file in directory.iterdir()}
    mapped = Ragged(LANES)
    mapped.load(directory, "r")
    put_all(mapped, later, held)
    wanted = data.draw(st.lists(st.sampled_from(sorted(held)), max_size=10)) if held else []
    assert rows(mapped, wanted) == [held[num] for num in wanted]
    assert {file: file.read_bytes() for file in directory.iterdir()} == files


def test_what_nothing_points_to_is_dropped_by_a_save(tmp_path: Path) -> None:
    ragged = Ragged({"ids": (np.uint32, ())})
    for turn in range(5):
        for num in range(1000):
            ragged.put(num, np.array([turn, num], np.uint32))
    ragged.save(tmp_path, "r", np.arange(0, 1000, 2), 1000)
    mapped = Ragged({"ids": (np.uint32, ())})
    mapped.load(tmp_path, "r")
    for each in (ragged, mapped):
        (ids,), offsets = each.gather(np.array([998, 7, 4]))
        assert ids.tolist() == [4, 998, 4, 4]
        assert offsets.tolist() == [0, 2, 2, 4]
    assert len(np.load(next(tmp_path.glob("r.ids.*")))) == 1000


def test_a_place_of_each_row() -> None:
    ragged = Ragged({"ids": (np.uint32, ())})
    for num in (3, 1, 2):
        ragged.put(num, np.array([num * 10, 7], np.uint32))
    assert ragged.each(np.array([2, 3]), 0)[0].tolist() == [20, 30]
    assert ragged.each(np.array([2, 3]), 1)[0].tolist() == [7, 7]
    (rest,), offsets = ragged.gather(np.array([2, 3, 0]), skip=1)
    assert (rest.tolist(), offsets.tolist()) == ([7, 7], [0, 1, 2, 2])


def test_a_row_that_is_too_long_is_refused() -> None:
    ragged = Ragged({"ids": (np.uint32, ())})
    with pytest.raises(ValueError, match=f"at most {MAX_LENGTH} fit"):
        ragged.put(0, np.zeros(MAX_LENGTH + 1, np.uint32))


def test_lanes_of_different_length_are_refused() -> None:
    ragged = Ragged(LANES)
    with pytest.raises(ValueError, match=r"\[2, 1\] values"):
        ragged.put(0, np.zeros(2, np.uint32), np.zeros((1, 2), np.float16))


def test_a_column_keeps_its_values_when_it_grows(tmp_path: Path) -> None:
    column = Column(np.int64)
    for num in (5, 5000, 70_000):
        column[num] = num
    column.save(tmp_path / "c.npy", 70_001)
    mapped = Column.load(tmp_path / "c.npy")
    mapped[200_000] = 1
    assert [int(mapped.values[num]) for num in (5, 5000, 70_000, 6, 200_000)] == [5, 5000, 70_000, 0, 1]


def test_a_reader_never_sees_half_a_row() -> None:
    ragged, nums, stop, broken = Ragged({"ids": (np.uint32, ())}), np.arange(8), threading.Event(), []
    for num in nums:
        ragged.put(int(num), np.zeros(1, np.uint32))

    def read() -> None:
        while not stop.is_set():
            (ids,), offsets = ragged.gather(nums)
            for row in np.split(ids, offsets[1:-1]):
                # Each row holds its own length, over and over.
                if len(set(row.tolist())) != 1 or row[0] not in (0, len(row)):
                    broken.append(row)

    reader = threading.Thread(target=read)
    reader.start()
    generator = np.random.default_rng(1)
    for _ in range(4000):
        length = int(generator.integers(1, 50))
        ragged.put(int(generator.integers(8)), np.full(length, length, np.uint32))
    stop.set()
    reader.join()
    assert broken == []
