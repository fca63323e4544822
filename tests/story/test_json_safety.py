"""How many values a JSON text holds is known before it is decoded."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.story.json_safety import holds_more, repeated_name

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(alphabet='a,[{"\\é\n'),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(alphabet='a,[{"\\'), inner),
    max_leaves=30,
)


def count(value: Any) -> int:
    """Return how many values there are, in a plain walk; an empty list or object counts as holding one."""
    if isinstance(value, list):
        return 1 + max(sum(map(count, value)), 1)
    if isinstance(value, dict):
        return 1 + max(sum(map(count, value.values())), 1)
    return 1


@given(VALUES, st.booleans())
def test_no_more_values_are_let_through_and_no_fewer_refused(value: Any, ascii: bool) -> None:
    text, values = json.dumps(value, ensure_ascii=ascii), count(value)
    for raw in (text, text.encode("utf-8", "surrogatepass")):
        assert not holds_more(raw, values)
        assert holds_more(raw, values - 1)


@pytest.mark.parametrize("part", [b"[],", b'{"":0},', b"0,", b'"",', b"[", b'{"":'])
def test_a_text_of_many_small_values_is_known(part: bytes) -> None:
    assert holds_more(part * 20_000, 19_000)


def test_prose_is_one_value_however_long() -> None:
    assert not holds_more(json.dumps({"body": 'He said, "one, two, [three]", {four}. ' * 50_000}), 10)


@given(VALUES)
def test_a_value_has_no_name_twice(value: Any) -> None:
    assert repeated_name(json.dumps(value)) is None


@pytest.mark.parametrize(
    "text",
    [
        '{"id": 1, "id": 2}',
        '{"a": [{"id": 1, "x": "id", "id": 2}]}',
        '{"id": 1, "\\u0069d": 2}',
        '{"id":1,"id" :2}',
        '{"n": 1e999, "id": 1, "m": ' + "7" * 5000 + ', "id": "\\""}',
    ],
)
def test_a_name_that_stands_twice_is_found(text: str) -> None:
    assert repeated_name(text) == repeated_name(text.encode()) == "id"
