"""Figures of blocks by editors' ratings, with intervals, and whether editors agree. Knows no archive."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import combinations

import msgspec
import numpy as np
from numpy.typing import NDArray

from recommender.evaluation import metrics
from recommender.evaluation.rated import by_slot
from recommender.newsroom.ratings import Grade, Rating

Floats = NDArray[np.float64]
LEAST = 5  # blocks, or slots that two have rated, below which a mean says nothing
Order = Callable[[str, Sequence[str]], Sequence[str]]
"""Returns rated stories of a source in a system's order."""

_DISCOUNT = 1 / np.log2(np.arange(metrics.BLOCK) + 2)


class Mean(msgspec.Struct, frozen=True):
    """A mean, and its 95 % interval."""

    mean: float
    low: float
    high: float


class RatedFigures(msgspec.Struct, frozen=True):
    """What editors think of blocks.

    Attributes
    ----------
    blocks, slots, ratings, raters : int
        How many were rated, how often, and by how many editors.
    acceptable, chosen : Mean
        Share of ratings that are 1 or 2, and that are 2; a slot that several have rated counts once.
    ndcg : dict
        By system, nDCG@5 of the rated stories in the system's order, by gains of 0, 1 and 3; of those blocks
        that hold anything but 0. Stories that nobody rated are left out of the order ("condensed list",
        Sakai 2007).
    twice : int
        Slots that two or more editors have rated.
    agreement : Mean or None
        How often two editors gave a slot the same grade.
    alpha : float or None
        Krippendorff's alpha of grades as numbers: 1 where all agree, 0 where they do by chance alone.
    ordered : int
        Blocks that `ndcg` is the mean of.
    """

    blocks: int
    slots: int
    ratings: int
    raters: int
    acceptable: Mean
    chosen: Mean
    ndcg: dict[str, Mean]
    twice: int
    agreement: Mean | None = None
    alpha: float | None = None
    ordered: int = 0


def figures(
    ratings: Sequence[Rating], orders: Mapping[str, Order], ordered: Collection[str] | None = None
) -> RatedFigures | None:
    """Return what editors think of blocks; None where fewer than `LEAST` were rated.

    Parameters
    ----------
    ratings : sequence of Rating
        One of each editor on each slot.
    orders : mapping of str to callable
        Of each system.
    ordered : collection of str, optional
        Whose blocks the systems put in order; all by default. Fewer than `LEAST` say nothing.
    """
    blocks = by_slot(ratings)
    if len(blocks) < LEAST:
        return None
    some = list(blocks.values())
    told = {
        source: gains
        for source in (blocks if ordered is None else ordered)
        if any((gains := {target: _gain(grades) for target, grades in blocks[source].items()}).values())
    }
    enough = len(told) >= LEAST
    ndcg = {name: _mean(_ndcgs(told, order)) for name, order in orders.items() if enough}
    twice = [grades for block in some for grades in block.values() if len(grades) > 1]
    return RatedFigures(
        blocks=len(blocks),
        slots=sum(map(len, some)),
        ratings=len(ratings),
        raters=len({each.by for each in ratings}),
        acceptable=_share(some, Grade.ACCEPTABLE),
        chosen=_share(some, Grade.CHOSEN),
        ndcg=ndcg,
        twice=len(twice),
        agreement=_mean(np.array([agreement(each) for each in twice])) if len(twice) >= LEAST else None,
        alpha=alpha(twice) if len(twice) >= LEAST else None,
        ordered=len(told),
    )


def graded_ndcg(gains: Sequence[float], every: Sequence[float]) -> float:
    """Return nDCG@5 of the gains of stories in an order, out of every story's; one at least is above 0."""
    return _dcg(gains) / _dcg(sorted(every, reverse=True))


def agreement(grades: Sequence[int]) -> float:
    """Return how many of the pairs of editors gave a slot the same grade."""
    pairs = list(combinations(grades, 2))
    return sum(one == other for one, other in pairs) / len(pairs)


def alpha(slots: Sequence[Sequence[int]]) -> float | None:
    """Return Krippendorff's alpha of slots with two grades or more; None where all grades are one.

    Differences are squared: 0 and 2 are four times as far apart as 0 and 1 (Krippendorff 2011, section E).
    """
    every = np.concatenate([np.asarray(each, np.float64) for each in slots])
    expected = _disagreement(every)
    if not expected:
        return None
    within = sum(len(each) * _disagreement(np.asarray(each, np.float64)) for each in slots)
    return 1 - within / len(every) / expected


def _disagreement(grades: Floats) -> float:
    """Return the mean squared difference of two different ones of some grades."""
    return 2 * float(np.var(grades, ddof=1))


def _ndcgs(blocks: Mapping[str, Mapping[str, float]], order: Order) -> Floats:
    """Return nDCG@5 of each block, told by the gains of its rated stories."""
    return np.array(
        [
            graded_ndcg([gains[target] for target in order(source, list(gains))], list(gains.values()))
            for source, gains in blocks.items()
        ]
    )


def _gain(grades: Sequence[int]) -> float:
    return float(np.mean([2**grade - 1 for grade in grades]))


def _dcg(gains: Sequence[float]) -> float:
    first = np.asarray(gains[: metrics.BLOCK])
    return float(first @ _DISCOUNT[: len(first)])


def _share(blocks: Sequence[Mapping[str, Sequence[int]]], least: Grade) -> Mean:
    """Return the share of slots with a grade; blocks are drawn anew, since slots of one are alike."""
    held = np.array(
        [sum(np.mean([grade >= least for grade in grades]) for grades in block.values()) for block in blocks]
    )
    slots = np.array([len(block) for block in blocks], np.float64)
    samples = metrics.resampled(len(blocks))
    low, high = metrics.middle(held[samples].sum(axis=1) / slots[samples].sum(axis=1))
    return Mean(float(held.sum() / slots.sum()), low, high)


def _mean(values: Floats) -> Mean:
    return Mean(float(values.mean()), *metrics.interval(values, metrics.resampled(len(values))))
