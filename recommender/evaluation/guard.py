"""Whether weights in use do worse than those they replaced, asked again with every new story. Arrays only.

One looks again and again, and stops at the first bad news: an interval that is right for one look would be
wrong soon. So it is a bet (Waudby-Smith and Ramdas 2024, "Estimating means of bounded random variables by
betting"): while the weights are no worse, no gambler who stakes on their loss may hope to gain, and by
Ville's inequality one who begins with 1 ever has 1 / `DOUBT` with a probability of `DOUBT` at most, however
often one looks.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from recommender.evaluation.metrics import Floats

DOUBT = 0.05
"""How often weights that are no worse may be given up, in all the time that they are in use."""

STAKES = np.array([0.05, 0.1, 0.2, 0.4, 0.8])
"""Shares of the fortune that are staked on each story, each by a gambler of their own. nDCG differs by 1."""


def bet(fortunes: Sequence[float], differences: Floats) -> tuple[float, ...]:
    """Return the logarithms of the gamblers' fortunes after more stories.

    Parameters
    ----------
    fortunes : sequence of float
        Before; none at first.
    differences : (q,) float64
        nDCG@5 by the weights in use minus that by the others, 1 at most, of stories that neither has seen.
    """
    held = np.array(fortunes) if fortunes else np.zeros(len(STAKES))
    return tuple((held + np.log1p(-np.outer(differences, STAKES)).sum(axis=0)).tolist())


def lost(fortunes: Sequence[float]) -> bool:
    """Return whether the weights are worse, beyond what chance would do."""
    if not fortunes:
        return False
    highest = max(fortunes)  # the mean of the fortunes, without an overflow
    mean = highest + np.log(np.mean(np.exp(np.array(fortunes) - highest)))
    return bool(mean >= -np.log(DOUBT))
