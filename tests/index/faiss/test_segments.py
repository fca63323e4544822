"""Files of vectors: as FAISS writes them, and refused where they are not whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pytest

from index import SnapshotCorrupt
from index.faiss.segments import Segment, Segments, write_group

ROWS, DIMENSION = 37, 12


def written(path: Path) -> np.ndarray:
    """Write a segment of random vectors; return them as they are stored."""
    vectors = np.random.default_rng(1).standard_normal((ROWS, DIMENSION)).astype(np.float32)
    segments = Segments(DIMENSION)
    segments.write(0, vectors)
    write_group(segments.parts(ROWS), path)
    return vectors.astype(np.float16)


def test_a_file_is_the_one_that_faiss_writes(tmp_path: Path) -> None:
    vectors = written(tmp_path / "ours")
    numbers: Any = faiss
    theirs = numbers.IndexScalarQuantizer(
        DIMENSION, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT
    )
    theirs.add(vectors.astype(np.float32))
    faiss.write_index(theirs, str(tmp_path / "theirs"))
    assert (tmp_path / "ours").read_bytes() == (tmp_path / "theirs").read_bytes()
    mapped = Segment.mapped(tmp_path / "theirs", DIMENSION, 5)
    assert (mapped.start, mapped.size, mapped.stop) == (5, ROWS, 5 + ROWS)
    assert np.array_equal(mapped.halves, vectors)


@pytest.mark.parametrize(
    "damage", [lambda whole: whole[:-1], lambda whole: whole[:40], lambda whole: b"x" + whole[1:]]
)
def test_a_file_that_is_not_whole_is_refused(tmp_path: Path, damage: Any) -> None:
    written(tmp_path / "file")
    (tmp_path / "file").write_bytes(damage((tmp_path / "file").read_bytes()))
    with pytest.raises(SnapshotCorrupt, match="does not hold vectors of dimension 12"):
        Segment.mapped(tmp_path / "file", DIMENSION, 0)


def test_vectors_of_another_dimension_and_no_file_are_refused(tmp_path: Path) -> None:
    written(tmp_path / "file")
    with pytest.raises(SnapshotCorrupt, match="does not hold vectors of dimension 13"):
        Segment.mapped(tmp_path / "file", 13, 0)
    with pytest.raises(SnapshotCorrupt, match="is not readable"):
        Segment.mapped(tmp_path / "none", DIMENSION, 0)
