"""Blocks for others on the command line: shown, written to files, pushed."""

from __future__ import annotations

import json
from pathlib import Path

import feedparser
import pytest

from recommender import Recommender
from recommender.ingest.base import Origin
from tests.arrays import story
from tests.cli.conftest import Related
from tests.export.cms import WordPressCms, credentials
from tests.fakes import HashEmbedder
from tests.web.site import HOST, running

STORIES = [story(n, 0, url=f"https://a.example/{n}/") for n in range(4)]
POSTS = "/wp-json/wp/v2/posts"


@pytest.fixture
def held(tmp_path: Path) -> Path:
    with Recommender.create(tmp_path / "held", embedder=HashEmbedder()) as recommender:
        recommender.add(STORIES)
        origins = {one.id: Origin(kind="wordpress", id=one.id[1:], type="post") for one in STORIES}
        recommender.archive.catalog.set_origins(origins)
    return tmp_path / "held"


def test_one_block_is_shown_in_any_format(related: Related, held: Path) -> None:
    answer = related("show", "https://a.example/3/", "--format", "atom", "-k", 1, "-a", held)
    (entry,) = feedparser.parse(answer.out.encode()).entries
    assert len([link for link in entry.links if link.rel == "related"]) == 1
    wrong = related("show", "s3", "--format", "atomm", "-a", held)
    assert (wrong.code, wrong.out) == (2, "")
    assert "format is 'atomm'; did you mean atom?" in wrong.err


def test_an_export_tells_what_it_did(related: Related, held: Path, tmp_path: Path) -> None:
    first = related("export", "hugo", "--to", f"{tmp_path}/out/", "--json", "-a", held)
    assert first.json == {"stories": 4, "written": 4, "unchanged": 0, "removed": 0, "to": f"{tmp_path}/out/"}
    related("withdraw", "s3", "-a", held)
    again = related("export", "hugo", "--to", f"{tmp_path}/out/", "-a", held)
    assert "1 removed" in again.out
    lines = related("export", "json", "--to", "-", "-a", held).out.splitlines()
    assert {json.loads(line)["id"] for line in lines} == {"s0", "s1", "s2"}
    wrong = related("export", "amp", "--to", tmp_path / "all.html", "-a", held)
    assert (wrong.code, "one file a story" in wrong.err) == (2, True)


@pytest.mark.parametrize(
    ("command", "told"),
    [
        (("show", "s3", "--format", "csv", "--json"), "give only one of --json, --html, --format"),
        (("show", "s3", "--html", "--json"), "give only one of --json, --html, --format"),
        (("query", "ferry", "--html", "--json"), "give only one of --json, --html"),
        (("publish", "story.json", "--html", "--json"), "give only one of --json, --html"),
        (("export", "csv", "--to", "-", "--json"), "the answer is the blocks; leave out --json"),
        (("blocks", "--all", "--out", "-", "--json"), "the answer is the blocks; leave out --json"),
    ],
)
def test_options_that_contradict_each_other_are_refused(
    related: Related, held: Path, command: tuple[str, ...], told: str
) -> None:
    answer = related(*command, "-a", held)
    assert (answer.code, answer.out) == (2, "")
    assert told in " ".join(answer.err.replace("│", " ").split())


def test_blocks_stay_behind_a_link_and_no_work_is_done_for_what_is_no_file(
    related: Related, held: Path, tmp_path: Path
) -> None:
    (tmp_path / "now.jsonl").symlink_to(tmp_path / "file.jsonl")
    assert related("blocks", "s1", "--out", tmp_path / "now.jsonl", "-a", held).code == 0
    assert (tmp_path / "now.jsonl").is_symlink()
    assert json.loads((tmp_path / "file.jsonl").read_text())["id"] == "s1"
    wrongs = {tmp_path: "is a directory", tmp_path / "no" / "file": "there is no directory"}
    for place, told in wrongs.items():
        wrong = related("blocks", "--all", "--out", place, "-a", held)
        assert (wrong.code, wrong.out) == (2, "")
        assert told in " ".join(wrong.err.replace("│", " ").split())


def test_a_mistyped_site_takes_no_file_away(related: Related, held: Path, tmp_path: Path) -> None:
    related("export", "hugo", "--to", f"{tmp_path}/out/", "--site", "https://a.example", "-a", held)
    wrong = related("export", "hugo", "--to", f"{tmp_path}/out/", "--site", "https://a.exampel", "-a", held)
    assert (wrong.code, "no story is of the site 'https://a.exampel'" in wrong.err) == (2, True)
    assert len(list((tmp_path / "out").glob("*.json"))) == 4


def test_an_address_does_where_an_id_does(related: Related, held: Path) -> None:
    one, other = "https://a.example/3", "http://www.a.example/1/?utm_source=mail"
    assert "story s3: would be updated" in related("withdraw", one, "--dry-run", "-a", held).out
    assert "1. " in related("pin", one, other, "--by", "desk", "-a", held).out
    assert related("history", one, "--json", "-a", held).json[0]["targets"] == ["s1"]
    assert "story s3: updated" in related("withdraw", one, "--for", other, "-a", held).out
    assert related("remove", one, other, "-a", held).out.startswith("2 removed")
    for act in ("freeze", "history"):
        wrong = related(act, "https://a.example/none", "-a", held)
        assert (wrong.code, "no story at 'https://a.example/none'" in wrong.err) == (4, True)


def test_a_push_tells_what_it_did(related: Related, held: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running() as site:
        cms = WordPressCms(site)
        for number in (1, 2, 3):
            cms.add(f"{POSTS}/{number}")
        cms.locked.add(f"{POSTS}/2")
        monkeypatch.setenv("RELATED_WEB_PRIVATE_HOSTS", HOST)
        monkeypatch.setenv("RELATED_WEB_PAUSE_SECONDS", "0")
        command = ("push", "wordpress", site.url, "--site", "https://a.example", "-a", held)
        assert "4 would be pushed" in related(*command, "--dry-run").out
        refused = related(*command)
        assert (refused.code, "make an application password" in refused.err) == (1, True)
        monkeypatch.setenv("RELATED_WEB_CREDENTIALS", credentials(site))
        answer = related(*command)
        assert answer.code == 3
        assert "2 pushed, 0 unchanged, 1 gone there, 0 not of this site, 1 refused" in answer.out
        assert "gone there: s0" in answer.out
        assert "refused: s2: " in answer.err
        cms.locked.clear()
        assert related(*command, "--json").json["pushed"] == 1
        value = json.loads(str(cms.held[f"{POSTS}/3"]))
        assert value["heading"] == "RELATED STORIES"
        assert related("push", "wordpress", site.url, "-a", held).err.count("name that with --site") == 1


def test_all_blocks_are_steered(related: Related, held: Path) -> None:
    before = [slot["story"]["id"] for slot in related("show", "s0", "--json", "-a", held).json["slots"]]
    last = before[-1]
    command = ("steer", "boost", "--story", f"https://a.example/{last[1:]}", "--until", "2099-01-01")
    made = related(*command, "--by", "ann", "-a", held)
    assert made.out.startswith(f"rule 1: boost story {last}; strength 3, until 2099-01-01T23:59:59Z\n")
    assert related("show", "s0", "--json", "-a", held).json["slots"][0]["story"]["id"] == last
    assert related("steer", "limit-age", 30, "--section", "Weather", "--json", "-a", held).json["days"] == 30
    listed = related("steer", "list", "--json", "-a", held).json
    assert [(rule["num"], rule["act"]) for rule in listed] == [(1, "boost"), (2, "limit-age")]
    assert "rule 1 holds no more" in related("steer", "end", 1, "-a", held).out
    assert "limit-age" in related("steer", "list", "-a", held).out
    shown = related("show", "s0", "--without", f"https://a.example/{last[1:]}", "--json", "-a", held).json
    assert last not in [slot["story"]["id"] for slot in shown["slots"]]
    assert related("show", "s0", "--picture", "--json", "-a", held).json["slots"] == []
    wrong = related("steer", "bury", "-a", held)
    assert (wrong.code, "is about no story" in wrong.err) == (2, True)


def test_settings_are_chosen_told_and_put_back(related: Related, held: Path) -> None:
    made = related("choose", "set", "slots=2", "recency=0.5", "--note", "fresher", "--by", "ann", "-a", held)
    assert made.out.startswith("choice 1: slots 2, recency 0.5\n")
    assert len(related("show", "s0", "--json", "-a", held).json["slots"]) <= 2
    told = {one["name"]: one for one in related("settings", "--json", "-a", held).json if not one["table"]}
    assert (told["slots"]["value"], told["slots"]["source"]) == (2, "choice 1 by ann")
    assert told["candidates"]["source"] == "default"
    assert "choice 1 by ann" in related("status", "--json", "-a", held).json["chosen_settings"]
    as_file = related("choose", "set", "slots=file", "--json", "-a", held)
    assert as_file.json["values"] == {"recency": 0.5}
    assert related("choose", "undo", 1, "-a", held).code == 0
    assert related("status", "--json", "-a", held).json["chosen_settings"] == ""
    assert [each["num"] for each in related("choose", "list", "--json", "-a", held).json] == [1, 2, 3]
    wrong = related("choose", "set", "slots=0", "-a", held)
    assert (wrong.code, "setting slots is 0" in wrong.err) == (2, True)


def test_what_the_environment_sets_is_told_where_it_counts_before_a_choice(
    related: Related, held: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RELATED_SLOTS", "3")
    assert "RELATED_SLOTS is set" in related("choose", "set", "slots=2", "-a", held).err
    told = {one["name"]: one for one in related("settings", "--json", "-a", held).json if not one["table"]}
    assert (told["slots"]["value"], told["slots"]["source"]) == (3, "RELATED_SLOTS")
    assert "RELATED_SLOTS counts before it" in related("status", "-a", held, "--json").json["chosen_settings"]
