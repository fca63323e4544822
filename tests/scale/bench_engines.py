"""Starts the servers of the tests, and lets `scripts/bench_scale.py` measure them beside FAISS.

Example: PYTHONPATH=.:scripts python -m tests.scale.bench_engines --size 10000 100000 --json scale.json
"""

from __future__ import annotations

import sys

import bench_scale

from tests.scale.milvus_server import MilvusServer
from tests.scale.postgres_server import ROLE, PostgresServer

MEMORY = "4GB"  # that PostgreSQL may take to build HNSW: what a million rows take fits there


def main(words: list[str]) -> None:
    """Measure by servers that end with it."""
    postgres, milvus = PostgresServer(), MilvusServer()
    try:
        postgres.start()
        postgres.sql(f"ALTER ROLE {ROLE} SET maintenance_work_mem = '{MEMORY}'")
        milvus.start()
        servers = ["--postgres", postgres.fresh(), "--postgres-pid", str(postgres.pid)]
        servers += ["--milvus", milvus.url, "--milvus-pid", str(milvus.pid)]
        bench_scale.main([*words, *servers])
    finally:
        milvus.stop()
        postgres.stop()


if __name__ == "__main__":
    main(sys.argv[1:])
