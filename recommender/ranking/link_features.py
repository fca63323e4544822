"""Features of the newsroom's earlier links, as of the source's time. Knows no text."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.ranking.link_history import IMAGINED, gap_bucket
from recommender.ranking.pool import Nums, Pool
from recommender.ranking.time_features import gap, recency

Floats = NDArray[np.float32]

NEIGHBOURS = 30
"""So many of the stories most like the source have a say by what they link to."""

NEIGHBOUR_DOUBT = 1.0
"""Likeness of imagined neighbours that link to nothing here: few or distant neighbours say little."""

AUTHOR_DOUBT = 5.0
"""Imagined links of the same author to elsewhere: an author's first links say little."""

IN_FASHION = 180 * 24 * 3600.0
"""Half a year, seconds, as a decay time: a season's subjects. Chosen beforehand, not fitted."""

IN_LINK_DOUBT = 1.0
"""Imagined links, as many as chance would set: the ratio of few to few is near 1."""


def neighbour_links(pool: Pool) -> Floats:
    """Share of the nearest stories, by likeness, that link to the candidate, 0 to 1: beyond that of all."""
    if pool.past is None:
        return _nothing(pool)
    targets, rows, counting = pool.past.from_(pool.nums)
    linking = rows[np.flatnonzero(np.diff(rows, prepend=-1))]  # each once: they ascend
    nearest = linking[np.argsort(-pool.likeness[linking], kind="stable")[:NEIGHBOURS]]
    weights = np.zeros(len(pool), np.float32)
    weights[nearest] = pool.likeness[nearest]
    votes = _votes(pool, targets, weights[rows] * counting)
    return _beyond(votes / np.float32(weights.sum() + NEIGHBOUR_DOUBT), pool.of_everybody)


def author_links(pool: Pool) -> Floats:
    """Share of the links of earlier stories by the same authors that go to the candidate, 0 to 1.

    Beyond that of all stories. What most of theirs link to is their own page, or their newsletter's.
    """
    if pool.past is None:
        return _nothing(pool)
    theirs = pool.past.by_authors(pool.source.authors)
    if not len(theirs):
        return _nothing(pool)
    places, rows = pool.received  # few, where an author may have set a hundred thousand
    own = theirs[np.minimum(theirs.searchsorted(places), len(theirs) - 1)] == places
    counting = pool.past.graph.weights
    votes = np.bincount(rows[own], counting[places[own]], len(pool)).astype(np.float32)
    each = votes / np.float32(pool.past.set_by(theirs) + AUTHOR_DOUBT)
    shares = votes / np.float32(counting[theirs].sum() + AUTHOR_DOUBT)
    most = np.maximum(2 * each - 1, 0)  # of their stories, beyond half
    return np.asarray((1 - most) * _beyond(shares, pool.of_everybody), np.float32)


def in_links(pool: Pool) -> Floats:
    """Logarithm of how many more earlier links the candidate has received than chance would set."""
    if pool.past is None:
        return _nothing(pool)
    places, rows = pool.received
    received = np.bincount(rows, pool.past.graph.weights[places], len(pool)) + IN_LINK_DOUBT
    chance = pool.past.chance_into(pool.column("published")) + IN_LINK_DOUBT
    return np.asarray(np.log(received / chance) * (1 - pool.of_everybody), np.float32)


def recent_links(pool: Pool) -> Floats:
    """Logarithm of 1 + the earlier links to the candidate, faded by age: what is linked these days."""
    if pool.past is None:
        return _nothing(pool)
    places, rows = pool.received
    recent = np.bincount(rows, pool.past.faded(places, IN_FASHION), minlength=len(pool))
    return np.log1p(recent.astype(np.float32)) * (1 - pool.of_everybody)


def gap_prior(pool: Pool) -> Floats:
    """Logarithm of how much more often than chance earlier links reach back as far as to the candidate.

    What makes recency adapt to a publisher without any training.
    """
    if pool.past is None or pool.source.published is None:
        return _nothing(pool)
    return pool.past.gap_ratio()[gap_bucket(pool.gaps)]


def fading_recency(pool: Pool) -> Floats:
    """Minus the logarithm of 1 + the weeks between the stories, while few links are known; then it fades.

    What stands in for `gap_prior`, whose smoothing is as many imagined links.
    """
    return recency(pool) * _while_few_are_known(pool)


def early_recency(pool: Pool) -> Floats:
    """As `fading_recency`, in days: a week's news is as old as it is there, and nothing older much older."""
    return gap(pool) * _while_few_are_known(pool)


def _while_few_are_known(pool: Pool) -> np.float32:
    return np.float32(IMAGINED / (IMAGINED + pool.known_links))


def _beyond(shares: Floats, chance: Floats) -> Floats:
    """Return by how much shares (n,) are larger than chance; 0 where they are not."""
    return np.asarray(np.maximum(shares - chance, 0), np.float32)


def _votes(pool: Pool, targets: Nums, weights: Floats) -> Floats:
    places = pool.positions(targets)
    held = places >= 0
    return np.bincount(places[held], weights[held], minlength=len(pool)).astype(np.float32)


def _nothing(pool: Pool) -> Floats:
    return np.zeros(len(pool), np.float32)
