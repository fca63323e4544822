"""Related stories from end to end, beside what one would use instead, on one synthetic archive.

The question is always the same: five earlier stories that are related to a held one. Speed and memory only:
what the answers are worth is measured by `related evaluate`. Each system runs in a process of its own; memory
is what that holds beyond what it began with, mapped files and the database's own server apart. To build means
from stories with vectors: nothing is embedded.

Example: python scripts/bench_end_to_end.py --stories 10000 --json bench/out/end_to_end.json
"""

from __future__ import annotations

import argparse
import gc
import multiprocessing
import sqlite3
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from benchlib import anonymous_megabytes, check_environment, compared, machine, report
from make_archive import synthetic_archive
from rivals import MariaDb, Ours, SqliteFts, System, Tfidf, Txtai, mariadbd

from recommender import Story
from recommender.catalog import Catalog

QUESTIONS, WARM = 200, 10

SYSTEMS: dict[str, Callable[[], System]] = {
    "TF-IDF, scikit-learn": Tfidf,
    "BM25, SQLite FTS5": SqliteFts,
    "FULLTEXT, MariaDB": MariaDb,
    "txtai": Txtai,
    "ours": Ours,
}
BASELINE = "TF-IDF, scikit-learn"
NEEDED = {"txtai": "txtai", "FULLTEXT, MariaDB": "pymysql"}
UNITS = {"build": "s", "memory": "MB", "median": "ms", "p99": "ms", "questions": "/s", "slots filled": "of 5"}
MORE_IS_BETTER = ("questions", "slots filled")


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--stories", type=int, default=100_000, help="size of the synthetic archive")
    parser.add_argument("--archive", type=Path, help="another archive")
    parser.add_argument("--short", action="store_true", help="10,000 stories")
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=list(SYSTEMS), help="which")
    parser.add_argument("--json", type=Path, help="file for the figures")
    arguments = parser.parse_args()
    check_environment()
    count = 10_000 if arguments.short else arguments.stories
    archive = arguments.archive or synthetic_archive(count)
    measured = {name: _alone(archive, name) for name in arguments.systems if _installed(name)}
    base = measured.get(BASELINE, {})
    figures = [
        compared(
            f"{name}: {what}",
            value,
            UNITS[what],
            base.get(what) if name != BASELINE else None,
            more_is_better=what in MORE_IS_BETTER,
        )
        for name, values in measured.items()
        for what, value in values.items()
    ]
    facts = machine("numpy", "scikit-learn", "faiss-cpu") + f"; SQLite {sqlite3.sqlite_version}"
    report(f"Five related of {archive.name}", facts, figures, arguments.json)


def _installed(name: str) -> bool:
    """Return whether a system is there, and say what is left out."""
    there = find_spec(NEEDED[name]) is not None if name in NEEDED else True
    there = there and (name != "FULLTEXT, MariaDB" or bool(mariadbd()[0]))
    if not there:
        print(f"left out, not installed: {name}")
    return there


def _alone(archive: Path, name: str) -> dict[str, float]:
    """Measure one system in a fresh process, so that memory of another does not count."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_measured, (archive, name))


def _measured(archive: Path, name: str) -> dict[str, float]:
    stories = _asked(archive)
    system = SYSTEMS[name]()
    before = anonymous_megabytes()
    start = time.perf_counter()
    system.build(archive)
    values = {"build": time.perf_counter() - start}
    for story in stories[:WARM]:
        system.related(story)
    times, filled = [], 0
    for story in stories[WARM:]:
        start = time.perf_counter()
        filled += len(system.related(story))
        times.append(1000 * (time.perf_counter() - start))
    gc.collect()
    values["memory"] = anonymous_megabytes() - before
    values["median"], values["p99"] = np.percentile(times, (50, 99)).tolist()
    values["questions"] = 1000 * len(times) / sum(times)
    values["slots filled"] = filled / len(times)
    system.close()
    return values


def _asked(archive: Path) -> list[Story]:
    """Return the stories that are asked about, the same for all systems."""
    with Catalog.open(archive / "catalog.sqlite", read_only=True) as catalog:
        nums = catalog.nums()
        picked = np.random.default_rng(5).choice(nums, min(QUESTIONS + WARM, len(nums)), replace=False)
        return list(catalog.by_nums(picked.tolist()).values())


if __name__ == "__main__":
    main()
