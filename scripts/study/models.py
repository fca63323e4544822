"""Parts "models" and "own": linear softmax against LambdaMART and logistic, on the same pools."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.evaluation.trial import PULL
from recommender.ranking.learning import HELD
from study.bench import PUBLISHERS, Bench, change, kept, level, other, table
from study.tables import Design, Learned, Linear, Table, learn, tuned
from study.worth import read

LEAVES, TREES = (7, 15, 31), (100, 300)
OWN_LEAVES = (7, 15)  # on a publisher's own, few questions
MONOTONE = (False, True)
BOOSTING: Mapping[str, Any] = {
    "objective": "lambdarank",
    "learning_rate": 0.05,
    "min_child_samples": 50,
    "colsample_bytree": 0.8,
    "reg_lambda": 1.0,
    "lambdarank_truncation_level": 10,
    "label_gain": [0, 1],
    "random_state": 7,
    "n_jobs": 1,
    "verbose": -1,
}
"""Fixed before anything was measured; `LEAVES` x `TREES` x `MONOTONE` is all that was varied."""

PENALTIES = (0.01, 0.1, 1.0)
"""Inverse strengths of the logistic's L2."""


@dataclass(frozen=True, eq=False)
class Scored:
    """Any model that gives a score to each row of a design's matrix."""

    design: Design
    predict: Callable[[NDArray[np.float32]], NDArray[np.floating]]

    def __call__(self, table: Table) -> NDArray[np.floating]:
        """Return the score of each candidate (t,)."""
        return self.predict(self.design.matrix(table))


def lambdamart(tables: Sequence[Table], leaves: int, trees: int, monotone: bool) -> Scored:
    """Return boosted trees (Burges 2010, as LightGBM has them)."""
    from lightgbm import LGBMRanker

    design = Design()
    lists = design.lists(tables)
    signs = [0 if sign == HELD else int(sign) for sign in design.signs()]
    model = LGBMRanker(
        **BOOSTING, num_leaves=leaves, n_estimators=trees, monotone_constraints=signs if monotone else None
    )
    model.fit(lists.features, lists.linked.astype(np.int64), group=np.diff(lists.offsets))
    return Scored(design, lambda rows: np.asarray(model.booster_.predict(rows, num_threads=1)))


def logistic(tables: Sequence[Table], penalty: float) -> Scored:
    """Return a pointwise logistic regression, links weighted up to half of all."""
    from sklearn.linear_model import LogisticRegression

    design = Design()
    lists = design.lists(tables)
    spread = lists.features.std(axis=0)
    spread[spread < 1e-6] = 1
    model = LogisticRegression(C=penalty, class_weight="balanced", max_iter=1000)
    model.fit(lists.features / spread, lists.linked)
    return Scored(design, lambda rows: np.asarray((rows / spread) @ model.coef_[0]))


def rivals(tables: Sequence[Table], grid: Iterable[tuple[int, int, bool]]) -> Iterator[tuple[str, Learned]]:
    """Yield every other model, learned from the same questions."""
    for penalty in PENALTIES:
        yield f"pointwise logistic, C {penalty}", logistic(tables, penalty)
    for leaves, trees, monotone in grid:
        name = f"LambdaMART, {leaves} leaves, {trees} trees{', signs' if monotone else ''}"
        yield name, lambdamart(tables, leaves, trees, monotone)


def unseen(taught: Mapping[str, tuple[Table, Table]]) -> list[list[str]]:
    """Return what each model does on the publisher that it was not learned from: links, and none."""
    columns: dict[str, list[str]] = {}
    for name in PUBLISHERS:
        source, target = taught[other(name)], taught[name]
        linear = learn(source)
        base = [each.agreement(linear(each)) for each in target]
        columns.setdefault("linear, listwise softmax", []).extend(map(level, base))
        for what, model in rivals(source, product(LEAVES, TREES, MONOTONE)):
            found = [each.agreement(model(each)) for each in target]
            columns.setdefault(what, []).extend(
                f"{values.mean():.3f} ({change(values, before)})"
                for values, before in zip(found, base, strict=True)
            )
            print(name, what, columns[what][-2:], flush=True)
    return [[what, *cells] for what, cells in columns.items()]


def own(taught: Mapping[str, tuple[Table, Table]]) -> list[list[str]]:
    """Return what models learned from the oldest questions do on the newest, links read."""
    columns: dict[str, list[str]] = {}
    for name in PUBLISHERS:
        questions = taught[name][0]
        first = round(0.7 * len(questions))
        old, new = questions.part(0, first), questions.part(first, len(questions))
        default = learn(taught[other(name)])
        best = tuned([old], default, PULL)
        base = new.agreement(best(new))
        columns.setdefault("linear, tuned from the other's weights", []).append(level(base))
        for what, model in others([old], taught[other(name)], default):
            values = new.agreement(model(new))
            columns.setdefault(what, []).append(f"{values.mean():.3f} ({change(values, base)})")
            print(name, what, columns[what][-1], flush=True)
    return [[what, *cells] for what, cells in columns.items()]


def others(
    old: Sequence[Table], elsewhere: Sequence[Table], default: Linear
) -> Iterator[tuple[str, Learned]]:
    """Yield what the tuned weights are compared with."""
    yield "linear, not tuned", default
    yield "linear, from nothing", learn(old)
    yield from rivals(old, product(OWN_LEAVES, TREES, [True]))
    for leaves, trees in product(OWN_LEAVES, TREES):
        both = [*old, *elsewhere]
        yield (
            f"LambdaMART, {leaves} leaves, {trees} trees, signs, of both publishers",
            lambdamart(both, leaves, trees, monotone=True),
        )


def main() -> None:
    """Print what each model does on the publisher that did not teach it."""
    taught = {name: read(Bench.of(name)) for name in PUBLISHERS}
    head = ("", *(f"{name}, {kind}" for name in PUBLISHERS for kind in ("links", "none")))
    print(table(head, rows := unseen(taught)))
    kept("models", rows)


def on_newest() -> None:
    """Print what each model learns from a publisher's own oldest questions."""
    taught = {name: read(Bench.of(name)) for name in PUBLISHERS}
    print(table(("", *PUBLISHERS), rows := own(taught)))
    kept("own", rows)
