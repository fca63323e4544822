"""When HNSW is used: the more rows, and the more of them pass, the sooner."""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import given

from index.servers.hnsw_cost import is_listed_faster


@given(st.integers(1, 10**7), st.integers(0, 100), st.integers(1, 700))
def test_what_more_pass_is_found_by_hnsw_all_the_sooner(rows: int, percent: int, k: int) -> None:
    some, all_of_them = is_listed_faster(rows, rows * percent // 100, k), is_listed_faster(rows, rows, k)
    assert all_of_them or not some
    assert is_listed_faster(10 * rows, 10 * rows, k) or not all_of_them


def test_a_narrow_filter_of_a_large_archive_is_scanned() -> None:
    assert is_listed_faster(100_000, 100_000, 200)
    assert not is_listed_faster(100_000, 1000, 200)
    assert not is_listed_faster(5000, 5000, 200)
    assert not is_listed_faster(0, 0, 1)
