"""Killed at any moment, an archive opens again, holds what was acknowledged, and finds it."""

from __future__ import annotations

import multiprocessing
import random
import time
from collections.abc import Iterable, Iterator
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext
from pathlib import Path

import pytest

from recommender.archive.archive import Archive
from recommender.archive.private_files import DERIVED
from tests.archive.test_archive import NoEmbedder
from tests.archive_writer import Headlines, write_until_killed
from tests.arrays import story
from tests.fakes import HashEmbedder
from tests.oracle import check_search

KILLS = 50
ARCHIVES = 5  # a fresh one after every ten kills, so that empty and full ones are both met
MOST_MESSAGES = 12  # of which every second says that a change is acknowledged
LONGEST = 0.03  # seconds after a message: as long as a change, a fit and a snapshot take


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Return where processes come from: copies of one that has loaded everything, a few milliseconds each."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.archive_writer"])
    return context


def killed_writer(
    processes: ForkServerContext, path: Path, seed: int, noise: random.Random
) -> tuple[Headlines, Headlines]:
    """Let a process write for a while; return what it was told is acknowledged, and what it was at."""
    ours, theirs = processes.Pipe(duplex=False)
    writer = processes.Process(target=write_until_killed, args=(path, seed, theirs))
    writer.start()
    theirs.close()
    messages = [ours.recv() for _ in range(1 + noise.randrange(MOST_MESSAGES))]
    time.sleep(noise.uniform(0, LONGEST))
    writer.kill()
    writer.join()
    return what_was_told([*messages, *rest_of(ours)])


def rest_of(told: Connection) -> Iterator[Headlines]:
    while True:
        try:
            yield told.recv()
        except (EOFError, OSError):  # the last message may be cut off
            return


def what_was_told(messages: Iterable[Headlines]) -> tuple[Headlines, Headlines]:
    acknowledged: Headlines = {}
    under_way: Headlines = {}
    for message in messages:
        acknowledged |= {} if message else under_way
        under_way = message
    return acknowledged, under_way


def check_held(archive: Archive, acknowledged: Headlines, under_way: Headlines) -> Headlines:
    """Check that the catalog holds what was acknowledged, and what was under way wholly or not at all."""
    held: Headlines = {row.story.id: row.story.headline for row in archive.catalog.rows()}
    expected = {id: headline for id, headline in acknowledged.items() if headline is not None}
    done = acknowledged | under_way
    assert held in (expected, {id: headline for id, headline in done.items() if headline is not None})
    return held


def test_killed_at_random_moments(tmp_path: Path, processes: ForkServerContext) -> None:
    noise = random.Random(20)
    changes = 0
    for number in range(ARCHIVES):
        path = tmp_path / str(number)
        Archive.create(path, embedder=HashEmbedder()).close()
        held: Headlines = {}
        for turn in range(KILLS // ARCHIVES):
            acknowledged, under_way = killed_writer(processes, path, turn, noise)
            changes += len(acknowledged)
            with Archive.open(path, embedder=NoEmbedder()) as archive:
                held = check_held(archive, held | acknowledged, under_way)
                check_search(archive, questions=2)
                assert archive.catalog.problems() == []
    assert changes > KILLS  # else the kills came too early to mean anything


def test_what_killed_writers_leave_is_swept_up(tmp_path: Path, processes: ForkServerContext) -> None:
    path = tmp_path / "archive"
    Archive.create(path, embedder=HashEmbedder()).close()
    killed_writer(processes, path, 0, random.Random(3))
    (path / DERIVED / "generation-00009999").mkdir()  # as a writer leaves it that is killed at a snapshot
    with Archive.open(path, embedder=HashEmbedder()) as archive:
        assert archive.add([story(10_000)]).added == 1
        archive.save()
        left = [directory.name for directory in (path / DERIVED).iterdir() if directory.is_dir()]
        assert left == [f"generation-{archive.generation:08d}"]
        check_search(archive)
