"""Services on machines of their own over one catalog on PostgreSQL are one archive, whoever is killed."""

from __future__ import annotations

import random
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from recommender.client import Client
from tests.desk.conftest import TOKEN
from tests.scale.postgres_server import PostgresServer
from tests.service.cases import story
from tests.service.receiver import Receiver
from tests.service.running import ROOT, Running, add_key, free_port, make_archive, make_directory
from tests.service.test_crashes import Reader, Writer, check_all, withdrawn
from tests.service.test_processes import LINE, STORIES, TURNS, Crowd, shown_at, shown_by

SETTINGS = """[service]
writes_per_second = 1e6
reads_per_second = 1e6
webhook_url = "{url}"
webhook_private = true
webhook_secret = "{secret}"
"""
ENOUGH = 12  # acknowledged writes before something is killed
PATIENCE = 120.0  # seconds: a loaded machine is slow, not wrong
GONE = (0, 503)  # no answer, or one that says that the catalog does not answer


@dataclass
class Site:
    """A publisher's two machines, and what its cache is told to purge."""

    directories: tuple[Path, Path]
    key: str
    receiver: Receiver
    services: list[Running]

    def client(self, number: int, tries: int = 3) -> Client:
        """Return a client of one of the services."""
        return self.services[number].client(self.key, tries=tries, timeout=120)

    def line(self, *words: str) -> str:
        """Run a command of the command line on the second machine; return what it printed."""
        command = [*LINE, *words, "--archive", str(self.directories[1])]
        return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


@pytest.fixture
def site(own_server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("RELATED_CATALOG_URL", own_server.fresh())
    receiver = Receiver()
    settings = SETTINGS.format(url=receiver.url, secret=receiver.secret)
    one, two = make_archive(tmp_path / "one", settings), make_directory(tmp_path / "two", settings)
    with ThreadPoolExecutor() as threads, ExitStack() as stack:
        stack.callback(receiver.server.shutdown)
        services = [stack.enter_context(each) for each in threads.map(serving, (one, two))]
        yield Site((one, two), add_key(one, "cms"), receiver, services)
        for running in services:
            assert not [line for line in running.lines if "Traceback" in line]


def serving(directory: Path) -> Running:
    """Start a service as an operator does, but for the embedder."""
    words = ["serve", "--archive", str(directory), "--port", str(free_port())]
    return Running(directory, command=[*LINE, *words])


def until(is_so: Callable[[], object], what: str) -> None:
    """Wait until something holds."""
    ends = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < ends, what
        time.sleep(0.02)


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


def test_one_that_is_killed_loses_nothing_and_the_other_goes_on_with_its_work(site: Site) -> None:
    """The first has the work in hand when it is killed; what it was to tell is told by the other, once."""
    writers = [Writer(topic, random.Random(topic)) for topic in ("ferry", "budget")]
    reader, stopping = Reader(writers, random.Random(1)), threading.Event()
    soon = datetime.now(UTC) + timedelta(seconds=4)
    with site.client(1) as other:
        other.publish(story("cricket-1", "cricket"))
        other.publish(story("cricket-2", "cricket", 2, embargo_until=soon.isoformat()))
        with ThreadPoolExecutor() as threads:
            played = [threads.submit(work, site, 0, role) for role in (*writers, reader)]
            going_on = threads.submit(read_on, site, reader, stopping)
            until(lambda: sum(one.acknowledged for one in writers) >= ENOUGH, "no writes")
            site.services[0].process.kill()
            wait(played)
            stopping.set()
        for one in (*played, going_on):
            one.result()
        check_all(site.client(1), writers, reader)
        assert any(one.acknowledged for one in writers)
        until(lambda: told_of(site, "cricket-1"), "nobody was told that the embargo ended")
        assert "cricket-2" in shown_at(other, "cricket-1")
    assert len(told_of(site, "cricket-1")) == 1
    assert len(site.receiver.ids) == len(set(site.receiver.ids))
    with serving(site.directories[0]) as again:
        site.services[0] = again
        check_all(site.client(0), writers, reader)


def told_of(site: Site, source: str) -> list[dict[str, object]]:
    """Return the changes of a page that the cache was told of, once it shows something."""
    return [change for change in list(site.receiver.told) if change["source"] == source and change["after"]]


def work(site: Site, number: int, role: Writer | Reader) -> None:
    """Let a writer or a reader work by one of the services until that, or the catalog, is gone."""
    with site.client(number) as client:
        role.run(client, GONE)


def read_on(site: Site, reader: Reader, stopping: threading.Event) -> None:
    """Read by the service that stays, without a failure."""
    with site.client(1) as client:
        while not stopping.is_set():
            reader.check(client, random.choice(["ferry-0", "budget-0", "cricket-1"]))


def test_a_server_that_is_killed_under_load_and_comes_back_needs_no_hand(
    site: Site, own_server: PostgresServer
) -> None:
    writers = [Writer(topic, random.Random(topic)) for topic in ("ferry", "budget")]
    reader = Reader(writers, random.Random(2))
    with ThreadPoolExecutor() as threads:
        played = [threads.submit(work, site, n, role) for n, role in enumerate(writers)]
        played += [threads.submit(work, site, n, reader) for n in range(2)]
        until(lambda: sum(one.acknowledged for one in writers) >= ENOUGH, "no writes")
        until(lambda: withdrawn(writers), "nothing was withdrawn")
        own_server.kill()
        wait(played)
    for one in played:
        one.result()
    own_server.start()
    for number in range(2):
        check_all(site.client(number, tries=8), writers, reader)
    with site.client(0) as client:
        told = len(site.receiver.ids)
        client.publish(story("cricket-1", "cricket"))
        client.publish(story("cricket-2", "cricket", 2))
        until(lambda: told_of(site, "cricket-1"), "the workers did not come back")
        assert len(site.receiver.ids) > told
        until(client.is_ready, "it is not ready")
