"""From pools with right answers to weights. Knows no archive and no files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from recommender.ranking.features import LEARNED, RELATIVE, matrix
from recommender.ranking.learning import HELD, L2, CandidateLists, deviations, fit
from recommender.ranking.model import LinearModel, Scale, Weight, scaled
from recommender.ranking.pool import Pool
from recommender.ranking.weights import Ranker

Floats = NDArray[np.float64]

SCALES = tuple(Scale.MAXIMUM if name in RELATIVE else Scale.NONE for name in LEARNED)

_FREE = frozenset({"same_kind", "opinion", "live"})
_FALLING = frozenset({"same_template"})
_HELD = frozenset({"early_recency", "same_series"})
SIGNS = np.array(
    [HELD if name in _HELD else 0 if name in _FREE else -1 if name in _FALLING else 1 for name in LEARNED]
)
"""What is known before any link is seen: likeness, nearness and earlier links speak for a story."""

PRIOR: Mapping[str, float] = {"opinion": -0.5, "early_recency": 0.7, "same_series": 1.0}
"""Weights that the training data cannot teach, where the best candidate has a score of about eight.

Opinion: the judges of TREC News (2018 to 2021) were told to leave it out of the background; half a unit
takes a story back by a few places and no further. Early recency: how much age matters differs between
publishers more than all else, and the two that teach hardly mind it: .7 is the most that costs neither of
them nDCG@5 while no link is known (.8 costs .01), and keeps a daily's own news above what is years old.
Series: of 27 pairs the writers of digital.gov link most and those of 18F, whose pages list the parts,
hardly any; who reads part 2 wants part 1.
"""


@dataclass(frozen=True, eq=False)
class LabelledQuestion:
    """A story's candidates, and which of them its writer linked.

    Attributes
    ----------
    features : (n, F) float32
        On their scales, in the order of `LEARNED`.
    linked : (n,) bool
    right : int
        How many stories the writer linked, be they among the candidates or not.
    """

    features: NDArray[np.float32]
    linked: NDArray[np.bool_]
    right: int

    @classmethod
    def of(cls, pool: Pool, right: NDArray[np.int64]) -> LabelledQuestion:
        """Look at a pool with the ``right`` answers (nums) in mind."""
        return cls(scaled(matrix(pool), SCALES), np.isin(pool.nums, right), len(right))


def learned(
    publishers: Sequence[Sequence[LabelledQuestion]], version: str, provenance: Mapping[str, Any]
) -> Ranker:
    """Return weights for a publisher not seen; each publisher that taught them counts equally."""
    lists = [_lists(questions) for questions in publishers]
    deviation = deviations(lists)
    prior = np.array([PRIOR.get(name, 0.0) for name in LEARNED])
    weights = fit(lists, deviation, SIGNS, prior)
    return _ranker(weights, deviation, lists, version, {**provenance, "l2": L2})


def tuned(
    questions: Sequence[LabelledQuestion],
    start: Ranker,
    version: str,
    provenance: Mapping[str, Any],
    l2: float,
) -> Ranker:
    """Return a publisher's own weights, pulled towards those of ``start`` by ``l2``."""
    lists = _lists(questions)
    held = {weight.feature: weight.value for weight in start.model.weights}
    prior = np.array([held.get(name, 0.0) for name in LEARNED])
    known = dict(zip(start.model.features, start.deviations, strict=True))
    deviation = np.array([known.get(name, 1.0) for name in LEARNED])
    weights = fit([lists], deviation, SIGNS, prior, l2)
    return _ranker(weights, deviation, [lists], version, {**provenance, "l2": l2})


def _lists(questions: Sequence[LabelledQuestion]) -> CandidateLists:
    return CandidateLists.of([(each.features, each.linked) for each in questions], len(LEARNED))


def _ranker(
    weights: Floats,
    deviation: Floats,
    lists: Sequence[CandidateLists],
    version: str,
    provenance: Mapping[str, Any],
) -> Ranker:
    rows = np.concatenate([each.features for each in lists])
    ranges = tuple(zip(rows.min(axis=0).tolist(), rows.max(axis=0).tolist(), strict=True))
    named = zip(LEARNED, weights.tolist(), SCALES, strict=True)
    model = LinearModel(version, tuple(Weight(*each) for each in named))
    return Ranker(model, tuple(deviation.tolist()), ranges, provenance=provenance)
