"""Processes that are killed, threads and processes that write at once: what was acknowledged is there."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest

import recommender
from recommender.catalog import Catalog, Op
from recommender.catalog.backends import sqlite
from recommender.errors import ArchiveError
from tests.catalog import catalog_writer
from tests.catalog.catalog_cases import NOW, a_story, add, some_vectors
from tests.catalog.catalog_writer import SHARED

ROOT = Path(recommender.__file__).parents[1]
KILLS = 8
SIZE = 7  # stories a batch


def start(address: str | Path, prefix: str, batches: int, file_limit: int = 0) -> subprocess.Popen[str]:
    arguments = [str(address), prefix, str(batches), str(SIZE), str(file_limit)]
    return subprocess.Popen(
        [sys.executable, "-m", catalog_writer.__name__, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env={"PYTHONPATH": str(ROOT)},
    )


def check_whole_batches(catalog: Catalog, acknowledged: dict[str, int]) -> None:
    """Check that all acknowledged batches are there, whole, and at most one more from each writer."""
    rows = [row for row in catalog.rows() if row.story.id != SHARED]
    counts = Counter(tuple(row.story.id.split("/")[:2]) for row in rows)
    assert set(counts.values()) <= {SIZE}
    found = Counter(prefix for prefix, _ in counts)
    for prefix, batches in acknowledged.items():
        assert {(prefix, str(batch)) for batch in range(batches)} <= set(counts)
        assert found[prefix] <= batches + 1
    for row in rows:
        _, batch, n = row.story.id.split("/")
        assert row.vectors is not None
        assert (row.vectors == some_vectors(int(batch) * SIZE + int(n))).all()
    assert {c.num for c in catalog.changes(0) if c.op is Op.PUT} == {row.num for row in catalog.rows()}
    assert catalog.problems() == []


def test_kill_9_at_random_moments_loses_nothing_acknowledged(catalog: Catalog, address: str) -> None:
    catalog.close()
    chance = random.Random(20240501)
    acknowledged: dict[str, int] = {}
    for kill in range(KILLS):
        writer = start(address, f"run{kill}", batches=10_000)
        assert writer.stdout is not None
        first = writer.stdout.readline()
        time.sleep(chance.uniform(0, 0.15))
        writer.kill()
        acknowledged[f"run{kill}"] = len([first, *writer.stdout.read().splitlines()])
        writer.wait()
        with Catalog.open(address) as opened:
            check_whole_batches(opened, acknowledged)


def test_processes_that_write_at_once_lose_nothing_and_agree_on_the_latest(
    catalog: Catalog, address: str
) -> None:
    prefixes, batches = ["left", "right"], 30
    writers = [start(address, prefix, batches) for prefix in prefixes]
    followed: set[int] = set()
    seq = 0
    while any(writer.poll() is None for writer in writers):
        changes = catalog.changes(seq)
        followed |= {change.num for change in changes}
        seq = max([seq, *(change.seq for change in changes)])
        add(catalog, a_story("mine", updated=len(followed)))
    assert [writer.communicate()[0].split() for writer in writers] == [[str(n) for n in range(batches)]] * 2
    followed |= {change.num for change in catalog.changes(seq)}
    assert followed == {row.num for row in catalog.rows()}
    assert catalog.remove(["mine"], NOW) == ["mine"]
    assert catalog.get(SHARED) == (
        catalog.nums_of([SHARED])[SHARED],
        a_story(SHARED, updated=29, body="version 29"),
    )
    check_whole_batches(catalog, dict.fromkeys(prefixes, batches))


def create(address: str) -> str:
    """Return how making a catalog ended."""
    try:
        Catalog.create(address).close()
    except ArchiveError as error:
        return str(error)
    return "made"


def test_of_several_creators_one_succeeds(address: str) -> None:
    with ThreadPoolExecutor(6) as pool:
        *refused, made = sorted(pool.map(create, [address] * 6))
    assert made == "made"
    assert len(refused) == 5
    assert all("exists already; open it, or choose another" in words for words in refused)


def test_threads_may_share_one_catalog(catalog: Catalog) -> None:
    def work(thread: int) -> int:
        for n in range(15):
            add(catalog, a_story(f"{thread}/{n}"), a_story(SHARED, updated=n, body=f"{thread}"))
            assert catalog.get(f"{thread}/{n}") is not None
        return len(list(catalog.rows()))

    with ThreadPoolExecutor(8) as pool:
        assert max(pool.map(work, range(8))) == 8 * 15 + 1
    assert catalog.problems() == []


def test_a_write_that_the_system_refuses_is_told_and_undone(catalog: Catalog, path: Path) -> None:
    catalog.close()
    writer = start(path, "run", batches=1000, file_limit=400_000)
    *acknowledged, refused = writer.communicate()[0].splitlines()
    assert "this batch was not written and nothing that was acknowledged is lost" in refused
    assert len(acknowledged) > 2
    with Catalog.open(path) as opened:
        check_whole_batches(opened, {"run": len(acknowledged)})


@pytest.mark.usefixtures("patience")
def test_commits_wait_for_the_disk(path: Path) -> None:
    """Only pulling the plug could show it: ask SQLite what it was told."""
    Catalog.create(path).close()
    engine = sqlite.open_engine(path, busy_seconds=1, read_only=False)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
        assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1
    engine.dispose()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
