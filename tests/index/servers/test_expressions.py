"""A filter as text passes the rows that its mask passes; SQL is asked of SQLite."""

from __future__ import annotations

import sqlite3

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from index.filters import Field, Filter
from index.servers.expressions import MILVUS, SQL, condition

LEAST, MOST = -(2**63), 2**63 - 1
NUMBERS = st.one_of(st.integers(-3, 3), st.sampled_from([LEAST, LEAST + 1, MOST - 1, MOST]))
COMPARISONS = st.one_of(
    st.builds(lambda name, value: Field(name) == value, st.sampled_from("ab"), NUMBERS),
    st.builds(lambda name, value: Field(name) != value, st.sampled_from("ab"), NUMBERS),
    st.builds(lambda name, value: Field(name) < value, st.sampled_from("ab"), NUMBERS),
    st.builds(lambda name, value: Field(name) <= value, st.sampled_from("ab"), NUMBERS),
    st.builds(lambda name, value: Field(name) > value, st.sampled_from("ab"), NUMBERS),
    st.builds(lambda name, value: Field(name) >= value, st.sampled_from("ab"), NUMBERS),
    st.builds(lambda name, values: Field(name).isin(values), st.sampled_from("ab"), st.lists(NUMBERS)),
)
FILTERS = st.recursive(
    COMPARISONS,
    lambda inner: st.one_of(
        st.builds(lambda left, right: left & right, inner, inner),
        st.builds(lambda left, right: left | right, inner, inner),
        st.builds(lambda part: ~part, inner),
        st.builds(lambda part: part.kept(), inner),
    ),
    max_leaves=6,
)


@given(where=FILTERS, rows=st.lists(st.tuples(NUMBERS, NUMBERS), max_size=8))
@settings(max_examples=200)
def test_a_filter_in_sql_passes_what_its_mask_passes(where: Filter, rows: list[tuple[int, int]]) -> None:
    columns = {name: np.array([row[place] for row in rows], np.int64) for place, name in enumerate("ab")}
    held = sqlite3.connect(":memory:")
    held.execute('CREATE TABLE held (id INTEGER, "a b" INTEGER, b INTEGER)')
    held.executemany("INSERT INTO held VALUES (?, ?, ?)", [(n, *row) for n, row in enumerate(rows)])
    text = condition(where, {"a": '"a b"', "b": "b"}, SQL)
    found = [number for (number,) in held.execute(f"SELECT id FROM held WHERE {text} ORDER BY id")]
    held.close()
    assert found == np.flatnonzero(where.mask(columns)).tolist()


def test_milvus_is_told_in_its_own_words() -> None:
    where = ~((Field("a") == 1) | Field("b").isin([LEAST, 2, 3])) & (Field("a") >= LEAST)
    columns = {"a": "column0", "b": "column1"}
    assert condition(where, columns, MILVUS) == (
        f"((not ((column0 == 1) or ((column1 in [2, 3]) or (column1 < {LEAST + 1})))) and (not (id < 0)))"
    )


def test_a_kind_of_filter_that_servers_do_not_know_is_refused() -> None:
    class Odd(Filter):
        def _mask(self, columns: object) -> object: ...
        def _fields(self) -> frozenset[str]:
            return frozenset()

    with pytest.raises(NotImplementedError, match="filter Odd cannot be told to a server"):
        condition(Odd(), {}, SQL)
