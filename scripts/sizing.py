"""What the figures of `bench_scale.py` mean for ten million stories and more: disk, memory, machines.

A model, not a measurement: what it assumes is in `Assumptions`, each with where it is from, and what it
takes from a run is named in `needs`. It says for each engine what one machine lacks first.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import queueing
from benchlib import WIDTH
from queueing import Cluster
from rich.console import Console
from rich.table import Table

TOTALS = (10_000_000, 100_000_000, 1_000_000_000)
FAISS, PGVECTOR, MILVUS = "FAISS", "pgvector", "Milvus"
FAN_OUTS, LOADS = (1, 4, 16), (0.3, 0.5, 0.7)
MACHINES, QUESTIONS = 16, 40_000
DAY = 86_400.0
NEEDED = {"memory", "50 %, processor", "load, processor", "build, processor"}
COLUMNS = (
    *("stories", "engine", "disk, TB", "memory, GB", "processors", "embed, h", "build, h"),
    *("machines", "first"),
)


@dataclass(frozen=True, kw_only=True)
class Assumptions:
    """What is not in a run of `bench_scale.py`.

    Attributes
    ----------
    catalog, store : float
        Bytes a story: catalog, and each copy's own files beside the index (docs/speed.md, "Growth", constant
        from 10,000 to a million).
    held : float
        Bytes a story of a copy's memory while it serves, mapped files included (docs/speed.md, at a million).
    block : float
        Seconds of a processor that a block takes beside the search (docs/speed.md: 16 ms for a whole one).
    embedded : float
        Stories that a processor embeds a second (docs/scaling.md).
    publisher : int
        Stories of the largest publisher, which decide what a question costs: none crosses publishers.
    growth : float
        Times that a question costs more in ten times as many rows (docs/speed.md: FAISS, 3.9 to 5.3 ms from
        100,000 to a million; HNSW is said to grow as the logarithm, 1.2: Malkov and Yashunin 2016).
    published, remade : float
        Stories a day of a million held (scripts/synthetic.py: 120 a day are a million in 23 years), and
        blocks that are made for each, an assumption.
    busiest : float
        Times the mean, in the busiest hour.
    slowest : float
        The 95th percentile of a search, in medians (docs/speed.md: FAISS at a million, 5.3 and 8.4 ms for p50
        and p99, which is 1.4 where times are log-normal).
    cores, memory, disk : float
        Of a machine: processors, bytes, bytes. An assumption; so is `full`, how much of it is to be used.
    copies : int
        Of all data, so that one machine may go.
    """

    catalog: float = 8_560
    store: float = 5_517
    held: float = 2_075
    block: float = 0.016
    embedded: float = 10
    publisher: int = 1_000_000
    growth: float = 1.37
    published: float = 120
    remade: float = 20
    busiest: float = 10
    slowest: float = 1.4
    cores: float = 16
    memory: float = 128e9
    disk: float = 4e12
    full: float = 0.6
    copies: int = 2


@dataclass(frozen=True)
class Measured:
    """Figures of a run: by rows and engine, then by what was measured."""

    values: Mapping[tuple[int, str], Mapping[str, float]]

    @classmethod
    def read(cls, path: Path) -> Measured:
        """Return what `bench_scale.py --json` wrote, without engines at whose figures the run was ended.

        Raises
        ------
        SystemExit
            When the file holds something else, or too little.
        """
        values: dict[tuple[int, str], dict[str, float]] = {}
        try:
            for figure in json.loads(path.read_text("utf-8")):
                place, _, what = figure["name"].partition(": ")
                rows, _, engine = place.rpartition(", ")
                values.setdefault((int(rows.replace(",", "")), engine), {})[what] = float(figure["value"])
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise SystemExit(f"{path} holds no figures of bench_scale.py --json ({error})") from error
        whole = {place: held for place, held in values.items() if held.keys() >= NEEDED}
        if not any(name in (FAISS, PGVECTOR, MILVUS) for _, name in whole):
            raise SystemExit(f"{path} has not all figures of any engine; let bench_scale.py run to its end")
        return cls(whole)

    def largest(self, engine: str) -> tuple[int, Mapping[str, float]]:
        """Return the most rows that an engine was measured with, and its figures then."""
        rows = max((rows for rows, name in self.values if name == engine), default=0)
        return rows, self.values.get((rows, engine), {})

    def engines(self) -> list[str]:
        """Return which engines were measured, without what they are compared with."""
        there = {name for _, name in self.values}
        return [name for name in (FAISS, PGVECTOR, MILVUS) if name in there]


@dataclass(frozen=True)
class Needs:
    """What so many stories need in all: bytes, bytes, processors; hours of a processor to embed and to build.

    `parts` are the machines that each of it alone would fill; the largest is what is lacking `first`. Disk
    and memory are those of all `copies`; they share the questions, and the hours are those of one.
    """

    disk: float
    memory: float
    processors: float
    embedding: float
    building: float
    parts: Mapping[str, float]
    copies: int

    @property
    def machines(self) -> int:
        """Return how many machines hold all that, each copy on one of its own at least."""
        return max(math.ceil(max(self.parts.values())), self.copies)

    @property
    def first(self) -> str:
        """Return what is lacking first."""
        return max(self.parts, key=lambda part: self.parts[part])


def needs(measured: Measured, engine: str, stories: int, given: Assumptions) -> Needs:
    """Return what so many stories need.

    Of the run are taken, at its most rows: bytes a row on disk; the memory a row, for Milvus what it holds
    less what it holds with the fewest rows, for pgvector all that is on its disk; processor time of a
    question of half the rows; that of loading and building.
    """
    rows, values = measured.largest(engine)
    in_memory = given.held if engine == FAISS else given.held + _memory_of_row(measured, engine)
    on_disk = given.catalog + given.store + values.get("space", 0.0)
    decades = max(math.log10(given.publisher / rows), 0.0)
    question = values["50 %, processor"] / 1000 * given.growth**decades + given.block
    asked = stories / 1e6 * given.published * (1 + given.remade) / DAY * given.busiest
    building = (values["load, processor"] + values["build, processor"]) / 1000 * stories
    disk, memory, processors = (
        given.copies * stories * on_disk,
        given.copies * stories * in_memory,
        asked * question,
    )
    parts = {
        "disk": disk / (given.disk * given.full),
        "memory": memory / (given.memory * given.full),
        "processors": processors / (given.cores * given.full),
    }
    return Needs(
        disk, memory, processors, stories / given.embedded / 3600, building / 3600, parts, given.copies
    )


def _memory_of_row(measured: Measured, engine: str) -> float:
    """Return how many bytes of memory a row takes on a server."""
    values = measured.values
    if engine == PGVECTOR:  # what is not in memory is read from the disk, a page a step of HNSW
        return measured.largest(engine)[1]["space"]
    held = sorted((rows, values[rows, name]["memory"]) for rows, name in values if name == engine)
    (fewest, least), (most, largest) = held[0], held[-1]
    if most == fewest:
        return largest * 2**20 / most
    return max((largest - least) * 2**20 / (most - fewest), 0.0)


def tell(measured: Measured, given: Assumptions | None = None) -> None:
    """Print what larger archives need, and what fan-out does to the slowest answers."""
    given = given or Assumptions()
    console = Console(width=WIDTH)
    table = Table(title="What so many stories need, by model", title_justify="left")
    for column in COLUMNS:
        table.add_column(column, justify="left" if column in ("engine", "first") else "right")
    for stories in TOTALS:
        for engine in measured.engines():
            need = needs(measured, engine, stories, given)
            figures = (need.disk / 1e12, need.memory / 1e9, need.processors, need.embedding, need.building)
            cells = [f"{value:,.3g}" if value < 1000 else f"{value:,.0f}" for value in figures]
            table.add_row(f"{stories:,}", engine, *cells, f"{need.machines:,}", need.first)
    console.print(table)
    slow = f"a p95 of {given.slowest:g} times the median"
    table = Table(title=f"p50 and p99 by fan-out, in medians of one search with {slow}", title_justify="left")
    table.add_column("busy")
    for fan_out in FAN_OUTS:
        table.add_column(f"asked of {fan_out} of {MACHINES}", justify="right")
    for load, cells in tails(given.slowest):
        table.add_row(f"{load:.0%}", *(f"{half:.1f}, {slowest:.1f}" for half, slowest in cells))
    console.print(table)


def tails(slowest: float, cores: int = 2) -> Iterable[tuple[float, list[tuple[float, float]]]]:
    """Yield for each load p50 and p99 for each fan-out, in medians of one search with nobody before it.

    ``slowest`` is how many medians the 95th percentile of such a search is.

    Each machine is as busy whatever the fan-out: what is compared is the same hardware with the same
    work, asked of one machine or in parts of several. A part takes as long as the whole is measured to take:
    what a search costs hardly falls with the rows.
    """
    service = queueing.spread(1.0, slowest)
    for load in LOADS:
        cells = []
        for fan_out in FAN_OUTS:
            cluster = Cluster(MACHINES, cores, fan_out)
            took = queueing.waited(cluster, service, load * cluster.capacity(service), QUESTIONS)
            cells.append((float(np.median(took)), float(np.percentile(took, 99))))
        yield load, cells
