"""Clicks from elsewhere: what is in a file is kept, or the line that cannot be is named."""

from __future__ import annotations

import csv

import pytest

from recommender.catalog.clicks import ClickRow
from recommender.errors import SourceError
from recommender.newsroom.click_files import read

HEAD = "day,source,target,position,shown,clicked"


def test_a_file_is_read_whatever_else_it_has() -> None:
    text = f"\ufeff{HEAD},note\n2026-03-03,a,https://news.example/b,2,10,3,x\n"
    assert read(text.encode(), "clicks.csv") == [
        ClickRow("2026-03-03", "a", "https://news.example/b", 2, 10, 3)
    ]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("3 March,a,b,1,10,3", "day"),
        ("2026-03-03,,b,1,10,3", "source"),
        ("2026-03-03,a,b,0,10,3", "position"),
        ("2026-03-03,a,b,51,10,3", "position"),
        ("2026-03-03,a,b,1,-1,0", "shown"),
        ("2026-03-03,a,b,1,10,11", "clicked is 11"),
        ("2026-03-03,a,b,1,10", "clicked"),
    ],
)
def test_a_line_that_cannot_be_is_named(line: str, said: str) -> None:
    with pytest.raises(SourceError, match=rf"line 2.*{said}"):
        read(f"{HEAD}\n{line}\n".encode(), "clicks.csv")


def test_what_is_no_such_file_is_said() -> None:
    with pytest.raises(SourceError, match="no column"):
        read(b"a,b\n1,2\n", "clicks.csv")
    with pytest.raises(SourceError, match="UTF-8"):
        read(b"\xff\xfe\x00", "clicks.csv")


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_lines_end_as_they_like(end: str) -> None:
    text = end.join([HEAD, "2026-03-03,a,b,2,10,3", "2026-03-04,a,b,2,9,3", ""])
    assert [row.shown for row in read(text.encode(), "clicks.csv")] == [10, 9]


@pytest.mark.parametrize(
    "text", [f"{HEAD},{'x' * 200_000}\n", f"{HEAD}\n2026-03-03,{'x' * 200_000},b,2,10,3\n"]
)
def test_a_field_that_is_too_long_is_said(text: str) -> None:
    most = csv.field_size_limit(131_072)  # of the process: what reads tables raises it
    try:
        with pytest.raises(SourceError, match=r"no CSV|source"):
            read(text.encode(), "clicks.csv")
    finally:
        csv.field_size_limit(most)
