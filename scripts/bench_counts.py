"""What polls, publishes, edits and pages cost in an archive, and in one several times as large, by counting.

Steps of SQLite's machine, and statements: the same on every machine and under any load. Nothing is embedded.

Example: python scripts/bench_counts.py --json bench/out/counts.json
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

from benchlib import Figure, compared, machine, report

ROOT = Path(__file__).resolve().parent.parent
SIZES, SHORT = (10_000, 100_000), (500, 2000)


def main() -> None:
    """Count and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs=2, default=SIZES, help="stories, ascending")
    parser.add_argument("--short", action="store_true", help=f"{SHORT} stories")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    few, many = SHORT if arguments.short else arguments.sizes
    found = [counted(size) for size in (few, many)]
    title = f"Steps and statements at {many:,} stories, beside {few:,}"
    report(title, machine("sqlalchemy"), told(*found), arguments.json)


def counted(stories: int) -> dict[str, dict[str, int]]:
    """Return the counts of each act; the tests' own, in a process of their own."""
    words = [sys.executable, "-m", "tests.newsroom.counts", str(stories)]
    done = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    found: dict[str, dict[str, int]] = json.loads(done.stdout)
    return found


def told(few: dict[str, dict[str, int]], many: dict[str, dict[str, int]]) -> list[Figure]:
    """Return the counts of each act beside those of the smaller archive."""
    return [
        compared(f"{what}, {unit}", count, unit, few[what][unit])
        for what, counts in sorted(many.items())
        for unit, count in counts.items()
    ]


if __name__ == "__main__":
    main()
