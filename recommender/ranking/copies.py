"""Whether two stories are one text: reprints, cross-posts, updates, translations. Knows no scores.

Checked on seeds/near_copies.tsv: 77 pairs of one text and 138 of one column, series or event.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from index.storage.kernels import row_sums
from index.storage.kernels.row_terms import shared_sums
from recommender.analysis.encoded import Encoded
from recommender.features.language_groups import languages_in
from recommender.ranking.pool import Pool
from recommender.ranking.terms import TermVector
from recommender.ranking.translations import translations

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
"""Their dense vectors must agree as well, on the default encoder's scale: two lists of the same names need
not say the same."""

WINDOW = 60 * 24 * 3600
"""How far apart an update or a cross-post may be, seconds: the last of 75 reprints came after 44 days.
Next year's call for papers is another story."""

SAME_DAY = 24 * 3600
"""Within a day, other figures in the headline are an update ("12 dead", "15 dead"); later, another event."""


@dataclass(frozen=True, slots=True, eq=False)
class _Text:
    """What candidates are compared with: the source, or one of themselves."""

    cosines: Floats
    words: Callable[[], TermVector]
    phrases: Callable[[], NDArray[np.uint32]]
    published: int | None
    figures: int
    part: int
    series: int


def copies_of(pool: Pool, story: Encoded) -> Mask:
    """Return which candidates (n,) are the same text as ``story``.

    Parameters
    ----------
    pool : Pool
        The candidates.
    story : Encoded
        The source, or any other text.
    """
    numbers = (story.published, story.figures, story.part, story.series)
    words, idf = story.words, pool.hybrid.idf["words"]
    source = story is pool.source
    mean = pool.source_mean if source else story.mean
    cosines = pool.nearness if source else pool.means.products(mean[None])[:, 0]
    text = _Text(cosines, lambda: TermVector.of(words, idf), lambda: story.bigrams.ids, *numbers)
    copies = _copies(pool, text)
    if not pool.is_of_one_language:
        mean = pool.hybrid.languages.centred(mean, np.array([story.language]))
        copies |= translations(pool, story.facts, story.language, story.published, mean)
    return copies


def copies_among(pool: Pool, i: int, among: Mask | None = None, cosines: Floats | None = None) -> Mask:
    """Return which candidates (n,), or which ``among`` (n,) these, are the same text as ``i``, itself too.

    The cosines (n,) of its dense mean with theirs are found where they are not given.
    """
    published, *numbers = (int(pool.column(name)[i]) for name in ("published", "figures", "part", "series"))
    text = _Text(
        pool.alike(i) if cosines is None else cosines,
        lambda: pool.words_of(i),
        lambda: pool.bigram_spans.item(i).ids,
        published,
        *numbers,
    )
    others = np.ones(len(pool), np.bool_) if among is None else among.copy()
    others[i] = False
    copies = _copies(pool, text, others)
    if not pool.is_of_one_language:
        facts, offsets = pool.texts.lists("facts")
        own = facts[offsets[i] : offsets[i + 1]]
        language = int(pool.column("language")[i])
        copies |= others & translations(pool, own, language, published, pool.centred_means(np.array([i]))[0])
        if pool.declared:
            told = pool.declared.of(int(pool.nums[i]), languages_in(pool.store), pool.seen)
            copies |= others & np.isin(pool.nums, told)
    copies[i] = True
    return copies


def _copies(pool: Pool, text: _Text, among: Mask | None = None) -> Mask:
    out = np.zeros(len(pool), np.bool_)
    likely = may_be_copies(pool, text.cosines)
    near = np.flatnonzero(likely if among is None else likely & among)
    near = near[~_other_figures(pool, text, near)] if len(near) else near
    if not len(near):
        return out
    terms = pool.word_cosines_with(text.words(), near)
    close = terms >= ALIKE_TERMS
    if close.any():  # else not even a copy by all of its terms
        close &= _gaps(pool, text, near) <= WINDOW
        if close.any():
            close[close] = held_phrases(pool, text.phrases(), near[close]) >= HELD_PHRASES
        out[near] = close | (terms >= SAME_TERMS)
    return out


def may_be_copies(pool: Pool, cosines: Floats) -> Mask:
    """Return by the cosines of a story with others (n,) which of them may be its copies in its language."""
    return np.asarray(pool.on_one_scale(cosines) >= ALIKE_DENSE)


def held_phrases(pool: Pool, phrases: NDArray[np.uint32], places: NDArray[np.int64]) -> Floats:
    """Return which share of the shorter text's bigrams, by rarity, the longer one holds.

    Parameters
    ----------
    pool : Pool
        The candidates.
    phrases : (m,) uint32
        Ids of the one text's bigrams, ascending.
    places : (p,) int64
        Which candidates are the other text.
    """
    rows, idf = pool.bigram_spans.rows(places), pool.hybrid.idf["bigrams"]
    rarity = idf[phrases].astype(np.float64)
    shared = shared_sums(phrases, rarity, rows.ids, rows.offsets)
    shorter = np.minimum(row_sums(idf[rows.ids], rows.offsets), rarity.sum())
    return np.asarray(shared / np.where(shorter > 0, shorter, 1), np.float32)


def _gaps(pool: Pool, text: _Text, places: NDArray[np.int64]) -> NDArray[np.int64]:
    if text.published is None:
        return np.zeros(len(places), np.int64)
    return np.abs(pool.column("published")[places] - text.published)


def _other_figures(pool: Pool, text: _Text, places: NDArray[np.int64]) -> Mask:
    """Return which of ``places`` are another part, or of another day with other numbers in the headline."""
    if text.published is None or not (text.figures or text.part or text.series):
        return np.zeros(len(places), np.bool_)
    figures, part, series = (pool.column(name)[places] for name in ("figures", "part", "series"))
    differ = (figures != text.figures) & (figures != 0) & (text.figures != 0)
    other_part = (part != text.part) & (series == text.series) & (series != 0)
    return np.asarray((differ & (_gaps(pool, text, places) >= SAME_DAY)) | other_part)
