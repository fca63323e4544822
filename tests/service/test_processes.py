"""Two services and a command line on one archive: what one has withdrawn, none of them shows any more."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

import pytest

from recommender.client import Client, ServiceError
from tests.service.cases import story
from tests.service.running import ROOT, Running, add_key, make_archive

STORIES = [f"ferry-{n}" for n in range(10)]
TURNS = 6  # withdrawals by each of three
LINE = [sys.executable, "-m", "tests.cli.related"]  # the command line, with the hash embedder
Pair = tuple[Client, Client]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    limits = "[service]\nwrites_per_second = 1e6\nreads_per_second = 1e6\n"
    return make_archive(tmp_path / "archive", limits)


@pytest.fixture
def pair(archive: Path) -> Iterator[Pair]:
    """Clients of two services over one archive with stories on one subject."""
    key = add_key(archive, "cms")
    with Running(archive) as one, Running(archive) as other:
        clients = one.client(key), other.client(key)
        clients[0].publish_many([story(id, day=n + 1) for n, id in enumerate(STORIES)])
        yield clients
        for client in clients:
            client.close()


def line(archive: Path, *words: str) -> None:
    """Run a command of the command line."""
    subprocess.run(
        [*LINE, *words, "--archive", str(archive)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        env={**os.environ},
    )


def shown_at(client: Client, id: str) -> set[str]:
    """Return the stories that a page shows, itself among them; none where it was withdrawn."""
    try:
        return {id, *(slot.story.id for slot in client.related(id).slots)}
    except ServiceError as error:
        if error.status != 410:
            raise
        return set()


def shown_by(client: Client) -> set[str]:
    """Return all stories that any page shows."""
    return {shown for id in STORIES for shown in shown_at(client, id)}


def test_what_one_did_holds_in_the_other_before_the_call_returns(archive: Path, pair: Pair) -> None:
    one, other = pair
    assert shown_by(one) == shown_by(other) == set(STORIES)
    for act in (
        lambda id: one.withdraw(id, successor="ferry-9"),
        lambda id: other.withdraw(id),
        lambda id: line(archive, "withdraw", id),
    ):
        act("ferry-4")
        assert shown_by(one) == shown_by(other) == set(STORIES) - {"ferry-4"}
        other.amend("ferry-4", status="published")
        assert shown_by(one) == shown_by(other) == set(STORIES)
    line(archive, "pin", "ferry-1", "ferry-7", "--by", "desk")
    assert [client.related("ferry-1").slots[0].story.id for client in pair] == ["ferry-7"] * 2
    one.exclude("ferry-1", "ferry-7")
    for client in pair:
        assert "ferry-7" not in [slot.story.id for slot in client.related("ferry-1").slots]


@dataclass(frozen=True)
class Act:
    """A withdrawal or a restoration, by the machine's monotonic clock."""

    id: str
    withdrawn: bool
    begins: float
    ends: float


@dataclass(frozen=True)
class Answer:
    """What an answer showed, and when."""

    shown: frozenset[str]
    begins: float
    ends: float


class Crowd:
    """Writers and readers that write down what they did and saw."""

    def __init__(self, restore: Callable[[str], object]) -> None:
        self.acts: list[Act] = []
        self.answers: list[Answer] = []
        self.done = threading.Event()
        self._restore = restore

    def write(self, mine: list[str], withdraw: Callable[[str], object]) -> None:
        """Withdraw stories in one way, and bring each back."""
        for id in random.Random(mine[0]).choices(mine, k=TURNS):
            for withdrawn, act in ((True, withdraw), (False, self._restore)):
                begins = time.monotonic()
                act(id)
                self.acts.append(Act(id, withdrawn, begins, time.monotonic()))

    def read(self, client: Client) -> None:
        """Ask for pages until all is done."""
        while not self.done.is_set():
            id, begins = random.choice(STORIES), time.monotonic()
            self.answers.append(Answer(frozenset(shown_at(client, id)), begins, time.monotonic()))

    def check(self, answer: Answer) -> None:
        """Check that no story was withdrawn before an answer was asked for, and not on its way back."""
        for id in answer.shown:
            mine = [act for act in self.acts if act.id == id]
            gone = [act.ends for act in mine if act.withdrawn and act.ends < answer.begins]
            back = [act.ends for act in mine if not act.withdrawn and act.begins < answer.ends]
            assert not gone or (back and max(back) > max(gone)), (id, answer)


def test_nobody_is_shown_what_anybody_has_withdrawn(archive: Path, pair: Pair) -> None:
    one, other = pair
    crowd = Crowd(lambda id: one.amend(id, status="published"))
    ways = (one.withdraw, other.withdraw, lambda id: line(archive, "withdraw", id))
    with ThreadPoolExecutor() as threads:
        readers = [threads.submit(crowd.read, client) for client in pair]
        writers = [threads.submit(crowd.write, STORIES[3 * n : 3 * n + 3], way) for n, way in enumerate(ways)]
        wait(writers)
        crowd.done.set()
    for played in (*readers, *writers):
        played.result()
    assert len(crowd.acts) == 2 * len(ways) * TURNS
    assert len(crowd.answers) > len(crowd.acts)
    for answer in crowd.answers:
        crowd.check(answer)
