"""Headings are told by their tags; a plain text has none."""

from __future__ import annotations

import doctest

import pytest

from recommender.story.markup import headings, headings_of, read_body


def test_the_example_is_true() -> None:
    assert doctest.testmod(headings).failed == 0


@pytest.mark.parametrize("body", ["Plain <h2> words", "", "a < b", "<p>None</p>"])
def test_where_there_is_no_heading_none_is_found(body: str) -> None:
    assert headings_of(body) == ()


def test_headings_stand_among_the_paragraphs() -> None:
    body = "<h1>One &amp; <a href='https://a.example/'>two</a></h1>\n<p>Text.</p><h3> Three\n four </h3>"
    assert headings_of(body) == ("One & two", "Three four")
    assert set(headings_of(body)) <= set(read_body(body).text.split("\n\n"))
