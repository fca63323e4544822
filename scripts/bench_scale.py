"""The engines of an archive's vectors side by side, and what their figures mean for larger archives.

FAISS in this process, and pgvector and Milvus where an address is given, hold the same rows of one publisher
(hybrid vectors spread as those of real stories are) and answer the same questions, one at a time: the 200
nearest, of all rows, of the older half, and of one in a hundred. Processor time is that of this process and
of the server's, whose number is needed for it. Ratios and recall are against a scan by FAISS in the same run.

Examples
--------
python scripts/bench_scale.py --size 10000 --json bench/out/scale.json
python scripts/bench_scale.py --size 10000 --postgres postgresql://me@localhost/empty --postgres-pid 4711
python scripts/bench_scale.py --model bench/out/scale.json
"""

from __future__ import annotations

import argparse
import gc
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import sizing
import synthetic_vectors as synthetic
from benchlib import (
    Figure,
    anonymous_megabytes,
    check_environment,
    compared,
    machine,
    processor_seconds,
    report,
    server_megabytes,
    write,
)
from numpy.typing import NDArray

from index import FaissIndex, Field, Filter, Hits, IndexUnavailable, VectorIndex
from index.servers.calls import REST
from index.servers.recall import measured
from recommender.archive.archive import Archive

ROOT = Path(__file__).resolve().parent.parent
K, QUESTIONS, BATCH, ADDED = 200, 40, 64, 5
FIELDS = ("published",)
TOGETHER = 4096  # rows a call, as an archive sends them
SETTLED = 7.0  # seconds after which no read waits for what was written
BASELINE, OURS, POSTGRES, MILVUS = "FAISS scan", "FAISS", "pgvector", "Milvus"
UNITS = {
    "load": "s",
    "load, processor": "ms a row",
    "build": "s",
    "build, processor": "ms a row",
    "space": "bytes a row",
    "memory": "MB",
}
RELATIONS = """
SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relname LIKE 'related%' AND relkind = 'r'
"""


@dataclass(frozen=True)
class Engine:
    """One that is measured.

    Attributes
    ----------
    index : VectorIndex
        Empty.
    space : callable
        Returns how many bytes it keeps on disk; 0 where that is not told.
    pid : int
        Of its server; 0 for this process.
    """

    index: VectorIndex
    space: Callable[[], float]
    pid: int = 0

    def processor(self) -> float:
        """Return the seconds of processor time that went into it so far, the asking process included."""
        return time.process_time() + (processor_seconds(self.pid) if self.pid else 0.0)

    def memory(self) -> float:
        """Return the memory, MB, of its server, or what is this process's own."""
        return server_megabytes(self.pid) if self.pid else anonymous_megabytes()


def main(words: Sequence[str] | None = None) -> None:
    """Measure and report; or tell what figures of an earlier run mean for larger archives."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, nargs="+", default=[10_000], help="rows, one or several")
    parser.add_argument("--archive", type=Path, default=ROOT / "demo" / "archive", help="of real stories")
    for name in (POSTGRES, MILVUS):
        option = "postgres" if name == POSTGRES else "milvus"
        parser.add_argument(f"--{option}", metavar="URL", help=f"of a server for {name}")
        parser.add_argument(f"--{option}-pid", type=int, default=0, help="of its (first) process")
    parser.add_argument("--engines", nargs="+", choices=(OURS, POSTGRES, MILVUS), help="these alone")
    parser.add_argument("--json", type=Path, help="file for the figures")
    parser.add_argument("--model", type=Path, metavar="JSON", help="measure nothing: figures of a run")
    arguments = parser.parse_args(words)
    if arguments.model:
        sizing.tell(sizing.Measured.read(arguments.model))
        return
    check_environment()
    there = {OURS: True, POSTGRES: arguments.postgres, MILVUS: arguments.milvus}
    chosen = arguments.engines or [name for name in there if there[name]]
    if lacking := [name for name in chosen if not there[name]]:
        parser.error(f"--engines names {lacking[0]}; say where its server is, by --postgres or --milvus")
    engines = [BASELINE, *(name for name in there if name in chosen)]
    figures: list[Figure] = []
    for rows in arguments.size:
        for figure in measure(rows, engines, arguments):
            figures.append(figure)
            if arguments.json:
                write(arguments.json, figures)  # a long run that is ended leaves what it has
    drivers = [name for name in ("psycopg", "pgvector", "pymilvus") if find_spec(name)]
    facts = machine("faiss-cpu", *drivers, "numpy")
    report(f"The {K} nearest by engine", facts, figures, arguments.json)


def measure(rows: int, engines: Sequence[str], where: argparse.Namespace) -> Iterator[Figure]:
    """Yield the figures of each engine with so many rows."""
    with tempfile.TemporaryDirectory() as directory:
        synthetic.make(Path(directory), real_vectors(where.archive), rows)
        data = synthetic.load(Path(directory))
        exact: dict[str, list[Hits]] = {}
        held: Mapping[str, float] = {}
        for name in engines:
            with opened(name, data.vectors.shape[1], where) as engine:
                values = measured_of(engine, data, exact)
            gc.collect()
            held = held or values
            for what, value in values.items():
                more = what.startswith("recall")
                unit = UNITS.get(what) or ("of 1" if more else "ms")
                base = None if name == BASELINE else held.get(what)
                yield compared(f"{rows:,}, {name}: {what}", value, unit, base, more_is_better=more)


def real_vectors(archive: Path) -> NDArray[np.float32]:
    """Return the hybrid vectors (n, d) of an archive of real stories."""
    with Archive.open(archive) as held:
        view = held.view
        if view.hybrid is None:
            raise SystemExit(f"archive {archive} is empty; make one with: make demo")
        return view.hybrid.vectors(view.store, view.store.nums)


def measured_of(
    engine: Engine, data: synthetic.Vectors, exact: dict[str, list[Hits]], settled: float = SETTLED
) -> dict[str, float]:
    """Return the figures of one engine by name; the answers of the first one are taken for right."""
    index, rows, before = engine.index, len(data.vectors), engine.memory()
    values: dict[str, float] = {}

    def timed(name: str, work: Callable[[], object]) -> None:
        begins, processor = time.perf_counter(), engine.processor()
        work()
        values[name] = time.perf_counter() - begins
        values[f"{name}, processor"] = 1000 * (engine.processor() - processor) / rows

    timed("load", lambda: _load(index, data))
    timed("build", index.improve)
    time.sleep(settled)
    queries = np.asarray(data.vectors[:: max(rows // QUESTIONS, 1)][:QUESTIONS], np.float32)
    for name, where in filters(data).items():
        index.search(queries[:1], K, where)
        times, found, processor = [], [], engine.processor()
        for query in queries:
            begins = time.perf_counter()
            found += index.search(query[None], K, where)
            times.append(1000 * (time.perf_counter() - begins))
        values[f"{name}, processor"] = 1000 * (engine.processor() - processor) / len(queries)
        values[f"{name}, median"], values[f"{name}, p95"] = np.percentile(times, (50, 95)).tolist()
        values[f"recall of {name}"] = measured(found, exact.setdefault(name, found))
    values["memory"] = engine.memory() - (0 if engine.pid else before)
    if space := engine.space():
        values["space"] = space / rows
    times = [_seconds(lambda row=row: _put(index, data, row, row + 1)) for row in range(ADDED)]  # type: ignore[misc]
    values["add one, median"] = 1000 * float(np.median(times))
    together = np.asarray(data.vectors[:BATCH], np.float32)
    try:
        values[f"one of {BATCH} at once"] = 1000 * _seconds(lambda: index.search(together, K)) / BATCH
    except IndexUnavailable:  # it takes longer than any call may
        time.sleep(REST)
    return values


def filters(data: synthetic.Vectors) -> Mapping[str, Filter | None]:
    """Return what the questions are about: all rows, the older half of them, the oldest hundredth."""
    half, few = np.quantile(data.published, (0.5, 0.01)).astype(np.int64).tolist()
    return {"all rows": None, "50 %": Field("published") <= half, "1 %": Field("published") <= few}


def _load(index: VectorIndex, data: synthetic.Vectors) -> None:
    for start in range(0, len(data.vectors), TOGETHER):
        _put(index, data, start, start + TOGETHER)


def _put(index: VectorIndex, data: synthetic.Vectors, start: int, stop: int) -> None:
    vectors = np.asarray(data.vectors[start:stop], np.float32)
    columns = {"published": np.asarray(data.published[start:stop], np.int64)}
    index.upsert(np.arange(start, start + len(vectors)), vectors, columns)


def _seconds(work: Callable[[], object]) -> float:
    begins = time.perf_counter()
    work()
    return time.perf_counter() - begins


@contextmanager
def opened(name: str, dimension: int, where: argparse.Namespace) -> Iterator[Engine]:
    """Yield an engine, empty; what it holds on a server is forgotten afterwards."""
    if name in (BASELINE, OURS):
        local = FaissIndex(dimension, FIELDS, profile="exact" if name == BASELINE else "auto")
        yield Engine(local, lambda: _saved(local))
        return
    # Their drivers are there where they are measured alone.
    if name == POSTGRES:
        from index.servers.pgvector import PgVectorIndex

        held: Any = PgVectorIndex(dimension, FIELDS, url=where.postgres, publisher=uuid.uuid4().hex)
        engine = Engine(held, lambda: _relations(where.postgres), where.postgres_pid)
    else:
        from index.servers.milvus import MilvusIndex

        held = MilvusIndex(dimension, FIELDS, url=where.milvus, publisher=uuid.uuid4().hex)
        engine = Engine(held, lambda: 0.0, where.milvus_pid)
    try:
        yield engine
    finally:
        held.forget()


def _saved(index: VectorIndex) -> float:
    with tempfile.TemporaryDirectory() as directory:
        index.save(Path(directory) / "index")
        return float(sum(path.stat().st_size for path in Path(directory).rglob("*") if path.is_file()))


def _relations(url: str) -> float:
    import psycopg

    with psycopg.connect(url) as connection:
        ((size,),) = connection.execute(RELATIONS).fetchall()
    return float(size)


if __name__ == "__main__":
    main()
