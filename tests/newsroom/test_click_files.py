"""Clicks from elsewhere: what is in a file is kept, or the line that cannot be is named."""

from __future__ import annotations

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
