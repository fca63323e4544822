"""What polls, publishes, edits and pages cost in an archive, and in one several times as large, by counting.

Steps of SQLite's machine, and statements: the same on every machine and under any load. Every table that
grows has rows of each story; the first thousand are embedded and indexed.

Example: python scripts/bench_counts.py --json bench/out/counts.json
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from benchlib import Figure, compared, machine, report, write

ROOT = Path(__file__).resolve().parent.parent
SIZES, SHORT = (1000, 10_000, 100_000, 1_000_000), (1000, 10_000, 100_000)
EMBEDDED = 1000

Counts = dict[str, dict[str, int]]
"""Of each act, by unit."""


def main() -> None:
    """Count and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="stories, ascending")
    parser.add_argument("--short", action="store_true", help="without a million stories")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    sizes = sorted(SHORT if arguments.short else arguments.sizes)
    figures: list[Figure] = []
    before: Counts = {}
    for size in sizes:
        found = counted(size)
        figures += told(size, found, before)
        before = found
        if arguments.json:
            write(arguments.json, figures)  # a run that is ended leaves what it has
    title = f"Steps and statements of each act up to {sizes[-1]:,} stories, beside those of the size before"
    report(title, machine("sqlalchemy"), figures, arguments.json)


def counted(stories: int) -> Counts:
    """Return the counts of each act; the tests' own, in a process of their own."""
    words = [sys.executable, "-m", "tests.newsroom.counts", str(stories), str(EMBEDDED)]
    done = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    found: Counts = json.loads(done.stdout)
    return found


def told(stories: int, found: Counts, before: Counts) -> list[Figure]:
    """Return the counts of each act at one size beside those of the size before it, if any."""
    return [
        compared(f"{what}, {stories:,} stories, {unit}", count, unit, before.get(what, {}).get(unit))
        for what, counts in sorted(found.items())
        for unit, count in counts.items()
    ]


if __name__ == "__main__":
    main()
