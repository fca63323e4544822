"""Weights from links: listwise softmax over each question's candidates. Knows arrays only.

After Cao et al. 2007 (ListNet, top one): the loss of a question is minus the log-probability of each linked
story against all that are not linked, each of which may count as several.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from index.storage.background import Check

Floats = NDArray[np.float64]

L2 = 10.0
"""Strength of the pull towards no weight, for features in their own deviations: 3 to 30 do equally well, 100
loses .002 to .006 (docs/ranking.md)."""

ITERATIONS = 500  # L-BFGS needs 30 to 80
HELD = 2  # the sign of a weight that is not learned
_NO_SPREAD = 1e-6  # a feature that never differs within a question has nothing to teach


@dataclass(frozen=True, eq=False)
class CandidateLists:
    """The candidates of many questions, one after the other.

    Attributes
    ----------
    features : (t, F) float32
        On their scales (`model.scaled`).
    linked : (t,) bool
        Which candidates the writers linked; at least one a question.
    offsets : (q + 1,) int64
        Where each question begins.
    worth : (t,) float32
        What each link counts, up to 1 by itself, times up to some 2.8 where newer questions teach more; 0
        where there is none.
    against : (t,) float32
        As how many stories that are not linked each candidate counts: 1 where nobody has said anything of it,
        0 where it is linked.
    """

    features: NDArray[np.float32]
    linked: NDArray[np.bool_]
    offsets: NDArray[np.int64]
    worth: NDArray[np.float32]
    against: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @classmethod
    def of(
        cls,
        questions: Sequence[tuple[NDArray[np.float32], NDArray[np.bool_ | np.float32]]],
        width: int,
        against: Sequence[NDArray[np.float32] | None] = (),
    ) -> Self:
        """Join questions of ``width`` features; left out are those where all or none is linked.

        Beside the features stands which candidates are linked, or what each link counts; in ``against``, for
        those questions of which something is known, as how many each other one counts.
        """
        others = against or [None] * len(questions)
        kept = [
            (x, linked, np.ones(len(linked), np.float32) if other is None else other)
            for (x, linked), other in zip(questions, others, strict=True)
            if linked.any() and not linked.all()
        ]
        nothing = np.zeros(0, np.float32)
        worth = np.concatenate([nothing, *(linked for _, linked, _ in kept)]).astype(np.float32)
        return cls(
            np.concatenate([np.zeros((0, width), np.float32), *(x for x, _, _ in kept)]),
            worth > 0,
            np.cumsum([0, *(len(linked) for _, linked, _ in kept)]),
            worth,
            np.where(worth > 0, 0, np.concatenate([nothing, *(other for _, _, other in kept)])).astype(
                np.float32
            ),
        )

    def part(self, first: int, last: int) -> CandidateLists:
        """Return questions ``first`` to ``last`` alone."""
        rows = slice(self.offsets[first], self.offsets[last])
        offsets = self.offsets[first : last + 1] - self.offsets[first]
        return CandidateLists(
            self.features[rows], self.linked[rows], offsets, self.worth[rows], self.against[rows]
        )


def deviations(publishers: Sequence[CandidateLists]) -> Floats:
    """Return each feature's standard deviation within a question, publishers weighted equally, (F,).

    A feature that never differs gets 1.
    """
    variances = []
    for lists in publishers:
        starts, lengths = lists.offsets[:-1], np.diff(lists.offsets)[:, None]
        x = lists.features.astype(np.float64)
        mean = np.add.reduceat(x, starts) / lengths
        variances.append((np.add.reduceat(x * x, starts) / lengths - mean**2).mean(axis=0))
    deviation = np.sqrt(np.maximum(np.mean(variances, axis=0), 0))
    return np.asarray(np.where(deviation > _NO_SPREAD, deviation, 1.0))


def fit(
    publishers: Sequence[CandidateLists],
    deviation: Floats,
    signs: NDArray[np.int64],
    prior: Floats | None = None,
    l2: float = L2,
    check: Check | None = None,
) -> Floats:
    """Return the weights (F,) that make the links likeliest.

    Parameters
    ----------
    publishers : sequence of CandidateLists
        Each counts equally, however many questions it has.
    deviation : (F,) float64
        The unit in which the distance of weights from the prior is measured, from `deviations`.
    signs : (F,) int
        1 for a weight that cannot be negative, -1 for one that cannot be positive, 0 for a free one, `HELD`
        for one that stays at its prior. That more likeness makes no link less likely is known beforehand; to
        say so gains .01 on another publisher.
    prior : (F,) float64, optional
        What the weights are pulled towards; 0 by default.
    l2 : float
        How strongly.
    check : callable, optional
        Called at each step; may wait, or raise to end it.
    """
    from scipy.optimize import minimize

    centre = (np.zeros(len(deviation)) if prior is None else prior) * deviation
    questions = sum(map(len, publishers))
    parts = [_Loss(lists, deviation, questions / len(publishers)) for lists in publishers if len(lists)]

    def loss(weights: Floats) -> tuple[float, Floats]:
        if check:
            check()
        away = weights - centre
        value, slope = 0.5 * l2 * float(away @ away), l2 * away
        for part in parts:
            more, steeper = part(weights)
            value, slope = value + more, slope + steeper
        return value, slope

    bounds = [
        (held, held) if sign == HELD else (0 if sign > 0 else None, 0 if sign < 0 else None)
        for sign, held in zip(signs, centre, strict=True)
    ]
    found = minimize(
        loss, centre, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": ITERATIONS}
    )
    return np.asarray(found.x / deviation, np.float64)


class _Loss:
    """The loss of one publisher's questions, ``total`` in all, and its gradient."""

    def __init__(self, lists: CandidateLists, deviation: Floats, total: float) -> None:
        self.features = (lists.features / deviation).astype(np.float32)
        self.linked, self.starts, self.lengths = lists.linked, lists.offsets[:-1], np.diff(lists.offsets)
        links = np.add.reduceat(self.linked.astype(np.int64), self.starts)
        self.question = np.repeat(np.arange(len(lists)), links)
        self.against = lists.against.astype(np.float64)
        # A story with many links has less to say of each.
        worth = lists.worth.astype(np.float64)
        weights = total / len(lists) / np.sqrt(np.add.reduceat(worth, self.starts))
        self.weights = weights[self.question] * worth[self.linked]

    def __call__(self, weights: Floats) -> tuple[float, Floats]:
        scores = (self.features @ weights.astype(np.float32)).astype(np.float64)
        scores -= np.repeat(np.maximum.reduceat(scores, self.starts), self.lengths)
        power = np.exp(scores)
        others = np.add.reduceat(power * self.against, self.starts)
        total = others[self.question] + power[self.linked]
        weight = self.weights
        value = float((weight * (np.log(total) - scores[self.linked])).sum())
        pull = np.bincount(self.question, weight / total, minlength=len(self.starts))
        slope = power * self.against * np.repeat(pull, self.lengths)
        slope[self.linked] = weight * (power[self.linked] / total - 1)
        return value, (self.features.T @ slope.astype(np.float32)).astype(np.float64)
