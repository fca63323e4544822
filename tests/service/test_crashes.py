"""The service is killed under load, again and again: acknowledged writes stay, withdrawn stories do not."""

from __future__ import annotations

import random
import time
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from recommender.client import Client, ServiceError
from tests.service.cases import story
from tests.service.running import Running, add_key, make_archive

KILLS = 12
SEED = 20
WRITES = (1, 10)  # that are acknowledged before a kill
LATER = 0.05  # seconds after that at most: somewhere in the next writes
SLOW = 1800  # seconds that a loaded machine may take
PATIENCE = 120.0  # seconds: a loaded machine is slow, not wrong
TRIES = 3  # of a call: a loaded machine turns some away
STORIES = 8  # of each writer: each comes in many versions
TOPICS = ("ferry", "budget")
FIRST = datetime(2025, 2, 1, tzinfo=UTC)  # version of all
GONE = (0,)  # there was no answer
Raw = dict[str, Any]


@dataclass
class Acknowledged:
    """What one writer was told of one thing, and what it had asked for when the answer did not come."""

    acknowledged: Raw | None = None
    asked: Raw | None = None

    def answered(self) -> None:
        self.acknowledged, self.asked = self.asked, None

    @property
    def may_be_held(self) -> list[Raw]:
        """What the archive may hold: what was acknowledged last, or what came after it and was not."""
        return [version for version in (self.acknowledged, self.asked) if version is not None]


@dataclass
class Writer:
    """Publishes, corrects, withdraws and restores stories of its own, pins one, and knows what it was told.

    Every version is a whole story with a time of its own, as a CMS sends it, so that it can be sent again.
    """

    topic: str
    chance: random.Random
    told: dict[str, Acknowledged] = field(default_factory=dict)
    version: int = 0
    pin: Acknowledged = field(default_factory=Acknowledged)
    acknowledged: int = 0

    def run(self, client: Client, gone: Collection[int] = GONE) -> None:
        """Write until the service is gone, or what it needs is."""
        try:
            while True:
                self._write(client)
                self.acknowledged += 1
        except ServiceError as error:
            if error.status not in gone:
                raise

    def _write(self, client: Client) -> None:
        number = self.chance.randrange(STORIES) if self.told else 0
        id, first = f"{self.topic}-{number}", f"{self.topic}-0"
        told = self.told.setdefault(id, Acknowledged())
        often = 0.1 if self.pin.acknowledged else 1.0
        if number and told.acknowledged is not None and self.chance.random() < often:
            self.pin.asked = {"target": id}
            client.pin(first, id)
            self.pin.answered()
            return
        self.version += 1
        gone = number and told.acknowledged is not None and self.chance.random() < 0.4
        told.asked = story(
            id,
            self.topic,
            number + 1,
            updated=(FIRST + timedelta(seconds=self.version)).isoformat(),
            deck=f"Version {self.version}",
            status="retracted" if gone else "published",
        )
        client.publish(told.asked)
        told.answered()


@dataclass
class Reader:
    """Asks for blocks, and looks whether they hold a story that was withdrawn before it asked."""

    writers: list[Writer]
    chance: random.Random
    answers: int = 0

    def run(self, client: Client, gone: Collection[int] = GONE) -> None:
        """Read until the service is gone, or what it needs is."""
        try:
            while True:
                self.check(
                    client, self.chance.choice([id for one in self.writers for id in one.told] or ["none"])
                )
        except ServiceError as error:
            if error.status not in gone:
                raise

    def check(self, client: Client, id: str) -> None:
        """Ask for one block."""
        before = withdrawn(self.writers)  # with the version, or it may have been back meanwhile
        try:
            shown = {id, *(slot.story.id for slot in client.related(id).slots)}
        except ServiceError as error:
            if error.status not in (404, 410):
                raise
            shown = set()
        self.answers += 1
        # What was withdrawn before the question, and not brought back before the answer, may not be in it.
        assert not shown & {id for id, _ in before & withdrawn(self.writers)}


def withdrawn(writers: list[Writer]) -> set[tuple[str, str]]:
    """Return the stories, with their version, that were withdrawn and have not been asked for back."""
    return {
        (id, told.acknowledged["updated"])
        for one in writers
        for id, told in list(one.told.items())
        if told.acknowledged is not None
        if all(version["status"] == "retracted" for version in told.may_be_held)
    }


@pytest.mark.timeout(SLOW)
def test_nothing_acknowledged_is_lost_and_nothing_withdrawn_comes_back(tmp_path: Path) -> None:
    limits = "[service]\nwrites_per_second = 1e6\nreads_per_second = 1e6\n"
    archive = make_archive(tmp_path / "archive", limits)
    key, chance = add_key(archive, "cms"), random.Random(SEED)
    writers = [Writer(topic, random.Random(topic)) for topic in TOPICS]
    reader = Reader(writers, random.Random(SEED))
    for _ in range(KILLS):
        with Running(archive) as running:
            check_all(running.client(key, timeout=120), writers, reader)
            kill_under_load(running, key, writers, reader, chance)
    with Running(archive) as running:
        check_all(running.client(key, timeout=120), writers, reader)
    assert all(one.acknowledged and one.pin.acknowledged for one in writers)
    assert withdrawn(writers)
    assert reader.answers > KILLS * STORIES


def kill_under_load(
    running: Running, key: str, writers: list[Writer], reader: Reader, chance: random.Random
) -> None:
    """Let each work with a client of its own, and kill the service somewhere in the midst of it."""

    def play(role: Writer | Reader) -> None:
        with running.client(key, tries=TRIES, timeout=120) as client:
            role.run(client)

    enough = sum(one.acknowledged for one in writers) + chance.randint(*WRITES)
    ends = time.monotonic() + PATIENCE
    with ThreadPoolExecutor() as threads:
        played = [threads.submit(play, role) for role in (*writers, reader)]
        while sum(one.acknowledged for one in writers) < enough and time.monotonic() < ends:
            time.sleep(0.001)
        time.sleep(chance.uniform(0, LATER))
        running.kill()
    for one in played:
        one.result()


def check_all(client: Client, writers: list[Writer], reader: Reader) -> None:
    """Check that each story is held as it was acknowledged, or as was asked last, and look at every block."""
    with client:
        for one in writers:
            for id, told in one.told.items():
                reader.check(client, id)
                versions = told.may_be_held
                held = [v for v in versions if client.publish(v, dry_run=True).outcome == "unchanged"]
                assert held or told.acknowledged is None, f"{id}: {told}"
                # What was asked for last is sent again, as a CMS does that had no answer.
                if told.asked is not None:
                    client.publish(told.asked)
                    told.answered()
            check_pin(client, f"{one.topic}-0", one.pin, {id for id, _ in withdrawn(writers)})


def check_pin(client: Client, page: str, pin: Acknowledged, gone: set[str]) -> None:
    """Check that a page shows the pin that was acknowledged, or asked for last; ask for that again."""
    targets = {version["target"] for version in pin.may_be_held}
    if pin.acknowledged is not None and targets.isdisjoint(gone):
        first = client.related(page).slots[0]
        assert first.story.id in targets
        assert first.pinned
    if pin.asked is not None:
        client.pin(page, pin.asked["target"])
        pin.answered()
