"""Run all benchmarks, one after the other, each in a process of its own; go on past one that fails.

Each prints its table and writes its figures and a plot to `bench/out/`. The short form of all of them takes a
quarter of an hour on two cores, the long one hours. The exit code says whether any failed.

Example: python scripts/bench.py --short
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import plots
from benchlib import SLOW_BLAS
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = ROOT / "scripts"
OUT = ROOT / "bench" / "out"
DEMO = ROOT / "demo"
DEMO_DONE = (
    "index.html"  # what scripts/demo.py writes last; with an archive that it left half made it goes on
)
NAMES = ("embedding", "index", "end_to_end", "blocks", "growth", "service")
"""In this order; `bench_<name>.py` each."""

PATIENCE_SHORT, PATIENCE_LONG = 15 * 60, 12 * 3600
"""Seconds after which one is ended as failed: as long as the whole may take, and half a day."""


@dataclass(frozen=True)
class Run:
    """How one went: "done", or why not."""

    name: str
    result: str
    seconds: float
    files: tuple[Path, ...]

    @property
    def failed(self) -> bool:
        """Whether it did not come to its end."""
        return self.result != "done"


def main() -> None:
    """Read the arguments, run, sum up."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--short", action="store_true", help="the short form of each")
    parser.add_argument("--only", nargs="+", choices=NAMES, default=list(NAMES), help="which")
    parser.add_argument("--out", type=Path, default=OUT, help="directory for figures and plots")
    arguments = parser.parse_args()
    runs = [] if (DEMO / DEMO_DONE).is_file() else [_demo()]
    scripts = present(SCRIPTS / f"bench_{name}.py" for name in arguments.only)
    patience = PATIENCE_SHORT if arguments.short else PATIENCE_LONG
    options = ["--short"] if arguments.short else []
    for script in scripts:
        runs.append(run(script, options, arguments.out, patience))
    summed_up(runs)
    sys.exit(any(each.failed for each in runs))


def present(scripts: Iterable[Path]) -> list[Path]:
    """Return the scripts that are there, and say which are not."""
    found = []
    for script in scripts:
        if script.is_file():
            found.append(script)
        else:
            print(f"left out, no such script: {script.name}")
    return found


def run(script: Path, options: Sequence[str], out: Path, patience: float) -> Run:
    """Run one benchmark with ``--json``, to its end or for so many seconds, and return how it went."""
    name = script.stem.removeprefix("bench_")
    figures = out / f"{name}.json"
    out.mkdir(parents=True, exist_ok=True)
    files = (figures, figures.with_suffix(plots.SUFFIX))
    for left in files:
        left.unlink(missing_ok=True)  # what an earlier run measured is not told as this one's
    print(f"\n{name}: {script.name} {' '.join(options)}", flush=True)
    begin = time.perf_counter()
    result = _result([sys.executable, str(script), *options, "--json", str(figures)], patience)
    seconds = time.perf_counter() - begin
    return Run(name, result, seconds, tuple(file for file in files if file.exists()))


def _result(command: Sequence[str], patience: float) -> str:
    environment = {name: value for name, value in os.environ.items() if name not in SLOW_BLAS}
    try:
        code = subprocess.run(command, env=environment, timeout=patience, check=False).returncode
    except subprocess.TimeoutExpired:
        return f"ended after {patience:.0f} s"
    return "done" if code == 0 else f"failed with exit code {code}"


def _demo() -> Run:
    """Make the archive of real stories that the benchmarks start from."""
    begin = time.perf_counter()
    result = _result([sys.executable, str(SCRIPTS / "demo.py"), "--out", str(DEMO)], PATIENCE_SHORT)
    return Run("demo archive", result, time.perf_counter() - begin, ())


def summed_up(runs: Sequence[Run]) -> None:
    """Print a line for each."""
    table = Table(title=f"All in {sum(run.seconds for run in runs) / 60:.1f} minutes", title_justify="left")
    for column in ("benchmark", "result", "seconds", "files"):
        table.add_column(column, justify="right" if column == "seconds" else "left")
    for each in runs:
        files = " ".join(str(_short(file)) for file in each.files)
        table.add_row(each.name, each.result, f"{each.seconds:.0f}", files)
    Console(width=110).print(table)


def _short(path: Path) -> Path:
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


if __name__ == "__main__":
    main()
