"""The client's many stories go in pieces, and a call that is sent again is done once."""

from __future__ import annotations

import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from recommender.client import MOST_BYTES, MOST_LINES, Client, ServiceError
from recommender.service import examples
from tests.service.cases import story
from tests.service.running import Running, add_key, make_archive


class Service:
    """Stands for a service: takes what it is sent, and loses as many answers as it is told."""

    def __init__(self, losing: int = 0) -> None:
        self.losing = losing
        self.keys: Counter[str] = Counter()
        self.pieces: list[list[dict[str, Any]]] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.keys[request.headers["idempotency-key"]] += 1
        if self.losing:
            self.losing -= 1
            raise httpx.ReadTimeout("lost", request=request)
        body = request.content
        self.pieces.append([json.loads(line) for line in body.split(b"\n")])
        stories = [
            {**examples.PUBLISHED, "line": line, "id": one["id"]}
            for line, one in enumerate(self.pieces[-1], 1)
        ]
        return httpx.Response(200, json={"stories": stories, "refused": []})


def client(service: Service) -> Client:
    return Client("http://x", "key", transport=httpx.MockTransport(service))


@pytest.mark.parametrize("count", [0, 1, MOST_LINES, MOST_LINES + 1, 5 * MOST_LINES + 3])
def test_many_stories_go_in_pieces_and_are_told_of_by_line(count: int) -> None:
    service = Service()
    told = client(service).publish_many(story(f"s-{n}") for n in range(count))
    assert [(one.line, one.id) for one in told.stories] == [(n + 1, f"s-{n}") for n in range(count)]
    assert [one["id"] for piece in service.pieces for one in piece] == [f"s-{n}" for n in range(count)]
    assert all(len(piece) <= MOST_LINES for piece in service.pieces)
    assert len(service.keys) == len(service.pieces)


def test_no_piece_is_long_but_for_one_story_that_is() -> None:
    service = Service()
    sizes = [MOST_BYTES // 3, MOST_BYTES // 3, MOST_BYTES // 2, 2 * MOST_BYTES, 10]
    client(service).publish_many(story(f"s-{n}", body="x" * size) for n, size in enumerate(sizes))
    assert [[one["id"] for one in piece] for piece in service.pieces] == [
        ["s-0", "s-1"],
        ["s-2"],
        ["s-3"],
        ["s-4"],
    ]


def test_all_tries_of_a_call_have_one_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    service = Service(losing=2)
    client(service).publish_many([story("a")])
    assert sorted(service.keys.values()) == [3]
    with pytest.raises(ServiceError):
        Client("http://x", tries=3, transport=httpx.MockTransport(Service(losing=99))).publish_many(
            [story("a")]
        )


def test_stories_are_read_as_they_go() -> None:
    service = Service()
    seen: list[int] = []

    def stories() -> Iterator[dict[str, Any]]:
        for n in range(3 * MOST_LINES):
            seen.append(len(service.pieces))
            yield story(f"s-{n}")

    client(service).publish_many(stories())
    assert max(seen) == 2


def test_a_try_that_joins_the_first_is_told_the_same(tmp_path: Path) -> None:
    archive = make_archive(tmp_path / "archive")
    key = add_key(archive, "cms")
    with Running(archive) as running, running.client(key) as patient:
        many = [story(f"s-{n}", day=n % 28 + 1) for n in range(3 * MOST_LINES)]
        impatient = Client(running.url, key, tries=100, timeout=0.2, patience=120.0)
        ready = threading.Event()
        while not patient.is_ready():
            ready.wait(0.05)
        told = impatient.publish_many(many)
        assert [one.outcome for one in told.stories] == ["added"] * len(many)
        impatient.close()
