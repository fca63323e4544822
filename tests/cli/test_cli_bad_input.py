"""Bad input has one clear answer: story, field, value, way out, an exit code; the rest of a batch goes on."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import AbstractContextManager, closing
from pathlib import Path

import pytest

from recommender.archive.private_files import CATALOG_FILE, DERIVED
from recommender.story.language_detectors import second_look
from tests.cli.conftest import Answer, Related

GOOD = {
    "id": "good",
    "headline": "A bridge opens",
    "published": "2024-05-01T12:00:00Z",
    "body": "It was long awaited.",
}


def line(**fields: object) -> bytes:
    return json.dumps({**GOOD, "id": "bad"} | fields).encode()


BAD = {
    "not JSON": (b"{not JSON", "line 2", "text is not JSON", "send one JSON object in UTF-8"),
    "not an object": (b"[1]", "line 2", "text is not a JSON object", "send one object a story"),
    "not UTF-8": (b'{"id": "\xff"}', "line 2", "text is not", "send one JSON object in UTF-8"),
    "a missing id": (
        line(id=None),
        "line 2",
        "id is missing",
        "id, headline and published are needed in every story",
    ),
    "a number as id": (line(id=17), "line 2", "id is a number: 17", 'send it as a string: "17"'),
    "a missing headline": (line(headline=""), "bad", "headline is missing", "are needed in every story"),
    "a missing date": (line(published=None), "bad", "published is missing", "are needed in every story"),
    "an id that comes twice": (
        line(id="good"),
        "good",
        "id comes twice in this file",
        "send each story once",
    ),
    "a 5 MB body": (
        line(body="word " * 1_000_000),
        "bad",
        "body has 5,000,000 characters, more than 2,000,000",
        "shorten it, or raise the limit",
    ),
    "control characters": (line(body="a\x07b"), "bad", "body holds U+0007", "check how the text was decoded"),
    "a headline of markup": (
        line(headline="<script>alert(1)</script>"),
        "bad",
        "headline is missing",
        "id, headline and published are needed",
    ),
    "the year 3000": (
        line(published="3000-01-01T00:00:00Z"),
        "bad",
        "published lies more than 366 days ahead: '3000-01-01T00:00:00Z'",
        "check the date",
    ),
    "no zone": (
        line(published="2024-05-01T12:00:00"),
        "bad",
        "published has no offset from UTC",
        "set the time zone of the archive",
    ),
    "an unknown status": (
        line(status="spiked"),
        "bad",
        "status is not known: 'spiked'",
        "send one of draft, embargoed, published, corrected",
    ),
    "an embargo without end": (
        line(status="embargoed"),
        "bad",
        "embargo_until is missing",
        "send when the embargo ends",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_story_is_set_aside_and_told(related: Related, news: Path, tmp_path: Path, name: str) -> None:
    raw, story, problem, way_out = BAD[name]
    file = tmp_path / "stories.jsonl"
    file.write_bytes(
        b"\n".join([json.dumps(GOOD).encode(), raw, json.dumps({**GOOD, "id": "last"}).encode()])
    )
    answer = related("add", file, "-a", news)
    assert answer.code == 3
    assert answer.out == "2 added, 0 updated, 0 unchanged, 0 older than what is held, 1 refused\n"
    (told,) = (text for text in answer.err.splitlines() if text.startswith(f"  {file}"))
    assert f"line 2: story '{story}': {problem}" in told
    assert way_out in told
    assert len(told) < 400
    (aside,) = (news / "refused").iterdir()
    (refused,) = map(json.loads, aside.read_text().splitlines())
    assert refused["line"] == 2
    assert refused["way_out"] in told
    assert refused["raw"] == raw.decode(errors="backslashreplace")
    assert related("status", "-a", news, "--json").json["stories"] == 2


@pytest.mark.parametrize("name", [name for name in BAD if name != "an id that comes twice"])
def test_publishing_a_bad_story_is_refused(related: Related, news: Path, tmp_path: Path, name: str) -> None:
    raw, story, problem, way_out = BAD[name]
    file = tmp_path / "story.json"
    file.write_bytes(raw)
    answer = related("publish", file, "-a", news)
    named = str(file) if story == "line 2" else story
    assert (answer.code, answer.out) == (3, "")
    assert answer.err.startswith("related: story ")
    assert named in answer.err or named[:40] in answer.err
    assert problem in answer.err
    assert way_out in answer.err


def test_an_empty_body_is_a_story(related: Related, news: Path, tmp_path: Path) -> None:
    """Of a curated block no more than caption, headline and deck may be known."""
    file = tmp_path / "stories.jsonl"
    file.write_bytes(line(id="a", body="") + b"\n" + line(id="b", body=None))
    assert related("add", file, "-a", news, "--json").json["added"] == 2
    block = related("show", "a", "-a", news, "--json").json
    assert related("show", "a", "-a", news).code == 0
    assert block["id"] == "a"


def test_a_batch_reports_counts_and_writes_all_that_was_refused(
    related: Related, news: Path, tmp_path: Path
) -> None:
    file = tmp_path / "stories.jsonl"
    good = [line(id=f"good-{n}", headline=f"Bridge number {n} opens") for n in range(30)]
    file.write_bytes(
        b"\n".join(text for pair in zip(good, [line(id=None)] * 30, strict=True) for text in pair)
    )
    answer = related("add", file, "-a", news, "--refused", tmp_path / "aside.jsonl")
    assert answer.code == 3
    assert "30 added" in answer.out
    assert "30 refused" in answer.out
    assert answer.err.count("id is missing") == 10
    assert f"all refused stories are in {tmp_path / 'aside.jsonl'}" in answer.err
    assert len((tmp_path / "aside.jsonl").read_text().splitlines()) == 30


def test_what_was_refused_can_be_corrected_and_sent_again(
    related: Related, news: Path, tmp_path: Path
) -> None:
    file = tmp_path / "stories.jsonl"
    file.write_bytes(line(status="spiked"))
    answer = related("add", file, "-a", news, "--json")
    assert answer.code == 3
    refused = [json.loads(text) for text in Path(answer.json["refused_file"]).read_text().splitlines()]
    file.write_text("\n".join(entry["raw"].replace("spiked", "draft") for entry in refused))
    again = related("add", file, "-a", news, "--json")
    assert (again.code, again.json["added"], again.json["refused_file"]) == (0, 1, None)


# Files and archives


@pytest.mark.parametrize("command", [["add"], ["publish"], ["query", "--file"]])
def test_a_file_that_is_not_there(related: Related, news: Path, tmp_path: Path, command: list[str]) -> None:
    answer = related(*command, tmp_path / "nowhere", "-a", news)
    assert (answer.code, answer.out) == (2, "")
    assert f"cannot read {tmp_path / 'nowhere'}: No such file or directory; name a" in answer.err


def test_a_text_that_is_not_utf8(related: Related, news: Path, tmp_path: Path) -> None:
    (tmp_path / "latin").write_bytes("Königsberg".encode("latin-1"))
    answer = related("query", "--file", tmp_path / "latin", "-a", news)
    assert (answer.code, answer.out) == (2, "")
    assert "is not UTF-8 text (byte 1); convert it first" in answer.err


COMMANDS = [["show", "x"], ["query", "x"], ["status"], ["rebuild"], ["remove", "x"]]


def check_told(answer: Answer, code: int, *parts: str) -> None:
    assert (answer.code, answer.out) == (code, "")
    assert answer.err.startswith("related: ")
    assert all(part in answer.err for part in parts), answer.err


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_no_archive_there(related: Related, tmp_path: Path, command: list[str]) -> None:
    check_told(related(*command, "-a", tmp_path), 4, f"no archive in {tmp_path}", "related init --archive")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_an_archive_of_a_newer_version(related: Related, news: Path, command: list[str]) -> None:
    with closing(sqlite3.connect(news / CATALOG_FILE)) as newer:
        newer.execute("UPDATE schema_version SET version = 99")
        newer.commit()
    check_told(related(*command, "-a", news), 5, "has schema version 99", "install a newer version")


def test_a_snapshot_of_a_newer_version(
    related: Related,
    news: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RELATED_LEAST_SCORE", "0")  # two lines of text: what they share is no evidence
    (tmp_path / "two.jsonl").write_bytes(line(id="a") + b"\n" + line(id="b", body="Another bridge"))
    assert related("add", tmp_path / "two.jsonl", "-a", news).code == 0
    before = related("show", "a", "-a", news).out
    assert "A bridge opens" in before
    manifest = news / DERIVED / "MANIFEST.json"
    manifest.write_text(json.dumps({**json.loads(manifest.read_text()), "format": 99}))
    assert related("show", "a", "-a", news).out == before
    assert caplog.messages[-1].count("has format 99") == 1
    answer = related("rebuild", "-a", news)
    assert answer.code == 5
    assert "has format 99; this version reads up to 1; stories are safe" in answer.err
    assert (
        f"install a newer version of related-stories, or delete {news / DERIVED} and run: related reb"
        in answer.err
    )
    shutil.rmtree(news / DERIVED)
    assert related("rebuild", "-a", news).code == 0
    assert related("show", "a", "-a", news).out == before


def test_a_directory_with_something_else(related: Related, tmp_path: Path) -> None:
    (tmp_path / CATALOG_FILE).write_bytes(b"something else" * 1000)
    check_told(related("status", "-a", tmp_path), 5, "damaged or not a catalog")


def test_an_archive_where_a_file_is(related: Related, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    check_told(related("init", "-a", tmp_path / "file"), 5, "choose a directory that can be written")
    assert related("init", "-a", tmp_path / "new").code == 0
    check_told(
        related("init", "-a", tmp_path / "new"), 5, "exists already; open it, or choose another directory"
    )


def test_a_wrong_setting(related: Related, news: Path) -> None:
    (news / "related.toml").write_text("slot = 3")
    check_told(related("status", "-a", news), 2, "unknown setting 'slot'; did you mean slots?")


def test_a_second_writer(
    related: Related, news: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELATED_BUSY_SECONDS", "0.1")
    (tmp_path / "one.jsonl").write_bytes(line())
    with closing(sqlite3.connect(news / CATALOG_FILE)) as other:
        other.execute("BEGIN IMMEDIATE")
        answer = related("add", tmp_path / "one.jsonl", "-a", news)
        assert answer.code == 5
        assert (
            "another writer holds it and did not finish in time; nothing was written: try again" in answer.err
        )
        assert related("status", "-a", news).code == 0
        other.rollback()
    assert related("add", tmp_path / "one.jsonl", "-a", news).code == 0


FullDisk = Callable[[int], AbstractContextManager[None]]


def test_a_full_disk(related: Related, news: Path, tmp_path: Path, small_files: FullDisk) -> None:
    file = tmp_path / "many.jsonl"
    file.write_bytes(b"\n".join(line(id=f"s{n}", body=f"Bridge {n}. " * 300) for n in range(600)))
    second_look("Its model is unpacked to a file once, and anew for each story where that has no room.")
    with small_files(1_500_000):
        answer = related("add", file, "-a", news)
    assert answer.code == 5
    assert "nothing that was acknowledged is lost" in answer.err
    held = related("status", "-a", news, "--json").json["stories"]
    assert 0 < held < 600
    assert held % 128 == 0
    answer = related("add", file, "-a", news, "--json")
    assert (answer.code, answer.json["added"], answer.json["unchanged"]) == (0, 600 - held, held)


def test_a_full_disk_for_what_was_refused(
    related: Related, news: Path, tmp_path: Path, small_files: FullDisk
) -> None:
    file = tmp_path / "many.jsonl"
    file.write_bytes(b"\n".join(line(id=None, body="x" * 10_000) for _ in range(30)))
    with small_files(200_000):
        answer = related("add", file, "-a", news)
    assert answer.code == 5
    assert f"cannot write the refused stories to {news / 'refused'}" in answer.err
    assert "make room, or name another file" in answer.err
