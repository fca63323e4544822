"""What has to be reached: each bar with what was measured now or last, and whether it is held."""

from __future__ import annotations

import json
from pathlib import Path

import bars
import bench_counts
import bench_large
import history
import pytest
from bars import BAR_ITSELF, Bar
from benchlib import Figure

SOME = (
    Bar("a block", "large: a block", "ms", 8),
    Bar("embedding", "embedding: a text", "ms", 8, "another runtime", of_ratio=True),
    Bar("blocks a second", "service: blocks", "/s", 3000, "a constant answer", more_is_better=True),
    Bar("never measured", "large: years", "s", 1),
)


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bars, "BARS", SOME)


def test_a_bar_is_told_with_what_this_run_measured_or_else_the_last_one_that_did(tmp_path: Path) -> None:
    path = tmp_path / "history.json"
    large = {"large: a block": Figure("", 6.0, "ms", 12.0, 2.0)}
    for at, figures in (("2030-01-01 10:00", large), ("2030-01-02 10:00", {"other": Figure("", 1.0, "s")})):
        history.add(path, "one", history.run_of(figures, f"of {at[:10]}", at, "long"))
    now = {
        "embedding: a text": Figure("", 10.0, "ms", 70.0, 7.0),
        "service: blocks": Figure("", 4000.0, "/s", 8000.0, 0.5),
    }
    told = bars.held(now, history.read(path, "one"), "2030-01-03 10:00", "head")
    block, embedding, served, never = told
    assert (block.value, block.at, block.commit) == (6.0, "2030-01-01 10:00", "of 2030-01-01")
    assert (embedding.at, embedding.commit, embedding.baseline) == ("2030-01-03 10:00", "head", 70.0)
    assert served.baseline == 8000.0
    assert [each.reached for each in told] == [True, False, True, None]
    assert never.value is None
    bars.show(told, "2030-01-03 10:00")
    bars.write(tmp_path / "bars.json", told)
    written = json.loads((tmp_path / "bars.json").read_text("utf-8"))
    assert [each["bar"] for each in written] == [
        "at most 8 ms", "at least 8 x", "at least 3,000 /s", "at most 1 s",
    ]  # fmt: skip
    assert written[1]["beside"] == "another runtime"


def test_where_nothing_stands_beside_a_figure_the_bar_does() -> None:
    figures = {
        "large: a block": Figure("", 16.0, "ms", 99.0, 5.0),  # of linear growth, which is no peer
        "service: blocks": Figure("", 6000.0, "/s"),
        "embedding: a text": Figure("", 1.0, "ms"),  # the other one is not installed
    }
    block, embedding, served, _ = bars.held(figures, [], "now", "head")
    assert (block.beside, block.baseline, block.ratio, block.reached) == (BAR_ITSELF, 8.0, 0.5, False)
    assert (served.baseline, served.ratio, served.reached) == (3000.0, 2.0, True)
    assert embedding.reached is False


def test_rows_stand_beside_those_of_the_size_before_and_a_large_archive_beside_linear_growth() -> None:
    few_rows, many_rows = {"a poll": {"steps": 400}}, {"a poll": {"steps": 500}}
    (first,) = bench_counts.told(1000, few_rows, {})
    (second,) = bench_counts.told(10_000, many_rows, few_rows)
    assert (first.name, first.ratio) == ("a poll, 1,000 stories, steps", None)
    assert (second.name, second.ratio) == ("a poll, 10,000 stories, steps", 0.8)
    values = {"rebuild": 30.0, "all blocks, a second": 50.0}
    rebuild, blocks = bench_large.told(100, values, {"rebuild": 5.0, "all blocks, a second": 100.0}, 10)
    assert (rebuild.name, rebuild.baseline, rebuild.ratio) == ("100 stories: rebuild", 50.0, 50 / 30)
    assert blocks.ratio == 0.5
