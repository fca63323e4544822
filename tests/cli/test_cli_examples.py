"""The example in each command's help works as it stands, and answers in one JSON document when asked to."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from recommender import Recommender
from tests.arrays import story
from tests.cli.conftest import Related
from tests.fakes import HashEmbedder
from tests.ingest.live.sites import feed
from tests.test_docs import COMMANDS
from tests.web.site import HOST, Site, running

BEFORE = {
    "unpin": ["pin story-17 story-4"],
    "include": ["exclude story-17 story-5"],
    "unfreeze": ["freeze story-17"],
    "undo": ["pin story-17 story-4", "unpin story-17 story-4"] * 6,
    "restore": ["withdraw story-17"],
    "steer end": ["steer ignore-tag a", "steer ignore-tag b", "steer ignore-tag c"],
    "compare stop": ["compare start recency=1"],
    "choose undo": ["choose set slots=4"],
    "keys rotate": ["keys add cms"],
    "keys remove": ["keys add cms"],
    "people link": ["people add sports-desk"],
    "people role": ["people add sports-desk"],
    "people remove": ["people add sports-desk"],
    "people sign-out": ["people add sports-desk"],
}
# Run until told to stop; looks at this machine; asks for a password; prints a word; names a file; needs Ray.
APART = ("serve", "work", "desk", "doctor", "people password", "webhooks secret", "evaluate", "bulk")
MAKES_THE_ARCHIVE = "init"


@pytest.fixture(scope="module")
def newsroom(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory with the archive and the files that the examples name."""
    place = tmp_path_factory.mktemp("newsroom")
    stories = [replace(story(n), id=f"story-{n}", url=f"https://a.example/{n}") for n in range(40)]
    with Recommender.create(place / "news", embedder=HashEmbedder()) as recommender:
        recommender.add(stories[:30])
    (place / "stories.jsonl").write_text("\n".join(json.dumps(one.to_json()) for one in stories))
    links = [{"source": f"story-{n}", "target": f"story-{n - back}"} for n in range(5, 30) for back in (3, 5)]
    (place / "links.jsonl").write_text("\n".join(map(json.dumps, links)))
    ratings = [{"source": "story-9", "target": f"story-{n}", "grade": n} for n in range(3)]
    (place / "ratings.jsonl").write_text("\n".join(map(json.dumps, ratings)))
    counts = "day,source,target,position,shown,clicked\n2026-03-03,story-9,story-1,1,100,3\n"
    (place / "clicks.csv").write_text(counts)
    (place / "story.json").write_text(json.dumps(stories[35].to_json()))
    (place / "draft.html").write_text(f"<h1>{stories[35].headline}</h1><p>{stories[35].body}</p>")
    return place


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Return the newsroom's site, at an address of this machine."""
    monkeypatch.setenv("RELATED_WEB_PRIVATE_HOSTS", HOST)
    monkeypatch.setenv("RELATED_WEB_PAUSE_SECONDS", "0")
    with running() as site:
        site.pages["/feed/"] = feed(site, 2)
        yield site


def example(name: str, site: Site | None = None) -> list[str]:
    found = re.search(r"Example: `related (.+)`", COMMANDS[name].epilog)
    assert found
    return shlex.split(found[1].replace("https://news.example", site.url) if site else found[1])


@pytest.mark.parametrize("name", [name for name in COMMANDS if name not in APART])
def test_the_example_works_and_answers_in_json(
    related: Related,
    newsroom: Path,
    site: Site,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    place = Path(shutil.copytree(newsroom, tmp_path / "newsroom"))
    if name == MAKES_THE_ARCHIVE:
        shutil.rmtree(place / "news")
    monkeypatch.chdir(place)
    for command in BEFORE.get(name, []):
        assert related(*command.split(), "-a", "news").code == 0
    for more in ([], ["--json"]):
        monkeypatch.chdir(shutil.copytree(place, tmp_path / f"again{len(more)}"))
        answer = related(*example(name, site), *more)
        assert answer.code == 0, answer.err
    assert isinstance(answer.json, dict | list)


def test_a_secret_is_printed_bare(related: Related) -> None:
    assert re.fullmatch(r"whsec_[\w+/=]+\n", related(*example("webhooks secret")).out)
