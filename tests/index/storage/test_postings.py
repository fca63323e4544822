"""Postings answer as looking through all pairs does, however they came and wherever they stand."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.storage import postings
from index.storage.postings import Postings, Run

CODES = st.sets(st.integers(0, 12), max_size=6)
PUTS = st.lists(st.tuples(st.integers(0, 20), CODES), max_size=30)


def codes_of(held: set[int]) -> np.ndarray:
    return np.array(sorted(held), np.uint32)


def plain(held: dict[int, set[int]], asked: list[int], most: int) -> set[tuple[int, int]]:
    """Return the pairs of a num and the place of a code: rarest codes first, while there are few."""
    holders = {code: [num for num, codes in held.items() if code in codes] for code in asked}
    found, count = set(), 0
    for code in sorted(asked, key=lambda code: (len(holders[code]), code)):
        count += len(holders[code])
        if count > most:
            break
        found |= {(num, asked.index(code)) for num in holders[code]}
    return found


@settings(max_examples=100, deadline=None)
@given(PUTS, st.integers(1, 40), CODES, st.integers(0, 60), st.sets(st.integers(0, 30)))
def test_holders_are_those_that_hold(puts, live, asked, most, saves) -> None:
    """Each num is put once here: what is put again holds its old codes as well."""
    held: dict[int, set[int]] = {}
    with pytest.MonkeyPatch.context() as patch, TemporaryDirectory() as place:
        patch.setattr(postings, "_LIVE_PAIRS", live)
        found = Postings()
        for step, (num, codes) in enumerate(puts):
            if num in held:
                continue
            held[num] = codes
            found.put(num, codes_of(codes))
            if step in saves:
                directory = Path(place, str(step))
                directory.mkdir()
                found.save(directory, "words")
                if step % 2:
                    found = Postings()
                    found.load(directory, "words")
        nums, places = found.holders(codes_of(asked), most)
    pairs = list(zip(nums.tolist(), places.tolist(), strict=True))
    assert len(pairs) == len(set(pairs))
    assert set(pairs) == plain(held, sorted(asked), most)


@given(st.lists(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 99))), max_size=4))
def test_a_run_holds_the_pairs_of_all_its_parts_by_code(parts) -> None:
    made = [
        (np.array([code for code, _ in part], np.uint32), np.array([num for _, num in part], np.int64))
        for part in parts
    ]
    codes, nums = Run.of(made).pairs()
    assert codes.tolist() == sorted(code for part in parts for code, _ in part)
    assert sorted(zip(codes.tolist(), nums.tolist(), strict=True)) == sorted(
        pair for part in parts for pair in part
    )


def test_what_is_put_again_is_found_by_old_and_new_codes_once() -> None:
    found = Postings()
    found.put(7, codes_of({1, 2}))
    found.put(7, codes_of({2, 3}))
    nums, places = found.holders(codes_of({1, 2, 3}), 99)
    assert list(zip(nums.tolist(), places.tolist(), strict=True)) == [(7, 0), (7, 2), (7, 1)]


def test_what_was_not_saved_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Postings().load(tmp_path, "words")
    Postings().save(tmp_path, "words")
    empty = Postings()
    empty.load(tmp_path, "words")
    assert empty.holders(codes_of({1}), 9)[0].tolist() == []


def test_a_run_that_has_not_changed_is_linked_not_written_again(tmp_path: Path) -> None:
    found = Postings([(np.array([1, 1], np.uint32), np.array([4, 5]))])
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        found.save(tmp_path / name, "words")
    for file in (tmp_path / "second").iterdir():
        assert file.samefile(tmp_path / "first" / file.name)
