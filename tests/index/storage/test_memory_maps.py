"""Mapped arrays: what is read of them is resident within a budget, and they stay what they are."""

from __future__ import annotations

import gc
import sys
from pathlib import Path

import numpy as np
import pytest

from index.storage import memory_maps
from index.storage.memory_maps import mapped, release_pages, resident

MEGABYTE = 1 << 20
linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells what is resident")


@pytest.fixture
def values(tmp_path: Path) -> np.ndarray:
    """Return 96 MB, mapped."""
    np.save(tmp_path / "values.npy", np.arange(12 * MEGABYTE))
    return mapped(tmp_path / "values.npy")


@linux
def test_what_was_read_is_let_go_beyond_the_budget_and_can_be_read_again(values: np.ndarray) -> None:
    before = resident()
    total = values.sum()
    read = resident()
    assert read > before + 90 * MEGABYTE
    assert not release_pages(budget=read + MEGABYTE, room=0)
    assert resident() > before + 90 * MEGABYTE
    assert release_pages(budget=0, room=0)
    assert resident() <= before + 8 * MEGABYTE
    assert values.sum() == total
    assert resident() > before + 90 * MEGABYTE


@linux
def test_what_others_map_leaves_room_for_what_is_read(values: np.ndarray, tmp_path: Path) -> None:
    np.save(tmp_path / "other.npy", np.arange(12 * MEGABYTE))
    other = np.load(tmp_path / "other.npy", mmap_mode="r")  # as the index maps its files: not let go
    other.sum()
    values.sum()
    assert release_pages(budget=MEGABYTE, room=0)
    values[: 4 * MEGABYTE].sum()  # 32 MB
    assert not release_pages(budget=MEGABYTE, room=64 * MEGABYTE)
    values.sum()
    assert release_pages(budget=MEGABYTE, room=64 * MEGABYTE)
    assert other.sum() == values.sum()


@linux
def test_a_map_that_nobody_holds_is_closed(tmp_path: Path) -> None:
    file = tmp_path / "values.npy"
    np.save(file, np.arange(9))
    values = mapped(file)
    release_pages(budget=-1, room=0)
    assert str(file) in Path("/proc/self/maps").read_text()
    del values
    gc.collect()
    assert str(file) not in Path("/proc/self/maps").read_text()


def test_where_nothing_is_known_nothing_is_let_go(
    values: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_maps, "_STATUS", tmp_path / "missing")
    values.sum()
    assert resident() == 0
    assert not release_pages(budget=0, room=0)


def test_an_array_is_as_it_was_written_and_read_only(tmp_path: Path) -> None:
    for array in (np.zeros((0, 3), np.float16), np.arange(6, dtype=np.uint8).reshape(2, 3)):
        np.save(tmp_path / "a.npy", array)
        again = mapped(tmp_path / "a.npy")
        assert again.dtype == array.dtype
        np.testing.assert_array_equal(again, array)
        assert not again.flags.writeable
    (tmp_path / "a.npy").write_bytes(b"nothing of the kind")
    with pytest.raises(ValueError, match="pickled"):
        mapped(tmp_path / "a.npy")
