"""Part "reliability": predictions against linked slots, at a publisher that did not teach them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recommender.evaluation.metrics import BLOCK
from recommender.ranking import diversity, features
from recommender.ranking.calibration import WITNESSES, reliability
from study.bench import PUBLISHERS, ROOT, Bench, kept, left_out, table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PLOT = ROOT / "docs" / "reliability.svg"
BINS = 10
NAMES = {"digitalgov": "digital.gov", "18f": "18F"}
COLOURS = ("#0b5fa5", "#c2410c")


def slots(bench: Bench) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return the prediction for every slot of every story's block, and whether the writer set that link.

    Stories without links are among them; those with a long list of links are not.
    """
    ranker = left_out(bench.name)
    said, linked = [], []
    for story in range(len(bench.nums)):
        pool = bench.pool(story, bench.graph)
        if story in bench.case.lists or len(pool) < WITNESSES:
            continue
        scores = ranker.model.scores(features.matrix(pool, ranker.model.features), pool.known_links)
        found = diversity.events(pool, scores, BLOCK)
        said.append(ranker.calibrated(scores)[[event.best for event in found]])
        linked.append(np.isin(pool.nums[[event.shown for event in found]], bench.right(story)))
    return np.concatenate(said), np.concatenate(linked)


def error(bins: list[dict[str, float]]) -> float:
    """Return the expected calibration error: the mean distance of predictions from shares of linked slots."""
    sizes = np.array([each["slots"] for each in bins])
    away = np.array([abs(each["said"] - each["so"]) for each in bins])
    return float(sizes @ away / sizes.sum())


def draw(curves: dict[str, list[dict[str, float]]], path: Path) -> None:
    """Draw both curves; dates and ids are left out, so that equal figures give equal files."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update(
        {"svg.hashsalt": "related-stories", "svg.fonttype": "none", "font.family": "sans-serif"}
    )
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(4.6, 4.2), layout="constrained")
    _lines(axes, curves)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)


def _lines(axes: Axes, curves: dict[str, list[dict[str, float]]]) -> None:
    most = max(value for bins in curves.values() for each in bins for value in (each["said"], each["so"]))
    axes.plot([0, most], [0, most], color="#888888", linewidth=1, linestyle="--", label="as predicted")
    for (name, bins), colour in zip(curves.items(), COLOURS, strict=True):
        points = np.array([[each["said"], each["so"]] for each in bins])
        label = f"{NAMES[name]}, error {error(bins):.3f}"
        axes.plot(*points.T, color=colour, marker="o", markersize=4, linewidth=1.5, label=label)
    axes.set_xlabel("predicted probability")
    axes.set_ylabel("share that the writer linked")
    axes.legend(frameon=False, loc="upper left")
    axes.spines[["top", "right"]].set_visible(False)


def main() -> None:
    """Print the figures, and draw them."""
    curves, lines = {}, []
    for name in PUBLISHERS:
        said, linked = slots(Bench.of(name))
        curves[name] = bins = reliability(said, linked, BINS)
        lines.append(
            [NAMES[name], "predicted", *(f"{each['said']:.3f}" for each in bins), f"{said.mean():.3f}", ""]
        )
        shares = (f"{each['so']:.3f}" for each in bins)
        lines.append(["", "linked", *shares, f"{linked.mean():.3f}", f"{error(bins):.4f}"])
        print(f"{name}: {len(said)} slots, {int(linked.sum())} of them linked")
    print(table(("", "", *(str(i) for i in range(1, BINS + 1)), "all", "error"), lines))
    draw(curves, PLOT)
    print(f"wrote {PLOT.relative_to(ROOT)}")
    kept("reliability", curves)
