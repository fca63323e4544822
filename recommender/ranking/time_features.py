"""Features of when two stories were published. Knows no text and no links.

Days and stories are what they are: nothing here is divided by what the pool happens to hold.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.ranking.pool import Pool

Floats = NDArray[np.float32]

DAY = 24 * 3600  # seconds
WEEK = 7 * DAY
FRESH = 3 * DAY
"""How long a story is news: the reach of follow-ups, as a decay time."""


def gap(pool: Pool) -> Floats:
    """Minus the logarithm of 1 + the days between the two stories; 0 for a text without a date."""
    return np.asarray(-np.log1p(pool.gaps / np.float32(DAY)))


def recency(pool: Pool) -> Floats:
    """As `gap`, in weeks: the form of the hand-set sum."""
    return np.asarray(-np.log1p(pool.gaps / np.float32(WEEK)))


def fresh(pool: Pool) -> Floats:
    """exp(-gap / 3 days), 0 to 1: whether the story belongs to the same running news."""
    if pool.source.published is None:
        return np.zeros(len(pool), np.float32)
    return np.asarray(np.exp(-pool.gaps / np.float32(FRESH)))


def between(pool: Pool) -> Floats:
    """Minus the logarithm of 1 + how many stories came between the two; 0 for a text without a date.

    A week is long for an agency and short for a monthly: stories are the publisher's own clock. Of several
    languages each has its own, which ticks with its share of all stories.
    """
    source = pool.source.published
    if source is None:
        return np.zeros(len(pool), np.float32)
    times = np.concatenate([[source], pool.column("published")])
    ranks = pool.store.count_before(times + 1)  # stories up to each moment
    # Of two stories side by side the later one itself is counted.
    stories = np.maximum(np.abs(ranks[0] - ranks[1:]) - 1, 0)
    stories = stories * pool.hybrid.languages.share(pool.source.language)
    return np.asarray(-np.log1p(stories), np.float32)
