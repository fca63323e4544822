"""JSON documents: one after the other, in an array or alone; what is none is refused, and reading goes on."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.ingest import documents as module
from recommender.ingest.base import Refused
from recommender.ingest.documents import at, documents, first, names_all, objects, text, texts

JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize("raw", [b'{"a":1}\n{"a":2}', b'[{"a":1},{"a":2}]', b'{"a":1}{"a":2}'])
def test_documents_come_out_one_by_one(raw):
    assert list(documents(io.BytesIO(raw))) == [{"a": 1}, {"a": 2}]


def test_what_is_no_json_is_refused_and_reading_goes_on():
    bad, good = documents(io.BytesIO(b'{"a":nope}{"a":2}'))
    assert isinstance(bad, Refused)
    assert good == {"a": 2}


def test_line_ends_in_texts_and_bytes_of_other_encodings_are_borne():
    assert list(documents(io.BytesIO(b'{"a":"x\ny\xff"}'))) == [{"a": "x\ny\ufffd"}]


def test_a_document_that_is_too_large_is_refused_by_name(monkeypatch):
    monkeypatch.setattr(module, "LARGEST", 10)
    bad, good = documents(io.BytesIO(b'{"a":"%s"}{"a":2}' % (b"x" * 20)))
    assert isinstance(bad, Refused)
    assert "more than 10" in bad.error.problem
    assert good == {"a": 2}


def test_deep_nesting_is_refused():
    assert all(isinstance(one, Refused) for one in documents(io.BytesIO(b'{"a":' * 100_000 + b"}" * 100_000)))


@given(JSON)
def test_whatever_stands_there_is_read_as_what_was_asked_for(value):
    assert isinstance(text(value, "a", "b"), str)
    assert isinstance(first(value, "a", "b"), str)
    assert all(isinstance(one, dict) for one in objects(value, "a"))
    assert all(isinstance(one, str) for one in texts(value, "a"))
    at(value, "a", "b")


def test_names_are_looked_for_as_names():
    assert names_all(b'{"a" : 1, "b":2', "a", "b")
    assert not names_all(b'{"x": "a", "y": "\\"a\\":"}', "a")
    assert not names_all(b'<x a="b":', "b")
