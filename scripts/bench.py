"""Run all benchmarks, one after the other, each in a process of its own; go on past one that fails.

Each prints its table and writes its figures and a plot to `bench/out/`. The short form of all of them ends
within a quarter of an hour, whatever is not done by then; the long one takes hours. All figures together go
to `bench/out/all.json`, beside those of the last run on the same machine, which `bench/history.json` keeps;
what has to be reached (`bars.py`) goes to `bench/out/bars.json`, with what was measured of it now or last.
The exit code says whether any failed.

Example: python scripts/bench.py --short
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import bars
import history
import plots
from benchlib import SLOW_BLAS, Figure, processor
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = ROOT / "scripts"
OUT = ROOT / "bench" / "out"
DEMO = ROOT / "demo"
DEMO_DONE = (
    "index.html"  # what scripts/demo.py writes last; with an archive that it left half made it goes on
)
NAMES = (
    "start",
    "embedding",
    "service",
    "blocks",
    "counts",
    "index",
    "large",
    "growth",
    "end_to_end",
)
"""In this order; `bench_<name>.py` each."""

SHORT_NAMES = NAMES[:-2]
"""Those of the short form: no bar asks for the others, `large` measures what does of what `growth` does."""

LAST = "bench_large"
"""It is told how much time is left in the short form, and measures 100,000 stories where that is enough."""

PATIENCE_SHORT, PATIENCE_LONG = 15 * 60, 12 * 3600
"""Seconds that all of them may take in the short form, and each in the long one: who is not done is ended."""

ALL, REACHED, HISTORY = "all.json", "bars.json", ROOT / "bench" / "history.json"


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
    parser.add_argument("--only", nargs="+", choices=NAMES, help="which; all by default")
    parser.add_argument("--history", type=Path, default=HISTORY, help="what earlier runs measured")
    parser.add_argument("--out", type=Path, default=OUT, help="directory for figures and plots")
    arguments = parser.parse_args()
    runs = [] if (DEMO / DEMO_DONE).is_file() else [_demo()]
    names = arguments.only or (SHORT_NAMES if arguments.short else NAMES)
    scripts = present(SCRIPTS / f"bench_{name}.py" for name in names)
    options = ["--short"] if arguments.short else []
    ends = time.monotonic() + PATIENCE_SHORT - sum(each.seconds for each in runs)
    for script in scripts:
        patience = max(ends - time.monotonic(), 0) if arguments.short else PATIENCE_LONG
        within = ["--within", f"{patience:.0f}"] if arguments.short and script.stem == LAST else []
        runs.append(run(script, [*options, *within], arguments.out, patience))
    compared_with_before(runs, arguments.out, arguments.history, "short" if arguments.short else "long")
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
    if patience <= 0:
        return "not begun: no time is left"
    environment = {name: value for name, value in os.environ.items() if name not in SLOW_BLAS}
    with subprocess.Popen(command, env=environment, start_new_session=True) as process:
        try:
            code = process.wait(patience)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # and what it has begun: servers, helpers
            return f"ended after {patience:.0f} s"
        except BaseException:
            os.killpg(process.pid, signal.SIGKILL)
            raise
    return "done" if code == 0 else f"failed with exit code {code}"


def _demo() -> Run:
    """Make the archive of real stories that the benchmarks start from."""
    begin = time.perf_counter()
    result = _result([sys.executable, str(SCRIPTS / "demo.py"), "--out", str(DEMO)], PATIENCE_SHORT)
    return Run("demo archive", result, time.perf_counter() - begin, ())


def compared_with_before(runs: Sequence[Run], out: Path, history_file: Path, form: str) -> None:
    """Print and write all figures beside those of the last run on this machine, and the bars; keep them."""
    figures = {
        f"{each.name}: {row['name']}": Figure(**row)
        for each in runs
        for file in each.files
        if file.suffix == ".json"
        for row in json.loads(file.read_text("utf-8"))
    }
    minutes = sum(each.seconds for each in runs) / 60
    if form == "short" and {each.name for each in runs} >= set(SHORT_NAMES):
        figures[f"{bars.PART}: {bars.WHOLE}"] = Figure(bars.WHOLE, minutes, "min")
    earlier = history.read(history_file, processor())
    told = history.beside(figures, earlier, form)
    history.show(told)
    history.write(out / ALL, told)
    head = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    now = f"{datetime.now(UTC):%Y-%m-%d %H:%M}"
    reached = bars.held(figures, earlier, now, head)
    bars.show(reached, now)
    bars.write(out / REACHED, reached)
    history.add(history_file, processor(), history.run_of(figures, head, now, form))


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
