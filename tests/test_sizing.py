"""The model of larger archives, its simulation against what theory says, and the bench's own parts."""

from __future__ import annotations

import json
import os
from pathlib import Path

import bench_scale
import numpy as np
import pytest
import queueing
import sizing
import synthetic_vectors
from benchlib import processor_seconds, server_megabytes
from queueing import Cluster

from index import ExactIndex

VALUES = {
    "space": 1000.0,
    "memory": 100.0,
    "50 %, processor": 4.0,
    "50 %, median": 3.0,
    "50 %, p95": 6.0,
    "load, processor": 0.5,
    "build, processor": 0.5,
}
GIVEN = sizing.Assumptions()


def written(tmp_path: Path, values: dict[str, dict[str, float]]) -> Path:
    path = tmp_path / "figures.json"
    figures = [
        {"name": f"{place}: {what}", "value": value}
        for place, named in values.items()
        for what, value in named.items()
    ]
    path.write_text(json.dumps(figures), "utf-8")
    return path


@pytest.fixture
def measured(tmp_path: Path) -> sizing.Measured:
    more = VALUES | {"memory": 100.0 + 90_000 * 2000 / 2**20}
    return sizing.Measured.read(
        written(
            tmp_path,
            {
                "10,000, Milvus": VALUES,
                "100,000, Milvus": more,
                "100,000, FAISS": VALUES,
                "10, FAISS scan": {},
            },
        )
    )


def test_needs_are_the_measured_figures_times_the_stories(measured: sizing.Measured) -> None:
    assert measured.engines() == ["FAISS", "Milvus"]
    need = sizing.needs(measured, "Milvus", 10_000_000, GIVEN)
    assert need.memory == pytest.approx(2 * 10_000_000 * (GIVEN.held + 2000))
    assert need.disk == pytest.approx(2 * 10_000_000 * (GIVEN.catalog + GIVEN.store + 1000))
    assert need.building == pytest.approx(10_000_000 * 0.001 / 3600)
    asked = 10 * 120 * 21 / 86_400 * 10
    assert need.processors == pytest.approx(asked * (0.004 * GIVEN.growth + GIVEN.block))
    assert sizing.needs(measured, "FAISS", 10_000_000, GIVEN).memory < need.memory


def test_ten_times_the_stories_need_about_ten_times_the_machines(measured: sizing.Measured) -> None:
    few, many = (sizing.needs(measured, "Milvus", stories, GIVEN) for stories in (10**8, 10**9))
    assert 9 * few.machines <= many.machines <= 10 * few.machines
    assert sizing.needs(measured, "Milvus", 1000, GIVEN).machines == GIVEN.copies
    assert many.first == few.first == max(few.parts, key=few.parts.__getitem__)


def test_what_is_told_names_every_engine(
    measured: sizing.Measured, capsys: pytest.CaptureFixture[str]
) -> None:
    sizing.tell(measured)
    told = capsys.readouterr().out
    assert "p50 and p99 by fan-out" in told
    assert "Milvus" in told
    assert "1,000,000,000" in told


def test_a_file_of_something_else_is_named(tmp_path: Path) -> None:
    (tmp_path / "else.json").write_text('{"a": 1}', "utf-8")
    with pytest.raises(SystemExit, match=r"else\.json holds no figures of bench_scale"):
        bench_scale.main(["--model", str(tmp_path / "else.json")])


def test_what_a_run_that_was_ended_has_not_measured_is_left_out(tmp_path: Path) -> None:
    some = {"load, processor": 0.5}
    read = sizing.Measured.read(written(tmp_path, {"10,000, FAISS": VALUES, "100,000, FAISS": some}))
    assert read.largest("FAISS") == (10_000, VALUES)
    with pytest.raises(SystemExit, match="run to its end"):
        sizing.Measured.read(written(tmp_path, {"10,000, FAISS scan": VALUES, "10,000, FAISS": some}))


def test_the_simulation_waits_as_long_as_theory_says() -> None:
    """One machine, one core, exponential times: the time in the system is exponential, too."""
    service = np.random.default_rng(1).exponential(1.0, 100_000)
    took = queueing.waited(Cluster(1, 1, 1), service, 0.5, 200_000)
    assert took.mean() == pytest.approx(2.0, rel=0.1)
    assert np.percentile(took, 99) == pytest.approx(2.0 * np.log(100), rel=0.15)


def test_who_asks_many_waits_for_the_slowest() -> None:
    """With nobody waiting the mean of the slowest of n exponential times is the sum of 1 / i."""
    service = np.random.default_rng(1).exponential(1.0, 100_000)
    took = queueing.waited(Cluster(16, 1, 16), service, 1e-4, 20_000)
    assert took.mean() == pytest.approx(sum(1 / i for i in range(1, 17)), rel=0.05)
    alone = queueing.waited(Cluster(16, 1, 1), service, 1e-4, 20_000)
    assert alone.mean() == pytest.approx(1.0, rel=0.05)


def test_times_are_spread_as_they_were_measured() -> None:
    times = queueing.spread(3.0, 9.0)
    assert np.percentile(times, (50, 95)) == pytest.approx((3.0, 9.0), rel=0.05)
    assert queueing.spread(3.0, 3.0).std() == 0


def test_the_load_generator_asks_each_once_and_not_before_its_time() -> None:
    seen: list[int] = []
    took = queueing.asked([lambda n=n: seen.append(n) for n in range(50)], 1000.0, 4)  # type: ignore[misc]
    assert sorted(seen) == list(range(50))
    assert len(took) == 50
    assert took.min() >= 0


def test_an_engine_is_measured_with_its_own_answers_taken_for_right(tmp_path: Path) -> None:
    real = np.random.default_rng(2).standard_normal((50, 448)).astype(np.float32)
    synthetic_vectors.make(tmp_path, real, 500)
    data = synthetic_vectors.load(tmp_path)
    engine = bench_scale.Engine(ExactIndex(448, bench_scale.FIELDS), lambda: 500.0)
    values = bench_scale.measured_of(engine, data, {}, settled=0.0)
    assert [values[f"recall of {name}"] for name in bench_scale.filters(data)] == [1, 1, 1]
    assert values["space"] == 1
    assert {name.partition(",")[0] for name in values} >= {
        "load",
        "build",
        "all rows",
        "50 %",
        "1 %",
        "add one",
    }


def test_a_servers_processor_time_and_memory_are_read() -> None:
    assert processor_seconds(os.getpid()) > 0
    assert server_megabytes(os.getpid()) > 1
