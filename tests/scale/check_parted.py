"""A copy that is cut off from the servers shows nothing wrong, leaves its work to others, and comes back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from recommender.client import Client, ServiceError
from tests.scale.check_failures import told_of, until
from tests.scale.copies import LIMITS, line, serving
from tests.scale.network import Machine, machine, why_not
from tests.scale.postgres_server import PostgresServer
from tests.service.cases import story
from tests.service.receiver import Receiver
from tests.service.running import Running, add_key, free_port, make_archive, make_directory
from tests.service.test_processes import shown_at

IDS = [f"ferry-{n}" for n in range(6)]
GONE = "ferry-4"
SAYS = re.compile(r"running on (http://[\d.]+:\d+)")


@pytest.fixture
def apart() -> Iterator[Machine]:
    if why := why_not():
        pytest.skip(f"a network cannot be cut here: {why}")
    with machine() as made:
        yield made


@pytest.fixture
def server(apart: Machine) -> Iterator[PostgresServer]:
    server = PostgresServer()
    server.let_in(apart.gateway, apart.network)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def test_a_copy_that_is_cut_off_shows_nothing_wrong_and_leaves_its_work_to_others(
    tmp_path: Path, apart: Machine, server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, receiver = server.fresh(), Receiver(host=apart.outside)
    for name, value in (("CATALOG_URL", url), ("INDEX_ENGINE", "pgvector"), ("INDEX_URL", url)):
        monkeypatch.setenv(f"RELATED_{name}", value)
    settings = LIMITS + receiver.settings
    key = add_key(make_archive(tmp_path / "operator", settings), "cms")
    one, two = (make_directory(tmp_path / name, settings) for name in ("one", "two"))
    theirs = url.replace("127.0.0.1", apart.gateway)
    words = ["serve", "--archive", str(one), "--host", apart.host, "--port", str(free_port())]
    env = {"RELATED_CATALOG_URL": theirs, "RELATED_INDEX_URL": theirs}
    with (
        Running(one, env, apart.command(*line(*words)), says=SAYS) as cut,
        cut.client(key, tries=1, timeout=120) as far,
    ):
        for n, id in enumerate(IDS):
            far.publish(story(id, day=n + 1))  # it has the work in hand
        until(lambda: told_of(receiver, IDS[0]), "its worker told nobody")
        assert GONE in {shown for id in IDS for shown in shown_at(far, id)}
        with serving(two) as stays, stays.client(key, timeout=120) as near:
            apart.cut()
            near.withdraw(GONE)
            soon = datetime.now(UTC) + timedelta(seconds=1)
            near.publish(story("cricket-1", "cricket"))
            near.publish(story("cricket-2", "cricket", 2, embargo_until=soon.isoformat()))
            assert GONE not in {shown for id in IDS for shown in shown_at(near, id)}
            with ThreadPoolExecutor() as threads:
                for shown in threads.map(lambda id: said_by(far, id), IDS):
                    assert GONE not in shown
            until(lambda: told_of(receiver, "cricket-1"), "nobody took the work over")
            apart.mend()
            until(far.is_ready, "it did not come back")
            assert GONE not in {shown for id in IDS for shown in shown_at(far, id)}
            assert "cricket-2" in shown_at(far, "cricket-1")
            assert len(told_of(receiver, "cricket-1")) == 1
            assert receiver.repeated <= 1  # what it was posting when it was cut off
        assert not [said for one in (cut, stays) for said in one.lines if "Traceback" in said]
    receiver.server.shutdown()


def said_by(client: Client, id: str) -> set[str]:
    """Return what a page shows, nothing where it has no answer."""
    try:
        return shown_at(client, id)
    except ServiceError as error:
        if error.status not in (0, 503):
            raise
        return set()
