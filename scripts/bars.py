"""What has to be reached, by figure: the bars, and a table of each with what stands beside it. Runs nothing.

A figure that a run did not measure, for it takes longer than all the rest, is told as it was measured last on
the same machine, with the day and the commit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from benchlib import Figure
from history import Run
from plots import number
from rich.console import Console
from rich.table import Table

ROWS = "rows read"
"""Of a part of `bench_counts.py`: SQLite's steps, of which each row that is read takes some."""

BAR_ITSELF = "the bar"
PART, WHOLE = "all", "make bench, whole"


@dataclass(frozen=True)
class Bar:
    """What one figure has to reach.

    Attributes
    ----------
    name : str
        What is measured.
    figure : str
        The figure's name in all figures of a run, with its benchmark's before it.
    unit : str
        Of the figure.
    limit : float
        At most, or at least where more is better.
    beside : str
        What the figure stands beside; where nothing does, the bar.
    more_is_better : bool
        Of the figure, whatever it is that is held to the limit.
    of_ratio : bool
        Whether the ratio is held to the limit: it has to be at least that.
    """

    name: str
    figure: str
    unit: str
    limit: float
    beside: str = BAR_ITSELF
    more_is_better: bool = False
    of_ratio: bool = False

    @property
    def wanted(self) -> str:
        """The bar in words."""
        if self.of_ratio:
            return f"at least {number(self.limit)} x"
        return f"at {'least' if self.more_is_better else 'most'} {number(self.limit)} {self.unit}".rstrip()

    def reached(self, value: float, ratio: float | None) -> bool:
        """Say whether it is held."""
        if self.of_ratio:
            return ratio is not None and ratio >= self.limit
        return value >= self.limit if self.more_is_better else value <= self.limit


@dataclass(frozen=True)
class Held:
    """A bar with what was measured; `value` is None where nothing ever was on this machine."""

    bar: Bar
    value: float | None = None
    baseline: float | None = None
    ratio: float | None = None
    beside: str = BAR_ITSELF
    at: str = ""
    commit: str = ""

    @property
    def reached(self) -> bool | None:
        """Whether the bar is held; None where nothing was measured."""
        ratio = self.ratio if self.beside != BAR_ITSELF else None
        return None if self.value is None else self.bar.reached(self.value, ratio)


def _flat(act: str) -> list[Bar]:
    """Return the bars of one act's rows: its size is not seen in them."""
    few = {10_000: 1_000, 100_000: 10_000, 1_000_000: 100_000}
    return [
        Bar(f"{ROWS}: {act}, {stories:,} stories", f"counts: {act}, {stories:,} stories, steps", "steps", 0.8,
            f"{fewer:,} stories", of_ratio=True)
        for stories, fewer in few.items()
    ]  # fmt: skip


_TORCH, _CONSTANT = "sentence-transformers", "a constant answer of its framework"
_OURS = "embedding: ours (OpenVINO)"
_BLOCKS, _PUBLISH = "service: blocks served, constant answer beside", "service: publish a 600-word story"

BARS: Sequence[Bar] = (
    *(bar for act in ("an idle poll", "a publish", "an update", "a page") for bar in _flat(act)),
    Bar("a block, 100,000 stories, p50", "large: 100,000 stories: a block, p50", "ms", 8),
    Bar("a block, 100,000 stories, p99", "large: 100,000 stories: a block, p99", "ms", 30),
    Bar("a block, 1,000,000 stories, p50", "large: 1,000,000 stories: a block, p50", "ms", 10),
    Bar("a block, 1,000,000 stories, p99", "large: 1,000,000 stories: a block, p99", "ms", 60),
    Bar("derived parts of 100,000 stories", "large: 100,000 stories: rebuild", "s", 45),
    Bar("100,000 blocks, at the rate of 4,000", "blocks: 4,000 stories: 100,000 blocks", "min", 4),
    Bar("embedding a text, processor time", f"{_OURS}: processor time a text", "ms", 8, _TORCH,
        of_ratio=True),
    Bar("embedding, least cosine of all widths", f"{_OURS}: least cosine of any width", "cosine", 0.99,
        more_is_better=True),
    Bar("publish 600 words, p50", f"{_PUBLISH}, p50; all blocks anew beside", "ms", 120,
        "all blocks made anew"),
    Bar("publish 600 words beside 500 blocks/s, p99", f"{_PUBLISH} beside 500 blocks/s, p99", "ms", 400,
        "alone"),
    Bar("blocks served a second", _BLOCKS, "/s", 3000, _CONSTANT, more_is_better=True),
    Bar("blocks served, p99 at 1,500 a second", "service: p99 at 1500/s, open loop", "ms", 5, _CONSTANT),
    Bar("a cold query, processor time",
        "start: a cold query of the command line, processor; import numpy, sqlalchemy beside", "s", 1,
        "import numpy, sqlalchemy"),
    Bar("import recommender, processor time",
        "start: import recommender, processor; import numpy, sqlalchemy beside", "s", 0.3,
        "import numpy, sqlalchemy"),
    Bar("resident while serving 100,000", "large: 100,000 stories: memory while serving", "MB", 1536),
    Bar("resident while serving 1,000,000", "large: 1,000,000 stories: memory while serving", "MB", 1536),
    Bar(WHOLE, f"{PART}: {WHOLE}", "min", 15),
)  # fmt: skip


def held(figures: Mapping[str, Figure], runs: Sequence[Run], now: str, commit: str) -> list[Held]:
    """Return all bars with what a run measured, or else what the newest earlier one did (`history.read`)."""
    told = []
    for bar in BARS:
        figure = figures.get(bar.figure)
        earlier = next((run for run in reversed(runs) if bar.figure in run["figures"]), None)
        if figure is not None:
            told.append(_held(bar, figure.value, figure.ratio, now, commit))
        elif earlier is not None:
            told.append(_held(bar, *earlier["figures"][bar.figure], earlier["at"], earlier["commit"]))
        else:
            told.append(Held(bar))
    return told


def _held(bar: Bar, value: float, ratio: float | None, at: str, commit: str) -> Held:
    if bar.beside == BAR_ITSELF or ratio is None or not value:
        own = (value / bar.limit if bar.more_is_better else bar.limit / value) if value else None
        return Held(bar, value, bar.limit, own, BAR_ITSELF, at, commit)
    baseline = value / ratio if bar.more_is_better else value * ratio
    return Held(bar, value, baseline, ratio, bar.beside, at, commit)


def rows(told: Sequence[Held]) -> list[dict[str, object]]:
    """Return what is written of each."""
    return [
        {
            "name": each.bar.name,
            "figure": each.bar.figure,
            "unit": each.bar.unit,
            "bar": each.bar.wanted,
            "reached": each.reached,
            **{name: value for name, value in asdict(each).items() if name != "bar"},
        }
        for each in told
    ]


def write(path: Path, told: Sequence[Held]) -> None:
    """Write them as JSON."""
    path.write_text(json.dumps(rows(told), indent=1) + "\n", "utf-8")


def show(told: Sequence[Held], now: str) -> None:
    """Print them; figures of an earlier run say of which day and commit they are."""
    table = Table(title="The bars", title_justify="left")
    for column in ("what", "value", "unit", "bar", "reached", "ratio", "beside", "its figure", "measured"):
        table.add_column(column, justify="right" if column in ("value", "ratio", "its figure") else "left")
    words = {True: "yes", False: "NO", None: "not measured"}
    for each in told:
        measured = "now" if each.at == now else f"{each.at[:10]} {each.commit}".strip()
        value, ratio, baseline = map(number, (each.value, each.ratio, each.baseline))
        beside = each.beside if each.value is not None else ""
        bar = (each.bar.name, value, each.bar.unit, each.bar.wanted)
        table.add_row(*bar, words[each.reached], ratio, beside, baseline, measured)
    Console(width=190).print(table)
