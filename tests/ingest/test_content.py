"""A file is read by what it holds, whatever its name, or refused in one line that says what it is."""

from __future__ import annotations

import gzip
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import SourceError
from recommender.ingest.base import Refused
from recommender.ingest.jsonl import read_stories
from recommender.story.limits import Limits
from recommender.story.story import Story

STORIES = [
    {
        "id": f"s{n}",
        "headline": f'No "{n}" {{of}} [three]\\',
        "published": "2024-03-01T06:00:00Z",
        "tags": ["a", "b"],
    }
    for n in range(3)
]
IDS = ["s0", "s1", "s2"]


def read(raw: bytes, limits: Limits | None = None) -> list[Story | Refused]:
    return list(read_stories(io.BytesIO(raw), limits=limits or Limits()))


def ids(raw: bytes) -> list[str | int | None]:
    """Return the id of each story and the line of each refusal."""
    return [item.id if isinstance(item, Story) else item.line for item in read(raw)]


LINES = "\n".join(map(json.dumps, STORIES))
FORMS = {
    "lines": LINES,
    "lines with CRLF": LINES.replace("\n", "\r\n"),
    "lines with commas": ",\n".join(map(json.dumps, STORIES)),
    "an array": json.dumps(STORIES),
    "a pretty array": json.dumps(STORIES, indent=2),
    "an array of lines": "[\n" + ",\n".join(map(json.dumps, STORIES)) + "\n]\n",
    "pretty objects": "\n".join(json.dumps(story, indent=1) for story in STORIES),
    "objects in one line": "".join(map(json.dumps, STORIES)),
    "arrays one after the other": json.dumps(STORIES[:1]) + "\n" + json.dumps(STORIES[1:], indent=1),
    "records": "".join(f"\x1e{json.dumps(story)}\n" for story in STORIES),
    "marks before lines": "\ufeff" + LINES.replace("\n", "\n\ufeff"),
    "a mark before an array": "\ufeff" + json.dumps(STORIES, indent=2),
}
ENCODINGS = ["utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_form_of_json_is_read(form: str, encoding: str) -> None:
    raw = FORMS[form].encode(encoding)
    assert ids(raw) == IDS
    assert ids(gzip.compress(raw)) == IDS


@given(st.lists(st.text(max_size=30), max_size=5), st.none() | st.integers(0, 3), st.integers(1, 40))
def test_any_text_in_a_story_is_no_bracket(texts: list[str], indent: int | None, cut: int) -> None:
    """Whatever stands in strings, and wherever the text is cut into pieces."""
    values = [{"id": str(n), "x": text.encode("utf-8", "replace").decode()} for n, text in enumerate(texts)]

    class Pieces(io.BytesIO):
        def read1(self, size: int | None = -1, /) -> bytes:
            return super().read1(cut)

    raw = json.dumps(values, indent=indent).encode() if values else b""
    found = list(read_stories(Pieces(raw)))
    assert [item.id for item in found] == [value["id"] for value in values]
    assert all(isinstance(item, Refused) and item.error.field == "headline" for item in found)


def test_one_bad_story_in_an_array_stops_no_other() -> None:
    array = json.dumps(STORIES, indent=1).replace('"headline"', '"headline": "x" "headline"', 1)
    first, *others = read(array.encode())
    assert isinstance(first, Refused)
    assert (first.line, first.error.field) == (2, "text")
    assert [story.id for story in others] == IDS[1:]


def test_an_object_that_is_too_long_is_not_held() -> None:
    long = json.dumps([STORIES[0] | {"body": "x" * 3_000_000}, *STORIES[1:]], indent=1).encode()
    first, *others = read(long, Limits(line=10_000))
    assert isinstance(first, Refused)
    assert "more than 10,000" in first.error.problem
    assert len(first.raw) == 2_000
    assert [story.id for story in others] == IDS[1:]


def test_an_array_that_is_cut_off_gives_what_is_whole() -> None:
    items = read(json.dumps(STORIES, indent=1).encode()[:-30])
    assert [item.id for item in items[:2]] == IDS[:2]
    assert [type(item) for item in items[2:]] == [Refused]


@pytest.mark.parametrize(
    ("raw", "what"),
    [
        (b'<?xml version="1.0"?>\n<rss version="2.0"><channel>', r"is XML \(rss\); convert it to JSON Lines"),
        (b"\xef\xbb\xbf<urlset>\n", r"is XML \(urlset\)"),
        (b"<!DOCTYPE html><html>", "is an HTML page"),
        (b"id,headline,published\n1,One,2024\n", r"is a table .* commas between them \(CSV\)"),
        (b"headline;url\nOne;https://a.example\n", "semicolons"),
        (b"Title\tDate\nOne\t2024\n", "tabs"),
        (b"PK\x03\x04rest", "is a ZIP archive"),
        (b"%PDF-1.7", "is a PDF"),
        (b"\x89PNG\r\n", "is a picture"),
        (b"\x7fELF", "is a program; name the file of the stories, or export them to JSON Lines"),
        (b"SQLite format 3\x00", "is a database"),
        (b"a.json".ljust(257, b"\x00") + b"ustar\x0000" + LINES.encode(), "is a tar archive"),
        (b"---\ntitle: One\ndate: 2024-05-01\n---\n[a link](/b)\n", "is YAML or TOML, or a page"),
        (b'\r\n+++\r\ntitle = "One"\r\n+++\r\n', "is YAML or TOML, or a page"),
        (b"\x00\x01\x02\x03\n", "is binary"),
        (b"Dear all,\n" * 30, "is text and no JSON"),
        (gzip.compress(b"<html>", mtime=0), "is an HTML page"),
        (gzip.compress(b"x" * 100, mtime=0)[:-9], "is a torn gzip file"),
        ("<rss>".encode("utf-16"), "is XML"),
        (LINES.encode("utf-16")[:-1], "is not the UTF-16 that it begins as"),
    ],
)
def test_what_is_no_json_is_refused_in_one_line(raw: bytes, what: str) -> None:
    with pytest.raises(SourceError, match=what) as error:
        read(raw)
    assert "\n" not in str(error.value)


def test_a_file_that_unpacks_to_very_much_is_refused() -> None:
    piece = gzip.compress(b"[" + b" " * (1 << 24))
    with pytest.raises(SourceError, match="unpacks to over 200 times its size"):
        read(piece * 5)


def test_an_empty_file_is_said_to_be_empty(tmp_path) -> None:
    (tmp_path / "empty.jsonl").touch()
    with pytest.raises(SourceError, match=r"empty\.jsonl is empty"):
        next(read_stories(tmp_path / "empty.jsonl"))
