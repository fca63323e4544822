"""What polls, publishes, edits and pages cost in an archive, and in one several times as large, by counting.

Steps of SQLite's machine, and statements: the same on every machine and under any load. Nothing is embedded.

Example: PYTHONPATH=. python scripts/bench_counts.py --json bench/out/counts.json
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from benchlib import Figure, compared, machine, report

from tests.newsroom.counts import BEFORE, Cost, costs

SIZES, SHORT = (10_000, 100_000), (500, 2000)


def main() -> None:
    """Count and report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--sizes", type=int, nargs=2, default=SIZES, help="stories, ascending")
    parser.add_argument("--short", action="store_true", help=f"{SHORT} stories")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    few, many = SHORT if arguments.short else arguments.sizes
    with tempfile.TemporaryDirectory() as scratch:
        found = [costs(Path(scratch) / str(size), size) for size in (few, many)]
    title = f"Steps and statements at {many:,} stories, beside {few:,}"
    report(title, machine("sqlalchemy"), told(*found), arguments.json)


def told(few: dict[str, Cost], many: dict[str, Cost]) -> list[Figure]:
    """Return the counts of each act."""
    figures = []
    for what in many.keys() - {BEFORE}:
        figures.append(compared(f"{what}, steps", many[what].steps.total(), "steps", few[what].steps.total()))
        figures.append(
            compared(f"{what}, statements", many[what].statements, "statements", few[what].statements)
        )
    return sorted(figures, key=lambda figure: figure.name)


if __name__ == "__main__":
    main()
