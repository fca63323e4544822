"""What the benchmarks share: facts about the machine, one table each, and figures as JSON."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from rich.console import Console
from rich.table import Table

WIDTH = 110
"""Columns of a table, so that it reads the same in a file as on a screen."""


@dataclass(frozen=True)
class Figure:
    """One measurement. `ratio` says how many times better than `baseline` it is; both may be missing."""

    name: str
    value: float
    unit: str
    baseline: float | None = None
    ratio: float | None = None


def machine(*packages: str) -> str:
    """Return the facts that a figure means nothing without: processor, memory, load, versions."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in packages)
    release = platform.release().split("-")[0]
    return (
        f"{_processor()}, {os.cpu_count()} cores, {pages / 2**30:.0f} GB, load {os.getloadavg()[0]:.1f}; "
        f"{platform.system()} {release}, Python {platform.python_version()}, {versions}; "
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    )


def _processor() -> str:
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
    status = Path("/proc/self/status").read_text("utf-8")
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def anonymous_megabytes() -> float:
    """Return the memory that is this process's own, MB: mapped files, which others can use, do not count."""
    status = Path("/proc/self/status").read_text("utf-8").splitlines()
    return int(next(line for line in status if line.startswith("RssAnon")).split()[1]) / 1024


def report(title: str, facts: str, figures: Sequence[Figure], path: Path | None) -> None:
    """Print the table, and write the figures to `path` as a JSON list where one is given."""
    table = Table(title=title, caption=facts, title_justify="left", caption_justify="left")
    table.add_column("what")
    for column in ("value", "unit", "baseline", "ratio"):
        table.add_column(column, justify="left" if column == "unit" else "right")
    for figure in figures:
        table.add_row(
            figure.name, _number(figure.value), figure.unit, _number(figure.baseline), _number(figure.ratio)
        )
    Console(width=WIDTH).print(table)
    if path is not None:
        path.write_text(json.dumps([asdict(figure) for figure in figures], indent=1) + "\n", "utf-8")


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
