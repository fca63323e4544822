"""Part "few": what tuning does with few links, held against the weights that it starts from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from recommender.evaluation.metrics import Floats
from recommender.evaluation.trial import PULL, TRAINED, Trial
from recommender.ranking import features
from recommender.ranking.features import FEATURES
from study.bench import PUBLISHERS, ROOT, Bench, change, kept, left_out, table
from study.streams import daily
from study.tables import Linear, Table, learn, tuned
from study.worth import as_shipped

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COUNTS = (25, 50, 100, 200)
SUBSETS = 5
SEED = 3
PLOT = ROOT / "docs" / "learning.svg"
OF_LINKS = {name: FEATURES[name] for name in (each.__name__ for each in features.LINKS)}
OF_STORIES = {name: each for name, each in FEATURES.items() if name not in OF_LINKS}


class Known:
    """A publisher of which only some links are known: to learn from, and as history.

    Parameters
    ----------
    bench : Bench
        The publisher.
    start : Linear
        Weights that have not seen it.
    """

    def __init__(self, bench: Bench, start: Linear) -> None:
        self.bench, self.start = bench, start
        pools = {query: bench.pool(query, None) for query in bench.queries}
        self.whole = Table.of(bench, pools, OF_STORIES)
        self.first = len(bench.oldest)

    def tables(self, chosen: Sequence[int]) -> tuple[Table, Table]:
        """Return the older of the ``chosen`` questions (positions of queries), to learn from, and the newest.

        The links of the chosen are all that is known, as history as well.
        """
        queries = self.bench.queries
        pairs = [(queries[i], target) for i in chosen for target in self.bench.case.relevant[queries[i]]]
        graph = self.bench.graph_of(np.array(pairs, np.int64).reshape(-1, 2))
        taught = [i for i in chosen if i < self.first]
        newest = range(self.first, len(queries))
        parts = []
        for places in (taught, newest):
            told = Table.of(
                self.bench, {queries[i]: self.bench.pool(queries[i], graph) for i in places}, OF_LINKS
            )
            rows = np.concatenate(
                [np.arange(self.whole.offsets[i], self.whole.offsets[i + 1]) for i in places]
            )
            parts.append(told.with_({name: each[rows] for name, each in self.whole.columns.items()}))
        return parts[0], parts[1]

    def tried(self, chosen: Sequence[int]) -> dict[str, Floats]:
        """Return nDCG@5 of the newest questions by the start, tuned, and tuned where that wins a trial."""
        old, new = self.tables(chosen)
        before = new.agreement(self.start(new))
        after = new.agreement(tuned([old], self.start, PULL)(new))
        nothing = new.agreement(learn([old])(new))
        kept_ = after if won(old, self.start) else before
        return {"start": before, "tuned": after, "kept": kept_, "from nothing": nothing}


def won(old: Table, start: Linear) -> bool:
    """Return whether `related tune` would write what it learned: by a trial on the newest that it knows."""
    first = round(TRAINED * len(old))
    early, late = old.part(0, first), old.part(first, len(old))
    own = tuned([early], start, PULL)
    before, after = late.agreement(start(late)), late.agreement(own(late))
    return Trial(before, after, first, int(early.linked.sum())).won


def subset(bench: Bench, links: int | None, rng: np.random.Generator) -> list[int]:
    """Return positions of queries of all times, of which the older hold so many links together; or of all.

    A newsroom that sets few links goes on to do so: the newest are known in the same share.
    """
    if links is None:
        return list(range(len(bench.queries)))
    order = rng.permutation(len(bench.queries))
    first = len(bench.oldest)
    counts = np.array([len(bench.case.relevant[bench.queries[i]]) if i < first else 0 for i in order])
    enough = int(np.searchsorted(np.cumsum(counts), links)) + 1
    return sorted(order[:enough].tolist())


def curve(known: Known) -> tuple[list[list[object]], list[tuple[int, float, float]]]:
    """Return a row, and a point, for each number of links."""
    lines: list[list[object]] = []
    points: list[tuple[int, float, float]] = []
    bench = known.bench
    rng = np.random.default_rng(SEED)
    none = known.tables([0])[1].with_(
        Table.of(bench, {query: bench.pool(query, None) for query in bench.newest}, OF_LINKS).columns
    )
    base = none.agreement(known.start(none))
    points.append((0, float(base.mean()), float(base.mean())))
    lines.append([bench.name, 0, f"{base.mean():.3f}", "", "", "", "", ""])
    for count in (*COUNTS, None):
        runs = [known.tried(subset(bench, count, rng)) for _ in range(SUBSETS if count else 1)]
        mean = {name: np.mean([run[name] for run in runs], axis=0) for name in runs[0]}
        least = min(float((run["tuned"] - run["start"]).mean()) for run in runs)
        total = sum(len(bench.case.relevant[query]) for query in bench.oldest)
        points.append((count or total, float(mean["start"].mean()), float(mean["tuned"].mean())))
        lines.append(
            [
                bench.name, count or f"all ({total})",
                *(f"{mean[name].mean():.3f}" for name in ("start", "tuned")),
                change(mean["tuned"], mean["start"]), f"{least:+.3f}",
                f"{mean['kept'].mean():.3f}", f"{mean['from nothing'].mean():.3f}",
            ]
        )  # fmt: skip
        print("|", " | ".join(map(str, lines[-1])), "|", flush=True)
    return lines, points


def draw(curves: dict[str, list[tuple[int, float, float]]]) -> None:
    """Draw the curves of all publishers, before and after tuning."""
    import matplotlib as mpl

    mpl.use("svg")
    mpl.rcParams.update(
        {"svg.hashsalt": "related-stories", "svg.fonttype": "none", "font.family": "sans-serif"}
    )
    from matplotlib import pyplot as plt

    figure, panels = plt.subplots(
        1, len(curves), figsize=(3 * len(curves), 3), layout="constrained", squeeze=False
    )
    for axes, (name, points) in zip(panels[0], curves.items(), strict=True):
        _panel(axes, name, np.array(points))
    panels[0][0].set_ylabel("nDCG@5, newest 30 %")
    figure.savefig(PLOT, metadata={"Date": None})
    plt.close(figure)


def _panel(axes: Axes, name: str, points: NDArray[np.float64]) -> None:
    place = np.arange(len(points))
    axes.plot(place, points[:, 1], color="#888888", marker="o", markersize=3, label="as they come")
    axes.plot(place, points[:, 2], color="#0b5fa5", marker="o", markersize=3, label="tuned")
    axes.set_xticks(place, [f"{count:.0f}" for count in points[:, 0]])
    axes.set_title(name, fontsize=10)
    axes.set_xlabel("links known")
    axes.legend(frameon=False, fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)


def main() -> None:
    """Print and draw the learning curves."""
    from recommender.ranking.weights import shipped

    known = [Known(Bench.of(name), as_shipped(left_out(name))) for name in PUBLISHERS]
    known.append(Known(daily(), as_shipped(shipped())))
    lines: list[list[object]] = []
    curves = {}
    for each in known:
        rows, curves[each.bench.name] = curve(each)
        lines += rows
    head = (
        "",
        "links",
        "as they come",
        "tuned",
        "change",
        "worst of five",
        "where it wins a trial",
        "from nothing",
    )
    print(table(head, lines))
    draw(curves)
    kept("few", lines)
