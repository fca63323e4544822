"""Learning the weights of suggestions from the links that writers set. Knows arrays only.

A writer sets one link to a story, on one of many phrases that would have done. So the likelihood of a link is
that of all its phrases together, among all places of its story's text (a softmax).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.suggestions.weights import SuggestionWeights

Floats = NDArray[np.float64]

L2 = 1.0
"""On weights of numbers of one scale; a tenth or ten times as much changes no figure beyond the noise."""

QUESTIONS = 300.0
"""Each publisher counts as so many stories, however many it has."""


@dataclass(frozen=True, slots=True, eq=False)
class LinkedPlaces:
    """The places of one story's text, and which of them its writer would be content with.

    Attributes
    ----------
    rows : (n, F) float32
    links : tuple of (m,) int64
        For each link that its writer set, the rows that lead to its target from words that it stands on.
    """

    rows: NDArray[np.float32]
    links: tuple[NDArray[np.int64], ...]


def learned(publishers: Sequence[Sequence[LinkedPlaces]]) -> SuggestionWeights:
    """Return the likeliest weights given the links of some publishers; the curve is left flat."""
    from scipy.optimize import minimize

    stories = [(each, len(some)) for some in map(_teaching, publishers) for each in some]
    rows = np.concatenate([each.rows for each, _ in stories]).astype(np.float64)
    means, deviations = rows.mean(axis=0), rows.std(axis=0) + 1e-9
    task = _Likelihood.of((rows - means) / deviations, stories)
    found = minimize(task, np.zeros(rows.shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 200})
    return SuggestionWeights(found.x, means, deviations, 1.0, 0.0)


def curve(scores: Floats, right: NDArray[np.bool_]) -> tuple[float, float]:
    """Return slope and offset of the logistic curve from scores (n,) to whether they were right."""
    from sklearn.linear_model import LogisticRegression

    fit = LogisticRegression(C=1e6).fit(scores[:, None], right)
    return float(fit.coef_[0, 0]), float(fit.intercept_[0])


def _teaching(some: Sequence[LinkedPlaces]) -> list[LinkedPlaces]:
    return [each for each in some if each.links]


@dataclass(frozen=True, slots=True, eq=False)
class _Likelihood:
    """Takes weights; returns how unlikely they make the links, and the gradient of that."""

    rows: Floats
    starts: NDArray[np.int64]  # where each story's rows begin
    story: NDArray[np.int64]  # which story each row is of
    chosen: NDArray[np.int64]  # the rows of all links, one link after the other
    begins: NDArray[np.int64]  # where each link's begin there
    link: NDArray[np.int64]  # which link each of them is of
    holder: NDArray[np.int64]  # which story each link is of
    worth: Floats  # what each link counts

    @classmethod
    def of(cls, rows: Floats, stories: Sequence[tuple[LinkedPlaces, int]]) -> _Likelihood:
        lengths = np.array([len(each.rows) for each, _ in stories])
        starts = np.cumsum(lengths) - lengths
        links = [(place, some) for place, (each, _) in enumerate(stories) for some in each.links]
        counts = np.array([len(some) for _, some in links])
        worth = [QUESTIONS / total / np.sqrt(len(each.links)) for each, total in stories for _ in each.links]
        return cls(
            rows=rows,
            starts=starts,
            story=np.repeat(np.arange(len(stories)), lengths),
            chosen=np.concatenate([starts[place] + some for place, some in links]),
            begins=np.cumsum(counts) - counts,
            link=np.repeat(np.arange(len(links)), counts),
            holder=np.array([place for place, _ in links]),
            worth=np.array(worth),
        )

    def __call__(self, weights: Floats) -> tuple[float, Floats]:
        scores = self.rows @ weights
        scores -= np.maximum.reduceat(scores, self.starts)[self.story]
        shares = np.exp(scores)
        total = np.add.reduceat(shares, self.starts)
        chosen = shares[self.chosen]
        of_link = np.add.reduceat(chosen, self.begins)
        loss = -(self.worth * (np.log(np.maximum(of_link, 1e-300)) - np.log(total[self.holder]))).sum()
        worth = np.bincount(self.holder, self.worth, minlength=len(total))
        gradient = shares / total[self.story] * worth[self.story]
        of_link = np.maximum(of_link, 1e-300)
        np.subtract.at(gradient, self.chosen, chosen / of_link[self.link] * self.worth[self.link])
        return float(loss + L2 / 2 * weights @ weights), self.rows.T @ gradient + L2 * weights
