"""What a score is worth: how probable the link is, by how far it stands out and by what both texts say."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommender.ranking.evidence import related
from recommender.ranking.pool import Nums, Pool
from recommender.ranking.weights import Ranker

LEAST = 0.04
"""How probable a link to a related story is at least: where twenty are as good, none stands out, and yet each
could stand in the block. Chosen with the setting `least_score`, which see in docs/ranking.md."""


class LinkProbability(NamedTuple):
    """How probable a link is, and how probable it is that the two stories are related at all."""

    score: float
    related: float


class ProbabilityModel:
    """How probable a link from a pool's source to each of its candidates is.

    Parameters
    ----------
    ranker : Ranker
    pool : Pool
    scores : (n,) floating
        Of its candidates.

    Attributes
    ----------
    known : bool
        Whether the ranker can tell; else a score stays as it is.
    """

    def __init__(self, ranker: Ranker, pool: Pool, scores: NDArray[np.floating]) -> None:
        self._pool, self._likely = pool, ranker.calibrated(scores)
        self.known = ranker.calibration is not None
        self._near = np.full(len(pool), np.nan)

    def __call__(self, place: int) -> LinkProbability:
        """Return what the candidate at a position of the pool is worth: ask for `scores` of several first."""
        score = self.scores(np.array([place]))[0]
        return LinkProbability(float(score), float(self._near[place]))

    def scores(self, places: Nums) -> NDArray[np.float64]:
        """Return how probable the links to candidates at some positions (k,) are.

        They are looked at together: one by one each costs ten times as much.
        """
        new = places[np.isnan(self._near[places])]
        if len(new):
            self._near[new] = related(self._pool, new)
        likely = self._likely[places]
        return np.maximum(likely, LEAST) * self._near[places] if self.known else likely
