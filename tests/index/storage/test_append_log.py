"""Values come back by position, wherever they lie: in memory, spilled, saved, linked, joined."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from index.storage import append_log
from index.storage.append_log import Values

LANES = {"ids": (np.uint32, ()), "pairs": (np.float16, (2,))}

# A number is how many are appended; "save" goes to a new directory, "load" opens the last one.
Steps = st.lists(st.integers(1, 40) | st.sampled_from(["save", "load"]), max_size=25)


def append(run: Values, count: int) -> None:
    ids = np.arange(len(run), len(run) + count, dtype=np.uint32)
    assert run.append((ids, np.stack([ids, ids], axis=1).astype(np.float16))) == ids[0]


@pytest.mark.parametrize("spill", [1 << 30, 300])
@settings(max_examples=50)  # each writes files
@given(steps=Steps, data=st.data())
def test_position_is_all_that_matters(
    tmp_path_factory: pytest.TempPathFactory, spill: int, steps: list[int | str], data: st.DataObject
) -> None:
    root = tmp_path_factory.mktemp("values")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(append_log, "_SPILL_BYTES", spill)
        patch.setattr(append_log, "_FIRST_CAPACITY", 8)
        run, saved, size = Values(LANES, root), None, 0
        appended: list[tuple[int, int]] = []
        for number, step in enumerate(steps):
            if isinstance(step, int):
                appended.append((len(run), step))
                append(run, step)
            elif step == "save":
                saved, size = root / str(number), len(run)
                saved.mkdir()
                run.save(saved, "v")
            elif saved is not None:
                run = Values(LANES, root)
                run.load(saved, "v")
                assert len(run) == size
                appended = [each for each in appended if each[0] < size]
        index = data.draw(st.lists(st.integers(0, len(run) - 1), max_size=20)) if len(run) else []
        ids, pairs = run.take(np.array(index, np.int64))
        runs = data.draw(st.lists(st.sampled_from([*appended, (0, 0)]), max_size=20))
        starts, lengths = np.array([*runs, (0, 0)], np.int64).T.copy()
        (in_runs, _), offsets = run.take_runs(starts, lengths)
        (lying, _) = run.lanes
    assert ids.tolist() == index
    assert pairs.tolist() == [[i, i] for i in index]
    parts = np.split(in_runs, offsets[1:-1])[: len(runs)]
    wanted = [list(range(start, start + count)) for start, count in runs]
    assert [part.tolist() for part in parts] == wanted
    assert [lying.run(start, start + count).tolist() for start, count in runs] == wanted


def test_a_save_links_what_has_not_changed(tmp_path: Path) -> None:
    run = Values(LANES)
    append(run, 1000)
    inodes = []
    for number in range(3):
        (tmp_path / str(number)).mkdir()
        run.save(tmp_path / str(number), "v")
        inodes.append({file.name: file.stat().st_ino for file in (tmp_path / str(number)).iterdir()})
        append(run, 10)
    first = [name for name in inodes[0]]
    assert [inodes[2][name] for name in first] == [inodes[0][name] for name in first]
    assert len(inodes[2]) == 4


def test_a_snapshot_that_is_gone_is_copied_from_memory(tmp_path: Path) -> None:
    run = Values(LANES)
    append(run, 100)
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
    run.save(tmp_path / "first", "v")
    for file in (tmp_path / "first").iterdir():
        file.unlink()
    run.save(tmp_path / "second", "v")
    again = Values(LANES)
    again.load(tmp_path / "second", "v")
    assert again.take(np.arange(100))[0].tolist() == list(range(100))


def test_files_stay_few(tmp_path: Path) -> None:
    run = Values({"ids": (np.uint32, ())})
    for number in range(60):
        run.append((np.zeros(100, np.uint32),))
        (tmp_path / str(number)).mkdir()
        run.save(tmp_path / str(number), "v")
    # Sizes fall by half: at most log2 of 6,000 values.
    assert len(list((tmp_path / "59").iterdir())) <= 12


def test_what_is_spilled_goes_away_with_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(append_log, "_SPILL_BYTES", 100)
    run = Values(LANES, tmp_path)
    for _ in range(9):
        append(run, 500)
    assert any(tmp_path.iterdir())
    (tmp_path / "saved").mkdir()
    run.save(tmp_path / "saved", "v")
    assert [each.name for each in tmp_path.iterdir()] == ["saved"]
    assert run.take(np.array([0, 4499]))[0].tolist() == [0, 4499]
