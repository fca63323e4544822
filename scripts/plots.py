"""Pictures of the benchmarks' figures, by matplotlib where it is there. Knows not what was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from benchlib import Figure
    from matplotlib.axes import Axes

SUFFIX = ".svg"
WIDTH = 9.0  # inches, of which a third is names
BAR = 0.24  # inches that one bar takes
PANEL_ROOM = 1.0  # inches of a panel's heading and scale
ACROSS = 3  # panels of lines side by side
STEEP = 10  # a panel whose largest value is so many times its smallest has a logarithmic scale
GOOD, BAD, PLAIN, BASE = "#2a6f97", "#c1666b", "#7a8b99", "#b0b0b0"
TEXT: dict[Any, Any] = {"svg.fonttype": "none", "svg.hashsalt": "related-stories", "font.size": 8.0}
"""Letters stay letters, so that a plot can be searched; equal figures give equal files."""


def bars(title: str, facts: str, figures: Sequence[Figure], path: Path) -> bool:
    """Draw figures as bars, ratios in one panel, others in one a unit; return whether it could."""
    ratios = [figure for figure in figures if figure.ratio is not None]
    rest = sorted((figure for figure in figures if figure.ratio is None), key=lambda figure: figure.unit)
    alone = [(unit, list(some)) for unit, some in groupby(rest, key=lambda figure: figure.unit)]
    counts = [len(some) for some in ([ratios] if ratios else []) + [some for _, some in alone]]
    if not counts or not _can_draw():
        return False
    heights = [BAR * count + PANEL_ROOM for count in counts]
    canvas = _canvas(title, facts, sum(heights))
    panels = canvas.subplots(len(counts), 1, squeeze=False, height_ratios=heights)[:, 0].tolist()
    if ratios:
        _ratios(panels.pop(0), ratios)
    for panel, (unit, some) in zip(panels, alone, strict=True):
        _values(panel, unit, some)
    _save(canvas, path)
    return True


def lines(
    title: str, facts: str, courses: Mapping[str, Sequence[tuple[int, Figure]]], path: Path, along: str
) -> bool:
    """Draw a panel for each course of figures over a size, baselines dashed; return whether it could."""
    if not courses or not _can_draw():
        return False
    rows = -(-len(courses) // ACROSS)
    canvas = _canvas(title, facts, rows * 2.2 + PANEL_ROOM)
    panels = canvas.subplots(rows, ACROSS, squeeze=False).ravel().tolist()
    for panel, (name, course) in zip(panels, courses.items(), strict=False):
        _line(panel, name, course)
        panel.set_xlabel(along)
    for panel in panels[len(courses) :]:
        panel.set_visible(False)
    _save(canvas, path)
    return True


def number(value: float | None) -> str:
    """Return a figure as people read it: four digits, "" where there is none."""
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _ratios(panel: Axes, figures: Sequence[Figure]) -> None:
    """Draw how many times better than the baseline each is: right of 1 is better, left of it worse."""
    ratios = [figure.ratio or 1.0 for figure in figures]
    panel.set_xscale("log")
    panel.barh(
        range(len(ratios)),
        [ratio - 1 for ratio in ratios],
        left=1,
        color=[GOOD if ratio >= 1 else BAD for ratio in ratios],
    )
    panel.axvline(1, color="black", linewidth=0.8)
    for row, (figure, ratio) in enumerate(zip(figures, ratios, strict=True)):
        panel.annotate(
            f" {ratio:.3g} x ({figure.value:.4g} {figure.unit})", (max(ratio, 1), row), va="center"
        )
    panel.set_xlim(min(0.8, *ratios) * 0.8, max(1.25, *ratios) * 30)  # room for what is written beside
    panel.xaxis.set_major_formatter("{x:g}")
    panel.set_xlabel("times better than the baseline")
    _names(panel, figures)


def _values(panel: Axes, unit: str, figures: Sequence[Figure]) -> None:
    values = [figure.value for figure in figures]
    panel.barh(range(len(values)), values, color=PLAIN)
    for row, value in enumerate(values):
        panel.annotate(f" {number(value)}", (value, row), va="center")
    panel.margins(x=0.15)
    panel.set_xlabel(unit)
    _names(panel, figures)


def _names(panel: Axes, figures: Sequence[Figure]) -> None:
    panel.set_yticks(range(len(figures)), [figure.name for figure in figures])
    panel.margins(y=0)
    panel.invert_yaxis()  # as in the table, the first on top


def _line(panel: Axes, name: str, course: Sequence[tuple[int, Figure]]) -> None:
    sizes = [size for size, _ in course]
    values = [figure.value for _, figure in course]
    beside = [(size, figure.baseline) for size, figure in course if figure.baseline is not None]
    if beside:
        panel.plot(*zip(*beside, strict=True), marker=".", linestyle="--", color=BASE)
    panel.plot(sizes, values, marker="o", markersize=3, color=GOOD)
    every = [*values, *(value for _, value in beside)]
    if min(every) > 0 and max(every) > STEEP * min(every):
        panel.set_yscale("log")
    else:
        panel.set_ylim(0, 1.15 * max(every))
    panel.set_xscale("log")
    panel.set_xticks(sizes, [f"{size:,}" for size in sizes], rotation=30)
    panel.set_xticks([], minor=True)
    unit = course[0][1].unit
    panel.set_title(f"{name}, {unit}" if unit else name)


def _can_draw() -> bool:
    if find_spec("matplotlib") is None:
        print("without a plot, matplotlib is missing; for one: pip install 'related-stories[report]'")
        return False
    return True


def _canvas(title: str, facts: str, height: float) -> Any:  # noqa: ANN401  # matplotlib's, imported when needed
    from matplotlib import rcParams
    from matplotlib.figure import Figure as Canvas

    rcParams.update(TEXT)
    canvas = Canvas(figsize=(WIDTH, height), layout="constrained")
    canvas.suptitle(f"{title}\n{facts}", fontsize=7, x=0.01, ha="left", wrap=True)
    return canvas


def _save(canvas: Any, path: Path) -> None:  # noqa: ANN401
    path.parent.mkdir(parents=True, exist_ok=True)
    canvas.savefig(path, metadata={"Date": None})
