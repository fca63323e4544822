"""Questions as arrays with any features on any scale: learn on some, test on others. Knows no archive."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from recommender.evaluation.metrics import BLOCK, Floats, gains, ndcg
from recommender.ranking.features import FEATURES, LEARNED, RELATIVE, Feature
from recommender.ranking.learning import HELD, L2, CandidateLists, deviations, fit
from recommender.ranking.pool import Pool
from recommender.ranking.training import PRIOR, SIGNS, worth_by_age
from study.bench import Bench, reprinted
from study.tried import FREE

Scaling = Callable[[NDArray[np.float32], NDArray[np.int64]], NDArray[np.float32]]

SIGN: Mapping[str, int] = {**dict(zip(LEARNED, SIGNS.tolist(), strict=True)), "gap_odds": HELD}
CENTRE: Mapping[str, float] = {**PRIOR, "gap_odds": 1.0}
"""What weights are pulled towards, or held at: `gap_odds` has the shipped recency in it."""


@dataclass(frozen=True, eq=False)
class Table:
    """The candidates of many questions, one after the other.

    Attributes
    ----------
    columns : mapping of str to (t,) float32
        Each feature as it is.
    linked, hidden : (t,) bool
        Which candidates are right; which may not teach.
    offsets : (q + 1,) int64
        Where each question begins.
    right : (q,) int64
        How many stories each writer linked, among the candidates or not.
    """

    columns: Mapping[str, NDArray[np.float32]]
    linked: NDArray[np.bool_]
    hidden: NDArray[np.bool_]
    offsets: NDArray[np.int64]
    right: NDArray[np.int64]

    @classmethod
    def of(cls, bench: Bench, pools: Mapping[int, Pool], asked: Mapping[str, Feature] = FEATURES) -> Table:
        """Compute all features of the pools of some queries."""
        hidden = reprinted(bench.case)
        values: dict[str, list[NDArray[np.float32]]] = {name: [] for name in asked}
        linked, barred = [], []
        for query, pool in pools.items():
            for name, feature in asked.items():
                values[name].append(feature(pool))
            linked.append(np.isin(pool.nums, bench.right(query)))
            places = bench.place[pool.nums]
            barred.append(np.isin(places, list(hidden)) | (query in hidden))
        return cls(
            {name: np.concatenate(each) for name, each in values.items()},
            np.concatenate(linked),
            np.concatenate(barred),
            np.cumsum([0, *map(len, linked)]),
            np.array([len(bench.case.relevant[query]) for query in pools], np.int64),
        )

    def __len__(self) -> int:
        return len(self.right)

    def with_(self, columns: Mapping[str, NDArray[np.float32]]) -> Table:
        """Return the table with more columns, or with others of the same name."""
        return replace(self, columns={**self.columns, **columns})

    def part(self, first: int, last: int) -> Table:
        """Return some questions alone."""
        rows = slice(self.offsets[first], self.offsets[last])
        return Table(
            {name: each[rows] for name, each in self.columns.items()},
            self.linked[rows],
            self.hidden[rows],
            self.offsets[first : last + 1] - self.offsets[first],
            self.right[first:last],
        )

    def teaching(self) -> Table:
        """Return the table without the candidates that may not teach; a question of none is left out."""
        kept = ~self.hidden
        counts = np.add.reduceat(kept.astype(np.int64), self.offsets[:-1])
        return Table(
            {name: each[kept] for name, each in self.columns.items()},
            self.linked[kept],
            self.hidden[kept],
            np.concatenate([[0], np.cumsum(counts[counts > 0])]),
            self.right[counts > 0],
        )

    def agreement(self, scores: NDArray[np.floating]) -> Floats:
        """Return nDCG@5 (q,) of scores (t,), by score alone."""
        spans = list(pairwise(self.offsets.tolist()))
        orders = [np.argsort(-scores[a:b], kind="stable").astype(np.int64) for a, b in spans]
        return ndcg(gains(orders, [np.flatnonzero(self.linked[a:b]) for a, b in spans]), self.right, BLOCK)


# Scales: what a column is measured by within its question


def maximum(values: NDArray[np.float32], offsets: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return values as shares of their question's largest; what is below 0 becomes 0."""
    positive = np.maximum(values, 0)
    largest = np.maximum.reduceat(positive, offsets[:-1])
    return np.asarray(positive / np.repeat(np.where(largest > 0, largest, 1), np.diff(offsets)))


def span(values: NDArray[np.float32], offsets: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return values from 0, their question's smallest, to 1, its largest."""
    low, high = (each.reduceat(values, offsets[:-1]) for each in (np.minimum, np.maximum))
    width = np.where(high > low, high - low, 1)
    return np.asarray((values - np.repeat(low, np.diff(offsets))) / np.repeat(width, np.diff(offsets)))


def deviation(values: NDArray[np.float32], offsets: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return by how many standard deviations values are above their question's mean."""
    counts = np.diff(offsets)
    mean = np.repeat(np.add.reduceat(values, offsets[:-1]) / counts, counts)
    spread = np.sqrt(np.add.reduceat((values - mean) ** 2, offsets[:-1]) / counts)
    return np.asarray((values - mean) / np.repeat(np.where(spread > 0, spread, 1), counts), np.float32)


def raw(values: NDArray[np.float32], offsets: NDArray[np.int64]) -> NDArray[np.float32]:
    """Return values as they are."""
    return values


@dataclass(frozen=True)
class Design:
    """Which features count, and on which scale.

    Attributes
    ----------
    names : tuple of str
    relative : frozenset of str
        Those that are scaled within their question.
    scaling : callable
        How.
    """

    names: tuple[str, ...] = LEARNED
    relative: frozenset[str] = RELATIVE
    scaling: Scaling = deviation

    def without(self, names: Sequence[str]) -> Design:
        """Return the design without some features."""
        return replace(self, names=tuple(name for name in self.names if name not in names))

    def and_(self, name: str, relative: bool) -> Design:
        """Return the design with one more feature."""
        more = self.relative | {name} if relative else self.relative
        return replace(self, names=(*self.names, name), relative=more)

    def matrix(self, table: Table) -> NDArray[np.float32]:
        """Return a table's features (t, F) on their scales."""
        return np.stack(
            [
                self.scaling(table.columns[name], table.offsets)
                if name in self.relative
                else table.columns[name]
                for name in self.names
            ],
            axis=1,
        )

    def lists(self, tables: Sequence[Table], by_age: bool = False) -> CandidateLists:
        """Return what the tables may teach; newer questions more, if that is asked."""
        questions: list[tuple[NDArray[np.float32], NDArray[np.bool_ | np.float32]]] = []
        for table in (each.teaching() for each in tables):
            features = self.matrix(table)
            for first, last in pairwise(table.offsets.tolist()):
                questions.append((features[first:last], table.linked[first:last]))
        if by_age:
            worth = worth_by_age(len(questions))
            questions = [(x, linked * each) for (x, linked), each in zip(questions, worth, strict=True)]
        return CandidateLists.of(questions, len(self.names))

    def signs(self) -> NDArray[np.int64]:
        """Return what is known of each weight beforehand; likeness speaks for a story."""
        return np.array([SIGN.get(name, 0 if name in FREE else 1) for name in self.names])


class Learned(Protocol):
    """Takes a table, gives the score of each candidate (t,)."""

    def __call__(self, table: Table) -> NDArray[np.floating]:
        """Score."""
        ...


@dataclass(frozen=True, eq=False)
class Linear:
    """A weighted sum of a design's features."""

    design: Design
    weights: Floats
    deviation: Floats

    def __call__(self, table: Table) -> NDArray[np.floating]:
        """Return the score of each candidate (t,)."""
        scores: NDArray[np.floating] = self.design.matrix(table) @ self.weights.astype(np.float32)
        return scores


def learn(tables: Sequence[Table], design: Design | None = None, l2: float = L2) -> Linear:
    """Return the linear listwise weights of one publisher, as the shipped ones are learned."""
    design = design or Design()
    lists = [design.lists(tables)]
    spread = deviations(lists)
    prior = np.array([CENTRE.get(name, 0.0) for name in design.names])
    return Linear(design, fit(lists, spread, design.signs(), prior, l2), spread)


def tuned(tables: Sequence[Table], start: Linear, l2: float) -> Linear:
    """Return a publisher's own weights, pulled towards those of ``start``."""
    design = start.design
    weights = fit([design.lists(tables, by_age=True)], start.deviation, design.signs(), start.weights, l2)
    return Linear(design, weights, start.deviation)
