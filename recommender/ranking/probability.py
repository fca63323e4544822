"""What a score is worth: how probable the link is, by how far it stands out and by what both texts say."""

from __future__ import annotations

from itertools import islice
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from recommender.ranking.evidence import related
from recommender.ranking.pool import Pool
from recommender.ranking.weights import Ranker

LEAST = 0.04
"""How probable a link to a related story is at least: where twenty are as good, none stands out, and yet each
could stand in the block. Chosen with the setting `least_score`, which see in docs/ranking.md."""

TOGETHER = 16
"""So many of the best are looked at together for how related they are: one by one costs ten times as much."""


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
        self._best, self._near = np.argsort(-scores, kind="stable"), dict[int, float]()

    def __call__(self, place: int) -> LinkProbability:
        """Return what the candidate at a position of the pool is worth."""
        if place not in self._near:
            self._look(place)
        likely, near = float(self._likely[place]), self._near[place]
        return LinkProbability(max(likely, LEAST) * near if self.known else likely, near)

    def _look(self, place: int) -> None:
        """Find out how related a candidate is, and the best of those that were not looked at yet."""
        unknown = islice((each for each in self._best.tolist() if each not in self._near), TOGETHER)
        places = np.array(sorted({place, *unknown}), np.int64)
        self._near.update(zip(places.tolist(), related(self._pool, places).tolist(), strict=True))
