"""What is known of each candidate: one named, vectorised function a feature. Knows no weights.

A new feature is one function from a `Pool` to (n,) float32, named in `FEATURES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from recommender.ranking.pool import Pool
from recommender.ranking.terms import looked_up, row_sums

Floats = NDArray[np.float32]
Feature = Callable[[Pool], Floats]

_NO_WORDS = 1e-6  # stands for the rarity of a headline without words
WEEK = 7 * 24 * 3600  # seconds


def words(pool: Pool) -> Floats:
    """TF-IDF cosine of the whole stories' words, 0 to 1."""
    return pool.words.cosines(pool.source_words)


def bigrams(pool: Pool) -> Floats:
    """TF-IDF cosine of pairs of neighbouring words, 0 to 1: phrases and names that both stories use."""
    return pool.bigrams.cosines(pool.source_bigrams)


def headline_in_story(pool: Pool) -> Floats:
    """Share of the candidate's headline, by rarity, that stands in the source's text, 0 to 1.

    A writer who links a story often uses its headline's words.
    """
    rows, source = pool.headlines, pool.source.words.ids
    rarity = pool.hybrid.idf["words"][rows.ids]
    held = looked_up(source, np.ones(len(source), np.float32), rows.ids)
    total = np.maximum(row_sums(rarity, rows.offsets), _NO_WORDS)
    return np.asarray(row_sums(rarity * held, rows.offsets) / total, np.float32)


def dense(pool: Pool) -> Floats:
    """Cosine of the stories' mean dense vectors, -1 to 1: subject without shared words."""
    return pool.means @ pool.source.mean


def chunk_to_headline(pool: Pool) -> Floats:
    """Cosine of the candidate's headline with the nearest passage of the source, -1 to 1."""
    return np.asarray((pool.headline_vectors @ pool.source_chunks.T).max(axis=1))


def recency(pool: Pool) -> Floats:
    """Minus the logarithm of 1 + the weeks between the two stories; 0 for a text without a date."""
    return np.asarray(-np.log1p(pool.gaps / np.float32(WEEK)))


FEATURES: Mapping[str, Feature] = MappingProxyType(
    {f.__name__: f for f in (words, bigrams, headline_in_story, dense, chunk_to_headline, recency)}
)


def matrix(pool: Pool, names: Iterable[str] = tuple(FEATURES)) -> Floats:
    """Return the named features of all candidates, (n, len(names)) float32."""
    return np.stack([FEATURES[name](pool) for name in names], axis=1)
