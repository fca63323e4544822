"""One slot a text: near-copies of the source, or of a story above, are passed over. Knows no weights."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.ranking.pool import Pool

Nums = NDArray[np.int64]

COPY_TERMS = 0.9
"""From this term cosine on two stories are one text (TREC News 2018 to 2021 drop near-copies at .9)."""

COPY_DENSE = 0.9
"""Their dense vectors must agree as well: two lists of the same names need not say the same."""


def copies_of_source(pool: Pool) -> NDArray[np.bool_]:
    """Return which candidates (n,) are near-copies of the source."""
    alike = pool.words.cosines(pool.source_words) >= COPY_TERMS
    return np.asarray(alike & (pool.means @ pool.source.mean >= COPY_DENSE))


def copies_of(pool: Pool, i: int) -> NDArray[np.bool_]:
    """Return which candidates (n,) are near-copies of candidate ``i``, itself among them."""
    alike = pool.words.cosines(pool.words.row(i)) >= COPY_TERMS
    copies = alike & (pool.means @ pool.means[i] >= COPY_DENSE)
    copies[i] = True
    return np.asarray(copies)


def without_copies(pool: Pool, order: Nums, slots: int) -> Nums:
    """Return ``order`` (positions in the pool, best first) without near-copies.

    Parameters
    ----------
    pool : Pool
        Where the candidates are.
    order : (m,) int64
        Positions in the pool, best first.
    slots : int
        Up to this place no two are near-copies. Further down only those of the source and of the slots
        are missing.
    """
    gone = copies_of_source(pool)
    kept: list[int] = []
    for i in order:
        if len(kept) == slots:
            break
        if not gone[i]:
            kept.append(int(i))
            gone |= copies_of(pool, int(i))
    rest = order[~gone[order]]
    return np.concatenate([np.array(kept, np.int64), rest])
