"""Snapshots: whatever is killed, cut or altered, the reader gets one whole generation or a clear error."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from index import (
    FaissIndex,
    Field,
    Generation,
    SnapshotBusy,
    SnapshotCorrupt,
    SnapshotError,
    SnapshotForeign,
    SnapshotLinked,
    SnapshotMissing,
    Snapshots,
    SnapshotVersion,
    load_index,
)
from tests.index.conftest import DIMENSION, FIELDS, answers, batch, fill, whole_vectors

SIZES = {"one.bin": 40, "deep/two.bin": 3000, "empty": 0}


def write(seed: int) -> object:
    def into(path: Path) -> None:
        (path / "deep").mkdir()
        for name, size in SIZES.items():
            (path / name).write_bytes(random.Random(f"{seed}{name}").randbytes(size))

    return into


def content(generation: Generation) -> dict[str, bytes]:
    return {name: (generation.path / name).read_bytes() for name in SIZES}


def commit(snapshots: Snapshots, seed: int) -> Generation:
    return snapshots.commit(write(seed), {"seed": seed})  # type: ignore[arg-type]


def expected(seed: int) -> dict[str, bytes]:
    return {name: random.Random(f"{seed}{name}").randbytes(size) for name, size in SIZES.items()}


def test_the_latest_generation_is_what_was_committed(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path / "derived")
    for number in (1, 2, 3):
        made = commit(snapshots, number)
        latest = Snapshots(tmp_path / "derived").latest(full=True)
        assert latest == made == Generation(made.path, number, {"seed": number})
        assert content(latest) == expected(number)


def test_only_the_latest_generation_is_kept(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path)
    commit(snapshots, 1)
    (tmp_path / "generation-00000007").mkdir()  # left by a writer that was killed
    made = commit(snapshots, 2)
    assert {path.name for path in tmp_path.iterdir()} == {"MANIFEST.json", "writer.lock", made.path.name}
    assert made.number == 2


def test_a_failed_write_leaves_the_latest_generation(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path)
    made = commit(snapshots, 1)

    def fail(path: Path) -> None:
        (path / "half").write_bytes(b"half")
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        snapshots.commit(fail)
    assert snapshots.latest(full=True) == made
    assert [path.name for path in tmp_path.glob("generation-*")] == [made.path.name]


def test_nothing_committed_is_missing(tmp_path: Path) -> None:
    with pytest.raises(SnapshotMissing):
        Snapshots(tmp_path / "nowhere").latest()


def test_a_second_writer_is_told_so(tmp_path: Path) -> None:
    second = Snapshots(tmp_path, patience=0.05)

    def meanwhile(_: Path) -> None:
        commit(second, 2)

    with pytest.raises(SnapshotBusy, match=r"^another process is writing .*; try again"):
        Snapshots(tmp_path).commit(meanwhile)


def altered(path: Path, **changes: object) -> None:
    sealed = json.loads(path.read_text())
    path.write_text(json.dumps({**sealed, **changes}))


def test_foreign_and_newer_are_told_apart(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path)
    commit(snapshots, 1)
    altered(tmp_path / "MANIFEST.json", format=2)
    with pytest.raises(SnapshotVersion, match=r"has format 2; this version reads up to 1$"):
        snapshots.latest()
    altered(tmp_path / "MANIFEST.json", magic="other", format=1)
    with pytest.raises(SnapshotForeign, match=r"was not written by this package$"):
        snapshots.latest()


def test_a_writer_does_not_overwrite_what_is_newer(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path)
    commit(snapshots, 1)
    altered(tmp_path / "MANIFEST.json", format=2)
    with pytest.raises(SnapshotVersion):
        commit(snapshots, 2)


@pytest.mark.parametrize("name", ["MANIFEST.json", *SIZES])
def test_every_truncation_is_noticed(tmp_path: Path, name: str) -> None:
    snapshots = Snapshots(tmp_path)
    made = commit(snapshots, 1)
    path = tmp_path / name if name == "MANIFEST.json" else made.path / name
    whole = path.read_bytes()
    for size in {size for size in (0, 1, len(whole) // 2, len(whole) - 1) if 0 <= size < len(whole)}:
        path.write_bytes(whole[:size])
        with pytest.raises(SnapshotCorrupt):
            snapshots.latest()
    path.unlink()
    with pytest.raises((SnapshotCorrupt, SnapshotMissing)):
        snapshots.latest()


def test_every_altered_byte_is_noticed(tmp_path: Path) -> None:
    """Either a clear error, or (white space in the manifest) exactly what was written."""
    snapshots = Snapshots(tmp_path)
    made = commit(snapshots, 1)
    rng = random.Random(6)
    for name in ("MANIFEST.json", "one.bin", "deep/two.bin"):
        path = tmp_path / name if name == "MANIFEST.json" else made.path / name
        whole = path.read_bytes()
        for _ in range(150):
            fuzzed = bytearray(whole)
            fuzzed[rng.randrange(len(whole))] ^= 1 << rng.randrange(8)
            path.write_bytes(fuzzed)
            try:
                assert snapshots.latest() == made
            except SnapshotError:
                continue
            assert content(made) == expected(1)
        path.write_bytes(whole)


def test_large_files_are_read_through_on_demand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("index.storage.generations._VERIFIED_AT_OPEN", 100)
    snapshots = Snapshots(tmp_path)
    made = commit(snapshots, 1)
    path = made.path / "deep/two.bin"
    path.write_bytes(bytes(SIZES["deep/two.bin"]))
    assert snapshots.latest() == made
    with pytest.raises(SnapshotCorrupt, match=r"two.bin has been altered: its checksum is wrong$"):
        snapshots.latest(full=True)


def test_a_reader_that_is_overtaken_starts_anew(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path)
    commit(snapshots, 1)
    seen = []

    def read(generation: Generation) -> dict[str, bytes]:
        seen.append(generation.number)
        if len(seen) == 1:
            commit(snapshots, 2)  # deletes generation 1 under this reader
        return content(generation)

    assert snapshots.load(read) == expected(2)
    assert seen == [1, 2]


def test_a_mapped_index_outlives_its_generation(tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    snapshots = Snapshots(tmp_path)
    index = FaissIndex(DIMENSION, FIELDS)
    fill(index, batch(rng, 1500))
    snapshots.commit(index.save)
    reader = snapshots.load(lambda generation: load_index(generation.path))
    queries = whole_vectors(rng, 3)
    before = answers(reader, queries, 50)
    for _ in range(3):
        index.remove(np.arange(1500))
        snapshots.commit(FaissIndex(DIMENSION, FIELDS).save)
    assert answers(reader, queries, 50) == before


def test_unchanged_vectors_are_shared_between_generations(tmp_path: Path) -> None:
    rng = np.random.default_rng(8)
    snapshots = Snapshots(tmp_path)
    index = FaissIndex(DIMENSION, FIELDS)
    fill(index, batch(rng, 4000))
    first = snapshots.commit(index.save)
    (big,) = first.path.glob("*.faiss")
    inode = big.stat().st_ino
    fill(index, batch(rng, 10, first_id=5000))
    second = snapshots.commit(index.save)
    assert (second.path / big.name).stat().st_ino == inode
    assert len(list(second.path.glob("*.faiss"))) == 2
    assert snapshots.latest(full=True) == second


WRITER = """
import sys, time
from pathlib import Path
from index import Snapshots
from tests.index.storage.test_generations import commit
snapshots = Snapshots(Path(sys.argv[1]))
seed = snapshots.latest().meta["seed"]
print("ready", flush=True)
while True:
    seed += 1
    commit(snapshots, seed)
    print(seed, flush=True)
"""


def test_killed_at_random_moments_the_last_acknowledged_generation_is_there(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path, patience=1)
    commit(snapshots, 0)
    rng = random.Random(9)
    for _ in range(12):
        command = [sys.executable, "-c", WRITER, str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=os.getcwd()) as writer:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "ready\n"
            time.sleep(rng.uniform(0, 0.15))
            writer.send_signal(signal.SIGKILL)
            acknowledged = [int(line) for line in writer.stdout.read().split("\n") if line]
        latest = snapshots.latest(full=True)
        seed = latest.meta["seed"]
        assert content(latest) == expected(seed)
        assert seed >= max(acknowledged, default=0)


FULL_DISK = """
import resource, signal, sys
import numpy as np
from pathlib import Path
from index import FaissIndex, Snapshots
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a write past the limit then fails as on a full disk
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]), resource.RLIM_INFINITY))
index = FaissIndex(64)
index.upsert(np.arange(5000), np.ones((5000, 64), np.float32), {})
try:
    Snapshots(Path(sys.argv[1])).commit(index.save)
except OSError:
    raise SystemExit(28)
"""


@pytest.mark.parametrize("room", [10, 30_000, 200_000, 5000 * 64 * 2 + 40])
def test_a_full_disk_is_an_error_and_leaves_the_latest_generation(tmp_path: Path, room: int) -> None:
    snapshots = Snapshots(tmp_path)
    made = commit(snapshots, 1)
    command = [sys.executable, "-c", FULL_DISK, str(tmp_path), str(room)]
    assert subprocess.run(command, cwd=os.getcwd(), check=False).returncode == 28
    assert snapshots.latest(full=True) == made


@pytest.mark.parametrize("engine", ["exact", "faiss", "lists"])
def test_the_first_format_can_still_be_read(engine: str) -> None:
    """`golden/format-1` holds the ids 10 to 21 without 12, with vectors (id - 10, 21 - id)."""
    generation = Snapshots(Path(__file__).parents[1] / "golden" / "format-1").latest(full=True)
    assert (generation.number, generation.meta) == (1, {"seq": 7})
    index = load_index(generation.path / engine)
    query = np.array([[1, 0]], dtype=np.float32)
    assert answers(index, query, 3) == [[(21, 11.0), (20, 10.0), (19, 9.0)]]
    assert answers(index, query, 3, Field("published") <= 13 * 2**28) == [[(13, 3.0), (11, 1.0), (10, 0.0)]]


def test_the_audit_finds_what_opening_passes_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshots = Snapshots(tmp_path / "derived")
    made = commit(snapshots, 1)
    monkeypatch.setattr("index.storage.generations._VERIFIED_AT_OPEN", 100)
    looks: list[None] = []
    snapshots.audit(made.number, lambda: looks.append(None))
    assert len(looks) == 1  # of one piece, of the one file that is large
    large = made.path / "deep" / "two.bin"
    large.write_bytes(bytes([large.read_bytes()[0] ^ 1]) + large.read_bytes()[1:])
    assert snapshots.latest().number == made.number
    with pytest.raises(SnapshotCorrupt, match=r"two\.bin has been altered"):
        snapshots.audit(made.number, lambda: None)
    snapshots.audit(made.number + 1, lambda: None)  # another one is none of the caller's


def test_a_generation_that_is_a_link_is_not_pruned_through(tmp_path: Path) -> None:
    snapshots, others = Snapshots(tmp_path / "derived"), Snapshots(tmp_path / "others")
    commit(snapshots, 1)
    held = commit(others, 2)
    (tmp_path / "derived" / "generation-00000000").symlink_to(held.path)
    (tmp_path / "derived" / "MANIFEST.new").symlink_to(tmp_path / "others" / "MANIFEST.json")
    commit(snapshots, 3)
    assert content(snapshots.latest(full=True)) == expected(3)
    assert content(others.latest(full=True)) == expected(2)


def test_a_directory_that_is_a_link_is_neither_read_nor_written(tmp_path: Path) -> None:
    commit(Snapshots(tmp_path / "others"), 1)
    (tmp_path / "derived").symlink_to(tmp_path / "others")
    linked = Snapshots(tmp_path / "derived")
    for use in (linked.latest, lambda: commit(linked, 2)):
        with pytest.raises(SnapshotLinked, match="is a symbolic link; make it a directory"):
            use()
    assert content(Snapshots(tmp_path / "others").latest(full=True)) == expected(1)
