"""Stories from JSON Lines: past bad lines, in bounded memory."""

from __future__ import annotations

import io
import json
import os
import sys
from pathlib import Path
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.errors import ArchiveError, SourceError, StoryError
from recommender.ingest.base import Refused
from recommender.ingest.jsonl import RefusedFile, count_lines, read_stories
from recommender.story.limits import Limits
from recommender.story.story import Story

BAD_LINES = [
    b"x",
    b'{"id": "b\xff"}',
    b"[]",
    b'{"id": "no-headline"}',
    b'{"id": "d", "headline": "<b>x</b>"}',
]


def line(id_: str) -> bytes:
    return json.dumps({"id": id_, "headline": f"About {id_}", "published": "2022-10-13T17:47:00Z"}).encode()


def read(raw: bytes, **options: object) -> list[Story | Refused]:
    return list(read_stories(io.BytesIO(raw), **options))  # type: ignore[arg-type]


def ids(items: list[Story | Refused]) -> list[str | int | None]:
    """Return the id of each story and the line of each refusal."""
    return [item.id if isinstance(item, Story) else item.line for item in items]


@given(
    st.lists(st.none() | st.sampled_from(BAD_LINES) | st.just(b" "), max_size=12),
    st.sampled_from([b"\n", b"\r\n"]),
)
def test_bad_lines_come_out_with_their_number_and_good_ones_in_order(kinds, end):
    """None stands for a good line, a blank line gives nothing."""
    lines = [line(f"s{number}") if kind is None else kind for number, kind in enumerate(kinds, start=1)]
    expected = [
        f"s{number}" if kind is None else number for number, kind in enumerate(kinds, start=1) if kind != b" "
    ]
    assert ids(read(end.join(lines))) == expected
    assert ids(read(end.join(lines) + end)) == expected


def test_the_second_story_of_one_id_is_refused():
    first, second = read(line("a") + b"\n" + line("a"))
    assert first.id == "a"
    assert isinstance(second, Refused)
    assert str(second.error) == "story 'a': id comes twice in this file: 'a'; send each story once"


def test_an_id_whose_first_story_was_bad_may_come_again():
    assert ids(read(b'{"id": "a"}\n' + line("a"))) == [1, "a"]


def test_a_byte_order_mark_is_no_part_of_the_first_story():
    assert ids(read(b"\xef\xbb\xbf" + line("a"))) == ["a"]


def test_dates_without_offset_take_the_zone():
    raw = b'{"id": "a", "headline": "x", "published": "2022-10-13T17:47:00"}'
    assert ids(read(raw)) == [1]
    [story] = read(raw, zone=ZoneInfo("Asia/Dhaka"))
    assert isinstance(story, Story)
    assert story.published.hour == 11


class Watched(io.BytesIO):
    """Notes the longest piece that was read at once."""

    longest = 0

    def read1(self, size: int | None = -1, /) -> bytes:
        piece = super().read1(size)
        self.longest = max(self.longest, len(piece))
        return piece


def test_a_line_that_is_too_long_is_skipped_without_being_held():
    long = b'{"id": "' + b"x" * 5_000_000 + b'"}'
    file = Watched(line("a") + b"\n" + long + b"\n" + line("b"))
    items = list(read_stories(file, limits=Limits(line=10_000)))
    assert ids(items) == ["a", 2, "b"]
    assert 0 < file.longest <= 1 << 20
    assert items[1].error.problem == "has 5,000,011 bytes, more than 10,000"
    assert items[1].raw == long[:2_000]


def test_brackets_within_brackets_are_refused_once():
    """Each pair was taken off by itself, and all that stands in it read again."""
    brackets = b"[" * 3_000
    assert ids(read(brackets + b"\n" + line("b"))) == [1]
    assert ids(read(line("a") + b"\n" + brackets + b"\n" + line("b"))) == ["a", 2, "b"]


def test_stories_come_before_the_file_has_been_read():
    class Breaks(io.BytesIO):
        def read1(self, size: int | None = -1, /) -> bytes:
            piece = super().read1(size)
            if not piece:
                raise OSError(5, "Input/output error")
            return piece

    stories = read_stories(Breaks(line("a") + b"\n"))
    assert next(stories).id == "a"
    with pytest.raises(OSError, match="Input/output"):
        next(stories)


@given(st.lists(st.sampled_from([*BAD_LINES, b"", line("a"), b"y" * 3_000_000]), max_size=4))
def test_progress_adds_up_to_the_file(lines):
    raw = b"\n".join(lines)
    steps: list[int] = []
    read(raw, advance=steps.append, limits=Limits(line=1_000))
    assert sum(steps) == len(raw)


def test_a_dash_is_standard_input(monkeypatch):
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(line("a"))))
    assert ids(list(read_stories("-"))) == ["a"]


def test_a_file_by_name(tmp_path):
    (tmp_path / "stories.jsonl").write_bytes(line("a"))
    assert ids(list(read_stories(tmp_path / "stories.jsonl"))) == ["a"]
    with pytest.raises(SourceError, match=r"cannot read .*/none\.jsonl: No such file"):
        next(read_stories(tmp_path / "none.jsonl"))
    with pytest.raises(SourceError, match="Is a directory"):
        next(read_stories(str(tmp_path)))


def test_lines_are_counted_over_all_files_but_not_on_standard_input(tmp_path):
    (tmp_path / "two").write_bytes(b"a\nb\n")
    (tmp_path / "one").write_bytes(b"c\n")
    assert count_lines([tmp_path / "two", tmp_path / "one"]) == 3
    assert count_lines([tmp_path / "two", "-"]) is None
    (tmp_path / "unended").write_text("a\nb")
    assert count_lines([tmp_path / "unended", tmp_path / "unended"]) == 4
    os.mkfifo(tmp_path / "pipe")  # what is counted in a pipe could not be read again
    assert count_lines([tmp_path / "two", tmp_path / "pipe"]) is None


def test_the_refused_are_written_so_that_they_can_be_mended(tmp_path):
    path = tmp_path / "refused" / "today.jsonl"
    with RefusedFile(path) as file:
        for item in read(line("a") + b"\n" + b"\n".join(BAD_LINES)):
            if isinstance(item, Refused):
                file.write(item)
    written = [json.loads(entry) for entry in path.read_bytes().splitlines()]
    assert [entry["line"] for entry in written] == [2, 3, 4, 5, 6]
    assert written[1]["raw"] == r'{"id": "b\xff"}'
    assert written[3] == {
        "line": 5,
        "id": "no-headline",
        "field": "headline",
        "problem": "is missing",
        "way_out": "id, headline and published are needed in every story",
        "raw": '{"id": "no-headline"}',
    }


def test_no_file_is_made_when_nothing_is_refused(tmp_path):
    with RefusedFile(tmp_path / "refused.jsonl"):
        pass
    assert not (tmp_path / "refused.jsonl").exists()


REFUSED = Refused(1, None, StoryError("line 1", "text", "x", "is not JSON", "send JSON"), b"x")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
def test_a_full_disk_is_said_to_be_full():
    with (
        pytest.raises(ArchiveError, match="cannot write the refused stories to /dev/full: No space left"),
        RefusedFile(Path("/dev/full")) as file,
    ):
        file.write(REFUSED)
