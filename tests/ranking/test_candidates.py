"""Candidates come once each, and never the source."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from recommender.ranking.candidates import FIRST, in_order, united

Found = st.lists(st.integers(0, 20), max_size=12)


@given(st.lists(Found, max_size=3), st.none() | st.integers(0, 20))
def test_each_once_in_the_order_of_first_sight(sources: list[list[int]], source: int | None) -> None:
    plain = [num for num in dict.fromkeys(num for each in sources for num in each) if num != source]
    assert united(*(np.array(each, np.int64) for each in sources), without=source).tolist() == plain


@given(st.integers(0, 3 * FIRST), st.integers(0, FIRST))
def test_the_first_of_the_nearest_come_before_what_was_found_otherwise(near: int, others: int) -> None:
    nearest, besides = np.arange(near), 2 * np.arange(others)
    found = in_order(nearest, besides).tolist()
    assert sorted(found) == sorted({*nearest.tolist(), *besides.tolist()})
    assert found[: min(near, FIRST)] == nearest[:FIRST].tolist()
    rest = nearest[~np.isin(nearest, [*range(FIRST), *besides])]
    assert found[len(found) - len(rest) :] == rest.tolist()
