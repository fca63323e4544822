"""Features of what sort of story each is: column, series, author, kind. Knows no body, time or links."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.analysis.words import code
from recommender.ranking.columns import ENOUGH, Column, in_series
from recommender.ranking.pool import Pool

Floats = NDArray[np.float32]

OPINION_KINDS = frozenset({"opinion", "editorial", "column", "letter", "analysis", "review"})
"""Kinds of stories that argue rather than report."""

LIVE_KINDS = frozenset({"live", "liveblog", "live-blog"})
"""Kinds of pages that change by the minute."""

OPINION, LIVE = (tuple(map(code, sorted(kinds))) for kinds in (OPINION_KINDS, LIVE_KINDS))


def same_template(pool: Pool) -> Floats:
    """1 for another instalment of the source's column ("Trends on Tuesday: ..."), 0 for others.

    Such stories look most alike, and editors seldom link them, but for what is on the source's subject: less
    by the share of the words beside the column's form, by rarity, that the source says.
    """
    found = np.zeros(len(pool), np.float32)
    column = Column.of(pool)
    if len(column.places) >= ENOUGH:
        found[column.places] = 1 - column.own_said(pool, pool.hybrid.rarity_at_large)
    return found


def same_series(pool: Pool) -> Floats:
    """1 for another part of the source's series ("..., part 2"), else 0: who reads one wants the other."""
    return in_series(pool).astype(np.float32)


def same_author(pool: Pool) -> Floats:
    """How rare the authors that both stories share are, 0 to 1: one who signs everything tells nothing."""
    return np.minimum(pool.shared.authors, 1).astype(np.float32)


def same_kind(pool: Pool) -> Floats:
    """1 where both stories are known to be of one kind, else 0."""
    return np.asarray((pool.column("kind") == pool.source.kind) & (pool.source.kind != 0), np.float32)


def opinion(pool: Pool) -> Floats:
    """1 for a story that argues where the source does not, else 0 (TREC News: background is not opinion)."""
    if pool.source.kind in OPINION:
        return np.zeros(len(pool), np.float32)
    return _one_of(pool, OPINION)


def live(pool: Pool) -> Floats:
    """1 for a page that reports as things happen, else 0."""
    return _one_of(pool, LIVE)


def _one_of(pool: Pool, kinds: tuple[int, ...]) -> Floats:
    kind = pool.column("kind")
    found = np.zeros(len(pool), np.float32)
    for each in kinds:
        found[kind == each] = 1
    return found
