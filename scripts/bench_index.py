"""The index beside what else one would take: FAISS flat and HNSW, scikit-learn, usearch, Qdrant Edge.

Every system answers the same questions, one at a time on one core: the 200 nearest of a held story among
those published before it. What has no filter is asked for twice as many, and what was published later is
dropped from its answer. Each is in a process of its own; memory is what that holds in the end beyond what it
began with.

Example: python scripts/bench_index.py --size 100000 --json bench/out/index.json
"""

from __future__ import annotations

import argparse
import gc
import tempfile
import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from benchlib import Figure, check_environment, compared, machine, report
from index_systems import SYSTEMS, Ids, K, Ours, System
from synthetic_vectors import Vectors, alone, blocks, load, make, vector

from recommender.archive.archive import Archive

ROOT = Path(__file__).resolve().parent.parent
QUESTIONS, BATCH, JUDGED = 200, 256, 40
SINGLE = 20  # rows added, and removed, one by one
SMALL_ONLY = 200_000
"""Rows beyond which only the FAISS scan is compared: others take minutes to build, or seconds to answer."""

BASELINE = "FAISS flat"
UNITS = {
    "build": "s",
    "memory": "MB",
    "mapped": "MB",
    "open": "ms",
    "one question, median": "ms",
    "one question, p99": "ms",
    "recall@200": "of 1",
    f"question in {BATCH}": "ms",
    "add one": "ms",
    "remove one": "ms",
}
MORE_IS_BETTER = ("recall@200",)
NEEDED = {"usearch": "usearch", "Qdrant Edge": "qdrant_edge"}


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, nargs="+", default=[100_000], help="rows, one or several")
    parser.add_argument("--short", action="store_true", help="20,000 rows")
    parser.add_argument("--systems", nargs="+", choices=SYSTEMS, default=list(SYSTEMS), help="which")
    parser.add_argument(
        "--archive", type=Path, default=ROOT / "demo" / "archive", help="real vectors (make demo)"
    )
    parser.add_argument("--json", type=Path, help="file for the figures")
    arguments = parser.parse_args()
    check_environment()
    figures: list[Figure] = []
    for rows in [20_000] if arguments.short else arguments.size:
        figures += _compared(arguments.archive, rows, arguments.systems)
    facts = machine("faiss-cpu", "numpy", "scikit-learn")
    report("The 200 nearest that were published before", facts, figures, arguments.json)


def _compared(archive: Path, rows: int, names: Sequence[str]) -> list[Figure]:
    with Archive.open(archive) as opened:
        view = opened.view
        if view.hybrid is None:
            raise SystemExit(f"archive {archive} is empty; make one with: make demo")
        real = view.hybrid.vectors(view.store, view.store.nums)
    with tempfile.TemporaryDirectory() as directory:
        make(Path(directory), real, rows)
        chosen = [name for name in names if rows <= SMALL_ONLY or name in (BASELINE, "ours")]
        measured = {name: _alone(Path(directory), name) for name in chosen if installed(name)}
    base = measured.get(BASELINE, {})
    return [
        compared(
            f"{rows:,}: {name}: {what}",
            value,
            UNITS[what],
            base.get(what) if name != BASELINE else None,
            more_is_better=what in MORE_IS_BETTER,
        )
        for name, values in measured.items()
        for what, value in values.items()
    ]


def installed(name: str) -> bool:
    """Return whether a system is there, and say what is left out."""
    there = name not in NEEDED or find_spec(NEEDED[name]) is not None
    if not there:
        print(f"left out, not installed: {name}; for it: pip install 'related-stories[bench]'")
    return there


def _alone(directory: Path, name: str) -> dict[str, float]:
    """Measure one system in a fresh process, so that memory and threads of another do not count."""
    with alone() as process:
        return process.submit(_measured, directory, name).result()


def _measured(directory: Path, name: str) -> dict[str, float]:
    data = load(directory)
    system = SYSTEMS[name]()
    before = _memory("RssAnon")
    values = {"build": _seconds(lambda: system.build(data))}
    if isinstance(system, Ours):
        values["open"] = 1000 * _seconds(system.reopen)
    gc.collect()
    values["memory"] = _memory("RssAnon") - before
    if isinstance(system, Ours):
        values["mapped"] = data.vectors.nbytes / 2**20
    rows = np.random.default_rng(3).integers(0, len(data.vectors), QUESTIONS)
    times = [1000 * _seconds(lambda row=int(row): system.past(data, row)) for row in rows]  # type: ignore[misc]
    values["one question, median"], values["one question, p99"] = np.percentile(times, (50, 99)).tolist()
    values["recall@200"] = _recall(system, data, rows[:JUDGED])
    queries = np.asarray(data.vectors[np.sort(rows)[:BATCH]], dtype=np.float32)
    values[f"question in {BATCH}"] = 1000 * _seconds(lambda: system.batch(queries)) / len(queries)
    return values | _changes(system, data)


def _changes(system: System, data: Vectors) -> dict[str, float]:
    first, row = len(data.vectors), vector(data, 0)
    numbers = range(first, first + SINGLE)
    values = {}
    try:
        values["add one"] = _each(numbers, lambda number: system.add(number, row))
        values["remove one"] = _each(numbers, system.remove)
    except NotImplementedError:  # that system cannot
        return values
    return values


def _each(numbers: range, change: Callable[[int], None]) -> float:
    def all_of_them() -> None:
        for number in numbers:
            change(number)

    return 1000 * _seconds(all_of_them) / len(numbers)


def _recall(system: System, data: Vectors, rows: Ids) -> float:
    """Return the mean part of the exact nearest that is found; rows as near as the last of them count."""
    best = np.full((len(rows), 1), -np.inf, dtype=np.float32)
    queries = np.asarray(data.vectors[rows], dtype=np.float32)
    for first, block in blocks(data):
        scores = queries @ block.T
        scores[data.published[first : first + len(block)] > data.published[rows][:, None]] = -np.inf
        best = np.sort(np.concatenate((best, scores), axis=1), axis=1)[:, -K:]
    parts = []
    for query, row, nearest in zip(queries, rows, best, strict=True):
        wanted = np.count_nonzero(nearest > -np.inf)
        found = system.past(data, int(row))[:K]
        scores = np.asarray(data.vectors[found], dtype=np.float32) @ query
        parts.append(np.count_nonzero(scores >= nearest[-wanted] - 1e-3 * abs(nearest[-wanted])) / wanted)
    return float(np.minimum(parts, 1).mean())


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _memory(kind: str) -> float:
    """Return a figure of /proc/self/status, MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(kind)) / 1024


if __name__ == "__main__":
    main()
