"""The blocks of a whole archive: `related blocks --all`, beside making them one after the other.

The archives are synthetic and hold vectors: nothing is embedded. Measured is a copy without blocks, whose
index is derived before: from the start of the command to its end, the start of its processes included. Memory
is the most that a process holds by itself, mapped files apart, looked at every quarter of a second.

Beside the pass stands one process that makes a sample of the same blocks in the same run, each by itself;
beside time and memory at a larger size, the smallest size. A ratio above 1 is better.

Example: python scripts/bench_blocks.py --stories 10000 30000 100000 --json bench/out/blocks.json
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from benchlib import Figure, anonymous_megabytes, check_environment, compared, copied, machine, report
from make_archive import synthetic_archive
from synthetic_vectors import alone

from recommender.archive.archive import Archive
from recommender.archive.archive_place import ArchivePlace
from recommender.archive.private_files import DERIVED
from recommender.newsroom import Newsroom
from recommender.story.link_policy import Standing

SIZES = (10_000, 30_000, 100_000)
SHORT = (1000, 2000, 4000)
SAMPLE, WARM = 200, 20  # blocks that are made one after the other
LOOK = 0.25  # seconds between looks at the memory: each costs the pass some 5 ms
HUNDRED_THOUSAND = 100_000


@dataclass(frozen=True)
class Pass:
    """One archive pass: blocks, seconds, and the most memory (MB) of the command and of one helper."""

    blocks: int
    seconds: float
    command: float
    helper: float


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--stories", type=int, nargs="+", default=list(SIZES), help="sizes of the archives")
    parser.add_argument("--short", action="store_true", help="1,000, 2,000 and 4,000 stories")
    parser.add_argument("--json", type=Path, help="file for the figures")
    arguments = parser.parse_args()
    check_environment()
    sizes = sorted(SHORT if arguments.short else arguments.stories)
    with tempfile.TemporaryDirectory() as directory:
        figures = list(measured(sizes, Path(directory)))
    facts = machine("numpy", "faiss-cpu", "sqlalchemy")
    report("The blocks of a whole archive, and one after the other", facts, figures, arguments.json)


def measured(sizes: list[int], directory: Path) -> Iterator[Figure]:
    """Yield the figures of all sizes, each size beside the smallest."""
    first: Pass | None = None
    for size in sizes:
        archive = fresh(synthetic_archive(size), directory / str(size))
        with alone() as process:
            single = process.submit(one_by_one, archive).result()
        done = run(archive)
        shutil.rmtree(archive)
        yield from told(size, done, single, first)
        first = first or done


def told(size: int, done: Pass, single: float, first: Pass | None) -> Iterator[Figure]:
    """Yield the figures of one size; ``single`` is how many blocks a second one process makes by itself."""
    name = f"{size:,} stories"
    rate = done.blocks / done.seconds
    yield compared(f"{name}: blocks", rate, "/s", single, more_is_better=True)
    yield Figure(f"{name}: 100,000 blocks", HUNDRED_THOUSAND / rate / 60, "min")
    each = 1000 * done.seconds / done.blocks
    before = 1000 * first.seconds / first.blocks if first else None
    yield compared(f"{name}: a block", each, "ms", before)
    yield compared(f"{name}: memory of the command", done.command, "MB", first.command if first else None)
    yield compared(f"{name}: memory of a helper", done.helper, "MB", first.helper if first else None)


def fresh(archive: Path, copy: Path) -> Path:
    """Return a copy of an archive without blocks, its index derived."""
    copied(archive, copy)
    shutil.copytree(archive / DERIVED, copy / DERIVED)
    Archive.open(ArchivePlace.alone(copy)).close()
    return copy


def one_by_one(archive: Path) -> float:
    """Return how many blocks a second one process makes and stores, each when it is asked for."""
    with Newsroom.open(archive) as newsroom:
        nums = newsroom.archive.catalog.nums()
        picked = np.linspace(0, len(nums) - 1, SAMPLE + WARM).astype(np.int64)
        stories = newsroom.archive.catalog.by_nums([nums[place] for place in picked])
        now = newsroom.engine.clock()
        ids = [one.id for one in stories.values() if Standing.of(one).public(int(now))]
        for id in ids[:WARM]:
            newsroom.block(id)
        start = time.perf_counter()
        for id in ids[WARM:]:
            newsroom.block(id)
        return len(ids[WARM:]) / (time.perf_counter() - start)


def run(archive: Path) -> Pass:
    """Run the command over an archive and look at it meanwhile."""
    command = [sys.executable, "-m", "recommender", "blocks", "--all", "--json", "--archive", str(archive)]
    start = time.perf_counter()
    most = helpers = 0.0
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, stdout=out)
        while process.poll() is None:
            most = max(most, held(process.pid))
            helpers = max([helpers, *map(held, children(process.pid))])
            time.sleep(LOOK)
        seconds = time.perf_counter() - start
        if process.returncode:
            sys.exit(f"related blocks ended with {process.returncode}")
        out.seek(0)
        made = json.load(out)["made"]
    return Pass(made, seconds, most, helpers)


def held(process: int) -> float:
    """Return the memory (MB) that is a process's own, 0 when it has ended."""
    try:
        return anonymous_megabytes(process)
    except (OSError, IndexError):  # ended meanwhile: nothing there, or nothing said of memory any more
        return 0.0


def children(process: int) -> list[int]:
    """Return the processes that one has started."""
    found = []
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                fields = Path(entry.path, "stat").read_text("utf-8").rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == process:
                found.append(int(entry.name))
    return found


if __name__ == "__main__":
    main()
