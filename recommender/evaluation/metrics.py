"""Figures of a ranking against a set of right answers, with intervals. Knows arrays only."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Gains = NDArray[np.bool_]

BLOCK = 5
"""Slots of the block that is measured."""

HEADLINE = f"ndcg@{BLOCK}"
"""The figure that decides."""

DEPTH = 200
"""How deep a ranking is looked at."""

RECALL_DEPTHS = (5, 10, 50, DEPTH)
RESAMPLES = 2000
CONFIDENCE = 0.95
SEED = 7  # any fixed number: two runs must print the same intervals

# What one hit is worth at each place (Jarvelin and Kekalainen 2002).
_DISCOUNT = 1 / np.log2(np.arange(DEPTH) + 2)


def gains(orders: Sequence[NDArray[np.int64]], relevant: Sequence[Collection[int]]) -> Gains:
    """Return which places of each ranking hold a right answer, (queries, DEPTH) bool."""
    out = np.zeros((len(orders), DEPTH), np.bool_)
    for row, order, right in zip(out, orders, relevant, strict=True):
        row[: min(len(order), DEPTH)] = np.isin(order[:DEPTH], list(right))
    return out


def per_query(hits: Gains, counts: NDArray[np.int64]) -> dict[str, Floats]:
    """Return each metric for each query, (queries,) float64.

    Parameters
    ----------
    hits : (queries, DEPTH) bool
        From `gains`.
    counts : (queries,) int
        How many right answers each query has, at least 1.
    """
    found = np.cumsum(hits, axis=1)
    first = np.where(hits.any(axis=1), hits.argmax(axis=1), np.inf)
    # No block of five can hold more than five of the links.
    recall = {f"recall@{k}": np.asarray(found[:, k - 1] / np.minimum(counts, k)) for k in RECALL_DEPTHS}
    return {
        HEADLINE: ndcg(hits, counts, BLOCK),
        **recall,
        "mrr": np.asarray(1 / (first + 1)),
        f"hit@{BLOCK}": np.asarray(hits[:, :BLOCK].any(axis=1), np.float64),
    }


def ndcg(hits: Gains, counts: NDArray[np.int64], k: int) -> Floats:
    """Return nDCG@k with binary gains; the ideal ranking has min(k, count) hits first."""
    ideal = np.cumsum(_DISCOUNT)[np.minimum(counts, k) - 1]
    return np.asarray(hits[:, :k] @ _DISCOUNT[:k] / ideal)


def recall_curve(hits: Gains, counts: NDArray[np.int64]) -> Floats:
    """Return the mean recall at each depth from 1 to `DEPTH`, (DEPTH,), as `per_query` counts it."""
    depths = np.arange(1, DEPTH + 1)
    return np.asarray((np.cumsum(hits, axis=1) / np.minimum(counts[:, None], depths)).mean(axis=0))


def slots(orders: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Return how many slots each block shows, (queries,)."""
    return np.array([min(len(order), BLOCK) for order in orders], np.int64)


def precision(hits: Gains, shown: NDArray[np.int64], samples: NDArray[np.int64]) -> dict[str, object]:
    """Return how many slots a block shows, and which share of all slots hold a right answer.

    An empty block has no slot that could be wrong: the share is of the slots, not a mean of the blocks.

    Returns
    -------
    dict
        ``slots_shown``, ``precision``, and each one's interval under ``NAME_ci``.
    """
    found = hits[:, :BLOCK].sum(axis=1).astype(np.float64)
    totals = shown[samples].sum(axis=1)
    shares = found[samples].sum(axis=1) / np.maximum(totals, 1)
    return {
        "slots_shown": float(shown.mean()),
        "slots_shown_ci": list(interval(shown.astype(np.float64), samples)),
        "precision": float(found.sum() / max(shown.sum(), 1)),
        "precision_ci": list(middle(shares)),
    }


def resampled(queries: int, resamples: int = RESAMPLES) -> NDArray[np.int64]:
    """Return bootstrap samples of the queries, (resamples, queries), the same for every system."""
    return np.random.default_rng(SEED).integers(0, queries, (resamples, queries))


def interval(values: Floats, samples: NDArray[np.int64]) -> tuple[float, float]:
    """Return the percentile bootstrap interval of the mean of ``values`` (queries,).

    Give it the difference of two systems' values for the paired bootstrap.
    """
    return middle(values[samples].mean(axis=1))


def middle(values: Floats) -> tuple[float, float]:
    """Return the ends of the interval that holds 95 % of ``values``."""
    low, high = np.quantile(values, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    return float(low), float(high)


def gini(exposure: NDArray[np.int64]) -> float:
    """Return how unevenly stories are shown: 0 when all equally often, near 1 when one takes all."""
    total = exposure.sum()
    if not total:
        return 0.0
    n = len(exposure)
    ranks = np.arange(1, n + 1)
    return float((2 * ranks - n - 1) @ np.sort(exposure) / (n * total))


def lorenz(exposure: NDArray[np.int64]) -> Floats:
    """Return which share of all showings goes to the least shown 0, 1, ... n stories, (n + 1,).

    Twice the area between it and the diagonal is `gini`. Where nothing is shown all have an equal share.
    """
    total = exposure.sum()
    shares = np.sort(exposure) / total if total else np.full(len(exposure), 1 / max(len(exposure), 1))
    return np.concatenate([[0.0], np.cumsum(shares)])


def difference(values: Floats, samples: NDArray[np.int64]) -> dict[str, object]:
    """Return the mean of paired differences (queries,) and the interval of the paired bootstrap."""
    return {"difference": float(values.mean()), "ci": list(interval(values, samples))}


def summary(values: Mapping[str, Floats], samples: NDArray[np.int64]) -> dict[str, object]:
    """Return the mean of each metric and, under ``NAME_ci``, its interval."""
    out: dict[str, object] = {}
    for name, each in values.items():
        out[name] = float(each.mean())
        out[f"{name}_ci"] = list(interval(each, samples))
    return out
