"""The benchmarks' own parts: figures told as they are, ratios that point right, failures passed by."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

import bench
import bench_growth
import bench_index
import growth
import history
import numpy as np
import pytest
from benchlib import SLOW_BLAS, Figure, compared, copied, machine, report
from index_systems import OVERFETCH, SYSTEMS, K
from synthetic_vectors import Vectors, load, make, vector

from recommender.catalog import Catalog
from recommender.features.hybrid_fitting import LSA_DIMENSION

FIGURES = [
    Figure("scan: question", 4.0, "ms"),
    compared("ours: question", 2.0, "ms", 4.0),
    compared("ours: recall", 0.98, "of 1", 1.0, more_is_better=True),
]


@pytest.mark.parametrize(("value", "ratio"), [(2.0, 2.0), (8.0, 0.5), (4.0, 1.0)])
def test_a_ratio_above_one_is_better(value: float, ratio: float) -> None:
    assert compared("time", value, "ms", 4.0).ratio == ratio
    assert compared("rate", value, "/s", 4.0, more_is_better=True).ratio == 1 / ratio


@pytest.mark.parametrize(("value", "baseline"), [(2.0, None), (2.0, 0.0), (0.0, 2.0)])
def test_there_is_no_ratio_where_none_can_be(value: float, baseline: float | None) -> None:
    assert compared("time", value, "ms", baseline) == Figure("time", value, "ms", baseline)


def test_a_report_prints_writes_and_draws_the_same_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    path = tmp_path / "new" / "figures.json"
    report("What it costs", machine("numpy"), FIGURES, path)
    assert json.loads(path.read_text("utf-8")) == [
        {"name": "scan: question", "value": 4.0, "unit": "ms", "baseline": None, "ratio": None},
        {"name": "ours: question", "value": 2.0, "unit": "ms", "baseline": 4.0, "ratio": 2.0},
        {"name": "ours: recall", "value": 0.98, "unit": "of 1", "baseline": 1.0, "ratio": 0.98},
    ]
    drawn, printed = path.with_suffix(".svg").read_text("utf-8"), capsys.readouterr().out
    assert all(figure.name in drawn and figure.name in printed for figure in FIGURES)
    assert "2 x (2 ms)" in drawn
    assert np.__version__ in printed


def test_without_matplotlib_the_figures_are_written_and_one_line_says_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    report("What it costs", "", FIGURES, tmp_path / "figures.json")
    assert [file.name for file in tmp_path.iterdir()] == ["figures.json"]
    assert "pip install 'related-stories[report]'" in capsys.readouterr().out


# All of them, one after the other

FAILS = "import sys; sys.exit(7)"
SLEEPS = "import time; time.sleep(600)"
WRITES = """
import json, os, pathlib, sys
pathlib.Path(sys.argv[-1]).write_text(json.dumps([sys.argv[1:], sorted(os.environ)]))
"""


@pytest.fixture
def scripts(tmp_path: Path) -> list[Path]:
    for name, text in (("fails", FAILS), ("sleeps", SLEEPS), ("writes", WRITES)):
        (tmp_path / f"bench_{name}.py").write_text(text, "utf-8")
    return [tmp_path / f"bench_{name}.py" for name in ("fails", "gone", "sleeps", "writes")]


def test_what_fails_hangs_or_is_not_there_is_told_and_passed_by(
    scripts: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    out = scripts[0].parent / "out"
    there = bench.present(scripts)
    assert [script.name for script in there] == ["bench_fails.py", "bench_sleeps.py", "bench_writes.py"]
    patience = {"bench_sleeps.py": 0.2}
    runs = [bench.run(script, [], out, patience.get(script.name, 60)) for script in there]
    assert [each.result for each in runs] == ["failed with exit code 7", "ended after 0 s", "done"]
    assert [each.failed for each in runs] == [True, True, False]
    bench.summed_up(runs)
    told = capsys.readouterr().out
    assert "left out, no such script: bench_gone.py" in told
    assert all(each.result in told for each in runs)


def test_each_is_told_its_form_and_file_and_has_no_setting_that_spoils_the_figures(
    scripts: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in SLOW_BLAS:
        monkeypatch.setenv(name, "1")
    out = scripts[0].parent / "out"
    done = bench.run(scripts[-1], ["--short"], out, 60)
    arguments, environment = json.loads((out / "writes.json").read_text("utf-8"))
    assert arguments == ["--short", "--json", str(out / "writes.json")]
    assert done.files == (out / "writes.json",)
    assert not set(SLOW_BLAS) & set(environment)
    assert set(SLOW_BLAS) <= set(os.environ)


def test_what_has_no_time_left_is_not_begun_and_what_it_began_ends_with_it(scripts: list[Path]) -> None:
    out = scripts[0].parent / "out"
    assert bench.run(scripts[-1], [], out, 0).result == "not begun: no time is left"
    child = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(600)'])"
    scripts[2].write_text(child, "utf-8")
    assert bench.run(scripts[2], [], out, 3).failed  # returns, though nothing else ends what was begun


def test_a_run_stands_beside_the_last_one_of_its_machine_and_form(tmp_path: Path) -> None:
    path = tmp_path / "bench" / "history.json"
    first = {
        "time": Figure("time", 4.0, "ms"),
        "rate": Figure("rate", 10.0, "/s"),
        "beside": Figure("beside", 9.0, "ms", 18.0, 2.0),
    }
    history.add(path, "one", history.run_of(first, "abc", "2030-01-01", "short"))
    history.add(path, "one", history.run_of({"time": Figure("time", 1.0, "ms")}, "abc", "2030-01-02", "long"))
    history.add(path, "other", history.run_of(first, "abc", "2030-01-03", "short"))
    now = {
        "time": Figure("time", 8.0, "ms"),
        "rate": Figure("rate", 20.0, "/s"),
        "beside": Figure("beside", 99.0, "ms", 99.0, 1.0),  # on a slow day, and half as good all the same
        "new": Figure("new", 1.0, "ms"),
    }
    told = history.beside(now, history.read(path, "one"), "short")
    assert {name: (each.earlier, each.better) for name, each in told.items()} == {
        "time": (4.0, 0.5),
        "rate": (10.0, 2.0),
        "beside": (9.0, 0.5),
        "new": (None, None),
    }
    for number in range(2 * history.KEPT):
        history.add(path, "one", history.run_of(now, str(number), "2030-01-04", "short"))
    assert len(history.read(path, "one")) == history.KEPT
    assert len(history.read(path, "other")) == 1
    history.show(told)
    history.write(tmp_path / "all.json", told)
    assert [each["better"] for each in json.loads((tmp_path / "all.json").read_text("utf-8"))] == [
        0.5, 2.0, 0.5, None,
    ]  # fmt: skip


def test_counts_that_rise_in_archives_of_every_size_are_worse_and_a_broken_history_is_begun_anew(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "history.json"
    path.write_text("{", "utf-8")
    before = {"a poll": Figure("a poll", 100.0, "steps", 100.0, 1.0)}
    history.add(path, "one", history.run_of(before, "abc", "2030-01-01", "short"))
    assert "begun anew" in capsys.readouterr().err
    now = {"a poll": Figure("a poll", 300.0, "steps", 300.0, 1.0)}
    told = history.beside(now, history.read(path, "one"), "short")
    assert told["a poll"].better == pytest.approx(1 / 3)


def test_figures_of_an_earlier_run_are_not_told_as_those_of_one_that_failed(scripts: list[Path]) -> None:
    out = scripts[0].parent / "out"
    out.mkdir()
    (out / "fails.json").write_text("[]", "utf-8")
    assert bench.run(scripts[0], [], out, 60).files == ()
    assert list(out.iterdir()) == []


# Growth

MEASURED = {
    100: {"build": 1.0, "on disk, store": 50.0, "related, p50": 4.0, "200 candidates, p50": 1.0,
          "200 candidates by an exact scan, p50": 0.5, "recall@200 of candidates": 1.0},
    1000: {"build": 5.0, "on disk, store": 60.0, "related, p50": 8.0, "200 candidates, p50": 2.0,
           "200 candidates by an exact scan, p50": 6.0, "recall@200 of candidates": 0.97},
}  # fmt: skip


def test_growth_stands_beside_linear_growth_beside_none_or_beside_a_scan() -> None:
    told = bench_growth.told(MEASURED)
    assert told["build"][1000] == Figure("build, 1,000 stories", 5.0, "s", 10.0, 2.0)
    assert told["on disk, store"][1000].ratio == pytest.approx(50 / 60)
    assert told["200 candidates, p50"][1000].ratio == 3.0
    assert told["200 candidates, p50"][100].ratio == 0.5
    assert told["build"][100] == Figure("build, 100 stories", 1.0, "s")
    assert "1,000" in [column.header for column in bench_growth.grid(told).columns]


def test_a_bar_is_held_or_missed_at_its_own_size_only(monkeypatch: pytest.MonkeyPatch) -> None:
    bars = {"related, p50": {100: 3.0, 1000: 8.0, 5000: 1.0}, "recall@200 of candidates": {1000: 0.98}}
    monkeypatch.setattr(bench_growth, "BARS", bars)
    assert [line.split(",")[0] for line in bench_growth.verdicts(bench_growth.told(MEASURED))] == [
        "missed: related",
        "held: related",
        "missed: recall@200 of candidates",
    ]


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory, archive_18f: Path) -> tuple[Path, dict[str, float]]:
    """Return a copy of 18F's archive, and what was measured of it."""
    monkeypatch = pytest.MonkeyPatch()
    for name, value in (("QUESTIONS", 20), ("CHANGES", 5), ("COLD", 1), ("MASKS", 3)):
        monkeypatch.setattr(growth, name, value)
    copy = copied(archive_18f, tmp_path_factory.mktemp("grown") / "archive")
    values = growth.building(copy) | growth.on_disk(copy, 507) | growth.opening(copy)
    values |= growth.serving(copy) | growth.changing(copy)
    monkeypatch.undo()
    return copy, values


def test_growth_measures_what_it_tells_of(grown: tuple[Path, dict[str, float]]) -> None:
    _, values = grown
    told = {name for name in bench_growth.MEASURES if not name.startswith(("taking in", "snapshot"))}
    assert told <= set(values)
    assert all(np.isfinite(value) and value > 0 for value in values.values())
    assert values["recall@200 of candidates"] == 1.0  # so few are scanned, and a scan misses nothing
    assert values["related, p50"] <= values["related, p99"]


def test_an_archive_holds_the_same_stories_after_growth_was_measured(
    grown: tuple[Path, dict[str, float]], archive_18f: Path
) -> None:
    held = []
    for path in (grown[0], archive_18f):
        with Catalog.open(path / "catalog.sqlite", read_only=True) as catalog:
            held.append(sorted(row.story.id for row in catalog.rows()))
    assert held[0] == held[1]


def test_a_stream_is_taken_in_by_stand_ins_for_vectors(tmp_path: Path) -> None:
    values = growth.taking_in(50, tmp_path)
    assert values["taking in"] > 0
    assert values["taking in, peak memory"] > 0
    assert list(tmp_path.iterdir()) == []


def test_memory_that_was_given_back_counts() -> None:
    with growth.held() as most:
        block = np.ones(30 << 17)  # 30 MB
        time.sleep(10 * growth.SAMPLED)
        del block
    assert most() > 30


def test_stand_ins_are_unit_vectors_equal_for_equal_texts() -> None:
    vectors = growth.StandIn(16).encode(["one", "two", "one"])
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(vectors[0], vectors[2])
    assert not np.array_equal(vectors[0], vectors[1])


# Systems that the index is compared with


@pytest.fixture(scope="module")
def vectors(tmp_path_factory: pytest.TempPathFactory) -> Vectors:
    directory = tmp_path_factory.mktemp("vectors")
    real = np.random.default_rng(2).standard_normal((400, LSA_DIMENSION + 24), np.float32)
    make(directory, real, OVERFETCH * K)  # as many as are asked for without a filter: all is seen
    return load(directory)


@pytest.mark.parametrize("name", ["FAISS flat", "scikit-learn", "Qdrant Edge", "ours, exact"])
def test_every_exact_system_answers_with_the_nearest_that_were_published_before(
    name: str, vectors: Vectors
) -> None:
    if not bench_index.installed(name):
        pytest.skip(f"{name} is not installed")
    system = SYSTEMS[name]()
    system.build(vectors)
    rows = np.asarray(vectors.vectors, np.float32)
    for row in (3, 100, 399):
        scores = np.where(vectors.published <= vectors.published[row], rows @ rows[row], -np.inf)
        found = system.past(vectors, row)
        wanted = np.sort(scores[np.isfinite(scores)])[::-1][:K]
        assert len(found) == len(wanted)
        np.testing.assert_allclose(scores[found], wanted, atol=2e-3)


def test_what_is_added_is_found_and_what_is_removed_is_not(vectors: Vectors) -> None:
    if not bench_index.installed("Qdrant Edge"):
        pytest.skip("Qdrant Edge is not installed")
    system = SYSTEMS["Qdrant Edge"]()
    system.build(vectors)
    system.add(400, vector(vectors, 5))
    assert set(system.past(vectors, 5)[:2].tolist()) == {5, 400}
    system.remove(400)
    assert 400 not in system.past(vectors, 5)
