"""Whether two stories are one text: reprints, cross-posts, updates. Knows no scores.

Checked on seeds/near_copies.tsv: 77 pairs of one text and 138 of one column, series or event.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.ranking.pool import Pool
from recommender.ranking.terms import TermVectors, looked_up, row_sums
from recommender.store import Encoded

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]

SAME_TERMS = 0.9
"""From this term cosine on two stories are one text, however far apart (TREC News 2018 to 2021)."""

ALIKE_TERMS = 0.6
"""An update repeats the first report and adds to it: less alike as a whole, but the first is all in it."""

HELD_PHRASES = 0.65
"""Least share of the shorter story's bigrams, by rarity, that stands in the longer one: .74 and more in
labelled copies, .57 and less in other stories of the same two months."""

ALIKE_DENSE = 0.8
"""Their dense vectors must agree as well: two lists of the same names need not say the same."""

WINDOW = 60 * 24 * 3600
"""How far apart an update or a cross-post may be, seconds: the last of 75 reprints came after 44 days.
Next year's call for papers is another story."""

SAME_DAY = 24 * 3600
"""Within a day, other figures in the headline are an update ("12 dead", "15 dead"); later, another event."""


def copies_of(pool: Pool, story: Encoded) -> Mask:
    """Return which candidates (n,) are the same text as ``story``.

    Parameters
    ----------
    pool : Pool
        The candidates.
    story : Encoded
        The source, or one of the candidates (then it is a copy of itself).
    """
    likely = pool.means @ story.mean >= ALIKE_DENSE
    if story.published is not None:
        likely &= ~_other_figures(pool, story)
    near = np.flatnonzero(likely)
    out = np.zeros(len(pool), np.bool_)
    if len(near):
        terms = _cosines(pool, story, near)
        close = (terms >= ALIKE_TERMS) & (_gaps(pool, story)[near] <= WINDOW)
        close[close] = held_phrases(pool, story, near[close]) >= HELD_PHRASES
        out[near] = close | (terms >= SAME_TERMS)
    return out


def copies_among(pool: Pool, i: int) -> Mask:
    """Return which candidates (n,) are the same text as candidate ``i``, itself among them."""
    near = pool.means @ pool.means[i] >= ALIKE_DENSE
    near[i] = False
    # Most have no near one at all: then the story itself need not be read.
    copies = copies_of(pool, pool.store.item(int(pool.nums[i]))) if near.any() else near
    copies[i] = True
    return copies


def held_phrases(pool: Pool, story: Encoded, places: NDArray[np.int64]) -> Floats:
    """Return for each of ``places`` the share of the shorter text's bigrams that the longer one holds."""
    rows = pool.store.terms("bigrams", pool.nums[places])
    idf = pool.hybrid.idf["bigrams"]
    rarity = idf[rows.ids]
    mine = story.bigrams.ids
    shared = row_sums(rarity * looked_up(mine, np.ones(len(mine), np.float32), rows.ids), rows.offsets)
    shorter = np.minimum(row_sums(rarity, rows.offsets), idf[mine].sum())
    return np.asarray(shared / np.where(shorter > 0, shorter, 1), np.float32)


def _cosines(pool: Pool, story: Encoded, places: NDArray[np.int64]) -> Floats:
    idf = pool.hybrid.idf["words"]
    words = TermVectors.weigh(pool.store.terms("words", pool.nums[places]), idf)
    return words.cosines(TermVectors.one(story.words, idf))


def _gaps(pool: Pool, story: Encoded) -> NDArray[np.int64]:
    if story.published is None:
        return np.zeros(len(pool), np.int64)
    return np.abs(pool.column("published") - story.published)


def _other_figures(pool: Pool, story: Encoded) -> Mask:
    """Return which candidates are another part, or of another day with other numbers in the headline."""
    figures = pool.column("figures")
    differ = (figures != story.figures) & (figures != 0) & (story.figures != 0)
    other_part = (pool.column("part") != story.part) & (pool.column("series") == story.series)
    return np.asarray((differ & (_gaps(pool, story) > SAME_DAY)) | other_part)
