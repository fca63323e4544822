"""Filters against plain Python, row by row, and their refusals word for word."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from index import Field, Filter, IndexInputError
from index.filters import ColumnsAt, ColumnsWithMasks, Compare, KeptMasks, Mask, Stored

Plain = Callable[[dict[str, int]], bool]
FIELDS = ("a", "b")
OPERATORS = ("==", "!=", "<", "<=", ">", ">=")
SMALL = st.integers(-4, 4)
INT64 = st.integers(-(2**63), 2**63 - 1)


def leaf(name: str, op: str, value: int) -> tuple[Filter, Plain]:
    made: dict[str, tuple[Filter, Plain]] = {
        "==": (Field(name) == value, lambda row: row[name] == value),
        "!=": (Field(name) != value, lambda row: row[name] != value),
        "<": (Field(name) < value, lambda row: row[name] < value),
        "<=": (Field(name) <= value, lambda row: row[name] <= value),
        ">": (Field(name) > value, lambda row: row[name] > value),
        ">=": (Field(name) >= value, lambda row: row[name] >= value),
    }
    return made[op]


def member(name: str, values: list[int]) -> tuple[Filter, Plain]:
    return Field(name).isin(values), lambda row: row[name] in values


def combined(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    pairs = st.tuples(children, children)
    return st.one_of(
        pairs.map(lambda p: (p[0][0] & p[1][0], lambda row: p[0][1](row) and p[1][1](row))),
        pairs.map(lambda p: (p[0][0] | p[1][0], lambda row: p[0][1](row) or p[1][1](row))),
        children.map(lambda c: (~c[0], lambda row: not c[1](row))),
        children.map(lambda c: (c[0].kept(), c[1])),
    )


LEAVES = st.one_of(
    st.builds(
        leaf, st.sampled_from(FIELDS), st.sampled_from(["==", "!=", "<", "<=", ">", ">="]), SMALL | INT64
    ),
    st.builds(member, st.sampled_from(FIELDS), st.lists(SMALL | INT64, max_size=30)),
)


@given(
    st.recursive(LEAVES, combined, max_leaves=6),
    st.lists(st.tuples(SMALL, SMALL | INT64), max_size=12),
)
def test_a_mask_is_the_condition_row_by_row(case: tuple[Filter, Plain], rows: list[tuple[int, int]]) -> None:
    where, plain = case
    columns = {
        "a": np.array([a for a, _ in rows], dtype=np.int32),
        "b": np.array([b for _, b in rows], dtype=np.int64),
    }
    expected = [plain({"a": a, "b": b}) for a, b in rows]
    assert where.mask(columns).tolist() == expected
    masks = KeptMasks()
    for size in (len(rows) // 2, len(rows), len(rows) // 3):  # as rows are added, and as they were before
        some = {name: column[:size] for name, column in columns.items()}
        for _ in range(2):
            assert where.mask(ColumnsWithMasks(some, masks)).tolist() == expected[:size]
    for rows_alone in (np.arange(len(rows))[::-2], slice(None, None, 3)):
        passed = np.array(expected, np.bool_)[rows_alone].tolist()
        for whole in (columns, ColumnsWithMasks(columns, masks)):
            assert where.mask(ColumnsAt(whole, rows_alone)).tolist() == passed


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the list of how many rows conditions looked at."""
    seen: list[int] = []
    mask = Compare.mask

    def counted(self: Compare, columns: Stored) -> Mask:
        seen.append(len(columns["a"]))
        return mask(self, columns)

    monkeypatch.setattr(Compare, "mask", counted)
    return seen


def test_only_new_rows_are_looked_at_again(looked_at: list[int]) -> None:
    where, masks = (Field("a") <= 5), KeptMasks()
    for size in (4, 4, 10, 10, 7):
        found = where.kept().mask(ColumnsWithMasks({"a": np.arange(size)}, masks))
        assert found.tolist() == [number <= 5 for number in range(size)]
        found[:] = False  # the caller may change it
    assert looked_at == [4, 6]


def test_masks_of_the_last_filters_alone_are_kept(looked_at: list[int]) -> None:
    columns = ColumnsWithMasks({"a": np.arange(30)}, KeptMasks())
    for value in (*range(20), 19, 18, 0):  # the last two cost nothing any more
        (Field("a") <= value).kept().mask(columns)
    assert looked_at == [30] * 21


def test_a_filter_knows_its_fields() -> None:
    where = (Field("a") <= 1) & ~(Field("b").isin([2]) | (Field("c") == 3))
    assert where.fields == {"a", "b", "c"}
    where.check(("a", "b", "c", "d"))
    with pytest.raises(IndexInputError) as caught:
        where.check(("a", "c"))
    assert str(caught.value) == "filter field 'b' is not declared; declared: a, c"


def test_equal_filters_are_equal_and_can_be_keys() -> None:
    assert ((Field("a") < 1) & (Field("b") == 2)) == ((Field("a") < 1) & (Field("b") == 2))
    assert len({Field("a").isin([2, 1]), Field("a").isin([1, 2, 2])}) == 1


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Field("a") == "x", "filter on 'a' needs an integer, not str"),
        (lambda: Field("a") < 1.5, "filter on 'a' needs an integer, not float"),
        (lambda: Field("a") == True, "filter on 'a' needs an integer, not bool"),  # noqa: E712  # the mistake tested
        (lambda: Field("a") > 2**63, f"filter on 'a' needs a 64-bit integer, not {2**63}"),
        (lambda: Field("a").isin([None]), "filter on 'a' needs an integer, not NoneType"),
        (lambda: (Field("a") < 1) & True, "a filter combines with a filter, not with bool"),
        (
            lambda: (Field("a") < 1) and (Field("b") < 1),
            "a filter is neither true nor false: combine filters with &, | and ~",
        ),
    ],
)
def test_mistakes_are_refused(build: Callable[[], object], message: str) -> None:
    with pytest.raises(IndexInputError) as caught:
        build()
    assert str(caught.value) == message
