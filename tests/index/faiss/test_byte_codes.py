"""Rows of lists as bytes: they find what estimates find, follow what is added and removed, and are saved."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from index import FaissIndex, Field, Profile, SnapshotCorrupt
from index.faiss import passing
from index.faiss.byte_codes import CODES, STEPS, ByteCodes
from tests.index.conftest import answers
from tests.index.faiss.test_ivf import ROWS, WIDTH, clustered

LONG = Profile("long", small=0, tail=500, bytes_from=1000)


def archive() -> FaissIndex:
    index = FaissIndex(WIDTH, ("published",), profile=LONG)
    index.upsert(np.arange(ROWS), clustered(ROWS), {"published": np.arange(ROWS)})
    index.improve()
    return index


@pytest.fixture
def sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a sample tell how many rows of a small index pass."""
    monkeypatch.setattr(passing, "_SAMPLE", 300)
    monkeypatch.setattr(passing, "_SAMPLED_FROM", 1000)


@pytest.mark.usefixtures("sampled")
def test_rows_as_bytes_find_the_nearest_of_those_that_pass() -> None:
    index = archive()
    half = Field("published") < ROWS // 2
    for where in (None, half, half.kept()):
        assert index.measured_recall(sample=200, k=50, where=where) >= 0.96
    for hits in index.search(clustered(20, seed=1), 200, half.kept()):
        assert len(hits) == 200
        assert hits.ids.max() < ROWS // 2


def test_scores_are_exact_and_the_same_in_company() -> None:
    index = archive()
    exact = FaissIndex(WIDTH, ("published",), profile="exact")
    exact.upsert(np.arange(ROWS), clustered(ROWS), {"published": np.arange(ROWS)})
    queries = clustered(30, seed=2)
    together = index.search(queries, 20)
    assert answers(index, queries, 20) == [answers(index, query[None], 20)[0] for query in queries]
    for found, true in zip(together, exact.search(queries, ROWS), strict=True):
        scores = dict(zip(true.ids.tolist(), true.scores.tolist(), strict=True))
        assert found.scores.tolist() == [scores[id] for id in found.ids.tolist()]


def test_what_is_added_and_removed_is_found_and_not(tmp_path: Path) -> None:
    index = archive()
    fresh = clustered(700, seed=3)
    for _ in range(2):  # beside the lists, then in them
        index.upsert(np.arange(ROWS, ROWS + 700), fresh, {"published": np.arange(700)})
        index.remove(np.arange(0, ROWS, 2))
        found = index.search(fresh[:20], 5)
        assert [hits.ids[0] for hits in found] == list(range(ROWS, ROWS + 20))
        assert all(
            hits.ids[hits.ids < ROWS].tolist() == [id for id in hits.ids if id < ROWS and id % 2]
            for hits in found
        )
        index.improve()
    assert index.figures().unlisted == 0


def test_bytes_are_saved_linked_and_opened(tmp_path: Path) -> None:
    index, queries = archive(), clustered(20, seed=1)
    before = answers(index, queries, 50)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        index.save(tmp_path / name)
    assert (tmp_path / "one" / CODES).samefile(tmp_path / "two" / CODES)
    opened = FaissIndex.load(tmp_path / "two", profile=LONG)
    assert not opened.improvement_due
    assert before == answers(opened, queries, 50)
    np.save(tmp_path / "two" / STEPS, np.ones(3, np.float32))
    with pytest.raises(SnapshotCorrupt, match="in place of 6000 rows of 64 bytes"):
        FaissIndex.load(tmp_path / "two", profile=LONG)
    (tmp_path / "two" / CODES).unlink()
    with pytest.raises(SnapshotCorrupt, match="holds no rows as bytes"):
        FaissIndex.load(tmp_path / "two", profile=LONG)


def test_lists_that_were_saved_without_get_them_when_they_are_improved(tmp_path: Path) -> None:
    archive().save(tmp_path)
    header = tmp_path / "index.json"
    text = header.read_text("utf-8")
    assert text.count('"bytes": true') == 1
    header.write_text(text.replace('"bytes": true', '"bytes": false'), "utf-8")
    opened = FaissIndex.load(tmp_path, profile=LONG)
    assert opened.improvement_due
    assert opened.measured_recall(sample=100, k=50) >= 0.96
    assert opened.improve()
    assert not opened.improvement_due
    assert opened.measured_recall(sample=100, k=50) >= 0.96


def test_a_row_of_zeros_is_one_of_zeros(tmp_path: Path) -> None:
    index = FaissIndex(WIDTH, (), profile="exact")
    index.upsert(np.arange(3), np.zeros((3, WIDTH), np.float32), {})
    held = ByteCodes.of(index._searcher().parts, np.array([2, 0, 1]), lambda: None)
    assert not held.codes.any()
    assert held.scores(np.array([1, 0]), np.ones(WIDTH, np.float32)).tolist() == [0, 0]
