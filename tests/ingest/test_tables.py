"""Tables of stories: columns by their names, whatever parts them, and what is hidden or refused."""

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import SourceError
from recommender.ingest.base import Found, Options, Refused
from recommender.ingest.tables import Csv, Parquet
from recommender.story.story import Status

ROWS = [
    ["ID", "Post Title", "Date", "Content", "Tags"],
    ["7", 'A "big"{} flood', "2024-05-01T10:00:00Z", "<p>One.</p>\n<p>Two.</p>", "rain|wind"],
]


def read(raw, source=None):
    return list((source or Csv()).read(io.BytesIO(raw), Options(name="table")))


def written(mark, rows=ROWS):
    quoted = ['"{}"'.format(cell.format(mark).replace('"', '""')) for row in rows for cell in row]
    width = len(rows[0])
    return "".join(mark.join(quoted[at : at + width]) + "\r\n" for at in range(0, len(quoted), width))


@pytest.mark.parametrize("mark", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("end", ["\r\n", "\n", "\r"])
def test_columns_are_told_by_name_whatever_parts_them(mark, encoding, end):
    raw = written(mark).replace("\r\n", end).encode(encoding)
    assert Csv().recognises(raw, "x")
    (item,) = read(raw)
    assert (item.story.id, item.story.headline) == ("7", " ".join(f'A "big"{mark} flood'.split()))
    assert (item.story.body, item.story.tags) == ("One.\n\nTwo.", ("rain", "wind"))
    assert (item.origin.kind, item.origin.id) == ("csv", "7")


@pytest.mark.parametrize(
    "raw", [b"", b"one line", b"a,b,c\n1,2,3\n", b'{"title": 1}', b"Title: x, date\n", b"<p>title,date"]
)
def test_what_is_no_table_of_stories(raw):
    assert not Csv().recognises(raw, "x.csv")


@pytest.mark.parametrize(
    ("word", "status"),
    [("publish", Status.PUBLISHED), ("Draft", Status.DRAFT), ("", Status.DRAFT), ("?", Status.DRAFT)],
)
def test_a_status_that_is_not_known_hides(word, status):
    (item,) = read(f"id,title,date,status\n1,A,2024-05-01T10:00:00Z,{word}\n".encode())
    assert item.story.status is status


@pytest.mark.parametrize(
    ("column", "cell", "hides"),
    [
        ("draft", "true", True), ("draft", "false", False), ("Post Password", "secret", True),
        ("password", "", False),
        ("private", "1", True), ("is_published", "False", True), ("is_published", "1", False),
        ("visible", "0", True),
        ("visibility", "private", True), ("visibility", "public", False), ("access", "members", True),
        ("status,state", "published,draft", True), ("status,state", "published,", False),
        ("status,state", ",draft", True), ("status,state", ",published", False),
    ],
)  # fmt: skip
def test_one_column_that_hides_a_row_is_enough(column, cell, hides):
    (item,) = read(f"id,title,date,{column}\n1,A,2024-05-01T10:00:00Z,{cell}\n".encode())
    assert (item.story.status is Status.DRAFT) == hides
    assert "secret" not in "".join(item.notes)


@pytest.mark.parametrize(("cell", "status"), [("no", Status.DRAFT), ("yes", Status.PUBLISHED)])
def test_a_column_published_may_say_whether_instead_of_when(cell, status):
    (item,) = read(f"id,title,published,date\n1,A,{cell},2024-05-01T10:00:00Z\n".encode())
    assert (item.story.status, item.story.published.year) == (status, 2024)
    (item,) = read(f"id,title,published\n1,A,{cell}\n".encode())
    assert item.error.problem == "says whether, not when"


def test_a_row_that_ends_early_does_not_say_that_it_is_public():
    (item,) = read(b"id,title,date,status\n1,A,2024-05-01T10:00:00Z\n")
    assert item.story.status is Status.DRAFT


@pytest.mark.parametrize("cells", ["draft,published", "published,draft"])
def test_of_two_columns_of_one_name_both_count(cells):
    (item,) = read(f"id,title,date,status,Status\n1,A,2024-05-01T10:00:00Z,{cells}\n".encode())
    assert item.story.status is Status.DRAFT


def test_a_row_that_is_longer_than_the_columns_is_refused():
    wrong, good = read(b"id,title,date\n1,A, B,2024-05-01T10:00:00Z\n2,C,2024-05-01T10:00:00Z,,\n")
    assert (wrong.error.field, good.story.id) == ("row", "2")


def test_rows_that_are_no_stories_are_passed_over_and_counted():
    options = Options()
    rows = "".join(
        f"{number},A,2024-05-01T10:00:00Z,{type_}\n"
        for number, type_ in enumerate(["post", "page", "revision", "page", "nav_menu_item", "feature"])
    )
    items = list(Csv().read(io.BytesIO(f"ID,post_title,post_date,post_type\n{rows}".encode()), options))
    assert [item.origin.type for item in items] == ["post", "feature"]
    assert options.passed == {"page": 2, "revision": 1, "nav_menu_item": 1}


@pytest.mark.parametrize(
    ("columns", "cells", "site", "id_"),
    [
        ("ID,guid", "7,https://a.example/?p=7", "", "https://a.example?p=7"),
        ("id,url", "7,https://a.example/flood/", "", "a.example/flood"),
        ("id,url", "story-7,https://a.example/flood/", "", "story-7"),
        ("id", "7", "https://a.example/", "a.example:7"),
        ("id", "7.0", "", "7"),
    ],
)
def test_the_number_of_a_row_is_no_id_where_anything_else_is(columns, cells, site, id_):
    raw = f"{columns},title,date\n{cells},A,2024-05-01T10:00:00Z\n".encode()
    (item,) = Csv().read(io.BytesIO(raw), Options(url=site))
    assert item.story.id.endswith(id_)
    assert item.origin.id.startswith(cells.partition(",")[0])
    assert any("bare number" in note for note in item.notes) == (id_ == "7")


def test_a_bad_row_is_refused_and_the_rest_goes_on():
    bad, good = read(b"id,title,date\n1,A,soon\n2,B,2024-05-01T10:00:00Z\n")
    assert isinstance(bad, Refused)
    assert (bad.where, bad.error.field, good.story.id) == ("item 1", "published", "2")


def test_a_table_without_rows_says_so():
    (item,) = read(b"id,title,date\n")
    assert "holds no row" in str(item.error)


@given(st.binary(max_size=200))
def test_any_rows_give_stories_or_refusals(raw):
    assert all(isinstance(item, Found | Refused) for item in read(b"id,title,date,body\n" + raw))


def test_parquet_is_read_by_its_columns():
    file = io.BytesIO()
    columns = {
        "id": [1, 2],
        "headline": ["A", "B"],
        "published": ["2024-05-01T10:00:00Z", None],
        "tags": [["x"], None],
    }
    pq.write_table(pa.table(columns), file)
    assert Parquet().recognises(file.getvalue()[:100], "x")
    first, second = read(file.getvalue(), Parquet())
    assert (first.story.id, first.story.tags) == ("1", ("x",))
    assert second.error.field == "published"


def test_a_text_that_is_no_utf8_costs_no_row_of_parquet():
    file = io.BytesIO()
    texts = pa.array([b"A \xff", b"B"], pa.binary()).view(pa.string())
    dates = ["2024-05-01T10:00:00Z"] * 2
    pq.write_table(pa.table({"id": ["1", "2"], "headline": texts, "published": dates}), file)
    assert [item.story.headline for item in read(file.getvalue(), Parquet())] == ["A \ufffd", "B"]


def test_torn_parquet_is_named():
    with pytest.raises(SourceError, match="table is torn Parquet"):
        read(b"PAR1 and no more", Parquet())
