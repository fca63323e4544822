"""Hybrid vectors of any number of invented stories, spread as real ones are: topics, events, dates.

They say nothing: each is a real story's vector, moved at random within the real ones' covariance. Equal seeds
give equal vectors.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index import Field, Filter
from recommender.features.hybrid_fitting import LSA_DIMENSION
from recommender.features.hybrid_vectors import DENSE_WEIGHT, LSA_WEIGHT

SEED = 7
SPAN = 20 * 365 * 86_400
"""Seconds that the archive covers: twenty years."""
WEEK = 7 * 86_400
TOPIC_ROWS, EVENT_ROWS = 200, 6
"""Stories a topic and an event, on average."""
TOPIC_NOISE, EVENT_NOISE, STORY_NOISE = 0.6, 0.7, 0.6
"""Parts of the real spread. So set, the nearest neighbours' similarities by rank are about those of the 2,970
real stories, at the same part of the archive."""
_BLOCK = 20_000


@dataclass(frozen=True)
class Vectors:
    """``vectors`` (n, d) float16 of unit length, mapped from a file; ``published`` (n,) epoch seconds."""

    directory: Path
    vectors: NDArray[np.float16]
    published: NDArray[np.int64]

    def past(self, row: int) -> Filter:
        """Return the filter that passes what was published before ``row``."""
        return Field("published") <= int(self.published[row])


def make(directory: Path, real: NDArray[np.float32], rows: int) -> None:
    """Write vectors of ``rows`` stories to ``directory``, spread around ``real`` (m, d)."""
    rng = np.random.default_rng(SEED)
    dimension = real.shape[1]
    spread = _spread(real)

    def noise(count: int) -> NDArray[np.float32]:
        return rng.standard_normal((count, dimension), dtype=np.float32) @ spread

    topics = max(8, rows // TOPIC_ROWS)
    events = max(16, rows // EVENT_ROWS)
    topic = real[rng.integers(0, len(real), topics)] + TOPIC_NOISE * noise(topics)
    weight = (np.arange(topics) + 10.0) ** -0.8  # some topics last for years, most do not
    topic_of = rng.choice(topics, events, p=weight / weight.sum())
    middle = rng.integers(0, SPAN, topics)
    event_time = (middle[topic_of] + rng.standard_normal(events) * SPAN / 8).astype(np.int64) % SPAN
    event = np.empty((events, dimension), dtype=np.float16)
    for first in range(0, events, _BLOCK):
        block = slice(first, min(events, first + _BLOCK))
        event[block] = topic[topic_of[block]] + EVENT_NOISE * noise(block.stop - first)
    event_of = np.where(rng.random(rows) < 0.3, rng.zipf(1.5, rows) % events, rng.integers(0, events, rows))
    published = event_time[event_of] + rng.integers(0, WEEK, rows)
    np.save(directory / "published.npy", published)
    out = np.lib.format.open_memmap(
        directory / "vectors.npy", mode="w+", dtype=np.float16, shape=(rows, dimension)
    )
    for first in range(0, rows, _BLOCK):
        block = slice(first, min(rows, first + _BLOCK))
        out[block] = _unit(event[event_of[block]] + STORY_NOISE * noise(block.stop - first), dimension)
    out.flush()


def load(directory: Path) -> Vectors:
    """Map what `make` wrote."""
    return Vectors(
        directory,
        np.load(directory / "vectors.npy", mmap_mode="r"),
        np.load(directory / "published.npy"),
    )


def _spread(real: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the matrix (d, d) that gives white noise the covariance of ``real``."""
    values, axes = np.linalg.eigh(np.cov(real.T))
    return np.asarray((axes * np.sqrt(np.maximum(values, 0))).T, dtype=np.float32)


def _unit(vectors: NDArray[np.float32], dimension: int) -> NDArray[np.float32]:
    """Give both parts of hybrid vectors the lengths that `recommender.features.hybrid_vectors` gives them."""
    dense = dimension - LSA_DIMENSION
    for part, weight in ((slice(0, dense), DENSE_WEIGHT), (slice(dense, None), LSA_WEIGHT)):
        vectors[:, part] *= weight**0.5 / np.linalg.norm(vectors[:, part], axis=1, keepdims=True)
    return vectors


def blocks(data: Vectors) -> Iterator[tuple[int, NDArray[np.float32]]]:
    """Yield the vectors in blocks, each with its first row's number."""
    for first in range(0, len(data.vectors), _BLOCK):
        yield first, np.asarray(data.vectors[first : first + _BLOCK], dtype=np.float32)


def vector(data: Vectors, row: int) -> NDArray[np.float32]:
    """Return one row (1, d)."""
    return np.asarray(data.vectors[row : row + 1], dtype=np.float32)


def alone() -> ProcessPoolExecutor:
    """Return a fresh process, so that memory and threads of another measurement do not count."""
    return ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn"))
