"""Files are those of a full export at any moment, whatever happened before; what is right is left alone."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.errors import ExportError, QuestionError
from recommender.export import files
from recommender.export.files import JOURNAL, Export
from recommender.export.formats import FORMATS
from recommender.newsroom import Newsroom
from recommender.story.story import Story
from tests.newsroom.world import SUBJECTS, WIDE, Clock, a_story, another, at, corrected, fill, make


def export(newsroom: Newsroom, name: str = "hugo", **more: object) -> Export:
    return Export(newsroom=newsroom, format=FORMATS[name], **more)  # type: ignore[arg-type]


def contents(root: Path) -> dict[str, str]:
    """Return what stands in a directory, without what the export notes for itself."""
    found = (path for path in root.rglob("*") if path.is_file() and not path.name.startswith(JOURNAL))
    return {str(path.relative_to(root)): path.read_text() for path in found}


def whole(newsroom: Newsroom, place: Path) -> dict[str, str]:
    """Return what an export that knows of no other writes."""
    export(newsroom).run(f"{place}/")
    return contents(place)


def test_each_story_has_a_file_by_its_path(newsroom: Newsroom, stories: list[Story], tmp_path: Path) -> None:
    report = export(newsroom).run(f"{tmp_path}/out/")
    found = contents(tmp_path / "out")
    assert set(found) == {f"{story.id}.json" for story in stories}
    assert report.counts() == {"stories": 6, "written": 6, "unchanged": 0, "removed": 0}
    shown = [each["id"] for each in json.loads(found["flood3.json"])["stories"]]
    assert shown == [slot.story.id for slot in newsroom.block("flood3")]


def test_what_did_not_change_is_not_looked_at_again(newsroom: Newsroom, tmp_path: Path) -> None:
    export(newsroom).run(f"{tmp_path}/out/")
    times = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").glob("*.json")}
    assert export(newsroom).run(f"{tmp_path}/out/").counts() == dict.fromkeys(
        ("stories", "written", "unchanged", "removed"), 0
    )
    again = export(newsroom).run(f"{tmp_path}/out/", full=True)
    assert (again.stories, again.written) == (6, 0)
    assert times == {path: path.stat().st_mtime_ns for path in times}


def test_a_withdrawn_story_has_no_file_and_stands_in_none(newsroom: Newsroom, tmp_path: Path) -> None:
    export(newsroom).run(f"{tmp_path}/out/")
    newsroom.withdraw("flood3")
    assert export(newsroom).run(f"{tmp_path}/out/").removed == 1
    assert not (tmp_path / "out" / "flood3.json").exists()
    assert "flood3" not in "".join(contents(tmp_path / "out").values())


def test_a_headline_that_is_corrected_is_corrected_wherever_it_stands(
    newsroom: Newsroom, stories: list[Story], tmp_path: Path
) -> None:
    export(newsroom).run(f"{tmp_path}/out/")
    newsroom.publish(corrected(stories[3], headline="flood three said otherwise"))
    export(newsroom).run(f"{tmp_path}/out/")
    assert stories[3].headline not in "".join(contents(tmp_path / "out").values())


def test_an_embargo_that_ends_is_followed_without_any_call(
    newsroom: Newsroom, tmp_path: Path, clock: Clock
) -> None:
    newsroom.publish(a_story("later", SUBJECTS[0], embargo_until=at(2)))
    export(newsroom).run(f"{tmp_path}/out/")
    assert "later" not in str(contents(tmp_path / "out"))
    clock.now = at(3).timestamp()
    export(newsroom).run(f"{tmp_path}/out/")
    assert "later.json" in contents(tmp_path / "out")
    assert contents(tmp_path / "out") == whole(newsroom, tmp_path / "other")


def test_a_story_that_moves_takes_its_file_along(
    newsroom: Newsroom, stories: list[Story], tmp_path: Path
) -> None:
    export(newsroom).run(f"{tmp_path}/out/")
    newsroom.publish(corrected(stories[0], url="https://a.example/2024/moved/"))
    export(newsroom).run(f"{tmp_path}/out/")
    found = contents(tmp_path / "out")
    assert "2024/moved.json" in found
    assert "flood0.json" not in found
    newsroom.delete("flood0")
    export(newsroom).run(f"{tmp_path}/out/")
    assert not (tmp_path / "out" / "2024").exists()


def test_pages_whose_paths_differ_by_capitals_or_hosts_have_a_file_each(
    empty: Newsroom, tmp_path: Path
) -> None:
    for id, url in {
        "a": "https://a.example/X",
        "b": "https://a.example/x",
        "c": "https://c.example/x",
    }.items():
        empty.publish(a_story(id, url=url))
    empty.publish(a_story("d", url="https://a.example/x.json/deep"))
    export(empty).run(f"{tmp_path}/out/")
    assert len({name.casefold() for name in contents(tmp_path / "out")}) == 4
    assert contents(tmp_path / "out") == whole(empty, tmp_path / "other")


def test_a_site_has_its_own_stories_and_its_own_paths(empty: Newsroom, tmp_path: Path) -> None:
    empty.publish(a_story("a", url="https://a.example/blog/one/"))
    empty.publish(a_story("b", url="https://b.example/blog/two/"))
    site = export(empty, "jekyll", site="https://a.example/blog/")
    site.run(tmp_path / "one.json")
    assert list(json.loads((tmp_path / "one.json").read_text())) == ["/one/"]
    site.run(f"{tmp_path}/out/")
    assert list(contents(tmp_path / "out")) == ["one.json"]
    assert site.run(f"{tmp_path}/out/").stories == 0


def test_another_look_is_written_into_all_files(newsroom: Newsroom, tmp_path: Path) -> None:
    export(newsroom).run(f"{tmp_path}/out/")
    newsroom.engine.page_style = replace(newsroom.engine.page_style, heading="More on this")
    with another(newsroom, WIDE) as fresh:
        fresh.engine.page_style = newsroom.engine.page_style
        assert export(fresh).run(f"{tmp_path}/out/").written == 6


def test_what_was_interrupted_goes_on_and_forgets_no_file(
    newsroom: Newsroom, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "_TOGETHER", 2)
    real, left = files._replaced, [4]

    def failing(path: Path, pieces: object) -> bool:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return real(path, pieces)  # type: ignore[arg-type]

    monkeypatch.setattr(files, "_replaced", failing)
    with pytest.raises(KeyboardInterrupt):
        export(newsroom).run(f"{tmp_path}/out/")
    monkeypatch.setattr(files, "_replaced", real)
    written = set(contents(tmp_path / "out"))
    assert len(written) == 4
    gone = sorted(written)[0].removesuffix(".json")
    newsroom.delete(gone)
    report = export(newsroom).run(f"{tmp_path}/out/")
    assert report.stories < 6
    assert contents(tmp_path / "out") == whole(newsroom, tmp_path / "other")


def test_another_archive_s_export_is_not_touched(empty: Newsroom, tmp_path: Path) -> None:
    empty.publish(a_story("a"))
    export(empty).run(f"{tmp_path}/out/")
    refused = pytest.raises(ExportError, match="is of another archive or version; choose another place")
    with make(tmp_path / "second", Clock()) as other, refused:
        export(other).run(f"{tmp_path}/out/")
    assert list(contents(tmp_path / "out")) == ["a.json"]


def test_a_file_that_no_export_made_is_left_alone_and_named(
    newsroom: Newsroom, stories: list[Story], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    (out / "2024").mkdir(parents=True)
    (out / "flood0.json").write_text("theirs")
    (out / "2024" / "moved.json").symlink_to("nowhere")
    with pytest.raises(ExportError, match=r"no export made .*flood0\.json: left as it was, and all else is"):
        export(newsroom).run(f"{out}/")
    assert (out / "flood0.json").read_text() == "theirs"
    assert set(contents(out)) == {f"{story.id}.json" for story in stories}

    newsroom.publish(corrected(stories[3], url="https://a.example/2024/moved/"))
    newsroom.withdraw("flood0")
    with pytest.raises(ExportError, match="moved"):
        export(newsroom).run(f"{out}/")
    assert (out / "flood0.json").read_text() == "theirs"
    assert (out / "2024" / "moved.json").is_symlink()
    assert not (out / "flood3.json").exists()  # what it said is at another place now

    (out / "2024" / "moved.json").unlink()
    export(newsroom).run(f"{out}/")
    assert "2024/moved.json" in contents(out)


def test_a_file_that_says_what_it_would_say_is_taken_over(newsroom: Newsroom, tmp_path: Path) -> None:
    export(newsroom).run(f"{tmp_path}/out/")
    (tmp_path / "out" / JOURNAL).unlink()
    assert export(newsroom).run(f"{tmp_path}/out/").unchanged == 6
    newsroom.withdraw("flood3")
    assert export(newsroom).run(f"{tmp_path}/out/").removed == 1


@pytest.mark.parametrize("mistyped", ["https://a.exampel/", "http://other.example", "https://a.example/blog"])
def test_a_site_that_no_story_is_of_takes_no_file_away(
    empty: Newsroom, tmp_path: Path, mistyped: str
) -> None:
    empty.publish(a_story("a", url="https://a.example/one/"))
    empty.publish(a_story("without-address"))
    root = tmp_path / "exports"
    for place in (f"{root}/out/", root / "one.json"):
        export(empty, site="https://a.example").run(place)
        before = contents(root)
        with pytest.raises(
            QuestionError, match=r"no story is of the site .*; here are stories of a\.example"
        ):
            export(empty, site=mistyped).run(place)
        assert contents(root) == before


def test_a_site_whose_stories_are_all_gone_has_no_files(empty: Newsroom, tmp_path: Path) -> None:
    empty.publish(a_story("a", url="https://a.example/one/"))
    empty.publish(a_story("b", url="https://b.example/one/"))
    site = export(empty, site="https://a.example")
    site.run(f"{tmp_path}/out/")
    empty.delete("a")
    assert site.run(f"{tmp_path}/out/").removed == 1


def test_a_form_that_makes_no_sense_in_one_file_is_refused(empty: Newsroom, tmp_path: Path) -> None:
    with pytest.raises(QuestionError, match="format amp has one file a story: end --to in a slash"):
        export(empty, "amp").run(tmp_path / "all.html")


def test_one_file_is_replaced_when_it_says_something_else(newsroom: Newsroom, tmp_path: Path) -> None:
    path = tmp_path / "related.json"
    assert export(newsroom).run(path).written == 1
    assert export(newsroom).run(path).unchanged == 1
    newsroom.withdraw("flood3")
    assert export(newsroom).run(path).written == 1
    assert "flood3" not in path.read_text()
    assert export(newsroom, "csv").run(tmp_path / "few.csv", limit=2).stories == 2
    assert [each.name for each in tmp_path.iterdir() if each.name.endswith(".part")] == []


def test_a_link_stays_and_a_pipe_is_written_to(newsroom: Newsroom, tmp_path: Path) -> None:
    """A file took their place: what the link led to kept the old blocks, and who read the pipe waited."""
    link, file, pipe = (tmp_path / name for name in ("now.csv", "file.csv", "pipe"))
    link.symlink_to(file)
    assert export(newsroom, "csv").run(link).written == 1
    assert (link.is_symlink(), "flood3" in file.read_text()) == (True, True)
    os.mkfifo(pipe)
    with ThreadPoolExecutor() as readers:
        read = readers.submit(pipe.read_bytes)
        export(newsroom, "csv").run(pipe)
        assert pipe.is_fifo()
        assert read.result() == file.read_bytes()


class History:
    """Acts on a newsroom, each later than the one before."""

    def __init__(self, newsroom: Newsroom, clock: Clock, out: str) -> None:
        self.newsroom, self.clock, self.out = newsroom, clock, out
        self.held = {story.id: story for story in fill(newsroom, 4)}
        self.hours = 0

    def play(self, act: str, number: int) -> None:
        """Do one act to the story of a number, if there is one."""
        self.hours += 1
        ids = sorted(self.held)
        if act in ("publish", "wait", "export"):
            getattr(self, act)(number)
        elif len(ids) > 1:
            getattr(self, act)(ids[number % len(ids)], ids[(number + 1) % len(ids)])

    def publish(self, number: int) -> None:
        ends = at(self.hours + number % 2 * 3)
        story = a_story(f"n{self.hours}", SUBJECTS[number % 3], embargo_until=ends)
        self.held[story.id] = story
        self.newsroom.publish(story)

    def wait(self, number: int) -> None:
        self.clock.now += 3600 * (number + 1)

    def export(self, _: int) -> None:
        export(self.newsroom).run(self.out)

    def withdraw(self, id: str, _: str) -> None:
        self.newsroom.withdraw(id)

    def delete(self, id: str, _: str) -> None:
        self.newsroom.delete(id)
        del self.held[id]

    def correct(self, id: str, _: str) -> None:
        self.change(id, headline=f"said anew {self.hours}")

    def move(self, id: str, other: str) -> None:
        self.change(id, url=f"https://a.example/moved/{other}/{id}")

    def change(self, id: str, **fields: str) -> None:
        self.held[id] = replace(self.held[id], updated=at(self.hours), **fields)
        self.newsroom.publish(self.held[id])

    def exclude(self, id: str, other: str) -> None:
        self.newsroom.exclude(id, other, "desk")

    def pin(self, id: str, other: str) -> None:
        self.newsroom.pin(id, other, 1, "desk")


ACTS = ["publish", "withdraw", "correct", "move", "exclude", "pin", "delete", "wait", "export"]


@settings(max_examples=5, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 7)), max_size=8))
def test_whatever_happens_between_exports_the_files_are_those_of_a_full_one(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[str, int]]
) -> None:
    place, clock = tmp_path_factory.mktemp("export"), Clock()
    with make(place / "archive", clock) as newsroom:
        history = History(newsroom, clock, f"{place}/out/")
        for act, number in [("export", 0), *acts, ("export", 0)]:
            history.play(act, number)
        assert contents(place / "out") == whole(newsroom, place / "other")
