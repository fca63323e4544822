"""Each command does what its help says: for people, for scripts that read JSON, by option and environment."""

from __future__ import annotations

import importlib.util
import io
import json
import os
import re
import shlex
import shutil
import sys
import threading
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import pytest

from recommender import Recommender, Story
from recommender.analysis import words
from recommender.cli.app import app
from recommender.cli.commands import MODULES, register
from recommender.ingest.jsonl import read_stories
from recommender.ranking.weights import ARCHIVE_FILE, shipped
from tests.cli.conftest import Related
from tests.fakes import HashEmbedder

register()
COMMANDS = sorted(
    command.name or command.callback.__name__ for command in app.registered_commands if command.callback
)
HELLO = "2014-03-19-hello-world-we-are-18f"  # the first of the file
SOURCE = "2016-05-31-taking-an-agile-approach-to-content"


def jsonl(path: Path, stories: list[Story]) -> Path:
    path.write_text("\n".join(json.dumps(story.to_json()) for story in stories))
    return path


@pytest.fixture
def some(stories_18f: tuple[Story, ...], tmp_path: Path) -> Path:
    """Return a file of twenty stories."""
    return jsonl(tmp_path / "some.jsonl", list(stories_18f[:20]))


# Help


def test_help_lists_all_commands(related: Related) -> None:
    answer = related("--help")
    assert answer.code == 0
    assert all(re.search(rf"\b{name}\b", answer.out) for name in COMMANDS)


def test_each_command_is_known_by_its_module() -> None:
    """Else a command would be missing where its module alone is imported."""
    commands = {
        c.name or c.callback.__name__: c.callback.__module__ for c in app.registered_commands if c.callback
    }
    groups = {
        str(group.name): command.callback.__module__
        for group in app.registered_groups
        for command in group.typer_instance.registered_commands
        if command.callback
    }
    table = {name: f"recommender.cli.{module}" for module, names in MODULES.items() for name in names}
    assert commands | groups == table


@pytest.mark.parametrize("name", COMMANDS)
def test_help_ends_in_an_example_of_this_command(related: Related, name: str) -> None:
    answer = related(name, "--help")
    assert answer.code == 0
    example = answer.out.strip().splitlines()[-1].strip()
    assert re.match(rf"Example: related {name}\b", example)
    words = shlex.split(example.removeprefix("Example: related "))
    assert all(word in answer.out for word in words if word.startswith("-"))


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in ("serve", "work", "desk")])
def test_every_command_takes_json_and_an_archive(related: Related, name: str) -> None:
    answer = related(name, "--help").out
    assert "--json" in answer
    assert "--archive" in answer
    assert "RELATED_ARCHIVE" in answer


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["nonsense"], "No such command"),
        (["show"], "Missing argument"),
        (["show", "a", "--bad"], "No such option"),
        (["show", "a", "-k", "0"], "Invalid value for '-k'"),
        (["query"], "give exactly one of TEXT, --file or --id"),
        (["query", "text", "--id", "a"], "give exactly one of TEXT, --file or --id"),
        (["evaluate", "--stories", "x"], "Missing option"),
    ],
)
def test_wrong_usage_is_told_and_is_exit_code_2(related: Related, arguments: list[str], told: str) -> None:
    answer = related(*arguments)
    assert (answer.code, answer.out) == (2, "")
    assert told in answer.err


# The archive


def test_the_archive_of_the_environment_and_the_one_of_the_option(
    related: Related, some: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELATED_ARCHIVE", str(tmp_path / "one"))
    assert related("init").code == 0
    assert related("add", some).code == 0
    assert related("status", "--json").json["stories"] == 20
    assert related("init", "--archive", tmp_path / "two").code == 0
    assert related("status", "--json", "-a", tmp_path / "two").json["stories"] == 0


def test_a_directory_of_brackets_is_printed_as_it_is(related: Related, tmp_path: Path) -> None:
    path = tmp_path / "[red]news[/bold] :smile:"
    assert str(path) in related("init", "-a", path).out
    assert str(path) in related("status", "-a", path).out


# Stories in and out


def test_the_day_of_a_newsroom(
    related: Related, news: Path, some: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = related("add", some, "-a", news)
    assert (answer.code, answer.out) == (
        0, "20 added, 0 updated, 0 unchanged, 0 older than what is held, 0 refused\n",
    )  # fmt: skip
    assert "20/20" in answer.err
    again = related("add", some, "-a", news, "--json")
    assert again.json == {
        "added": 0,
        "updated": 0,
        "unchanged": 20,
        "older": 0,
        "refused": 0,
        "refused_file": None,
        "set_aside": {},
        "links": 0,
        "curated": 0,
        "hidden": 0,
        "passed_over": {},
        "notes": {},
        "dry_run": False,
    }
    assert not (news / "refused").exists()
    told = {**next(iter(read_stories(some))).to_json(), "id": "new", "published": "2020-01-01T00:00:00Z"}
    told |= {
        "headline": "18F looks back",
        "url": "https://18f.gsa.gov/new",
        "body": f"{told['body']} Years later. " * 2,
    }
    (tmp_path / "new.json").write_text(json.dumps(told))
    block = related("publish", tmp_path / "new.json", "-a", news, "--json", "-k", 3).json
    assert (block["id"], block["headline"], len(block["slots"])) == ("new", "18F looks back", 3)
    assert related("show", "new", "-a", news, "-k", 3, "--json").json["slots"] == block["slots"]
    first = block["slots"][0]["story"]["id"]
    removed = related("remove", first, "-a", news, "--json").json
    assert (removed["removed"], removed["missing"]) == ([first], [])
    monkeypatch.setenv("RELATED_LEAST_SCORE", "0")  # twenty stories hold no five that are related to one
    for _ in range(2):
        slots = related("show", "new", "-a", news, "--json").json["slots"]
        assert len(slots) == 5
        assert not {first, "new"} & {slot["story"]["id"] for slot in slots}
        assert related("rebuild", "-a", news, "--json").json["stories"] == 20


def test_stories_from_standard_input(
    related: Related, news: Path, some: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(some.read_bytes())))
    assert related("add", "-", "-a", news, "--json").json["added"] == 20
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(some.read_bytes().splitlines()[0])))
    assert related("publish", "-", "-a", news, "--json").json["id"] == HELLO
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"open source in government")))
    assert (
        related("query", "--file", "-", "-a", news, "--json").json["headline"] == "open source in government"
    )


def test_stories_from_a_pipe_are_read_once(related: Related, news: Path, some: Path, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(some.read_bytes()))
    writer.start()
    assert related("add", pipe, "-a", news, "--json").json["added"] == 20
    writer.join()


def test_several_files_are_one_batch(
    related: Related, news: Path, stories_18f: tuple[Story, ...], tmp_path: Path
) -> None:
    files = [jsonl(tmp_path / f"{n}.jsonl", list(stories_18f[n : n + 7])) for n in (0, 5, 10)]
    assert related("add", *files, "-a", news, "--json").json["added"] == 17


def test_what_is_removed_and_what_is_missing(related: Related, news: Path, some: Path) -> None:
    related("add", some, "-a", news)
    answer = related("remove", HELLO, "nowhere", "[b]", "-a", news)
    assert (answer.code, answer.out.splitlines()[0]) == (4, "1 removed")
    assert "no such story: nowhere; `related query` finds ids by text" in answer.err
    assert "no such story: [b];" in answer.err
    answer = related("remove", HELLO, "nowhere", "-a", news, "--json")
    assert answer.code == 4
    assert (answer.json["removed"], set(answer.json["missing"])) == ([], {"nowhere", HELLO})


# Questions


def test_show_answers_as_the_library_does(related: Related, archive_18f: Path) -> None:
    with Recommender.open(archive_18f, embedder=HashEmbedder()) as recommender:
        block = recommender.related(SOURCE, 4)
    answer = related("show", SOURCE, "-a", archive_18f, "-k", 4)
    assert answer.out == block.to_text() + "\n"
    assert related("show", SOURCE, "-a", archive_18f, "-k", 4, "--html").out == block.to_html() + "\n"
    told = related("show", SOURCE, "-a", archive_18f, "-k", 4, "--json").json
    assert told["slots"] == json.loads(block.to_json())["slots"]
    assert told == related("query", "--id", SOURCE, "-a", archive_18f, "-k", 4, "--json").json | {
        "provenance": told["provenance"]
    }


def test_query_by_text_and_by_file_agree(related: Related, archive_18f: Path, tmp_path: Path) -> None:
    text = "Accessibility\n\nHow agencies make their sites work with screen readers."
    (tmp_path / "text").write_text(text)
    asked = related("query", text, "-a", archive_18f, "--json").json
    read = related("query", "--file", tmp_path / "text", "-a", archive_18f, "--json").json
    assert asked["slots"] == read["slots"]
    assert len(asked["slots"]) == 10
    assert asked["headline"] == "Accessibility"


@pytest.mark.parametrize("text", ["", " \n ", "?!"])
def test_a_text_without_words(related: Related, archive_18f: Path, text: str) -> None:
    answer = related("query", text, "-a", archive_18f)
    assert (answer.code, answer.out) == (2, "")
    assert "holds no word; give a phrase, a paragraph or a draft" in answer.err


def test_arguments_that_are_no_unicode(related: Related, archive_18f: Path) -> None:
    """A terminal hands over any bytes."""
    assert related("query", "talks on \udcff Ukraine", "-a", archive_18f).code == 0
    assert related("show", "\udcff", "-a", archive_18f).code == 4


def test_a_story_that_is_not_held(related: Related, archive_18f: Path) -> None:
    answer = related("show", "nowhere", "-a", archive_18f)
    assert (answer.code, answer.out) == (4, "")
    assert answer.err == (
        "related: no story 'nowhere' in this archive; publish it first, or find its id: related query TEXT\n"
    )


@pytest.mark.parametrize(
    ("arguments", "code", "kind"),
    [
        (["show", "nowhere"], 4, "NotFoundError"),
        (["query", ""], 2, "QuestionError"),
        (["add", "nowhere.jsonl"], 2, "SourceError"),
    ],
)
def test_errors_in_json(
    related: Related, archive_18f: Path, arguments: list[str], code: int, kind: str
) -> None:
    answer = related(*arguments, "-a", archive_18f, "--json")
    assert answer.code == code
    assert answer.json["error"]["type"] == kind
    assert answer.json["error"]["message"] in answer.err


def test_an_empty_archive_has_empty_answers(related: Related, news: Path) -> None:
    assert related("query", "talks on Ukraine", "-a", news, "--json").json["slots"] == []
    assert related("query", "talks on Ukraine", "-a", news).code == 0
    assert related("rebuild", "-a", news, "--json").json["stories"] == 0
    assert related("status", "-a", news, "--json").json["problems"] == []


# Looking after


def test_status_for_people_and_for_scripts(related: Related, archive_18f: Path) -> None:
    told = related("status", "-a", archive_18f, "--json").json
    assert (told["stories"], told["embedded"], told["indexed"], told["problems"]) == (507, 507, 507, [])
    text = related("status", "-a", archive_18f).out
    assert re.search(r"stories +507\b", text)
    assert re.search(r"by status +published 507\b", text)
    assert told["weights"] in text


def test_evaluate_reads_no_archive_and_leaves_none(
    related: Related, stories_18f: tuple[Story, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    stories = jsonl(tmp_path / "stories.jsonl", list(stories_18f[:60]))
    links = [
        {"source": a.id, "target": b.id, "anchor": "x"}
        for a, b in zip(stories_18f[1:60], stories_18f, strict=False)
    ]
    (tmp_path / "links.jsonl").write_text("\n".join(map(json.dumps, links)))
    before = set(tmp_path.iterdir())
    files = ("--json", "out.json", "--report", "report.html")
    answer = related("evaluate", "--stories", stories, "--links", "links.jsonl", *files)
    assert answer.code == 0
    out = json.loads((tmp_path / "out.json").read_text())
    assert out["queries"] > 0
    assert set(out["systems"]) >= {"ours", "recency", "tfidf", "bm25", "first_attempt", "first_attempt_past"}
    assert set(tmp_path.iterdir()) == before | {tmp_path / "out.json", tmp_path / "report.html"}
    assert all(name in answer.out for name in out["systems"])
    assert f"{tmp_path.name}/stories.jsonl" in (tmp_path / "report.html").read_text("utf-8")


def test_evaluate_says_what_the_report_needs_before_it_measures(
    related: Related, some: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name, *_: None if name == "matplotlib" else found(name, *_)
    )
    answer = related(
        "evaluate", "--stories", some, "--links", tmp_path / "nowhere", "--report", tmp_path / "report.html"
    )
    assert (answer.code, answer.out) == (2, "")
    assert "pip install 'related-stories[report]'" in answer.err


@pytest.mark.parametrize("name", ["stories", "links"])
def test_evaluate_without_one_of_its_files(related: Related, some: Path, tmp_path: Path, name: str) -> None:
    files = {"stories": some, "links": some} | {name: tmp_path / "nowhere.jsonl"}
    answer = related("evaluate", "--stories", files["stories"], "--links", files["links"])
    assert (answer.code, answer.out) == (2, "")
    assert re.search(r"related: .*nowhere\.jsonl: No such file or directory; \w+", answer.err)


def test_the_version_is_that_of_the_package(related: Related) -> None:
    assert related("--version").out == f"related-stories {version('related-stories')}\n"


@pytest.mark.parametrize("command", ["show", "keys add", "serve", "evaluate"])
def test_help_names_no_type_beside_an_option_that_takes_no_value(related: Related, command: str) -> None:
    shown = related(*command.split(), "--help").out
    assert "--help" in shown
    assert "bool" not in shown.lower()
    assert "<str>" in shown or "TEXT" in shown or "PATH" in shown.upper()


def test_a_backup_is_restored_with_the_commands_that_are_told(
    related: Related, news: Path, tmp_path: Path
) -> None:
    story = {"id": "a", "headline": "Floods in Sylhet", "published": "2022-10-13T17:47:00+06:00"}
    (tmp_path / "story.json").write_text(json.dumps(story))
    assert related("publish", tmp_path / "story.json", "-a", news).code == 0
    made = related("backup", tmp_path / "safe", "-a", news)
    assert made.out.startswith(f"backed up 1 stories to {tmp_path / 'safe'}, and checked the copy")
    assert related("backup", tmp_path / "safe", "-a", news).code == 5
    assert related("backup", tmp_path / "safe", "--verify", "--json").json["stories"] == 1
    tried = related("restore", tmp_path / "safe", "-a", tmp_path / "again", "--dry-run", "--json")
    assert (tried.json["stories"], (tmp_path / "again").exists()) == (1, False)
    done = related("restore", tmp_path / "safe", "-a", tmp_path / "again")
    assert done.out.startswith("restored 1 stories, as of 20")
    assert related("status", "-a", tmp_path / "again", "--json").json["stories"] == 1
    refused = related("restore", tmp_path / "safe", "-a", news)
    assert (refused.code, "--force" in refused.err) == (5, True)
    shutil.copytree(tmp_path / "safe", tmp_path / "torn")
    (tmp_path / "torn" / "related.toml").write_text("# other")
    torn = related("backup", tmp_path / "torn", "--verify")
    assert (torn.code, "related.toml is not what was written" in torn.err) == (5, True)
    forced = related("restore", tmp_path / "safe", "-a", news, "--force", "--json")
    assert forced.code == 0, forced.out
    assert (Path(forced.json["replaced"]) / "catalog.sqlite").is_file()


@pytest.mark.parametrize(
    ("stream", "words"),
    [("stdout", ["backup", "-"]), ("stdin", ["restore", "-"]), ("stdin", ["backup", "-", "--verify"])],
)
def test_no_tar_goes_to_a_terminal_or_comes_from_one(
    related: Related, news: Path, monkeypatch: pytest.MonkeyPatch, stream: str, words: list[str]
) -> None:
    monkeypatch.setattr(getattr(sys, stream), "isatty", lambda: True)
    answer = related(*words, "-a", news)
    assert (answer.code, answer.out) == (2, "")
    assert "is a terminal" in answer.err


def test_a_directory_that_is_no_backup_is_told_as_such(related: Related, news: Path, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    answer = related("restore", tmp_path / "other", "-a", news)
    assert (answer.code, "is no backup: it has no backup.json" in answer.err) == (2, True)


def test_a_new_archive_has_a_file_of_settings_for_its_owner(related: Related, tmp_path: Path) -> None:
    assert related("init", "-a", tmp_path / "news").code == 0
    assert (tmp_path / "news" / "related.toml").stat().st_mode & 0o777 == 0o600
    rows = related("settings", "-a", tmp_path / "news", "--json").json
    assert {row["source"] for row in rows} == {"default"}


def test_a_file_of_settings_that_is_there_stays(related: Related, tmp_path: Path) -> None:
    (tmp_path / "related.toml").write_text("slots = 3\n")
    assert related("init", "-a", tmp_path).code == 0
    assert (tmp_path / "related.toml").read_text() == "slots = 3\n"
    shown = related("settings", "-a", tmp_path).out
    assert re.search(rf"^slots +3 +{re.escape(str(tmp_path))}/related.toml$", shown, re.MULTILINE)
    assert re.search(r'^page.language +"en-GB" +default$', shown, re.MULTILINE)


def test_settings_of_no_archive(related: Related, tmp_path: Path) -> None:
    answer = related("settings", "-a", tmp_path / "none")
    assert (answer.code, "no archive in" in answer.err) == (4, True)


def test_a_story_comes_out_as_it_went_in(related: Related, news: Path, tmp_path: Path) -> None:
    story = {
        "id": "a",
        "url": "https://a.example/floods",
        "headline": "Floods &amp;lt; in Sylhet",
        "deck": "Rivers rise",
        "body": "One.\n\nTwo.",
        "published": "2022-10-13T11:47:00Z",
        "status": "retracted",
    }
    (tmp_path / "story.json").write_text(json.dumps(story))
    assert related("add", tmp_path / "story.json", "-a", news).code == 0
    assert related("get", "a", "-a", news, "--json").json == story
    shown = related("get", "http://a.example/floods/", "-a", news).out
    assert shown.startswith("Floods &lt; in Sylhet\n\nRivers rise\n\nid: a\n")
    assert "\nstatus: retracted\n" in shown
    assert shown.endswith("One.\n\nTwo.\n")
    missing = related("get", "b", "-a", news)
    assert (missing.code, "no story 'b'" in missing.err) == (4, True)


def test_a_detected_language_is_shown_and_filters(related: Related, news: Path, tmp_path: Path) -> None:
    body = "বিপৎসীমার নিচে নেমেছে নদীর পানি। আশ্রয়কেন্দ্র ছেড়ে মানুষ ঘরবাড়ি মেরামত করছে।"
    story = {"id": "a", "headline": "নদীর পানি", "body": body, "published": "2022-10-13T00:00:00Z"}
    lines = [json.dumps(story), json.dumps(story | {"id": "b", "headline": "Two words", "body": ""})]
    (tmp_path / "stories.jsonl").write_text("\n".join(lines))
    assert related("add", tmp_path / "stories.jsonl", "-a", news).code == 0
    held = related("get", "a", "-a", news, "--json").json
    assert held.pop("detected")["language"] == "bn"
    assert held == story
    assert "\nlanguage: bn (detected, " in related("get", "a", "-a", news).out
    assert "\nlanguage:" not in related("get", "b", "-a", news).out
    listed = related("list", "-a", news, "--language", "bn", "--json").json
    assert [(each["id"], each["language"]) for each in listed] == [("a", "bn")]


def test_the_newest_stories_are_listed_first(related: Related, news: Path, tmp_path: Path) -> None:
    rows = [
        {"id": f"s{n}", "headline": f"Day {n}", "published": f"2022-10-{n:02}T00:00:00Z"} for n in range(1, 6)
    ]
    rows[1]["status"], rows[2]["section"] = "draft", "Sport"
    (tmp_path / "stories.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert related("add", tmp_path / "stories.jsonl", "-a", news).code == 0
    answer = related("list", "-a", news, "--limit", 4, "--json").json
    assert [row["id"] for row in answer] == ["s5", "s4", "s3", "s2"]
    assert related("list", "-a", news).out.splitlines()[3] == "2 Oct 2022  s2  Day 2 (draft)"
    assert related("list", "-a", news, "--section", "sport").out == "3 Oct 2022  s3  Day 3\n"
    assert related("list", "-a", news, "--until", "2022-10-01").out == "1 Oct 2022  s1  Day 1\n"


@pytest.mark.parametrize(
    ("fields", "stands"),
    [
        ({"embargo_until": "2099-01-01T06:00:00Z"}, "embargoed until 2099-01-01T06:00:00Z"),
        (
            {"published": "2022-10-13T00:00:00Z", "expires": "2023-01-01T00:00:00Z"},
            "expired since 2023-01-01",
        ),
        ({"status": "embargoed", "embargo_until": "2022-11-01T00:00:00Z"}, "published"),
    ],
)
def test_a_story_is_shown_as_it_stands_now(
    related: Related, news: Path, tmp_path: Path, fields: dict[str, str], stands: str
) -> None:
    story = {"id": "a", "headline": "Floods", "published": "2022-10-13T00:00:00Z"} | fields
    (tmp_path / "story.json").write_text(json.dumps(story))
    assert related("add", tmp_path / "story.json", "-a", news).code == 0
    assert f"\nstatus: {stands}" in related("get", "a", "-a", news).out
    assert related("list", "-a", news, "--json").json[0]["state"].startswith(stands)
    line = related("list", "-a", news).out
    assert f"Floods ({stands}" in line if stands != "published" else line.endswith("Floods\n")


def test_an_empty_block_of_a_story_that_is_set_aside_says_why(
    related: Related, news: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    works = words.series_of

    def fails(headline: str) -> object:
        if "Kelpie" in headline:
            raise KeyError(headline)
        return works(headline)

    monkeypatch.setattr(words, "series_of", fails)
    file = tmp_path / "stories.jsonl"
    story = {"id": "k1", "headline": "Kelpie at the mill", "body": "x", "published": "2024-05-01T08:00:00Z"}
    file.write_text(json.dumps(story) + "\n", "utf-8")
    related("add", file, "--archive", news)
    for command in (("show", "k1"), ("query", "--id", "k1")):
        told = related(*command, "--archive", news, "--json")
        assert (told.code, told.json["slots"]) == (0, [])
        assert "story 'k1' is set aside: its text cannot be read" in told.err
        assert told.err.rstrip().endswith("; send a new version, or remove it")


def test_tuning_is_undone_one_version_at_a_time(related: Related, news: Path) -> None:
    file = news / ARCHIVE_FILE
    told = related("tune", "--undo", "-a", news)
    assert (told.code, "nothing to undo" in told.err) == (2, True)
    ranker = shipped()
    file.write_text(replace(ranker, model=replace(ranker.model, version="by hand")).to_json())
    assert related("status", "-a", news, "--json").json["learned"]["version"] == 1
    assert "the shipped weights" in related("tune", "--undo", "-a", news).out
    assert not file.exists()
    assert related("status", "-a", news, "--json").json["learned"]["went_back"] == "related tune --undo"
    assert related("tune", "--undo", "--links", file, "-a", news).code == 2


def test_clicks_are_learned_from_by_hand_and_count_where_the_settings_say_so(
    related: Related, news: Path
) -> None:
    told = related("clicks", "learn", "-a", news)
    assert "0 clicks are too few" in told.out
    assert "no block changes: set learn_clicks = true" in told.out
    assert "clicks" not in related("status", "-a", news, "--json").json["learned"]
    (news / "related.toml").write_text("learn_clicks = true\n", "utf-8")
    found = related("clicks", "learn", "-a", news, "--json").json
    assert (found["version"], found["on"], found["last_attempt"]["won"]) == (0, True, False)
    assert related("status", "-a", news, "--json").json["learned"]["clicks"]["version"] == 0
    undone = related("clicks", "learn", "--undo", "-a", news)
    assert (undone.code, "nothing to undo" in undone.err) == (2, True)
