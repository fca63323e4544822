"""Bars and curves as SVG, drawn without a screen. Knows figures only; matplotlib is an extra."""

from __future__ import annotations

import importlib.util
import io
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup

from recommender.errors import ExtraMissingError
from recommender.evaluation.metrics import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, QUIET, LINE, ACCENT = "#16191d", "#565c64", "#d8dbdf", "#a80f2a"
_VARIABLES = {INK: "var(--ink)", QUIET: "var(--quiet)", LINE: "var(--line)", ACCENT: "var(--accent)"}
"""Drawn colours that the page's own take the place of, so that curves follow its dark scheme too."""

STYLES: Mapping[str, tuple[str, str]] = {
    "ours_history": (ACCENT, "solid"),
    "ours": (ACCENT, "dashed"),
    "ours_tuned": (ACCENT, "solid"),
    "ours_late": (ACCENT, "dashed"),
    "hand_set": ("#b8860b", "solid"),
    "hand_set_late": ("#b8860b", "solid"),
    "tfidf": ("#2f7fb5", "solid"),
    "bm25": ("#1f9e89", "solid"),
    "first_attempt": ("#8a63b8", "dotted"),
    "first_attempt_past": ("#8a63b8", "solid"),
    "recency": ("#8a8f98", "solid"),
    "nearest": (INK, "dashdot"),
    "recent": (QUIET, "dashdot"),
    "names": ("#d2691e", "dashdot"),
}
"""Colour and stroke of each line: one system looks the same in every plot."""

_OTHER = (QUIET, "solid")
_WIDTH, _HEIGHT = 6.4, 4.2  # inches at 72 points: scaled to its column by the page
_ROW, _LINE = 0.3, 0.22  # inches a bar, and a line with its interval
_MARGIN = 0.7

Interval = tuple[float, float, float]
"""A mean and the ends of its interval."""


def need_matplotlib() -> None:
    """Raise `ExtraMissingError` where plots cannot be drawn."""
    if importlib.util.find_spec("matplotlib") is None:
        raise ExtraMissingError("the report needs matplotlib; install: pip install 'related-stories[report]'")


def drawn(name: str, draw: Callable[[Figure], None], height: float = _HEIGHT) -> Markup:
    """Return what ``draw`` puts on an empty figure, as an SVG element whose ids begin with ``name``."""
    need_matplotlib()
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    style: Any = {
        "svg.fonttype": "none", "svg.hashsalt": name, "text.parse_math": False, "font.size": 9.5,
        "text.color": INK, "axes.labelcolor": QUIET, "axes.edgecolor": LINE, "axes.titlecolor": INK,
        "axes.titlesize": 9.5, "axes.titlelocation": "left", "axes.spines.top": False,
        "axes.spines.right": False, "axes.axisbelow": True, "axes.grid": True, "grid.color": LINE,
        "grid.linewidth": 0.6, "xtick.color": QUIET, "ytick.color": QUIET, "xtick.major.size": 0,
        "ytick.major.size": 0, "lines.linewidth": 1.8, "legend.handlelength": 2.8,
        "legend.frameon": False, "legend.fontsize": 8.5,
    }  # fmt: skip
    out = io.StringIO()
    with rc_context(style):
        figure = Figure((_WIDTH, height), layout="constrained")
        draw(figure)
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    return _inline(out.getvalue(), name)


def _inline(svg: str, name: str) -> Markup:
    """Return a file of SVG as an element of a page that holds others: no prolog, no size, ids of its own."""
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r'href="#', f'href="#{name}-', svg)
    svg = svg.replace("url(#", f"url(#{name}-")
    for colour, variable in _VARIABLES.items():
        svg = svg.replace(colour, variable)
    return Markup(svg)  # matplotlib escapes what it writes, and no story's text is drawn


def bars(groups: Mapping[str, Mapping[str, Interval]]) -> Markup:
    """Return horizontal bars with their intervals, a panel for each group that must not be compared."""
    sizes = [len(rows) for rows in groups.values()]
    most = max(high for rows in groups.values() for _, _, high in rows.values())

    def draw(figure: Figure) -> None:
        axes = figure.subplots(len(groups), 1, sharex=True, squeeze=False, height_ratios=sizes)[:, 0]
        for one, (title, rows) in zip(axes, groups.items(), strict=True):
            means, low, high = np.array(list(rows.values())).T
            colours = [STYLES.get(name, (QUIET, ""))[0] for name in rows]
            ends = np.stack([means - low, high - means])
            one.barh(list(rows), means, xerr=ends, color=colours, height=0.66, alpha=0.9,
                     error_kw={"ecolor": INK, "elinewidth": 1, "capsize": 2.5})  # fmt: skip
            for place, (mean, end) in enumerate(zip(means, high, strict=True)):
                one.text(end + 0.012 * most, place, f"{mean:.3f}".lstrip("0"), va="center", fontsize=8.5)
            one.set_title(title)
            one.invert_yaxis()
            one.grid(visible=False, axis="y")
            one.set_xlim(0, 1.12 * most)

    return drawn("bars", draw, _MARGIN * len(groups) + _ROW * sum(sizes))


def recall(systems: Mapping[str, Floats], sources: Mapping[str, Floats], reached: float) -> Markup:
    """Return recall by depth of each system and each source of candidates, and what all candidates reach."""

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        both = {**systems, **sources}
        _lines(axes, {name: (np.arange(1.0, len(each) + 1), each) for name, each in both.items()})
        axes.axhline(reached, color=INK, linewidth=1, linestyle=(0, (1, 2)), label="all candidates")
        axes.set_xscale("log")
        ticks = [1, 2, 5, 10, 20, 50, 100, 200]
        axes.set_xticks(ticks, list(map(str, ticks)))
        axes.minorticks_off()
        axes.set(xlabel="stories looked at", ylabel="recall of the writers' links", ylim=(0, 1))
        figure.legend(loc="outside right upper")

    return drawn("recall", draw)


def reliability(parts: Mapping[str, Sequence[Mapping[str, float]]]) -> Markup:
    """Return the share of slots that was linked against the predicted probability."""

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        rows = {name: np.array([[one["said"], one["so"]] for one in some]) for name, some in parts.items()}
        points = {name: (each[:, 0], each[:, 1]) for name, each in rows.items()}
        end = max((float(np.max(each)) for each in points.values()), default=1.0) * 1.08
        axes.plot([0, end], [0, end], color=QUIET, linewidth=1, linestyle=(0, (1, 2)), label="as predicted")
        _lines(axes, points, marker="o")
        axes.set(xlabel="predicted probability, mean of the slots", ylabel="share that the writers linked")
        axes.set(xlim=(0, end), ylim=(0, end))
        axes.legend(loc="upper left")

    return drawn("reliability", draw)


def lorenz(curves: Mapping[str, Floats]) -> Markup:
    """Return which share of all slots goes to the least shown stories."""

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        axes.plot([0, 1], [0, 1], color=QUIET, linewidth=1, linestyle=(0, (1, 2)), label="all equally often")
        _lines(axes, {name: (np.linspace(0, 1, len(each)), each) for name, each in curves.items()})
        axes.set(xlabel="share of stories, the least shown first", ylabel="share of all slots")
        axes.set(xlim=(0, 1), ylim=(0, 1))
        axes.legend(loc="upper left")

    return drawn("lorenz", draw)


def losses(system: str, rows: Mapping[str, Interval]) -> Markup:
    """Return the difference that taking out each feature makes, with its interval."""

    def draw(figure: Figure) -> None:
        axes = figure.subplots()
        means, low, high = np.array(list(rows.values())).T
        # What is sure stands out: its interval holds no zero.
        for place, sure in enumerate((low > 0) | (high < 0)):
            colour = ACCENT if sure else QUIET
            axes.plot([low[place], high[place]], [place, place], color=colour, linewidth=1.4)
            axes.plot(means[place], place, "o", color=colour, markersize=4.5)
        axes.axvline(0, color=INK, linewidth=0.8)
        axes.set_yticks(np.arange(len(rows)), list(rows))
        axes.invert_yaxis()
        axes.set(xlabel="nDCG@5 without it, less nDCG@5 with all")

    return drawn(f"losses-{system}", draw, _MARGIN + _LINE * len(rows))


def _lines(axes: Axes, lines: Mapping[str, tuple[Floats, Floats]], marker: str = "") -> None:
    for name, (x, y) in lines.items():
        colour, stroke = STYLES.get(name, _OTHER)
        axes.plot(x, y, label=name, color=colour, linestyle=stroke, marker=marker, markersize=4)
