"""How the engine grows with the archive: building, bytes, opening, answers, changes, at several sizes.

The archives are synthetic and hold vectors: nothing is embedded. They are kept in bench/out/archives; one of
a million stories takes long to make, and 10 GB. Measured is a copy, each part in a process of its own.

Candidates stand beside an exact scan (FAISS, float16) of the same vectors in the same run; bytes a story, and
the memory of taking in, beside those of the smallest size; all else beside linear growth from the smallest
size. A ratio above 1 is better than what stands beside.

Example: python scripts/bench_growth.py --json bench/out/growth.json
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import growth
import plots
from benchlib import Figure, check_environment, compared, copied, machine, write
from make_archive import ARCHIVES, synthetic_archive
from plots import number
from rich import box
from rich.console import Console
from rich.table import Table
from synthetic_vectors import alone

SIZES = (10_000, 30_000, 100_000, 300_000, 1_000_000)
SHORT = (1000, 2000, 5000)
TAKEN_IN = 3  # of the sizes, the smallest, for which a whole archive is taken in: its memory shall not grow


@dataclass(frozen=True)
class Measure:
    """How one figure is told: its unit, and what it is compared with.

    ``linear``: the smallest size's figure, times as many as there are more stories. ``constant``: that figure
    itself. Otherwise the name of another figure of the same size, or "" for nothing.
    """

    unit: str
    baseline: str
    more_is_better: bool = False


MEASURES: Mapping[str, Measure] = {
    "build": Measure("s", "linear"),
    "build, peak memory": Measure("MB", "linear"),
    "on disk, catalog": Measure("bytes a story", "constant"),
    "on disk, store": Measure("bytes a story", "constant"),
    "on disk, index": Measure("bytes a story", "constant"),
    "first answer of a process": Measure("s", "linear"),
    "first answer of a process, files not cached": Measure("s", "linear"),
    "related, p50": Measure("ms", "linear"),
    "related, p99": Measure("ms", "linear"),
    "related, processor, p50": Measure("ms", "linear"),
    "related, processor, p99": Measure("ms", "linear"),
    "memory while serving": Measure("MB", "linear"),
    "memory while serving, not of files": Measure("MB", "linear"),
    f"{growth.CANDIDATES}, p50": Measure("ms", f"{growth.SCAN}, p50"),
    f"{growth.CANDIDATES}, p99": Measure("ms", f"{growth.SCAN}, p99"),
    f"recall@{growth.K} of candidates": Measure("of 1", "", more_is_better=True),
    "filter over all rows": Measure("ms", "linear"),
    "add one": Measure("ms", "linear"),
    "add one, slowest": Measure("ms", "linear"),
    "add one, seen by another": Measure("ms", "linear"),
    "remove one": Measure("ms", "linear"),
    "remove one, slowest": Measure("ms", "linear"),
    "remove one, seen by another": Measure("ms", "linear"),
    f"snapshot after {2 * growth.CHANGES} changes": Measure("s", "linear"),
    "taking in, peak memory": Measure("MB", "constant"),
    "taking in": Measure("s", "linear"),
}

BARS: Mapping[str, Mapping[int, float]] = {
    "related, p50": {100_000: 10, 1_000_000: 20},
    "related, p99": {100_000: 30, 1_000_000: 60},
    f"recall@{growth.K} of candidates": dict.fromkeys(SIZES, 0.98),
    "first answer of a process": {1_000_000: 3},
    "memory while serving": {1_000_000: 2.5 * 1024},
    "add one": {1_000_000: 100},
    "remove one": {1_000_000: 100},
}
"""What two cores have to reach, by size: at most, or at least where more is better."""

Values = Mapping[str, float]


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES, help="stories, ascending")
    parser.add_argument("--short", action="store_true", help=f"{', '.join(map(str, SHORT))} stories")
    parser.add_argument("--json", type=Path, help="file for the figures")
    arguments = parser.parse_args()
    check_environment()
    sizes = sorted(SHORT if arguments.short else arguments.sizes)
    ARCHIVES.mkdir(parents=True, exist_ok=True)
    measured = {size: measure(synthetic_archive(size, derive=False), size, ARCHIVES) for size in sizes}
    for size in sizes[:TAKEN_IN]:
        measured[size] |= _alone(growth.taking_in, size, ARCHIVES)
    figures = told(measured)
    facts = machine("numpy", "faiss-cpu", "sqlalchemy")
    Console(width=200).print(grid(figures))
    print(facts, *verdicts(figures), sep="\n")
    if arguments.json is not None:
        write(arguments.json, [figure for course in figures.values() for figure in course.values()])
        courses = {name: list(course.items()) for name, course in figures.items()}
        plots.lines("Growth", facts, courses, arguments.json.with_suffix(plots.SUFFIX), "stories")


def measure(archive: Path, stories: int, scratch: Path) -> dict[str, float]:
    """Measure a copy of an archive that holds so many stories with vectors."""
    with tempfile.TemporaryDirectory(dir=scratch) as directory:
        copy = copied(archive, Path(directory) / "archive")
        values = _alone(growth.building, copy)
        values |= growth.on_disk(copy, stories)
        values |= growth.opening(copy)
        values |= _alone(growth.serving, copy)
        values |= _alone(growth.changing, copy)
    return values


def _alone(work: Callable[..., growth.Values], *arguments: object) -> growth.Values:
    """Run in a fresh process, so that memory and threads of another measurement do not count."""
    print(f"{work.__name__.replace('_', ' ')}: {arguments[0]}", file=sys.stderr)
    with alone() as process:
        return process.submit(work, *arguments).result()


def told(measured: Mapping[int, Values]) -> dict[str, dict[int, Figure]]:
    """Return the figures by what was measured and size, each beside its baseline."""
    return {
        name: {
            size: compared(
                f"{name}, {size:,} stories",
                values[name],
                how.unit,
                _baseline(measured, name, size),
                more_is_better=how.more_is_better,
            )
            for size, values in measured.items()
            if name in values
        }
        for name, how in MEASURES.items()
    }


def _baseline(measured: Mapping[int, Values], name: str, size: int) -> float | None:
    how, first = MEASURES[name].baseline, min(measured)
    if how not in ("linear", "constant"):
        return measured[size].get(how)
    if size == first:
        return None  # it is what the others stand beside
    return measured[first][name] * (size / first if how == "linear" else 1)


def grid(figures: Mapping[str, Mapping[int, Figure]]) -> Table:
    """Return a table with a column a size: value, and in brackets how many times better than the baseline."""
    sizes = sorted({size for course in figures.values() for size in course})
    table = Table(box=box.MARKDOWN)
    table.add_column("what")
    table.add_column("unit")
    table.add_column("beside")
    for size in sizes:
        table.add_column(f"{size:,}", justify="right", no_wrap=True)
    for name, course in figures.items():
        if course:
            cells = [_cell(course.get(size)) for size in sizes]
            beside = MEASURES[name].baseline
            table.add_row(
                name, MEASURES[name].unit, "exact scan" if growth.SCAN in beside else beside, *cells
            )
    return table


def _cell(figure: Figure | None) -> str:
    if figure is None:
        return ""
    return number(figure.value) + (f" ({figure.ratio:.2g} x)" if figure.ratio is not None else "")


def verdicts(figures: Mapping[str, Mapping[int, Figure]]) -> Sequence[str]:
    """Return a line for each bar whose size was measured: whether it is held."""
    lines = []
    for name, limits in BARS.items():
        for size, limit in limits.items():
            figure = figures.get(name, {}).get(size)
            if figure is not None:
                more = MEASURES[name].more_is_better
                held = figure.value >= limit if more else figure.value <= limit
                wanted = f"at {'least' if more else 'most'} {limit:g}"
                lines.append(f"{'held' if held else 'missed'}: {figure.name}: {figure.value:.4g}, {wanted}")
    return lines


if __name__ == "__main__":
    main()
