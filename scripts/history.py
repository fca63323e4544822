"""Figures of earlier runs by machine, and a table of what is slower or faster since. Runs nothing.

Figures that stand beside a baseline of the same run are compared by their ratio, which a machine with other
work changes little; the others, and what is counted and not timed, by their values.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchlib import Figure
from plots import number
from rich.console import Console
from rich.table import Table

KEPT = 20
"""So many runs of a machine are kept, the newest."""

APART = 1.1
"""So many times better or worse is marked: less is what the same commit shows twice."""

MORE_IS_BETTER = ("/s", "of 1", "x")
"""Units, or their ends; of all others less is better."""

COUNTED = ("steps", "statements")
"""Units that are the same on any machine and under any load."""

Run = dict[str, Any]


@dataclass(frozen=True)
class Told:
    """A figure beside the one of an earlier run; `better` says how many times better it is, above 1."""

    figure: Figure
    earlier: float | None = None
    better: float | None = None


def read(path: Path, machine: str) -> list[Run]:
    """Return the runs of a machine, oldest first."""
    return _held(path).get(machine, [])


def add(path: Path, machine: str, run: Run) -> None:
    """Keep a run of a machine."""
    held = _held(path)
    held[machine] = [*held.get(machine, []), run][-KEPT:]
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = path.with_suffix(".part")
    whole.write_text(json.dumps(held, indent=1, sort_keys=True) + "\n", "utf-8")
    whole.replace(path)


def _held(path: Path) -> dict[str, list[Run]]:
    """Return all runs; none of a file that cannot be read, which is named: a long run was made meanwhile."""
    if not path.is_file():
        return {}
    try:
        held: dict[str, list[Run]] = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        print(f"{path} is begun anew: it cannot be read ({error})", file=sys.stderr)
        return {}
    return held


def run_of(figures: Mapping[str, Figure], commit: str, at: str, form: str) -> Run:
    """Return what is kept of a run: of each figure its value and its ratio."""
    kept = {name: [figure.value, figure.ratio] for name, figure in sorted(figures.items())}
    return {"commit": commit, "at": at, "form": form, "figures": kept}


def beside(figures: Mapping[str, Figure], runs: Sequence[Run], form: str) -> dict[str, Told]:
    """Return figures beside those of the newest earlier run of the same form that has them."""
    told = {}
    for name, figure in figures.items():
        held = [run["figures"][name] for run in runs if run["form"] == form and name in run["figures"]]
        told[name] = _told(figure, *held[-1]) if held else Told(figure)
    return told


def _told(figure: Figure, value: float, ratio: float | None) -> Told:
    if figure.ratio and ratio and figure.unit not in COUNTED:
        return Told(figure, value, figure.ratio / ratio)
    if not figure.value or not value:
        return Told(figure, value)
    times = figure.value / value
    return Told(figure, value, times if figure.unit.endswith(MORE_IS_BETTER) else 1 / times)


def show(told: Mapping[str, Told]) -> None:
    """Print all figures, with what is worse or better than it was."""
    table = Table(title="All figures, beside the last run on this machine", title_justify="left")
    for column in ("figure", "value", "unit", "ratio", "earlier", "times better", ""):
        table.add_column(column, justify="left" if column in ("figure", "unit", "") else "right")
    for name, each in told.items():
        mark = "" if each.better is None or 1 / APART < each.better < APART else "better"
        mark = "WORSE" if mark and (each.better or 1) < 1 else mark
        told_figures = (each.figure.ratio, each.earlier, each.better)
        table.add_row(name, number(each.figure.value), each.figure.unit, *map(number, told_figures), mark)
    Console(width=150).print(table)


def write(path: Path, told: Mapping[str, Told]) -> None:
    """Write all figures of a run to one file."""
    rows = [
        asdict(each.figure) | {"name": name, "earlier": each.earlier, "better": each.better}
        for name, each in told.items()
    ]
    path.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
