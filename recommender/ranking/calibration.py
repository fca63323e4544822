"""From a score to the probability that a writer would set the link. Knows arrays only.

A score means nothing by itself: it depends on how old the archive is and on what its links say. What
transfers between publishers is how far a story stands out of those that one would also think of.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

WITNESSES = 15
"""A candidate is compared with the so-manieth best of its pool."""

USUAL = 3.4
"""By how much the best of a pool stands out, at the median of 200 stories of the seeds: that of fewer than
`WITNESSES` candidates is taken to stand out as much, and evidence has to tell the rest."""

REACH = 50
"""So many of the best candidates of each story teach the curve: further down there are no links."""

KNOTS = 24
"""Points of the curve: within .002 of the isotonic steps, and few enough to be read in the file."""

MOST = 0.95
"""No curve says more: the highest steps are of a handful of slots."""

LEAST_LINKS = 25
"""From so many links on a publisher's own curve is better than the shipped one."""


@dataclass(frozen=True)
class Calibration:
    """A rising curve from `standing` to probability, straight between its points.

    Attributes
    ----------
    standings, probabilities : tuple of float
        The points, both ascending.
    """

    standings: tuple[float, ...]
    probabilities: tuple[float, ...]

    def __call__(self, standings: NDArray[np.floating]) -> Floats:
        """Return the probability (n,) of each standing (n,); beyond the curve that of its end."""
        return np.asarray(np.interp(standings, self.standings, self.probabilities))


def standing(scores: NDArray[np.floating]) -> Floats:
    """Return by how much each score (n,) is above the `WITNESSES`-th best; see `USUAL` for less."""
    if len(scores) < WITNESSES:
        return np.asarray(scores - scores.max(initial=-np.inf) + USUAL, np.float64)
    place = len(scores) - WITNESSES
    return np.asarray(scores - np.partition(scores, place)[place], np.float64)


def fit(standings: Floats, linked: NDArray[np.bool_], weights: Floats | None = None) -> Calibration:
    """Return the rising curve that is nearest to what was linked (isotonic regression), in `KNOTS` points.

    Parameters
    ----------
    standings : (n,) float64
        Of the best candidates of stories with and without links.
    linked : (n,) bool
    weights : (n,) float64, optional
        How much each counts.
    """
    from sklearn.isotonic import IsotonicRegression

    curve = IsotonicRegression(y_min=0, y_max=MOST, out_of_bounds="clip").fit(standings, linked, weights)
    # Most candidates stand low and hardly differ: the points are spread over the steps, not over the stories.
    middles = _step_middles(np.asarray(curve.X_thresholds_), np.asarray(curve.y_thresholds_))
    chosen = np.unique(np.linspace(0, len(middles) - 1, KNOTS).astype(np.int64))
    x, y = middles[chosen].T
    return Calibration(tuple(np.round(x, 4).tolist()), tuple(np.round(y, 4).tolist()))


def _step_middles(x: Floats, y: Floats) -> Floats:
    """Return the middle of each level of an isotonic curve, (levels, 2)."""
    levels, first = np.unique(y, return_index=True)
    last = np.append(first[1:], len(y)) - 1
    return np.stack([(x[first] + x[last]) / 2, levels], axis=1)


def reliability(probabilities: Floats, linked: NDArray[np.bool_], bins: int = 10) -> list[dict[str, float]]:
    """Return, for equally many slots from the least to the most probable, what was said and what was so.

    Returns
    -------
    list of dict
        ``said`` (mean probability), ``so`` (share that was linked) and ``slots`` (how many).
    """
    parts = np.array_split(np.argsort(probabilities, kind="stable"), bins)
    return [
        {"said": float(probabilities[part].mean()), "so": float(linked[part].mean()), "slots": len(part)}
        for part in parts
        if len(part)
    ]
