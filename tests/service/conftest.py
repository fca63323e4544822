"""One service for the tests of a file: what others left in theirs would decide what is found and tried."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from recommender.client import Client
from recommender.service.keys import Right
from tests.service.running import Running, add_key, make_archive

LIMIT = 2 * 2**20  # bytes that a request may have here: enough for all but the test of the limit


@dataclass
class Shared:
    """A running service and its keys."""

    running: Running
    all: str
    reader: str
    publisher: str

    def http(self, key: str = "", **headers: str) -> httpx.Client:
        """Return a plain HTTP client, so that nothing of ours stands between test and service."""
        given = {"authorization": f"Bearer {key}"} if key else {}
        return httpx.Client(base_url=self.running.url, headers=given | headers, timeout=30)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    settings = f"[service]\nmax_request = {LIMIT}\nwrites_per_second = 10000\nreads_per_second = 100000\n"
    archive = make_archive(tmp_path_factory.mktemp("service") / "archive", settings)
    keys = {
        "all": add_key(archive, "all"),
        "reader": add_key(archive, "reader", [Right.READ]),
        "publisher": add_key(archive, "publisher", [Right.PUBLISH]),
    }
    with Running(archive) as running:
        yield Shared(running, **keys)


@pytest.fixture
def http(shared: Shared) -> Iterator[httpx.Client]:
    with shared.http(shared.all) as client:
        yield client


@pytest.fixture
def client(shared: Shared) -> Iterator[Client]:
    with shared.running.client(shared.all) as client:
        yield client


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return make_archive(tmp_path / "archive")
