"""Bulk loading in a process of its own, to be killed, by an embedder that is quick unless it is told to wait.

python -m tests.scale.bulk_run ARCHIVE SHARDS SECONDS ADDRESS SOURCE...
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from recommender.archive.archive import Archive
from recommender.archive.importing import add_found
from recommender.archive.intake import model_of
from recommender.bulk.job import Job
from recommender.bulk.loading import reading
from recommender.bulk.ray_embedding import Machines, embed
from recommender.ingest.base import Refused
from tests.fakes import HashEmbedder


class SlowEmbedder(HashEmbedder):
    """Takes some time for each block."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self._seconds = seconds

    def encode(
        self, texts: Sequence[str], on_done: Callable[[int], None] | None = None
    ) -> NDArray[np.float32]:
        time.sleep(self._seconds)
        return super().encode(texts, on_done)


def refuse(item: Refused) -> None:
    print(f"refused {item.id}", flush=True)


def main(archive: str, shards: str, seconds: str, address: str, *sources: str) -> None:
    """Embed and load, as the command does, and say how far it is."""
    embedder = partial(SlowEmbedder, float(seconds))
    with Archive.open(Path(archive), embedder=embedder()) as opened:
        job = Job(sources=sources, shards=shards, model=model_of(opened.embedder), open_embedder=embedder)
        embed(job, Machines(address, actors=2), partial(print, "embedded", flush=True))
        with reading(job, opened) as items:
            told = partial(print, "added", flush=True)
            report = add_found(opened, items, refuse, told).report
        print(f"report {report.counts()}", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
