"""From features to one score a candidate. Knows no stories: a matrix goes in, scores come out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recommender.ranking.link_history import IMAGINED

Floats = NDArray[np.float32]

HALFWAY = 10.0
"""At so many known links the weights stand halfway between those for none and those for many."""

STANDING_IN = frozenset({"fading_recency", "early_recency"})
"""The features that stand in for the publisher's own gaps, and fade by as many links as are known."""

TYPICAL = 300
"""So many candidates, the first of a pool, tell what is usual there. However many others are looked at,
less like the source, what one stands out of stays the same: weights mean what they meant."""

_FLAT = 1e-6  # a feature whose spread within the pool is below this says nothing


class Scale(StrEnum):
    """What a feature is measured by within one pool, before it is weighed."""

    NONE = "none"  # as it is: a day is a day
    MAXIMUM = "maximum"  # by its share of the pool's largest value; below 0 counts as 0
    DEVIATION = "deviation"  # by how many standard deviations it is above the mean of the `TYPICAL`


@dataclass(frozen=True, slots=True)
class Weight:
    """How one feature counts.

    Attributes
    ----------
    feature : str
    value : float
        Where many earlier links are known.
    scale : Scale
    unlinked : float, optional
        Where none is known; the same by default.
    """

    feature: str
    value: float
    scale: Scale = Scale.DEVIATION
    unlinked: float | None = None


@dataclass(frozen=True)
class LinearModel:
    """A weighted sum of features, whose weights follow from how many earlier links are known.

    What text and time tell is worth less once links tell it as well.

    Attributes
    ----------
    version : str
        Goes into a block's provenance.
    weights : tuple of Weight
        In the order of the columns of the matrix.
    history : float
        How far the publisher's earlier links are believed, 0 to 1: at 0 it is as if none were known.
    """

    version: str
    weights: tuple[Weight, ...]
    history: float = 1.0

    def with_weights(self, *more: Weight) -> LinearModel:
        """Return the same with more features."""
        return replace(self, weights=(*self.weights, *more))

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features, in the order of the columns."""
        return tuple(weight.feature for weight in self.weights)

    @cached_property
    def linked(self) -> Floats:
        """The weights alone, (F,), where many links are known."""
        return np.array([weight.value for weight in self.weights], np.float32)

    @cached_property
    def unlinked(self) -> Floats:
        """The weights alone, (F,), where none is known."""
        pairs = ((weight.value, weight.unlinked) for weight in self.weights)
        return np.array([value if none is None else none for value, none in pairs], np.float32)

    @cached_property
    def weightless(self) -> frozenset[str]:
        """The features that add nothing, however many links are known."""
        worth = self.linked.astype(bool) | self.unlinked.astype(bool)
        return frozenset(
            name for name, counts in zip(self.features, worth.tolist(), strict=True) if not counts
        )

    def values(self, known: int) -> Floats:
        """Return the weights (F,) where ``known`` links are."""
        linked, unlinked = self.shares(known)
        return np.asarray(linked * self.linked + unlinked * self.unlinked, np.float32)

    def shares(self, known: int) -> tuple[Floats, Floats]:
        """Return how much of each feature (F,) the weights for many links weigh, and those for none.

        Links that are not believed are not known: what stands in for them until there are enough goes on to.
        """
        share = self.history * linked_share(known)
        if self.history == 1:
            return np.full(len(self.weights), share, np.float32), np.full(
                len(self.weights), 1 - share, np.float32
            )
        believed = HALFWAY * share / (1 - share)
        standing = np.array([weight.feature in STANDING_IN for weight in self.weights])
        scale = np.where(standing, (IMAGINED + known) / (IMAGINED + believed), 1.0)
        return np.asarray(share * scale, np.float32), np.asarray((1 - share) * scale, np.float32)

    @cached_property
    def scales(self) -> tuple[Scale, ...]:
        """How each column is scaled."""
        return tuple(weight.scale for weight in self.weights)

    def contributions(self, features: Floats, known: int) -> Floats:
        """Return what each feature adds to each candidate's score.

        Parameters
        ----------
        features : (n, F) float32
        known : int
            How many links the source may know of.

        Returns
        -------
        (n, F) float32
        """
        return scaled(features, self.scales) * self.values(known)

    def scores(self, features: Floats, known: int) -> Floats:
        """Return one score (n,) a candidate, comparable within this pool only; see `contributions`."""
        return np.asarray(self.contributions(features, known).sum(axis=1))


def linked_share(known: int) -> float:
    """Return what part the weights for many links have where ``known`` links are, 0 to 1."""
    return known / (known + HALFWAY)


def scaled(features: Floats, scales: tuple[Scale, ...]) -> Floats:
    """Return each column (n,) on its scale, (n, F) float32."""
    if not len(features):
        return features
    out = features.astype(np.float32)
    for scale, scaled_by in ((Scale.MAXIMUM, to_maximum), (Scale.DEVIATION, standardised)):
        columns = [place for place, each in enumerate(scales) if each is scale]
        if columns:
            out[:, columns] = scaled_by(features[:, columns])
    return out


def to_maximum(features: Floats) -> Floats:
    """Return each column (n,) as a share of its largest value, 0 to 1; what is below 0 becomes 0."""
    if not features.size:
        return features
    positive = np.maximum(features, 0)
    largest = positive.max(axis=0)
    return np.asarray(positive / np.where(largest > 0, largest, 1), np.float32)


def standardised(features: Floats) -> Floats:
    """Return each column (n,) less its mean, in standard deviations of the pool; a flat column becomes 0.

    Mean and deviation are those of the `TYPICAL` candidates.
    """
    if not features.size:
        return features
    away = features - features[:TYPICAL].mean(axis=0)
    spread = np.sqrt(np.square(away[:TYPICAL]).mean(axis=0))
    return np.where(spread > _FLAT, away / np.maximum(spread, _FLAT), 0)


def usual(contributions: Floats) -> Floats:
    """Return what each feature (F,) adds to a candidate's score as a rule: the median of the `TYPICAL`."""
    ordered = np.sort(
        np.ascontiguousarray(contributions[:TYPICAL].T), axis=1
    )  # `numpy.median` takes twice as long
    count = ordered.shape[1]
    return np.asarray((ordered[:, (count - 1) // 2] + ordered[:, count // 2]) / 2, np.float32)


def ranked(scores: Floats) -> NDArray[np.int64]:
    """Return the positions of the scores, best first; equal scores keep their order."""
    return np.argsort(-scores, kind="stable")


HAND_SET = LinearModel(
    "hand-set-1",
    (
        Weight("words", 1.0),
        Weight("bigrams", 0.5),
        Weight("headline_in_story", 0.3),
        Weight("plain_dense", 0.4),
        Weight("chunk_to_headline", 0.4),
        # Not standardised: a week means the same to every question.
        Weight("recency", 1.0, Scale.NONE),
    ),
)
"""Set by hand on two publishers' archives: what the learned weights have to beat."""
