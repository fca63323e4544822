"""Whether a difference between two systems could be chance. Knows arrays only.

The sign of each query's difference is turned by chance (paired randomisation test: Smucker, Allan and
Carterette 2007), and what is claimed of several pairs at once is corrected by Holm's method (1979).
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from recommender.evaluation.metrics import SEED, Floats

TURNS = 9999
"""Random choices of signs: the least p-value is one in so many and one."""

SURE = 0.05
"""A corrected p-value below this is called beyond chance."""


def randomised(differences: Floats) -> float:
    """Return how probable so large a mean of paired differences (queries,) is by chance, two-sided."""
    from scipy.stats import permutation_test

    if not differences.any():
        return 1.0
    found = permutation_test(
        (differences,),
        lambda values, axis: values.mean(axis=axis),
        permutation_type="samples",
        vectorized=True,
        n_resamples=TURNS,
        batch=100,
        rng=np.random.default_rng(SEED),
    )
    return float(found.pvalue)


def holm(values: Floats) -> Floats:
    """Return p-values (n,) that may be read side by side: the chance of any false one stays below each."""
    order = np.argsort(values, kind="stable")
    raised = np.maximum.accumulate(values[order] * np.arange(len(values), 0, -1))
    out = np.empty(len(values))
    out[order] = np.minimum(raised, 1)
    return out


def significance(
    values: Mapping[str, Floats], ours: tuple[str, ...], others: tuple[str, ...]
) -> dict[str, dict[str, dict[str, float]]]:
    """Return, for each of our systems and each other, the difference of the means and how sure it is.

    Parameters
    ----------
    values : mapping of str to (queries,) float64
        Of each system, the same queries.
    ours, others : tuple of str
        Which are compared, each with each.

    Returns
    -------
    dict
        By system and other: ``difference``, ``p`` and ``p_holm``, corrected for all pairs.
    """
    pairs = [(one, other) for one in ours for other in others]
    apart = [values[one] - values[other] for one, other in pairs]
    chances = np.array([randomised(each) for each in apart])
    out: dict[str, dict[str, dict[str, float]]] = {one: {} for one in ours}
    for (one, other), each, p, p_holm in zip(pairs, apart, chances, holm(chances), strict=True):
        out[one][other] = {"difference": float(each.mean()), "p": float(p), "p_holm": float(p_holm)}
    return out
