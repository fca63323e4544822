"""Compiled and plain hashes of texts are those of zlib, and what is counted is what a Counter counts."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from types import ModuleType
from zlib import crc32

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index.storage.kernels import plain_hashing, text_hashes

try:
    from index.storage.kernels import hashing
except ImportError:
    FORMS: list[ModuleType] = [plain_hashing]
else:
    FORMS = [plain_hashing, hashing]

ITEMS = st.lists(st.text(st.characters(codec=None), max_size=6) | st.sampled_from(["", "\ud800", "a\nb"]))


def checksum(text: str, begun: int) -> int:
    return crc32(text.encode("utf-8", "surrogatepass"), begun)


@pytest.mark.parametrize("form", FORMS)
@given(items=ITEMS, begun=st.integers(0, 2**32 - 1))
def test_hashes_go_on_from_where_they_are_begun(form: ModuleType, items: list[str], begun: int) -> None:
    assert form.hashes(items, begun).tolist() == [checksum(item, begun) for item in items]
    pairs = [checksum(f"{one} {other}", begun) for one, other in pairwise(items)]
    assert form.pair_hashes(items, begun).tolist() == pairs


@pytest.mark.parametrize("form", FORMS)
@given(ids=st.lists(st.integers(0, 2**32 - 1) | st.integers(0, 3), max_size=600))
def test_ids_are_counted_in_order_up_to_what_a_byte_holds(form: ModuleType, ids: list[int]) -> None:
    found, counts = form.counted(np.array(ids, np.uint32))
    held = sorted(Counter(ids).items())
    assert list(zip(found.tolist(), counts.tolist(), strict=True)) == [(id, min(n, 255)) for id, n in held]
    assert (found.dtype, counts.dtype) == (np.uint32, np.uint8)


@pytest.mark.parametrize("form", FORMS)
def test_ids_are_added_to_totals(form: ModuleType) -> None:
    totals = np.array([0, 5, 0, 7], np.int32)
    form.count_in(np.array([1, 3, 1, 1], np.uint32), totals)
    assert totals.tolist() == [0, 8, 0, 8]


@pytest.mark.parametrize("form", FORMS)
def test_what_is_no_text_is_refused(form: ModuleType) -> None:
    with pytest.raises((TypeError, AttributeError)):
        form.hashes(["flood", 7])


def test_the_compiled_form_is_taken_where_there_is_one() -> None:
    assert text_hashes.hashes in {form.hashes for form in FORMS}
    assert plain_hashing.counted(np.zeros(300, np.uint32))[1].tolist() == [255]
