"""What `bench_growth.py` measures of one archive, each function for a process of its own.

Every function returns figures by name. None embeds anything: vectors are held already, or stand-ins.
What is measured is listed in one place; hence the length.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
from benchlib import anonymous_megabytes, family, resident_megabytes
from numpy.typing import NDArray
from synthetic import CHUNK_WORDS, CHUNKS_MOST, Material, Newsroom

from index import FaissIndex, Snapshots
from index.faiss.maintenance import overlap
from index.faiss.rows import Rows
from recommender import Recommender, Story
from recommender.archive.archive import Archive
from recommender.archive.archive_place import ArchivePlace
from recommender.archive.private_files import CATALOG_FILE, DERIVED
from recommender.archive.view import INDEX_DIR, STORE_DIR, eligible
from recommender.embedding.base import OnDone

Values = dict[str, float]

QUESTIONS, WARM = 400, 20
"""Stories asked about, and those asked before that are not timed: the p99 is the fourth slowest."""
K = 200  # candidates, as many as retrieval proposes by default
CANDIDATES, SCAN = f"{K} candidates", f"{K} candidates by an exact scan"
MASKS = 50  # times that a filter is evaluated
CHANGES, WARM_CHANGES = 30, 3  # stories added, and removed, one by one
COLD = 3  # processes started for the first answer; the median counts
NEAR = 10  # a story is found when it is among so many nearest to itself
SAMPLED = 0.02  # seconds between two looks at the memory
SEED = 11
_BLOCK = 1 << 24  # bytes


# Building


def building(archive: Path) -> Values:
    """Derive everything from a catalog that holds stories with their vectors, and save it."""
    with held() as most:
        start = time.perf_counter()
        Archive.open(ArchivePlace.alone(archive)).close()
        seconds = time.perf_counter() - start
    return {"build": seconds, "build, peak memory": most()}


def on_disk(archive: Path, stories: int) -> Values:
    """Return the bytes that a story takes in each part."""
    derived = Snapshots(archive / DERIVED).latest().path
    parts = {
        "catalog": (archive / CATALOG_FILE,),
        "store": tuple((derived / STORE_DIR).iterdir()),
        "index": tuple((derived / INDEX_DIR).iterdir()),
    }
    return {
        f"on disk, {name}": sum(file.stat().st_size for file in files) / stories
        for name, files in parts.items()
    }


# Opening

_ANSWER = """
import sys
from recommender import Recommender
with Recommender.open(sys.argv[1]) as recommender:
    recommender.engine.related(sys.argv[2])
    print("answered", flush=True)
"""


def opening(archive: Path) -> Values:
    """Return the time from the start of a process to its first answer, imports included."""
    with Archive.open(archive) as opened:
        ids = _public(opened, COLD)
    warm = [_first_answer(archive, id) for id in ids]
    unread = []
    for id in ids:
        _forget(archive)
        unread.append(_first_answer(archive, id))
    return {
        "first answer of a process": float(np.median(warm)),
        "first answer of a process, files not cached": float(np.median(unread)),
    }


def _first_answer(archive: Path, id: str) -> float:
    command = [sys.executable, "-c", _ANSWER, str(archive), id]
    start = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        answer = process.stdout.readline() if process.stdout else ""
        seconds = time.perf_counter() - start
    if process.returncode or answer != "answered\n":
        raise RuntimeError(f"{archive} gave no first answer: exit code {process.returncode}")
    return seconds


def _forget(archive: Path) -> None:
    """Let the system drop an archive's files from its memory."""
    os.sync()  # what is not written yet cannot be dropped
    for file in archive.rglob("*"):
        if file.is_file():
            descriptor = os.open(file, os.O_RDONLY)
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
            os.close(descriptor)


# Serving


def serving(archive: Path) -> Values:
    """Ask for related stories and for candidates, in a process that has answered before."""
    _read_through(archive / DERIVED)
    with Recommender.open(archive) as recommender:
        ids = _public(recommender.archive, WARM + QUESTIONS)
        values = _answered(recommender, ids)
        return values | _candidates(recommender.archive, ids) | _mask(recommender.archive)


def answering(archive: Path) -> Values:
    """Ask for related stories alone, in a process that has answered before."""
    _read_through(archive / DERIVED)
    with Recommender.open(archive) as recommender:
        return _answered(recommender, _public(recommender.archive, WARM + QUESTIONS))


def _answered(recommender: Recommender, ids: Sequence[str]) -> Values:
    """Ask for the related stories of each: by the clock, and by the processor time of all threads."""
    times, busy = [], []
    for place, id in enumerate(ids):
        before = time.perf_counter(), time.process_time()
        recommender.engine.related(id)
        if place >= WARM:
            times.append(time.perf_counter() - before[0])
            busy.append(time.process_time() - before[1])
    return {
        **_percentiles("related", times),
        **_percentiles("related, processor", busy),
        "memory while serving": resident_megabytes(),
        "memory while serving, not of files": anonymous_megabytes(),
    }


def _read_through(directory: Path) -> None:
    """Let the system hold all files of a directory in its memory, as it does after hours of questions."""
    for file in directory.rglob("*"):
        if file.is_file():
            with file.open("rb") as opened:
                while opened.read(_BLOCK):
                    pass


def _candidates(archive: Archive, ids: Sequence[str]) -> Values:
    """Search as retrieval does, beside an exact scan of the same vectors; the two take turns."""
    view = archive.view
    if view.hybrid is None or view.index is None:
        raise RuntimeError(f"{archive.path} holds no index")
    exact = FaissIndex.load(Snapshots(archive.path / DERIVED).latest().path / INDEX_DIR, profile="exact")
    exact.improve()  # in this profile: lets go of the lists, so that all is scanned
    exact.warm()
    now = int(time.time())
    nums = list(archive.catalog.nums_of(ids).values())
    ours, scan, recalls = [], [], []
    for num in nums:
        story = view.store.item(num)
        query, where = view.hybrid.vector(story)[None], eligible(now, story.published)
        start = time.perf_counter()
        found = view.index.search(query, K, where)
        middle = time.perf_counter()
        truth = exact.search(query, K, where)
        ours.append(middle - start)
        scan.append(time.perf_counter() - middle)
        recalls.append(overlap(truth, found))
    return {
        **_percentiles(CANDIDATES, ours[WARM:]),
        **_percentiles(SCAN, scan[WARM:]),
        f"recall@{K} of candidates": float(np.mean(recalls)),
    }


def _mask(archive: Archive) -> Values:
    """Evaluate the filter of past, public stories over the rows of the saved index."""
    fields = archive.view.index.fields if archive.view.index is not None else ()
    rows = Rows.load(Snapshots(archive.path / DERIVED).latest().path / INDEX_DIR, fields).view()
    where = eligible(int(time.time()), int(np.median(archive.view.store.column("published"))))
    times = [_seconds(lambda: rows.passing(where)) for _ in range(MASKS)]
    return {"filter over all rows": 1000 * float(np.median(times))}


# Changes


def changing(archive: Path) -> Values:
    """Add stories one by one until a search finds them, here and through another archive object; remove them.

    Embedding does not count: the vectors are stand-ins of the archive's own length.
    """
    with Archive.open(archive) as opened:
        if opened.model is None:
            raise RuntimeError(f"{archive} holds no vectors")
        embedder = StandIn(opened.model.dimension, opened.model.name, opened.model.hash)
    fresh = [replace(story, id=f"added-{story.id}") for story in _newsroom(SEED).stories(0, CHANGES)]
    with Archive.open(archive, embedder=embedder) as writer, Archive.open(archive) as reader:
        times = np.array([_added_and_removed(writer, reader, story) for story in fresh])[WARM_CHANGES:]
        save = _seconds(writer.save)
    columns = ("add one", "add one, seen by another", "remove one", "remove one, seen by another")
    values = dict(zip(columns, 1000 * np.median(times, axis=0), strict=True))
    slowest = dict(zip((f"{name}, slowest" for name in columns), 1000 * times.max(axis=0), strict=True))
    return values | slowest | {f"snapshot after {2 * CHANGES} changes": save}


def _added_and_removed(writer: Archive, reader: Archive, story: Story) -> tuple[float, float, float, float]:
    """Return the seconds from each call until the writer's search knows, and until the reader's does."""
    start = time.perf_counter()
    writer.add([story])
    num = writer.catalog.nums_of([story.id])[story.id]
    source = writer.view.store.item(num)

    def finds(archive: Archive) -> bool:
        return num in archive.catch_up().nearest(source, NEAR, eligible(int(time.time())))

    found = _until(start, finds(writer), finds, reader, wanted=True)
    start = time.perf_counter()
    writer.remove([story.id])
    return (*found, *_until(start, finds(writer), finds, reader, wanted=False))


def _until(
    start: float, here: bool, finds: Callable[[Archive], bool], reader: Archive, *, wanted: bool
) -> tuple[float, float]:
    own = time.perf_counter() - start
    there = finds(reader)
    other = time.perf_counter() - start
    if (here, there) != (wanted, wanted):
        raise RuntimeError("a search does not know of a change that was acknowledged")
    return own, other


# Taking in


def taking_in(stories: int, scratch: Path) -> Values:
    """Add a stream of stories to an empty archive, with stand-ins for vectors."""
    newsroom = _newsroom(SEED)
    with tempfile.TemporaryDirectory(dir=scratch) as directory, held() as most:
        start = time.perf_counter()
        place = ArchivePlace.alone(Path(directory) / "archive")
        with Archive.create(place, embedder=StandIn()) as archive:
            archive.add(newsroom.stories(0, stories))
        seconds = time.perf_counter() - start
    return {"taking in, peak memory": most(), "taking in": seconds}


class StandIn:
    """An embedder that computes nothing: a text has one of a few thousand fixed vectors."""

    _KINDS = 4096

    def __init__(self, dimension: int = 384, name: str = "stand-in", weights_hash: str = "0" * 64) -> None:
        self.name, self.dimension, self.weights_hash = name, dimension, weights_hash
        vectors = np.random.default_rng(SEED).standard_normal((self._KINDS, dimension), np.float32)
        self._vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)

    def encode(self, texts: Sequence[str], on_done: OnDone | None = None) -> NDArray[np.float32]:
        """Return a vector (d,) for each text, equal ones for equal texts."""
        rows = [zlib.crc32(text.encode()) % self._KINDS for text in texts]
        return np.asarray(self._vectors[rows], np.float32)

    def chunks(self, text: str) -> list[str]:
        """Return pieces of as many words as the model's tokens fill."""
        words = text.split()[: CHUNK_WORDS * CHUNKS_MOST]
        return [" ".join(words[i : i + CHUNK_WORDS]) for i in range(0, len(words), CHUNK_WORDS)]


def _newsroom(seed: int) -> Newsroom:
    return Newsroom(Material.read(), seed)


# Memory, time, chance


@contextmanager
def held() -> Iterator[Callable[[], float]]:
    """Yield what tells the most memory, MB, that this process and those it started held in the block.

    Mapped files do not count: the system takes them back when it needs the room.
    """
    ended, most = threading.Event(), [0.0]

    def watch() -> None:
        while not ended.wait(SAMPLED):
            most[0] = max(most[0], sum(map(_own_megabytes, family(os.getpid()))))

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield lambda: most[0]
    finally:
        ended.set()
        thread.join()


def _own_megabytes(process: int) -> float:
    try:
        return anonymous_megabytes(process)
    except (OSError, IndexError):  # it has ended, or is about to: it holds nothing
        return 0.0


def _public(archive: Archive, count: int) -> list[str]:
    """Return the ids of so many stories that readers may see, drawn by chance, always the same ones."""
    store = archive.view.store
    nums = store.nums[store.visible(store.nums, int(time.time()))]
    picked = np.random.default_rng(SEED).choice(nums, min(count, len(nums)), replace=False)
    held_ = archive.catalog.by_nums(picked.tolist())
    return [held_[int(num)].id for num in picked]


def _seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _percentiles(name: str, times: Sequence[float]) -> Values:
    p50, p99 = (1000 * np.percentile(times, (50, 99))).tolist()
    return {f"{name}, p50": p50, f"{name}, p99": p99}
