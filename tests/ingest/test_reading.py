"""Files and folders of any kind: found, unpacked, told apart, and never silently empty."""

import gzip
import json

import pytest

from recommender.errors import SourceError
from recommender.ingest import reading
from recommender.ingest.base import Found, Options
from recommender.ingest.reading import read_source

STORY = {"id": "a", "headline": "Flood", "published": "2024-05-01T00:00:00Z"}
MARKDOWN = b"---\ntitle: Flood\ndate: 2024-05-01T00:00:00Z\n---\nIt rose.\n"
CSV = b"id,title,date\n1,A,2024-05-01T00:00:00Z\n"


def kinds(path, kind=None):
    return [item.origin.kind for item in read_source(path, Options(), kind) if isinstance(item, Found)]


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        (json.dumps(STORY).encode(), "json"),
        (json.dumps([STORY]).encode(), "json"),
        (json.dumps(STORY).encode("utf-16"), "json"),
        (gzip.compress(json.dumps(STORY).encode(), mtime=0), "json"),
        (MARKDOWN, "markdown"),
        (gzip.compress(CSV, mtime=0), "csv"),
        (CSV.decode().encode("utf-16"), "csv"),
    ],
)
def test_a_file_is_what_its_content_says(tmp_path, raw, kind):
    (tmp_path / "file.bin").write_bytes(raw)
    assert kinds(tmp_path / "file.bin") == [kind]


def test_a_folder_gives_what_is_below_it_and_passes_over_the_rest(tmp_path):
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / ".git").mkdir()
    for name, raw in {
        "deep/er/a.md": MARKDOWN,
        "deep/b.csv": CSV,
        "picture.png": b"\x89PNG\r\n",
        "empty": b"",
        ".git/c.md": MARKDOWN,
    }.items():
        (tmp_path / name).write_bytes(raw)
    assert kinds(tmp_path) == ["csv", "markdown"]


@pytest.mark.parametrize(
    "raw", [b"", b" \n", b"\x89PNG\r\n\x1a\n", b"just a line of words", b"<catalog><book/></catalog>"]
)
def test_what_is_of_no_known_kind_is_an_error_in_one_line(tmp_path, raw):
    (tmp_path / "file").write_bytes(raw)
    with pytest.raises(SourceError) as caught:
        kinds(tmp_path / "file")
    assert "\n" not in str(caught.value)
    with pytest.raises(SourceError, match="holds no file of a known kind"):
        kinds(tmp_path)


class Silent:
    kind = "silent"

    def recognises(self, head, name):
        return True

    def read(self, file, options):
        yield from ()


def test_nothing_found_is_an_error(tmp_path, monkeypatch):
    (tmp_path / "file").write_bytes(b"x")
    monkeypatch.setattr(reading, "recognised", lambda head, name: Silent())
    with pytest.raises(SourceError, match="was read as silent and holds no story"):
        kinds(tmp_path / "file")
    with pytest.raises(SourceError, match="cannot read"):
        kinds(tmp_path / "none")
    with pytest.raises(SourceError, match="is an address"):
        kinds("https://paper.example/feed")


def test_a_refusal_names_the_file(tmp_path):
    (tmp_path / "file.jsonl").write_bytes(b"{}\n")
    (item,) = read_source(tmp_path / "file.jsonl", Options())
    assert item.where == f"{tmp_path / 'file.jsonl'} line 1"
