"""What others wrote reaches the terminal to be read, and never acts on it; numbers and names have bounds."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from recommender.archive.archive import Archive
from recommender.archive.private_files import CATALOG_FILE
from recommender.catalog import Catalog
from recommender.catalog.api_keys import Keys
from recommender.catalog.audit import Entry
from recommender.catalog.editor_actions import EditorActions
from recommender.service.keys import Keyring, Right
from recommender.story.story import Story
from tests.cli.conftest import Related
from tests.fakes import HashEmbedder

ACTS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]")
STORY = {
    "headline": "[bold]A ferry[/bold] sinks :smile:",
    "published": "2024-05-01T12:00:00Z",
    "body": "The ferry sank.",
}
EVIL = "[red]x\x1b]0;title\x07\x9b31m\u202e\rdesk"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an archive of two stories, to be copied."""
    path = tmp_path_factory.mktemp("two") / "news"
    with Archive.create(path, embedder=HashEmbedder()) as archive:
        archive.add([Story.from_json({"id": f"s{n}", **STORY}) for n in (1, 2)])
    return path


@pytest.fixture
def two(made: Path, tmp_path: Path) -> Path:
    """Return an archive of two stories."""
    return Path(shutil.copytree(made, tmp_path / "news"))


def test_whoever_acted_cannot_act_on_the_terminal(related: Related, two: Path) -> None:
    with Archive.open(two, embedder=HashEmbedder()) as archive:  # as names were taken once
        EditorActions(archive.catalog).add("s1", "pin", ["s2"], None, EVIL, 0)
    listed = related("history", "s1", "--archive", two)
    told = related("history", "s1", "--json", "--archive", two)
    for answer in (listed, told):
        assert answer.code == 0
        assert not ACTS.search(answer.out + answer.err)
    assert r"\u001b]0;title" in listed.out
    assert "[red]x" in listed.out
    assert told.json[0]["by"] == EVIL
    refused = related("exclude", "s1", "s2", "--by", EVIL, "--archive", two)
    assert (refused.code, ACTS.search(refused.err)) == (2, None)


@pytest.mark.parametrize("command", ["show", "publish", "remove", "pin", "withdraw", "unheard-of"])
def test_an_argument_comes_back_in_an_error_harmless(related: Related, two: Path, command: str) -> None:
    for more in ((), ("--json",)):
        answer = related(command, EVIL, EVIL, *more) if command == "pin" else related(command, EVIL, *more)
        assert answer.code != 0
        assert not ACTS.search(answer.out + answer.err)


def test_a_headline_is_no_markup(related: Related, two: Path) -> None:
    assert "[bold]A ferry[/bold] sinks :smile:" in related("pin", "s1", "s2", "--archive", two).out


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "s1", "-k"),
        ("query", "ferry", "-k"),
        ("purges", "--after"),
        ("purges", "--limit"),
        ("undo", "--"),
        ("pin", "s1", "s2", "--at"),
        ("keys", "rotate", "cms", "--grace"),
        ("webhooks", "retry", "--"),
    ],
)
@pytest.mark.parametrize("number", ["9" * 30, "1e12", "nan", "-1"])
def test_a_number_out_of_bounds_is_refused_in_words(
    related: Related, two: Path, arguments: tuple[str, ...], number: str
) -> None:
    answer = related(*arguments[:-1], "--archive", two, *arguments[-1:], number)
    assert answer.code in (2, 4)
    assert "Traceback" not in answer.err


def test_a_key_with_a_far_end_can_be_listed(related: Related, two: Path) -> None:
    with Catalog.open(two / CATALOG_FILE) as catalog:
        Keyring(catalog).add("cms", [Right.READ])
        Keys(catalog).rotate(
            "cms", 10**12, 10**12, lambda num: (str(num), "x"), Entry(0, "", "")
        )  # as an earlier version did
    answer = related("keys", "list", "--archive", two)
    assert answer.code == 0
    assert "9999-12-31" in answer.out


def test_a_misspelt_variable_is_told(related: Related, two: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RELATED_SLOT", "3")
    answer = related("show", "s1", "--archive", two)
    assert answer.code == 2
    assert "environment variable RELATED_SLOT is no setting; did you mean RELATED_SLOTS?" in answer.err
