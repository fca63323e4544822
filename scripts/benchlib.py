"""What the benchmarks share: facts about the machine, one table each, figures as JSON, and a plot of them."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

import plots
from plots import number
from rich.console import Console
from rich.table import Table

from index.storage.kernels import COMPILED

WIDTH = 110
"""Columns of a table, so that it reads the same in a file as on a screen."""

SLOW_BLAS = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")
"""Variables that make OpenBLAS, and so numpy, compute for another processor than the one there is."""


@dataclass(frozen=True)
class Figure:
    """One measurement. `ratio` says how many times better than `baseline` it is; both may be missing."""

    name: str
    value: float
    unit: str
    baseline: float | None = None
    ratio: float | None = None


def compared(
    name: str, value: float, unit: str, baseline: float | None, *, more_is_better: bool = False
) -> Figure:
    """Return a figure beside its baseline: a ratio above 1 is better, whether more or less is better."""
    if not baseline or not value:
        return Figure(name, value, unit, baseline)
    return Figure(name, value, unit, baseline, value / baseline if more_is_better else baseline / value)


def check_environment() -> None:
    """Warn of variables that spoil the figures."""
    for name in SLOW_BLAS:
        if name in os.environ:
            print(f"{name} is set, which makes numpy slower or faster than it is: unset it", file=sys.stderr)


def machine(*packages: str) -> str:
    """Return the facts that a figure means nothing without: processor, memory, load, versions."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in packages)
    release = platform.release().split("-")[0]
    loops = "loops in C" if COMPILED else "loops in numpy"
    spoilt = "".join(f"; {name}={os.environ[name]}" for name in SLOW_BLAS if name in os.environ)
    return (
        f"{processor()}, {os.cpu_count()} cores, {pages / 2**30:.0f} GB, load {os.getloadavg()[0]:.1f}; "
        f"{platform.system()} {release}, Python {platform.python_version()}, {versions}, {loops}{spoilt}; "
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    )


def processor() -> str:
    """Return what the processor is called, and what it can do that matters here."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown processor"
    facts = dict(line.split(":", 1) for line in lines if ":" in line)
    facts = {key.strip(): value.strip() for key, value in facts.items()}
    wide = [
        flag
        for flag in ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_int8")
        if flag in facts.get("flags", "")
    ]
    return f"{facts.get('model name', 'unknown processor')} ({', '.join(wide)})"


def peak_megabytes() -> float:
    """Return the most memory that this process ever held, MB.

    From /proc, because `getrusage` counts what the process that started this one held.
    """
    return _held("VmHWM")


def resident_megabytes() -> float:
    """Return the memory that this process holds, MB: mapped files count as far as they were read."""
    return _held("VmRSS")


def anonymous_megabytes(process: int | str = "self") -> float:
    """Return the memory that is a process's own, MB: mapped files, which others can use, do not count."""
    return _held("RssAnon", process)


def processor_seconds(process: int) -> float:
    """Return the seconds of processor time of a process and of all that it has started."""
    ticks = 0
    for each in family(process):
        try:
            # After the name, which may hold anything: own and of children that ended, for user and system.
            words = Path(f"/proc/{each}/stat").read_text("utf-8").rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        ticks += sum(map(int, words[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def server_megabytes(process: int) -> float:
    """Return the memory of a process and of all it has started, MB; what they share is counted once."""
    total = 0.0
    for each in family(process):
        try:
            told = Path(f"/proc/{each}/smaps_rollup").read_text("utf-8")
        except OSError:
            continue
        total += int(told.split("\nPss:")[1].split()[0]) / 1024
    return total


def family(process: int) -> Iterator[int]:
    """Yield a process and all that it has started, as far as they run."""
    yield process
    for file in Path(f"/proc/{process}/task").glob("*/children"):
        try:
            children = file.read_text("ascii").split()
        except OSError:  # that thread has ended
            continue
        for child in children:
            yield from family(int(child))


def _held(kind: str, process: int | str = "self") -> float:
    status = Path(f"/proc/{process}/status").read_text("utf-8")
    return int(status.split(f"{kind}:")[1].split()[0]) / 1024


def copied(archive: Path, copy: Path) -> Path:
    """Copy an archive's catalog to a new directory; who opens the copy derives the rest anew."""
    copy.mkdir(parents=True)
    (copy / "catalog.sqlite").touch(0o600)  # as an archive is made: what is open to others is warned of
    with (
        sqlite3.connect(archive / "catalog.sqlite") as source,
        sqlite3.connect(copy / "catalog.sqlite") as to,
    ):
        source.backup(to)
    return copy


def report(title: str, facts: str, figures: Sequence[Figure], path: Path | None) -> None:
    """Print the table; where a `path` is given, write the figures to it as JSON, and a plot beside it."""
    table = Table(title=title, caption=facts, title_justify="left", caption_justify="left")
    table.add_column("what")
    for column in ("value", "unit", "baseline", "ratio"):
        table.add_column(column, justify="left" if column == "unit" else "right")
    for figure in figures:
        table.add_row(
            figure.name, number(figure.value), figure.unit, number(figure.baseline), number(figure.ratio)
        )
    Console(width=WIDTH).print(table)
    if path is not None:
        write(path, figures)
        plots.bars(title, facts, figures, path.with_suffix(plots.SUFFIX))


def write(path: Path, figures: Sequence[Figure]) -> None:
    """Write figures as a JSON list of objects with the fields of `Figure`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(figure) for figure in figures], indent=1) + "\n", "utf-8")
