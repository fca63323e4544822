"""Columns: headlines of one form ("10 Facts About ..."), and what each says beside it. Knows no links.

What most of a column's headlines say is its form; what one says beside that is its own, but for dates.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from index.storage.kernels import row_sums
from index.storage.kernels.row_terms import shared_terms
from recommender.analysis.date_words import date_terms
from recommender.features.language_groups import read_key
from recommender.features.term_rows import TermRows
from recommender.ranking.pool import Floats, Nums, Pool

Mask = NDArray[np.bool_]

ENOUGH = 2
"""So many candidates of the source's form make a column: one alone may be on the same thing."""

_NO_HEADLINES = TermRows(np.zeros(0, np.uint32), np.zeros(0, np.uint8), np.zeros(1, np.int64))

_FOUND: WeakKeyDictionary[Pool, Column] = WeakKeyDictionary()


def in_series(pool: Pool) -> Mask:
    """Return which candidates (n,) are other parts of the source's series: equal headline, another number."""
    same = (pool.column("series") == pool.source.series) & (pool.source.series != 0)
    part = pool.column("part")
    return np.asarray(same & (part != pool.source.part))


def in_template(pool: Pool) -> Mask:
    """Return which candidates (n,) have the source's form but are no part of its series.

    That is the same first three words of the headline, or the same text before a colon.
    """
    opening = (pool.column("opening") == pool.source.opening) & (pool.source.opening != 0)
    label = (pool.column("label") == pool.source.label) & (pool.source.label != 0)
    return np.asarray((opening | label) & ~in_series(pool))


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """The candidates whose headlines have the source's form.

    Attributes
    ----------
    places : (m,) int64
        Their positions in the pool, ascending.
    headlines : TermRows
        The words of their headlines.
    form : (t,) bool
        Which of these words are of the form: most of the others have them.
    source : (s,) uint32
        The words of the source's headline.
    held, source_form : (m, s) bool
        Which of these each headline has, and which are of the form beside it.
    """

    places: Nums
    headlines: TermRows
    form: Mask
    source: NDArray[np.uint32]
    held: Mask
    source_form: Mask

    @classmethod
    def of(cls, pool: Pool) -> Column:
        """Look for it, once a pool; of one candidate alone all is of the form that both headlines have."""
        found = _FOUND.get(pool)
        if found is None:
            found = _FOUND[pool] = cls._found(pool)
        return found

    @classmethod
    def _found(cls, pool: Pool) -> Self:
        places = np.flatnonzero(in_template(pool))
        headlines = pool.headlines.rows(places) if len(places) else _NO_HEADLINES
        source, others = pool.source.headline.ids, len(places) - 1
        held = np.zeros((len(places), len(source)), np.bool_)
        if not len(places):
            return cls(places, headlines, np.zeros(0, np.bool_), source, held, held)
        found, at, offsets = shared_terms(source, headlines.ids, headlines.offsets)
        held[np.repeat(np.arange(len(places)), np.diff(offsets)), at] = True
        if others < 1:
            form = np.zeros(len(headlines.ids), np.bool_)
            form[found] = True
            return cls(places, headlines, form, source, held, held)
        _, which, counts = np.unique(headlines.ids, return_inverse=True, return_counts=True)
        # Of the pair itself nothing is taken for the form because both say it.
        form, of_source = 2 * (counts[which] - 1) > others, 2 * (held.sum(0) - held) > others
        return cls(places, headlines, form, source, held, of_source)

    def common(self, place: int) -> NDArray[np.uint32]:
        """Return which words of both headlines, the source's and that of one in the pool, are of the form."""
        row = int(np.searchsorted(self.places, place))
        return np.asarray(self.source[self.source_form[row] & self.held[row]])

    def own_said(self, pool: Pool, rarity: Floats) -> Floats:
        """Return what share of its own words, by rarity, the source says of each headline (m,), 0 to 1.

        Which month or year an instalment is of is no subject: those words are not among its own.
        """
        when = _among(date_terms(read_key(pool.source.language)), self.headlines.ids)
        worth = np.where(self.form | when, np.float32(0), rarity[self.headlines.ids]).astype(np.float32)
        said = _among(pool.telling.words.ids, self.headlines.ids)
        total = row_sums(worth, self.headlines.offsets)
        held = row_sums(np.where(said, worth, np.float32(0)), self.headlines.offsets)
        return np.asarray(held / np.where(total > 0, total, 1), np.float32)


def _among(terms: NDArray[np.uint32], ids: NDArray[np.uint32]) -> Mask:
    """Return which of some ids (n,) are among ascending terms."""
    held = np.zeros(len(ids), np.bool_)
    held[shared_terms(terms, ids, np.array([0, len(ids)]))[0]] = True
    return held
