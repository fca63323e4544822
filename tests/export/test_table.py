"""A row a slot; texts come back from a spreadsheet as they were, and run nowhere."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

import pytest
from hypothesis import given

from recommender.export.table import COLUMNS, table
from tests.export.blocks import TARGET, a_block
from tests.strategies import STORIES


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


@given(STORIES)
def test_what_a_headline_says_comes_back(story) -> None:
    (row,) = rows(table(a_block(story)))
    assert row["headline"].removeprefix("'" if story.headline[0] in "=+-@" else "") == story.headline
    assert (row["id"], row["url"]) == (story.id, story.url or "")
    assert tuple(row) == COLUMNS


@pytest.mark.parametrize(
    "headline", ['=HYPERLINK("https://x.example")', "+1 for trams", "-5 degrees", "@mayor"]
)
def test_no_headline_is_a_formula(headline: str) -> None:
    (row,) = rows(table(a_block(replace(TARGET, headline=headline))))
    assert row["headline"] == f"'{headline}"
