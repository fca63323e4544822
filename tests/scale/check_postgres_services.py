"""Services on machines of their own over one catalog on PostgreSQL are one archive."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from recommender.client import Client
from tests.desk.conftest import TOKEN
from tests.scale.copies import LIMITS, serving
from tests.service.cases import story
from tests.service.running import ROOT, Running, add_key, make_archive, make_directory
from tests.service.test_processes import LINE, STORIES, TURNS, Crowd, shown_at, shown_by


@dataclass
class Site:
    """A publisher's two machines."""

    directories: tuple[Path, Path]
    key: str
    services: list[Running]

    def client(self, number: int, tries: int = 3) -> Client:
        """Return a client of one of the services."""
        return self.services[number].client(self.key, tries=tries, timeout=120)

    def line(self, *words: str) -> str:
        """Run a command of the command line on the second machine; return what it printed."""
        command = [*LINE, *words, "--archive", str(self.directories[1])]
        return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def site(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("RELATED_CATALOG_URL", postgres_url)
    one, two = make_archive(tmp_path / "one", LIMITS), make_directory(tmp_path / "two", LIMITS)
    with ThreadPoolExecutor() as threads, ExitStack() as stack:
        services = [stack.enter_context(each) for each in threads.map(serving, (one, two))]
        yield Site((one, two), add_key(one, "cms"), services)
        for running in services:
            assert not [line for line in running.lines if "Traceback" in line]


def test_two_services_and_a_command_line_are_one_archive(site: Site) -> None:
    with site.client(0) as one, site.client(1) as other:
        one.publish_many([story(id, day=n + 1) for n, id in enumerate(STORIES)])
        assert shown_by(one) == shown_by(other) == set(STORIES)
        for act in (one.withdraw, other.withdraw, lambda id: site.line("withdraw", id)):
            act("ferry-4")
            assert shown_by(one) == shown_by(other) == set(STORIES) - {"ferry-4"}
            assert shown_at(other, "ferry-4") == set()
            one.amend("ferry-4", status="published")
            assert shown_by(one) == shown_by(other) == set(STORIES)
        site.line("pin", "ferry-1", "ferry-7", "--by", "sports-desk")
        assert [each.related("ferry-1").slots[0].story.id for each in (one, other)] == ["ferry-7"] * 2
        other.exclude("ferry-1", "ferry-7")
        assert "ferry-7" not in [slot.story.id for slot in one.related("ferry-1").slots]
    check_desk(site)


def check_desk(site: Site) -> None:
    """Sign in at one desk and out at the other."""
    path = urlsplit(site.line("people", "add", "sports-desk", "--role", "editor").strip()).path
    with httpx.Client(base_url=site.services[0].url) as one:
        found = TOKEN.search(one.get(path).text)
        assert found is not None
        assert one.post(path, data={"token": found[1]}).headers["location"] == "/desk"
        with httpx.Client(base_url=site.services[1].url, cookies=one.cookies) as other:
            assert "sports-desk" in other.get("/desk").text
            assert other.get(path).status_code == 410
            found = TOKEN.search(other.get("/desk").text)
            assert found is not None
            other.post("/desk/sign-out", data={"token": found[1]})
        assert one.get("/desk").status_code == 303


def test_nobody_is_shown_what_either_has_withdrawn(site: Site) -> None:
    with site.client(0) as one, site.client(1) as other:
        one.publish_many([story(id, day=n + 1) for n, id in enumerate(STORIES)])
        crowd = Crowd(lambda id: one.amend(id, status="published"))
        ways = (one.withdraw, other.withdraw)
        with ThreadPoolExecutor() as threads:
            readers = [threads.submit(crowd.read, client) for client in (one, other)]
            writers = [
                threads.submit(crowd.write, STORIES[3 * n : 3 * n + 3], way) for n, way in enumerate(ways)
            ]
            wait(writers)
            crowd.done.set()
        for played in (*readers, *writers):
            played.result()
    assert len(crowd.acts) == 2 * len(ways) * TURNS
    for answer in crowd.answers:
        crowd.check(answer)
