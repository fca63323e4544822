"""The client outlives what passes, a restart of the service above all, and gives up what does not."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.client import Client, ServiceError
from recommender.client import retrying as module
from tests.service.cases import story
from tests.service.running import Running, add_key, free_port, make_archive

RESTART_SECONDS = 6.0
MADE = {"model": "", "weights": "", "generation": 0, "ranker": "", "settings": ""}
OK = {"id": "a", "headline": "", "slots": [], "provenance": MADE | {"time": "2026-01-01T00:00:00Z"}}
Answer = Callable[[], httpx.Response]


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def refused() -> httpx.Response:
    raise httpx.ConnectError("connection refused")


def busy() -> httpx.Response:
    return httpx.Response(503, headers={"retry-after": "1"})


def client_of(clock: Clock, answer: Answer, **more: float) -> Client:
    return Client("http://a.example", transport=httpx.MockTransport(lambda _: answer()), **more)


@given(st.floats(0, 15), st.sampled_from([refused, busy, lambda: httpx.Response(502)]))
def test_what_comes_back_within_fifteen_seconds_is_outlived(seconds: float, down: Answer) -> None:
    clock = Clock()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "time", clock)
        with client_of(
            clock, lambda: down() if clock.now < seconds else httpx.Response(200, json=OK)
        ) as client:
            assert client.related("a").id == "a"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 422, 500])
def test_what_will_not_pass_is_asked_once(monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    clock, calls = Clock(), []
    monkeypatch.setattr(module, "time", clock)
    client = client_of(clock, lambda: calls.append(1) or httpx.Response(status))
    with client, pytest.raises(ServiceError) as error:
        client.related("a")
    assert (error.value.status, len(calls), clock.now) == (status, 1, 0)


@pytest.mark.parametrize("url", ["127.0.0.1:8350", "", "ftp://a.example"])
def test_a_wrong_address_is_told_at_once(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    with Client(url) as client, pytest.raises(ServiceError) as error:
        client.related("a")
    assert (error.value.status, clock.now) == (0, 0)


def test_a_service_that_never_answers_in_time_is_asked_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    clock, calls = Clock(), []
    monkeypatch.setattr(module, "time", clock)

    def late() -> httpx.Response:
        calls.append(1)
        clock.sleep(30)
        raise httpx.ReadTimeout("timed out")

    with client_of(clock, late) as client, pytest.raises(ServiceError, match="timed out"):
        client.related("a")
    assert len(calls) == 2


def test_a_call_outlives_a_restart(tmp_path: Path) -> None:
    archive, port = make_archive(tmp_path / "archive"), str(free_port())
    key = add_key(archive, "cms")
    command = [sys.executable, "-m", "tests.service.server", str(archive), port]
    with Running(archive, command=command) as first, first.client(key) as client:
        client.publish(story("s-1", day=1))
        assert first.stop() == 0
        begun: list[Running] = []

        def restart() -> None:
            time.sleep(RESTART_SECONDS)
            begun.append(Running(archive, command=command))

        starter = threading.Thread(target=restart)
        starter.start()
        try:
            assert client.publish(story("s-2", day=2)).outcome == "added"
        finally:
            starter.join()
            begun[0].stop()
