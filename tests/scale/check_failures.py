"""A copy, a worker and both servers are killed under load, one after the other; all recovers by itself."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from recommender import Recommender
from recommender.client import Client, ServiceError
from tests.fakes import HashEmbedder
from tests.scale.check_archive_engines import held_right
from tests.scale.copies import Copies, copies, serving, working
from tests.scale.milvus_server import MilvusServer
from tests.scale.postgres_server import PostgresServer
from tests.service.cases import story
from tests.service.receiver import Receiver
from tests.service.test_crashes import Reader, Writer, check_all, withdrawn
from tests.service.test_processes import shown_at

FEW = 6  # acknowledged writes between two kills
UNDER_WAY = 3  # posts at most: of each worker when it was killed, and when their database was
PATIENCE = 180.0  # seconds: a loaded machine is slow, not wrong
GONE = (0, 503)  # no answer, or one that says that a server does not answer


class Load:
    """Writers and a reader of all services, until they are told to stop.

    A write that was not acknowledged is sent again until it is, as a CMS does.
    """

    def __init__(self, made: Copies) -> None:
        self._made, self._stopping = made, threading.Event()
        self.writers = [Writer(topic, random.Random(topic)) for topic in ("ferry", "budget")]
        self.reader, self._threads = Reader(self.writers, random.Random(1)), ThreadPoolExecutor(3)
        works = [lambda client, one=one: self._write(client, one) for one in self.writers]
        self._played = [self._threads.submit(self._play, work) for work in (*works, self._read)]

    def _play(self, work: Callable[[Client], None]) -> None:
        with self._made.client(tries=2) as client:
            while not self._stopping.is_set():
                try:
                    work(client)
                except ServiceError as error:
                    if error.status not in GONE:
                        raise
                    time.sleep(0.05)

    def _write(self, client: Client, writer: Writer) -> None:
        for told in writer.told.values():
            if told.asked is not None:
                client.publish(told.asked)
                told.answered()
        if writer.pin.asked is not None:
            client.pin(f"{writer.topic}-0", writer.pin.asked["target"])
            writer.pin.answered()
        writer._write(client)
        writer.acknowledged += 1

    def _read(self, client: Client) -> None:
        known = [id for one in self.writers for id in list(one.told)]
        self.reader.check(client, self.reader.chance.choice(known or ["none"]))

    def go_on(self) -> None:
        """Wait until some more writes were acknowledged; raise what any of them met."""
        enough = sum(one.acknowledged for one in self.writers) + FEW
        until(lambda: self._failed() or sum(one.acknowledged for one in self.writers) >= enough, "no writes")
        if failed := self._failed():
            failed.result()

    def _failed(self) -> Future[None] | None:
        return next((each for each in self._played if each.done()), None)

    def stop(self) -> None:
        """End, and raise what any of them met."""
        self._stopping.set()
        self._threads.shutdown()
        for each in self._played:
            each.result()


def until(is_so: Callable[[], object], what: str) -> None:
    """Wait until something holds."""
    ends = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < ends, what
        time.sleep(0.02)


def told_of(receiver: Receiver, source: str) -> list[dict[str, object]]:
    """Return the changes of a page that the cache was told of, once it shows something."""
    return [change for change in list(receiver.told) if change["source"] == source and change["after"]]


@pytest.mark.timeout(1800)
def test_whoever_is_killed_nothing_is_lost_or_shown_or_done_twice(
    tmp_path: Path,
    postgres_server: PostgresServer,
    milvus_server: MilvusServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RELATED_CATALOG_URL", postgres_server.fresh())
    monkeypatch.setenv("RELATED_INDEX_ENGINE", "milvus")
    monkeypatch.setenv("RELATED_INDEX_URL", milvus_server.url)
    receiver = Receiver()
    with copies(tmp_path, receiver.settings) as made:
        load = Load(made)
        load.go_on()
        until(lambda: withdrawn(load.writers), "nothing was withdrawn")
        with made.client() as client:
            client.publish(story("cricket-1", "cricket"))
            soon = datetime.now(UTC) + timedelta(seconds=3)
            client.publish(story("cricket-2", "cricket", 2, embargo_until=soon.isoformat()))
        for n, one in enumerate(made.workers):  # either has the work
            one.process.kill()
            load.go_on()
            made.workers[n] = working(one.archive)
        made.services[0].process.kill()
        load.go_on()
        milvus_server.kill()
        load.go_on()
        check_served(made, load)
        milvus_server.start()
        load.go_on()
        made.services[0] = serving(made.services[0].archive)
        postgres_server.kill()
        postgres_server.start()
        load.go_on()
        load.stop()
        check_recovered(made, load, receiver)
    receiver.server.shutdown()


def check_served(made: Copies, load: Load) -> None:
    """Ask the services that stay for a page that has its block, while the vectors' server is away."""
    for one in made.services[1:]:
        with one.client(made.key) as client:
            load.reader.check(client, "cricket-1")


def check_recovered(made: Copies, load: Load, receiver: Receiver) -> None:
    """Check what is held, shown and told once all are there again."""
    for one in made.services:
        check_all(one.client(made.key, tries=12, timeout=120), load.writers, load.reader)
    assert load.reader.answers
    with made.client(tries=8) as client:
        until(lambda: told_of(receiver, "cricket-1"), "nobody was told that the embargo ended")
        assert "cricket-2" in shown_at(client, "cricket-1")
        assert len(told_of(receiver, "cricket-1")) == 1
        client.publish(story("cricket-3", "cricket", 3))
        client.publish(story("cricket-4", "cricket", 4))
        until(lambda: told_of(receiver, "cricket-3"), "the workers did not come back")
    assert receiver.repeated <= UNDER_WAY  # whether a post had come nobody knew who was left
    for one in made.services:
        with one.client(made.key) as client:
            until(client.is_ready, "it is not ready")
    with Recommender.open(made.directory, embedder=HashEmbedder()) as recommender:
        assert held_right(recommender)
