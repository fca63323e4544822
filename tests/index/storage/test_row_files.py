"""What is read of files by its place is what is mapped of them."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from index import Field, load_index, open_index
from index.storage import memory_maps, row_files
from index.storage.kernels import COMPILED, plain
from index.storage.memory_maps import mapped, mapped_bytes
from index.storage.parts import Parts
from index.storage.ragged_rows import RaggedRows
from index.storage.row_files import RowFile

FORMS: list[ModuleType] = [plain]
if COMPILED:
    from index.storage.kernels import compiled

    FORMS.append(compiled)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Parts, list[RowFile | None]]:
    """Return 900 values of three numbers in two files, and 100 in memory."""
    values = np.arange(3000, dtype=np.uint16).reshape(1000, 3)
    paths = [tmp_path / "0.npy", tmp_path / "1.npy"]
    np.save(paths[0], values[:600])
    np.save(paths[1], values[600:900])
    maps = [mapped(path) for path in paths]
    held: list[RowFile | None] = [RowFile(path, each.nbytes) for path, each in zip(paths, maps, strict=True)]
    return Parts.of(*maps, values[900:]), [*held, None]


@pytest.mark.parametrize("form", FORMS, ids=lambda each: each.__name__.rpartition(".")[2])
def test_runs_are_read_as_they_lie(
    form: ModuleType, files: tuple[Parts, list[RowFile | None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(row_files, "read_runs", form.read_runs)
    values = np.arange(3000, dtype=np.uint16).reshape(1000, 3)
    runs = [(0, 3), (3, 2), (599, 1), (600, 0), (600, 300), (7, 0), (900, 100), (4, 1), (590, 10)]
    starts, lengths = (np.array(each, np.int64) for each in zip(*runs, strict=True))
    found = row_files.read(*files, starts, lengths)
    assert np.array_equal(found, np.concatenate([values[start : start + size] for start, size in runs]))
    assert row_files.read(*files, starts[:0], lengths[:0]).shape == (0, 3)
    for outside in ((-1, 1), (599, 2), (999, 2)):
        with pytest.raises(IndexError):
            row_files.read(*files, np.array([outside[0]]), np.array([outside[1]]))


@pytest.mark.skipif(not COMPILED, reason="numpy reads the map")
def test_a_file_that_became_shorter_is_told(
    files: tuple[Parts, list[RowFile | None]], tmp_path: Path
) -> None:
    with (tmp_path / "1.npy").open("r+b") as file:
        file.truncate(1000)
    with pytest.raises(OSError, match="shorter than it was"):
        row_files.read(*files, np.array([890]), np.array([5]))


def test_the_end_of_a_file_is_mapped(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"head" + bytes(range(9)))
    assert mapped_bytes(tmp_path / "file", 9).tolist() == list(range(9))
    assert mapped_bytes(tmp_path / "file", 0).tolist() == []


@pytest.fixture
def much(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have all be read that was saved, as of a million stories."""
    monkeypatch.setattr(row_files, "LARGE", 0)
    monkeypatch.setattr(memory_maps, "READ_BEYOND", -1)


def test_rows_that_are_read_are_those_that_lie_there(tmp_path: Path, much: None) -> None:
    random = np.random.default_rng(1)
    rows = RaggedRows(("words",), ("tags",))
    held = [random.integers(0, 99, random.integers(0, 9)).astype(np.uint32) for _ in range(50)]
    for num, codes in enumerate(held):
        if num == 40:
            rows.save(tmp_path, "terms", np.arange(40), 40)
        rows.put(num, {"words": codes, "tags": codes[:2]}, {"words": (codes % 7).astype(np.uint8)})
    asked = np.array([45, 3, 39, 3, 0])
    found = rows.rows(asked)
    for name, most in (("words", 9), ("tags", 2)):
        codes, offsets = found.codes(name)
        assert [part.tolist() for part in np.split(codes, offsets[1:-1])] == [
            held[num][:most].tolist() for num in asked
        ]
    assert (found.counts("words") == found.codes("words")[0] % 7).all()


def test_an_index_answers_the_same_where_its_vectors_are_read(tmp_path: Path, much: None) -> None:
    random = np.random.default_rng(2)
    vectors = random.standard_normal((3000, 24)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    ids = np.arange(3000)
    index = open_index("faiss", 24, ("n",))
    index.upsert(ids, vectors, {"n": ids})
    few = Field("n").isin(range(0, 3000, 30))
    before = index.search(vectors[:5], 20, few)
    index.save(tmp_path)
    for hits, again in zip(before, load_index(tmp_path).search(vectors[:5], 20, few), strict=True):
        assert np.array_equal(hits.ids, again.ids)
        assert np.array_equal(hits.scores, again.scores)
