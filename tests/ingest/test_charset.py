"""Bytes as letters: UTF-8 first, then what is declared, then what it looks like; and what was believed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.ingest.charset import letters_of, text_of

RUSSIAN = "Президент подписал закон о бюджете на следующий год, сообщила пресс-служба. " * 4  # noqa: RUF001
DECLARED = '<?xml version="1.0" encoding="{}"?><rss>{}</rss>'


def test_utf_8_is_believed_before_what_is_declared():
    text, note = text_of(DECLARED.format("iso-8859-1", "Straße").encode())
    assert "Straße" in text
    assert "iso-8859-1" in note


@pytest.mark.parametrize("encoding", ["koi8-r", "windows-1251", "iso-8859-5"])
def test_a_declared_encoding_is_believed_where_it_fits(encoding):
    text, note = text_of(DECLARED.format(encoding, RUSSIAN).encode(encoding))
    assert RUSSIAN in text
    assert note


def test_an_undeclared_encoding_is_told_by_its_letters_and_said():
    text, note = text_of(f"<rss>{RUSSIAN}</rss>".encode("koi8-r"))
    assert RUSSIAN in text
    assert "by its letters" in note


def test_a_few_odd_bytes_are_the_quotes_of_windows():
    assert text_of(b"<p>the mayor\x92s plan</p>")[0] == "<p>the mayor\u2019s plan</p>"


def test_odd_bytes_far_into_utf_8_cost_only_themselves():
    text, note = text_of(b"<p>" + "ü".encode() * 40_000 + b"\x92")
    assert text.endswith("ü\u2019")
    assert "not all" in note


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "utf-16-le", "utf-32-be"])
def test_unicode_in_any_form_is_read_without_a_word(encoding):
    assert text_of(f"<rss>{RUSSIAN}</rss>".encode(encoding)) == (f"<rss>{RUSSIAN}</rss>", "")


@given(st.binary(max_size=300))
def test_any_bytes_are_some_text(raw):
    letters_of(raw)
    assert isinstance(text_of(raw)[0], str)
