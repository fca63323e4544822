"""What runs beside the requests: what is read beforehand keeps nobody from being served, and ends in time."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from recommender.newsroom import Newsroom
from recommender.service.app import app_of
from recommender.service.background import ServiceThreads
from recommender.service.service import Service
from recommender.service.settings import ServiceSettings
from tests.fakes import HashEmbedder

PATIENCE = 60  # seconds, however slow the machine


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with Newsroom.create(tmp_path / "archive", embedder=HashEmbedder()) as newsroom:
        yield Service(newsroom, ServiceSettings())


def test_what_cannot_be_read_beforehand_lets_the_service_be_ready(
    service: Service, caplog: pytest.LogCaptureFixture
) -> None:
    read = threading.Event()

    def broken() -> None:
        raise ValueError

    service.beforehand(broken)
    service.beforehand(read.set)
    with TestClient(app_of(service)) as http:
        assert read.wait(PATIENCE), "the others are read"
        answer = http.get("/ready")
    assert (answer.status_code, answer.json()["checks"]["model"]) == (200, "ok")
    assert "could not be read beforehand: ValueError at" in caplog.text


def test_a_stop_waits_for_what_is_being_read_and_begins_no_more(
    service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, ending, read = threading.Event(), threading.Event(), list[str]()

    def first() -> None:
        reading.set()
        ending.wait(PATIENCE)
        time.sleep(0.1)  # or a stop that does not wait might be overtaken
        read.append("first")

    service.beforehand(first)
    service.beforehand(lambda: read.append("second"))
    stop = service.worker.stop

    def told_to_end(seconds: float) -> None:
        ending.set()
        stop(seconds)

    monkeypatch.setattr(service.worker, "stop", told_to_end)
    threads = ServiceThreads(service)
    threads.start()
    assert reading.wait(PATIENCE)
    threads.stop()
    assert read == ["first"]


def test_a_service_that_ends_is_not_made_warm(service: Service) -> None:
    service.warm(lambda: True)
    assert not service.is_warm
    service.close()
