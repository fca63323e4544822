"""The law of many publishers: nobody is ever told of another's story, whatever is asked, written or closed.

All have stories of the same ids. In each story of a publisher stands a word that is in no other's.
"""

from __future__ import annotations

import io
import json
import logging
import random
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from recommender.archive.archive_place import ArchivePlace
from recommender.desk.people import People
from recommender.desk.roles import Role
from recommender.desk.safety import SESSION
from recommender.service.telemetry import JsonLogHandler
from tests.service.many import NAMES, bearer, make_publishers, publishers, served, story, word_of

IDS = tuple(f"s{num}" for num in range(8))
SUBJECTS = ("harbour dues", "night trains", "school meals", "city archives", "bridge repairs")
STEPS = 90
DESK = (
    *("/desk", "/desk/attention", "/desk/stories/{id}", "/desk/stories/{id}/block", "/desk/threads"),
    *("/desk/bulk", "/desk/map/points", "/desk/what-if?story={id}", "/desk/audit", "/desk/rating"),
    *("/desk/nowhere", "/desk?q=only"),
)
READS = (
    *("/stories/{id}/related", "/stories/{id}/related?k=3&preview=true", "/stories/{id}/related?format=rss"),
    *("/related?url=https://{name}.example/{id}", "/threads", "/stories/nobody/related", "/metrics"),
    *("/ready", "/openapi.json", "/stories/{id}/translations", "/sidebar", "/nowhere"),
)
_ROOTED = re.compile(r'="/(?!p/)[a-z]|="/p/(\w+)/')


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """The log of the process, as it is written."""
    text = io.StringIO()
    handler, root = JsonLogHandler(text), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    yield text
    root.removeHandler(handler)
    root.setLevel(level)


class Readers:
    """Who asks each publisher, by its key and at its desk, and looks at every answer."""

    def __init__(self, client: TestClient, directory: Path, keys: dict[str, str]) -> None:
        self.client, self.keys = client, keys
        self.sessions = {name: _session(directory / name) for name in NAMES}

    def ask(self, name: str, method: str, path: str, **more: object) -> httpx.Response:
        """Ask with the key of a publisher."""
        answer = self.client.request(
            method, f"/p/{name}{path}", headers=bearer(self.keys[name]) | more.pop("headers", {}), **more
        )  # type: ignore[arg-type]
        return self.looked_at(name, answer)

    def visit(self, name: str, path: str) -> httpx.Response:
        """Visit the desk of a publisher."""
        answer = self.client.get(f"/p/{name}{path}", headers={"cookie": f"{SESSION}={self.sessions[name]}"})
        for found in _ROOTED.finditer(answer.text):
            assert found[1] == name, f"{path} of {name} leads to {found[0]}"
        return self.looked_at(name, answer)

    def looked_at(self, name: str, answer: httpx.Response) -> httpx.Response:
        """Look for what is of others."""
        told = answer.text + str(answer.headers)
        for other in NAMES:
            if other != name:
                assert word_of(other) not in told
                assert f"/p/{other}" not in told
        assert answer.status_code < 500 or answer.status_code == 503, answer.text
        return answer


def _session(archive: Path) -> str:
    with ArchivePlace.of(archive).open_catalog() as catalog:
        people = People(catalog)
        people.add("Night desk", Role.ADMIN)
        person = people.find("Night desk")
        assert person is not None
        token = people.begin_session(person, 1, "127.0.0.1", "password")
    assert token is not None
    return token


@pytest.mark.parametrize("seed", [1, 2])
def test_nobody_sees_what_is_anothers(tmp_path: Path, seed: int, lines: io.StringIO) -> None:
    keys = make_publishers(tmp_path, settings="least_score = 0\n")
    rng = random.Random(seed)
    with served(publishers(tmp_path, open=2, loaded=1, look_seconds=1)) as client:
        readers = Readers(client, tmp_path, keys)
        for name in NAMES:
            for day, id in enumerate(IDS[:5], 1):
                _publish(readers, rng, name, id, day)
        assert all(_slots(readers, name, IDS[4]) > 1 for name in NAMES)  # there is something to be mixed up
        for _ in range(STEPS):
            _step(readers, rng, rng.choice(NAMES), rng.choice(IDS))
    _look_at_log(lines.getvalue())


def _publish(readers: Readers, rng: random.Random, name: str, id: str, day: int) -> None:
    sent = story(name, id, day, f"{rng.choice(SUBJECTS)} {rng.choice(SUBJECTS)}")
    assert readers.ask(name, "POST", "/stories", json=sent).is_success


def _slots(readers: Readers, name: str, id: str) -> int:
    return len(readers.ask(name, "GET", f"/stories/{id}/related").json()["slots"])


def _step(readers: Readers, rng: random.Random, name: str, id: str) -> None:
    act = rng.randrange(10)
    if act == 0:
        _publish(readers, rng, name, id, rng.randint(1, 20))
    elif act == 1:
        readers.ask(name, "PATCH", f"/stories/{id}", json={"status": rng.choice(["retracted", "published"])})
    elif act == 2:
        readers.ask(
            name, "POST", "/similar", json={"text": f"{rng.choice(SUBJECTS)} only{rng.choice(NAMES)}"[:14]}
        )
    elif act == 3:
        readers.ask(name, "PUT", f"/stories/{id}/pins/{rng.choice(IDS)}", json={})
    elif act == 4:
        _foreign(readers, rng, name, id)
    elif act <= 6:
        readers.visit(name, rng.choice(DESK).format(id=id))
    else:
        accept = {"accept": rng.choice(["text/html", "application/json"])}
        readers.ask(name, "GET", rng.choice(READS).format(id=id, name=name), headers=accept)


def _foreign(readers: Readers, rng: random.Random, name: str, id: str) -> None:
    """Show another publisher's key, session or address."""
    other = rng.choice([each for each in NAMES if each != name])
    refused = readers.client.get(f"/p/{name}/stories/{id}/related", headers=bearer(readers.keys[other]))
    assert readers.looked_at(name, refused).status_code == 401
    assert readers.client.delete(
        f"/p/{name}/stories/{id}", headers=bearer(readers.keys[other])
    ).status_code == 401  # fmt: skip
    cookie = {"cookie": f"{SESSION}={readers.sessions[other]}"}
    sent_away = readers.client.get(f"/p/{name}/desk/stories/{id}", headers=cookie)
    assert readers.looked_at(name, sent_away).headers["location"].startswith(f"/p/{name}/desk/sign-in")
    unknown = readers.client.get(
        f"/p/{name}/related?url=https://{other}.example/{id}", headers=bearer(readers.keys[name])
    )
    assert unknown.status_code == 404
    assert word_of(other) not in unknown.text


def _look_at_log(text: str) -> None:
    """No line has a story of anybody, and each line about a publisher names that one."""
    answers = [json.loads(line) for line in text.splitlines()]
    assert not any(word_of(name) in text for name in NAMES)
    asked = [line for line in answers if line["event"] == "answered"]
    assert {line["publisher"] for line in asked} == set(NAMES)
