"""Packed lists come back as a dict of lists would give them, wherever they lie."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.storage.ragged import MAX_LENGTH
from index.storage.ragged_rows import RaggedRows

COUNTED, PLAIN = ("words", "names"), ("tags",)
NAMES = (*COUNTED, *PLAIN)

Lists = dict[str, list[int]]
LISTS = st.fixed_dictionaries({name: st.lists(st.integers(0, 2**32 - 1), max_size=6) for name in NAMES})
PUTS = st.lists(st.tuples(st.integers(0, 20), LISTS), max_size=12)


def packed() -> RaggedRows:
    return RaggedRows(COUNTED, PLAIN)


def put_all(held: RaggedRows, puts: list[tuple[int, Lists]], known: dict[int, Lists]) -> None:
    for num, lists in puts:
        codes = {name: np.array(lists[name], np.uint32) for name in NAMES}
        held.put(num, codes, {name: codes[name].astype(np.uint8) for name in COUNTED})
        known[num] = lists


def check(held: RaggedRows, known: dict[int, Lists], nums: list[int]) -> None:
    found = held.rows(np.array(nums, np.int64))
    for name in NAMES:
        codes, offsets = found.codes(name)
        wanted = [known[num][name] if num in known else [] for num in nums]
        assert [codes[a:b].tolist() for a, b in pairwise(offsets)] == wanted
        alone, alone_offsets = held.codes(name, np.array(nums, np.int64))
        assert (alone.tolist(), alone_offsets.tolist()) == (codes.tolist(), offsets.tolist())
        starts, ends, beside = found.runs(name)
        assert [found.values.run(a, b).tolist() for a, b in zip(starts, ends, strict=True)] == wanted
        if name in COUNTED:
            assert found.counts(name).tolist() == codes.astype(np.uint8).tolist()
            marks = found.values.bytes
            counts = [
                marks.run(at, at + len(row)).tolist() for at, row in zip(beside, wanted, strict=True) if row
            ]
            assert counts == [[code % 256 for code in row] for row in wanted if row]
    for num in set(nums) & set(known):
        codes_of, counts_of = held.item(num)
        assert {name: codes.tolist() for name, codes in codes_of.items()} == known[num]
        for name in COUNTED:
            assert counts_of[name].tolist() == codes_of[name].astype(np.uint8).tolist()


@settings(max_examples=60)  # each writes files
@given(PUTS, PUTS, st.lists(st.integers(0, 30), max_size=10))
def test_lists_are_those_that_were_put_last(
    tmp_path_factory: pytest.TempPathFactory, first: list, later: list, nums: list[int]
) -> None:
    directory = tmp_path_factory.mktemp("packed")
    held, known = packed(), {}
    put_all(held, first, known)
    check(held, known, nums)  # some of them nobody has put
    held.save(directory, "p", np.array(sorted(known), np.int64), max(known, default=-1) + 1)
    mapped = packed()
    mapped.load(directory, "p")
    check(mapped, known, nums)
    put_all(mapped, later, known)  # from now on some lie in a file and some in memory
    check(mapped, known, nums)


def test_counts_that_do_not_fit_their_codes_are_refused() -> None:
    codes = {name: np.zeros(2, np.uint32) for name in NAMES}
    counts = {"words": np.zeros(2, np.uint8), "names": np.zeros(3, np.uint8)}
    with pytest.raises(ValueError, match=r"lists of \[2, 2, 2\] with counts of \[2, 3\]"):
        packed().put(0, codes, counts)


def test_lists_that_are_too_long_for_a_row_are_refused() -> None:
    none = np.zeros(0, np.uint32)
    codes = {"words": none, "names": none, "tags": np.zeros(MAX_LENGTH, np.uint32)}
    with pytest.raises(ValueError, match=f"at most {MAX_LENGTH} fit"):
        packed().put(0, codes, {name: np.zeros(0, np.uint8) for name in COUNTED})
