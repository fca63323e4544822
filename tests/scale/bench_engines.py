"""The engines of an archive's vectors side by side: FAISS in this process, pgvector, and Milvus.

Every engine holds the same rows of one publisher, starts as the tests start it, and answers the same
questions, one at a time: the 200 nearest, of all rows and of those that a filter passes. Ratios are against a
scan by FAISS in the same run. "Space" is what FAISS saves, what PostgreSQL keeps in tables, and by how
much the process of Milvus grew.

Example: PYTHONPATH=.:scripts python -m tests.scale.bench_engines --size 20000 --json bench/out/engines.json
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import psycopg
from benchlib import Figure, anonymous_megabytes, check_environment, compared, machine, report
from numpy.typing import NDArray

from index import FaissIndex, Field, Filter, Hits, VectorIndex
from index.servers.milvus import MilvusIndex
from index.servers.pgvector import PgVectorIndex
from index.servers.recall import measured
from tests.scale.milvus_server import MilvusServer
from tests.scale.postgres_server import PostgresServer

K, QUESTIONS, BATCH = 200, 40, 64
DIMENSION, CLUSTERS, SPREAD = 384, 500, 0.8
BLOCK = 10_000
FILTERS: Mapping[str, Filter | None] = {
    "all rows": None,
    "10 %": Field("part") < 100,
    "1 %": Field("part") < 10,
    "0.1 %": Field("part") < 1,
}
BASELINE, OURS, POSTGRES, MILVUS = "FAISS scan", "FAISS", "pgvector", "Milvus"
UNITS = {"load": "s", "build": "s", "space": "MB", f"question in {BATCH}": "ms", "add one": "ms"}

Floats = NDArray[np.float32]
Space = Callable[[], float]


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, nargs="+", default=[20_000], help="rows, one or several")
    parser.add_argument(
        "--engines", nargs="+", choices=[OURS, POSTGRES, MILVUS], default=[OURS, POSTGRES, MILVUS]
    )
    parser.add_argument("--json", type=Path, help="file for the figures")
    arguments = parser.parse_args()
    check_environment()
    figures = [figure for rows in arguments.size for figure in _compared(rows, arguments.engines)]
    facts = machine("faiss-cpu", "psycopg", "pgvector", "pymilvus", "numpy")
    report(f"The {K} nearest by engine", facts, figures, arguments.json)


def made(rows: int) -> tuple[Floats, NDArray[np.int64]]:
    """Return unit vectors (rows, 384) in clusters, as stories are, and a column that filters read."""
    rng = np.random.default_rng(rows)
    centres = rng.standard_normal((CLUSTERS, DIMENSION), np.float32)
    vectors = centres[rng.integers(0, CLUSTERS, rows)]
    vectors += SPREAD * rng.standard_normal((rows, DIMENSION), np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors, rng.integers(0, 1000, rows)


def _compared(rows: int, engines: Sequence[str]) -> Iterator[Figure]:
    vectors, part = made(rows)
    held: dict[str, float] = {}
    exact: dict[str, list[Hits]] = {}
    for name in [BASELINE, *engines]:
        with _opened(name) as (index, space):
            values = _measured(index, vectors, part, exact)
            values["space"] = space()
        held = held or values
        for what, value in values.items():
            more = what.startswith("recall")
            unit = UNITS.get(what) or ("of 1" if more else "ms")
            yield compared(f"{rows:,}, {name}: {what}", value, unit, held.get(what), more_is_better=more)


def _measured(
    index: VectorIndex, vectors: Floats, part: NDArray[np.int64], exact: dict[str, list[Hits]]
) -> dict[str, float]:
    """Return the figures of one engine; the first one's answers are taken for right."""
    values: dict[str, float] = {}
    begins = time.perf_counter()
    for start in range(0, len(vectors), BLOCK):
        some = slice(start, start + BLOCK)
        ids = np.arange(start, start + len(vectors[some]))
        index.upsert(ids, vectors[some], {"part": part[some]})
    values["load"], begins = time.perf_counter() - begins, time.perf_counter()
    index.improve()
    values["build"] = time.perf_counter() - begins
    time.sleep(7)  # what was written is everywhere by then, and is not waited for
    queries = vectors[:: len(vectors) // QUESTIONS][:QUESTIONS]
    for name, where in FILTERS.items():
        index.search(queries[:1], K, where)
        times, found = [], []
        for query in queries:
            begins = time.perf_counter()
            found += index.search(query[None], K, where)
            times.append(1000 * (time.perf_counter() - begins))
        values[f"{name}, median"], values[f"{name}, p95"] = np.median(times), np.percentile(times, 95)
        values[f"recall of {name}"] = measured(found, exact.setdefault(name, found))
    begins = time.perf_counter()
    index.search(vectors[:BATCH], K)
    values[f"question in {BATCH}"] = 1000 * (time.perf_counter() - begins) / BATCH
    begins = time.perf_counter()
    index.upsert(np.array([0]), vectors[:1], {"part": part[:1]})
    values["add one"] = 1000 * (time.perf_counter() - begins)
    return {name: float(value) for name, value in values.items()}


@contextmanager
def _opened(name: str) -> Iterator[tuple[VectorIndex, Space]]:
    """Yield an empty index and what measures its space; its server ends with it."""
    fields = ("part",)
    if name in (BASELINE, OURS):
        local = FaissIndex(DIMENSION, fields, profile="exact" if name == BASELINE else "auto")
        yield local, lambda: _saved(local)
    elif name == POSTGRES:
        postgres = PostgresServer()
        try:
            postgres.start()
            url = postgres.fresh()
            yield PgVectorIndex(DIMENSION, fields, url=url, publisher="bench"), lambda: _relations(url)
        finally:
            postgres.stop()
    else:
        milvus = MilvusServer()
        try:
            milvus.start()
            before = anonymous_megabytes(milvus.pid)
            held = MilvusIndex(DIMENSION, fields, url=milvus.url, publisher="bench", exact_rows=20_000)
            yield held, lambda: anonymous_megabytes(milvus.pid) - before
        finally:
            milvus.stop()


def _saved(index: VectorIndex) -> float:
    with tempfile.TemporaryDirectory() as directory:
        index.save(Path(directory) / "index")
        files = [path.stat().st_size for path in Path(directory).rglob("*") if path.is_file()]
    return sum(files) / 2**20


def _relations(url: str) -> float:
    with psycopg.connect(url) as connection:
        sizes = connection.execute(
            "SELECT sum(pg_total_relation_size(oid)) FROM pg_class "
            "WHERE relname LIKE 'related%' AND relkind = 'r'"
        )
        ((size,),) = sizes.fetchall()
    return float(size) / 2**20


if __name__ == "__main__":
    main()
