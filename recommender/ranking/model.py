"""From features to one score a candidate. Knows no stories: a matrix goes in, scores come out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_FLAT = 1e-6  # a feature whose spread within the pool is below this says nothing


@dataclass(frozen=True, slots=True)
class Weight:
    """How one feature counts: by how many standard deviations above its pool, or as it is."""

    feature: str
    value: float
    standardised: bool = True


@dataclass(frozen=True, slots=True)
class LinearModel:
    """A weighted sum of features.

    Attributes
    ----------
    version : str
        Goes into a block's provenance.
    weights : tuple of Weight
        In the order of the columns of the matrix.
    """

    version: str
    weights: tuple[Weight, ...]

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features, in the order of the columns."""
        return tuple(weight.feature for weight in self.weights)

    def contributions(self, features: Floats) -> Floats:
        """Return what each feature adds to each candidate's score, (n, F) as the ``features`` (n, F) are."""
        scale = np.array([weight.standardised for weight in self.weights])
        values = np.array([weight.value for weight in self.weights], np.float32)
        return np.where(scale, standardised(features), features) * values

    def scores(self, features: Floats) -> Floats:
        """Return one score (n,) a candidate, comparable within this pool only."""
        return np.asarray(self.contributions(features).sum(axis=1))


def standardised(features: Floats) -> Floats:
    """Return each column (n,) less its mean, in standard deviations of the pool; a flat column becomes 0."""
    if not len(features):
        return features
    spread = features.std(axis=0)
    return np.where(spread > _FLAT, (features - features.mean(axis=0)) / np.maximum(spread, _FLAT), 0)


def ranked(scores: Floats) -> NDArray[np.int64]:
    """Return the positions of the scores, best first; equal scores keep their order."""
    return np.argsort(-scores, kind="stable")


HAND_SET = LinearModel(
    "hand-set-1",
    (
        Weight("words", 1.0),
        Weight("bigrams", 0.5),
        Weight("headline_in_story", 0.3),
        Weight("dense", 0.4),
        Weight("chunk_to_headline", 0.4),
        # Not standardised: a week means the same to every question.
        Weight("recency", 1.0, standardised=False),
    ),
)
"""Set by hand on two publishers' archives: nDCG@5 .43 and .60 of their own links; TF-IDF .39 and .54."""
