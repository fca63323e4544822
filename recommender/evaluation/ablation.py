"""What each feature is worth: the same questions ranked without it. Learns nothing anew.

The features of a question are computed once; each variant is another sum over the same columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from recommender.evaluation.metrics import BLOCK, HEADLINE, Floats, difference, gains, ndcg, resampled
from recommender.evaluation.ours import Ours
from recommender.ranking import features
from recommender.ranking.features import Feature
from recommender.ranking.model import LinearModel

GROUPS: Mapping[str, tuple[Feature, ...]] = {
    "TEXT": features.TEXT,
    "TIME": features.TIME,
    "FORM": features.FORM,
    "LINKS": features.LINKS,
}
"""Features that tell the same sort of thing: one of them may stand in for another that is taken out."""

WHOLE = ""
"""The variant from which nothing is taken."""

Kept = NDArray[np.bool_]


def variants(names: Sequence[str]) -> dict[str, Kept]:
    """Return which columns (F,) are kept in each variant, under the name of what is taken out.

    Each feature by itself, and each of `GROUPS` that has any among ``names``.
    """
    columns = np.array(names)
    out = {WHOLE: np.ones(len(names), np.bool_)}
    out |= {name: columns != name for name in names}
    for group, members in GROUPS.items():
        taken = np.isin(columns, [one.__name__ for one in members])
        if taken.any():
            out[group] = ~taken
    return out


def scores_without(contributions: NDArray[np.float32], kept: Kept) -> NDArray[np.float32]:
    """Return the scores (n,) of candidates whose features add (n, F), from the ``kept`` columns (F,) alone.

    A column that adds nothing is taken out without the change of a bit.
    """
    return np.asarray(np.where(kept, contributions, 0).sum(axis=1), np.float32)


def values_without(system: Ours, queries: Iterable[int]) -> dict[str, Floats]:
    """Return nDCG@5 (queries,) of each variant, ranked and made various as the engine does."""
    kept = variants(system.model.features)
    orders: dict[str, list[NDArray[np.int64]]] = {name: [] for name in kept}
    right = []
    for query in queries:
        right.append(system.case.relevant[query])
        pool = system.pool(query)
        contributions = system.contributions(pool)
        for name, columns in kept.items():
            orders[name].append(system.order(pool, scores_without(contributions, columns))[:BLOCK])
    counts = np.array([len(each) for each in right], np.int64)
    return {name: ndcg(gains(some, right), counts, BLOCK) for name, some in orders.items()}


def ablated(model: LinearModel, values: Mapping[str, Floats]) -> dict[str, object]:
    """Return what each variant of `values_without` loses or gains against the whole.

    Parameters
    ----------
    model : LinearModel
        Whose features they are.
    values : mapping of str to (queries,) float64

    Returns
    -------
    dict
        ``ndcg@5`` of the whole; under ``features`` and ``groups``, by name, ``ndcg@5`` without it,
        ``difference`` to the whole (negative: it was worth something) and its interval ``ci``; of a
        feature also its ``weight`` where links are known, and ``weight_without_links``.
    """
    whole = values[WHOLE]
    samples = resampled(len(whole))
    rows = {
        name: {HEADLINE: float(each.mean()), **difference(each - whole, samples)}
        for name, each in values.items()
        if name != WHOLE
    }
    return {
        HEADLINE: float(whole.mean()),
        "features": {
            name: {"weight": float(linked), "weight_without_links": float(unlinked), **rows[name]}
            for name, linked, unlinked in zip(model.features, model.linked, model.unlinked, strict=True)
        },
        "groups": {name: row for name, row in rows.items() if name in GROUPS},
    }
