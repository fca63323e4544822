"""Files of ratings: what is written is read back, in either form; what is wrong is named."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import SourceError
from recommender.newsroom.editor_names import LONGEST_NAME
from recommender.newsroom.rating_files import CSV, JSONL, read, written
from recommender.newsroom.ratings import Grade, Rating

TEXT = st.text(st.characters(exclude_categories=("C", "Zl", "Zp")), min_size=1, max_size=9).filter(str.strip)
RATINGS = st.builds(
    Rating,
    source=TEXT.map("s".__add__),
    target=TEXT.map("t".__add__),
    grade=st.sampled_from(Grade),
    by=TEXT | st.integers(1, LONGEST_NAME).map("n".__mul__),
    at=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(lambda time: time.replace(tzinfo=UTC)),
    ranker=TEXT | st.just(""),
    recipe=TEXT | st.just(""),
)


@pytest.mark.parametrize("kind", [JSONL, CSV])
@given(ratings=st.lists(RATINGS, max_size=4))
def test_what_is_written_is_read_back(kind: str, ratings: list[Rating]) -> None:
    assert read(written(ratings, kind).encode(), "file") == ratings


def test_what_a_line_does_not_say_is_added() -> None:
    now = datetime(2026, 3, 3, tzinfo=UTC)
    lines = b'{"source": "a", "target": "b", "grade": 2, "note": "x"}\n\n'
    table = "\ufeffsource,target,grade\r\na,b,2\r\n".encode()
    expected = [Rating(source="a", target="b", grade=Grade.CHOSEN, by="sports-desk", at=now)]
    assert read(lines, "file", "sports-desk", now) == read(table, "file", "sports-desk", now) == expected
    assert read(b"", "file") == []


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b'{"source": "a", "target": "b", "grade": 3}', "line 1"),
        (b'{"source": "a", "target": "b", "grade": 1}\n{"source": "a"}', "line 2"),
        (b'{"source": "a", "target": "a", "grade": 1}', "one story"),
        (b'{"source": "a", "target": "b", "grade": 1, "at": "2026-03-03T00:00:00"}', "line 1"),
        (b'{"source": "a", "target": "b", "grade": 1, "by": "a\\nb"}', "no name on one line"),
        (b'{"source": "a", "target": "b", "grade": 1, "by": "%s"}' % (b"n" * (LONGEST_NAME + 1)), "at most"),
        (b"source,target\na,b\n", "names no grade"),
        (b"source,target,grade\na,b,two\n", "line 2"),
        (b"\xff\xfe", "not UTF-8"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(data: bytes, told: str) -> None:
    with pytest.raises(SourceError, match=told):
        read(data, "file", "sports-desk")


def test_nobody_is_named() -> None:
    with pytest.raises(SourceError, match="line 1: by is missing"):
        read(b'{"source": "a", "target": "b", "grade": 1}', "file")
