"""A service learns beside its work: gently, not while others wait, in one process, and it ends when told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock

from index.storage.background import Check
from recommender.archive.archive import Archive
from recommender.engine.engine import Engine
from recommender.evaluation.click_learning import ClickLearner
from recommender.evaluation.learning import Learner
from recommender.service.learning_thread import LOCK_FILE, LearningThread
from recommender.settings import Settings
from tests.fakes import HashEmbedder

PATIENCE = 30.0  # seconds, of a test that waits for a thread


class Work:
    """Stands for a learner: does pieces of work for as long as it may."""

    def __init__(self) -> None:
        self.pieces, self.looks = 0, 0

    def look(self, check: Check) -> None:
        self.looks += 1
        while True:
            check()
            self.pieces += 1
            time.sleep(0.001)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    with Archive.create(tmp_path / "archive", embedder=HashEmbedder()) as archive:
        yield Engine(archive)


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    work = Work()
    monkeypatch.setattr(Learner, "look", lambda _, check: work.look(check))
    return work


def until(true: Callable[[], bool]) -> None:
    ends = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.01)


def test_it_learns_rests_and_ends(engine: Engine, work: Work) -> None:
    thread = LearningThread(engine, lambda: False, look_seconds=0.01, share=0.5)
    thread.start()
    until(lambda: work.pieces > 10)
    thread.stop(PATIENCE)
    done = work.pieces
    time.sleep(0.05)
    assert (work.pieces, work.looks) == (done, 1)
    assert thread.endurance.trouble is None


def test_clicks_are_learned_from_where_they_may_count_and_links_where_they_may(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[str] = []
    monkeypatch.setattr(Learner, "look", lambda _, check: looks.append("links"))
    monkeypatch.setattr(ClickLearner, "look", lambda _, check: looks.append("clicks"))

    def looked(settings: Settings) -> set[str]:
        looks.clear()
        thread = LearningThread(engine.under(settings), lambda: False, look_seconds=0.01, share=1)
        thread.start()
        until(lambda: len(looks) > 2)
        thread.stop(PATIENCE)
        return set(looks)

    assert looked(Settings()) == {"links"}
    assert looked(Settings(learn_clicks=True)) == {"links", "clicks"}
    assert looked(Settings(learn_clicks=True, learn=False)) == {"clicks"}
    assert looked(Settings(learn_clicks=True, ranker="x.json")) == {"clicks"}


def test_nothing_is_learned_while_requests_wait(engine: Engine, work: Work) -> None:
    busy = threading.Event()
    busy.set()
    thread = LearningThread(engine, busy.is_set, look_seconds=0.01, share=0.5)
    thread.start()
    until(lambda: work.looks > 0)
    time.sleep(0.05)
    assert work.pieces == 0
    busy.clear()
    until(lambda: work.pieces > 0)
    thread.stop(PATIENCE)


def test_one_process_learns_and_the_next_takes_over(engine: Engine, work: Work) -> None:
    other = FileLock(engine.archive.path / LOCK_FILE)
    other.acquire()
    thread = LearningThread(engine, lambda: False, look_seconds=0.01, share=0.5)
    thread.start()
    time.sleep(0.1)
    assert work.looks == 0
    other.release()
    until(lambda: work.pieces > 0)
    thread.stop(PATIENCE)
    other.acquire(timeout=PATIENCE)
    other.release()


def test_an_error_is_told_and_tried_again(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    tries: list[int] = []

    def fail(_: Learner, check: Check) -> None:
        tries.append(1)
        if len(tries) == 1:
            raise ValueError("once")

    monkeypatch.setattr(Learner, "look", fail)
    thread = LearningThread(engine, lambda: False, look_seconds=0.01)
    thread.start()
    until(lambda: len(tries) > 1)
    thread.stop(PATIENCE)
    assert thread.endurance.failures == 1
