"""LMDB, one record a story, beside the mapped files of the feature store: what each takes to build and read.

The stories are those of an archive, as they are encoded, drawn by chance as often as needed: what they say
does not matter here, only how much it is. That both hold the same is checked before anything is timed. A
question reads the terms and two vectors of its candidates: the newest hundred, and the rest from anywhere.

    pip install -e '.[study]'
    python scripts/study/lmdb_store.py --stories 100000 --from demo/archive
"""

from __future__ import annotations

import argparse
import multiprocessing
import struct
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import lmdb
import numpy as np
from numpy.typing import NDArray

from index.storage.kernels import taken
from index.storage.parts import Parts
from index.storage.ragged_rows import FoundRows
from recommender.analysis.encoded import Encoded
from recommender.analysis.words import encode
from recommender.catalog import Catalog
from recommender.features.feature_store import Store
from recommender.features.story_batch import LIST_CHANNELS, TERM_CHANNELS
from recommender.features.term_rows import Texts

Nums = NDArray[np.int64]
Halves = NDArray[np.float16]
Read = Callable[[Nums], tuple[Texts, Halves, Halves]]

CANDIDATES, RECENT = 400, 100
QUESTIONS, WARM = 400, 20
BATCH = 4096  # stories a transaction
MAP_SIZE = 1 << 36  # bytes of addresses, not of disk
CHANNELS = (*TERM_CHANNELS, *LIST_CHANNELS)
PLACES = {name: place for place, name in enumerate(CHANNELS)}
KEY = np.dtype(">u8")


# One record a story: the length of the terms; the vectors of the story and of its headline; the terms, as the
# store has them; the vectors of the passages, which no candidate is asked for. All are whole uint32.


def record(story: Encoded) -> bytes:
    """Return one story as LMDB holds it."""
    lists = [getattr(story, name) for name in CHANNELS]
    codes = [lists[place].ids if name in TERM_CHANNELS else lists[place] for name, place in PLACES.items()]
    counts = np.concatenate([one.counts for one in lists[: len(TERM_CHANNELS)]])
    filled = np.zeros(-(-len(counts) // 4) * 4, np.uint8)
    filled[: len(counts)] = counts
    row = np.concatenate([np.array([len(one) for one in codes], np.uint32), *codes, filled.view(np.uint32)])
    vectors = np.concatenate([story.mean[None], story.vectors]).astype(np.float16)
    head = struct.pack("I", len(row))
    return b"".join([head, vectors[:2].tobytes(), row.tobytes(), vectors[2:].tobytes()])


class Records:
    """Reads candidates out of LMDB into what `Store` reads them into."""

    def __init__(self, directory: Path, dimension: int) -> None:
        self._lmdb = lmdb.open(str(directory), map_size=MAP_SIZE, readonly=True, lock=False, readahead=False)
        self._lanes = dimension // 2  # uint32 of a vector

    def __call__(self, nums: Nums) -> tuple[Texts, Halves, Halves]:
        """Return the terms, the headlines' vectors and the stories' vectors of many nums."""
        keys, head = nums.astype(KEY).tobytes(), 4 + 8 * self._lanes
        named = [keys[start : start + KEY.itemsize] for start in range(0, len(keys), KEY.itemsize)]
        with self._lmdb.begin(buffers=True) as transaction:
            found = transaction.cursor().getmulti(named)
            parts = [value[: head + 4 * struct.unpack_from("I", value)[0]] for _, value in found]
            values = np.frombuffer(b"".join(parts), np.uint32)
        ends = np.cumsum([len(part) // 4 for part in parts], dtype=np.int64)
        starts = np.concatenate([np.zeros(1, np.int64), ends[:-1]])
        rows = starts + head // 4
        before = np.zeros((len(nums), 1 + len(CHANNELS)), np.int64)
        before[:, 1:] = values[rows[:, None] + np.arange(len(CHANNELS))].cumsum(axis=1)
        lists = rows + len(CHANNELS)
        texts = Texts(FoundRows(PLACES, Parts.of(values), lists, before, 4 * (lists + before[:, -1])))
        return texts, self._vectors(values, starts + 1 + self._lanes), self._vectors(values, starts + 1)

    def _vectors(self, values: NDArray[np.uint32], starts: Nums) -> Halves:
        found, _ = taken(Parts.of(values), starts, np.full(len(starts), self._lanes))
        return found.view(np.float16).reshape(len(starts), -1)


def mapped_files(directory: Path) -> Read:
    """Return how the feature store reads candidates."""
    store = Store.load(directory)
    return lambda nums: (store.texts(nums), store.headline_vectors(nums), store.means(nums))


# Building, each in a process of its own, as reading is.


def encoded(archive: Path) -> list[Encoded]:
    """Return the stories of an archive that have vectors."""
    with Catalog.open(archive / "catalog.sqlite", read_only=True) as catalog:
        return [encode(row.story, row.vectors) for row in catalog.rows() if row.vectors is not None]


def drawn(archive: Path, count: int) -> Iterator[Encoded]:
    """Yield so many stories, drawn by chance."""
    stories = encoded(archive)
    for place in np.random.default_rng(1).integers(len(stories), size=count).tolist():
        yield stories[place]


def build(kind: str, directory: Path, archive: Path, count: int) -> tuple[float, int, int]:
    """Write a store; return the seconds, the bytes on disk, and the length of a vector."""
    stories = drawn(archive, count)
    first = next(stories)
    dimension = first.vectors.shape[1]
    start = time.perf_counter()
    if kind == "LMDB":
        write_records(directory, first, stories)
    else:
        write_files(directory, dimension, first, stories)
    seconds = time.perf_counter() - start
    return seconds, sum(file.stat().st_blocks * 512 for file in directory.iterdir()), dimension


def write_files(directory: Path, dimension: int, first: Encoded, others: Iterator[Encoded]) -> None:
    """Write the feature store as an archive does."""
    with tempfile.TemporaryDirectory(dir=directory.parent) as scratch:
        store = Store(dimension, Path(scratch))
        store.put(0, first)
        for num, story in enumerate(others, 1):
            store.put(num, story)
        store.save(directory)


def write_records(directory: Path, first: Encoded, others: Iterator[Encoded]) -> None:
    """Write LMDB: in the order of the keys, a few thousand a transaction, flushed at the end."""
    with lmdb.open(str(directory), map_size=MAP_SIZE, sync=False) as env:
        transaction = env.begin(write=True)
        transaction.put(bytes(KEY.itemsize), record(first), append=True)
        for num, story in enumerate(others, 1):
            transaction.put(num.to_bytes(KEY.itemsize), record(story), append=True)
            if num % BATCH == 0:
                transaction.commit()
                transaction = env.begin(write=True)
        transaction.commit()
        env.sync(True)


# Reading


def opened(kind: str, directory: Path, dimension: int) -> Read:
    """Return how a store reads candidates."""
    return Records(directory, dimension) if kind == "LMDB" else mapped_files(directory)


def questions(count: int) -> Iterator[Nums]:
    """Yield the candidates of each question, ascending."""
    rng = np.random.default_rng(2)
    for now in rng.integers(CANDIDATES, count, size=WARM + QUESTIONS).tolist():
        near = rng.choice(now - RECENT, CANDIDATES - RECENT, replace=False)
        yield np.sort(np.concatenate([near, np.arange(now - RECENT, now)]))


def ask(kind: str, directory: Path, dimension: int, count: int) -> tuple[float, float, float, float]:
    """Return p50 and p99, ms, and the memory that reading took, MB: resident, and what of it is no file."""
    before = held("VmRSS"), held("RssAnon")
    read = opened(kind, directory, dimension)
    seconds = []
    for nums in questions(count):
        start = time.perf_counter()
        read(nums)
        seconds.append(time.perf_counter() - start)
    p50, p99 = np.quantile(seconds[WARM:], [0.5, 0.99]) * 1000
    return float(p50), float(p99), held("VmRSS") - before[0], held("RssAnon") - before[1]


def held(what: str) -> float:
    """Return the memory of this process, MB."""
    return int(Path("/proc/self/status").read_text("utf-8").split(f"{what}:")[1].split()[0]) / 1024


def differs(directories: dict[str, Path], dimension: int, count: int) -> str:
    """Return what the two stores do not agree in, or nothing."""
    one, other = (opened(kind, directory, dimension) for kind, directory in directories.items())
    for nums, _ in zip(questions(count), range(5), strict=False):
        (texts, *vectors), (others, *other_vectors) = one(nums), other(nums)
        for name in CHANNELS:
            if not all(map(np.array_equal, texts.lists(name), others.lists(name))):
                return name
        for name in TERM_CHANNELS:
            if not np.array_equal(texts.terms(name).counts, others.terms(name).counts):
                return f"counts of {name}"
        if not all(map(np.array_equal, vectors, other_vectors)):
            return "vectors"
    return ""


def main() -> None:
    """Build both, compare what they hold, and time both in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--stories", type=int, default=100_000)
    parser.add_argument("--from", dest="source", type=Path, default=Path("demo/archive"))
    parser.add_argument("--rounds", type=int, default=3, help="times that each is asked, in turn")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as room:
        directories = {kind: Path(room) / kind for kind in ("files", "LMDB")}
        dimension = 0
        for kind, directory in directories.items():
            directory.mkdir()
            seconds, size, dimension = alone(build, kind, directory, given.source, given.stories)
            print(f"{kind}: built in {seconds:.1f} s, {size / given.stories:,.0f} bytes a story", flush=True)
        if wrong := differs(directories, dimension, given.stories):
            sys.exit(f"the stores differ in: {wrong}")
        for _ in range(given.rounds):
            for kind, directory in directories.items():
                p50, p99, resident, own = alone(ask, kind, directory, dimension, given.stories)
                print(f"{kind}: p50 {p50:.2f}, p99 {p99:.2f} ms; resident {resident:.0f}, own {own:.0f} MB")


def alone(function: Callable[..., tuple], *arguments: object) -> tuple:  # type: ignore[type-arg]
    """Return what a function returns in a process of its own."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


if __name__ == "__main__":
    main()
