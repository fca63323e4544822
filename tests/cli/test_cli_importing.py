"""What an import tells: what it read, what it passed over, and that it has come to its end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from recommender.archive import archive as archive_module
from recommender.embedding import open_embedder
from tests.cli.conftest import Related

POSTS = """ID,post_title,post_date,post_type
1,Bridge shut,2025-01-01T06:00:00Z,post
2,About us,2025-01-01T06:00:00Z,page
3,Menu,2025-01-01T06:00:00Z,nav_menu_item
"""


def test_what_is_no_story_is_counted(related: Related, news: Path, tmp_path: Path) -> None:
    (tmp_path / "posts").mkdir()
    (tmp_path / "posts" / "posts.csv").write_text(POSTS)
    (tmp_path / "posts" / "notes.bin").write_bytes(b"\x00\x01")
    told = related("add", tmp_path / "posts", "-a", news, "--dry-run").out
    assert "passed over, no stories:" in told
    assert all(words in told for words in ("1 x page", "1 x nav_menu_item", "1 x file of no known kind"))
    answer = related("add", tmp_path / "posts", "-a", news, "--json").json
    assert (answer["added"], sum(answer["passed_over"].values())) == (1, 3)


def test_a_torn_file_in_a_folder_stops_no_other(related: Related, news: Path, tmp_path: Path) -> None:
    (tmp_path / "posts").mkdir()
    (tmp_path / "posts" / "a.parquet").write_bytes(b"PAR1 and no more")
    (tmp_path / "posts" / "b.csv").write_text(POSTS)
    answer = related("add", tmp_path / "posts", "-a", news)
    assert (answer.code, answer.out.startswith("1 added")) == (3, True)
    assert all(words in answer.err for words in ("a.parquet", "torn Parquet"))


def test_the_bar_comes_to_its_end_whatever_came_of_the_lines(
    related: Related, news: Path, tmp_path: Path
) -> None:
    story = {"id": "a", "headline": "Bridge shut", "published": "2025-01-01T06:00:00Z"}
    file = tmp_path / "stories.jsonl"
    file.write_text(f"\n{json.dumps(story)}\n\n\n")
    assert "1/1" in related("add", file, "-a", news).err
    table = tmp_path / "posts.csv"
    table.write_text(POSTS)
    assert "1/1" in related("add", table, "-a", news).err


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("import", "csv", "feed.xml"), "is no csv: it looks like feed"),
        (("add", "none.json"), "list is empty"),
        (("add", "nowhere/"), "name a file or a folder of stories"),
        (("add", "none.json", "--url", "nonsense"), "--url is 'nonsense', no web address"),
        (("add", "copy.html", "--url", "https://mine.example"), "is of another site: the page is a copy"),
    ],
)
def test_what_cannot_be_read_says_what_it_is(
    related: Related, news: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...],
    words: str,
) -> None:  # fmt: skip
    (tmp_path / "feed.xml").write_text('<rss version="2.0"><channel><title>x</title></channel></rss>')
    (tmp_path / "none.json").write_text("[]")
    (tmp_path / "copy.html").write_text(
        '<!doctype html><html><head><link rel="canonical" href="https://other.example/a"><title>A</title>'
        '<meta property="article:published_time" content="2022-05-09T09:53:00Z"></head>'
        "<body><article><p>Text.</p></article></body></html>"
    )
    monkeypatch.chdir(tmp_path)
    answer = related(*arguments, "-a", news)
    assert answer.code in (2, 3)
    assert words in answer.err


def test_a_dry_run_comes_to_its_end_and_markdown_is_no_guess(
    related: Related, news: Path, tmp_path: Path
) -> None:
    (tmp_path / "a.md").write_text("---\ntitle: A\ndate: 2024-05-01T10:00:00Z\n---\nOne *two*.\n")
    answer = related("add", tmp_path / "a.md", "-a", news, "--dry-run")
    assert "1/1" in answer.err
    assert "taken for HTML" not in answer.out


def test_a_quick_import_says_what_comes_after_it_and_is_for_new_archives(
    related: Related, news: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive_module, "open_embedder", open_embedder)
    file = tmp_path / "stories.jsonl"
    lines = [
        {"id": f"s{n}", "headline": f"The bridge is shut for {n} weeks", "published": "2025-01-01T06:00:00Z"}
        for n in range(3)
    ]
    file.write_text("\n".join(map(json.dumps, lines)))
    told = related("import", "json", file, "--quick", "-a", news)
    assert "embedded by static: quick vectors, until a running service" in told.out
    assert "changes nothing" not in told.err
    assert related("show", "s1", "-a", news).code == 0
    again = related("add", file, "--quick", "-a", news)
    assert (again.code, "3 unchanged" in again.out) == (0, True)
    assert "--quick changes nothing: the archive has vectors by static already" in again.err
