"""What of a text stands in many others on other things, word for word: boilerplate of press releases, bios.

Whoever ends each text with one about box writes of as many things as before. Found among a source's nearest
candidates, where such texts stand close together for nothing but that; versions of one event, whose
headlines have words in common, are no such texts. Knows places of words, not how they are written.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from index.storage.kernels.row_terms import run_hashes, runs_held, span_sums
from index.storage.parts import Parts
from recommender.analysis.encoded import Encoded, Terms
from recommender.analysis.languages import UNSPACED
from recommender.analysis.words import code
from recommender.features.feature_store import Store
from recommender.features.hybrid_vectors import HybridModel
from recommender.features.language_groups import read_one_as
from recommender.features.term_rows import TermSpans, Texts

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]
Nums = NDArray[np.int64]

RUN = 8
"""Words in a row, stop words not counted, that are no chance: a sentence of some fifteen words."""

RUN_OF_LETTERS = 24
"""The same where a text is cut into neighbouring letters, each a term: eight would be two Thai words."""

WITNESSES = 3
"""So many texts on other things must hold a run: one may be taken from the other, two are a series."""

LOOKED_AT = 60
"""How many of the nearest candidates are read for it: a millisecond."""

ON_OTHER_THINGS = 0.25
"""Less of the source's headline, by rarity, than this stands in the headline of a text on other things."""

_UNSPACED = frozenset(map(code, UNSPACED))


@dataclass(frozen=True, slots=True, eq=False)
class StandingText:
    """What of a source is standing text.

    Attributes
    ----------
    places : (m,) bool
        Which of its words, in their order, are.
    shares : (n,) float32
        What share of its words each candidate holds as standing text.
    witnesses : (k,) int64
        Positions of the texts on other things that hold such.
    """

    places: Mask
    shares: Floats
    witnesses: Nums

    @classmethod
    def of(
        cls,
        source: Encoded,
        store: Store,
        hybrid: HybridModel,
        nums: Nums,
        words: TermSpans,
        headlines: TermSpans,
        nearness: Floats,
    ) -> Self:
        """Look for it.

        Parameters
        ----------
        source : Encoded
        store : Store
        hybrid : HybridModel
        nums : (n,) int64
            The candidates.
        words, headlines : TermSpans
            Theirs.
        nearness : (n,) float
            By which they are looked at.
        """
        places, shares = np.zeros(len(source.sequence), np.bool_), np.zeros(len(nums), np.float32)
        run = RUN_OF_LETTERS if read_one_as(source.language) in _UNSPACED else RUN
        looked_at = _nearest(nearness)
        other = _on_other_things(source, hybrid, headlines, looked_at)
        if len(source.sequence) < run or np.count_nonzero(other) < WITNESSES:
            return cls(places, shares, np.zeros(0, np.int64))
        runs = run_hashes(source.words.ids[source.sequence], run)
        held = _held(runs, run, store.lying_sequences(nums[looked_at]), words.of(looked_at))
        standing = held[other].sum(axis=0, dtype=np.uint8) >= WITNESSES
        if not standing.any():
            return cls(places, shares, np.zeros(0, np.int64))
        holding = held & standing
        for place in np.flatnonzero(standing):
            places[place : place + run] = True
        for row in np.flatnonzero(holding.any(axis=1)):
            covered = np.convolve(holding[row], np.ones(run, np.int64)) > 0
            shares[looked_at[row]] = np.count_nonzero(covered) / len(covered)
        return cls(places, shares, looked_at[other & holding.any(axis=1)])

    def without(self, source: Encoded, texts: Texts) -> Encoded:
        """Return a source without it, and without the names and pairs of words that the witnesses hold."""
        if not self.places.any():
            return source
        said = np.bincount(source.sequence[self.places], minlength=len(source.words))
        counts = np.maximum(source.words.counts.astype(np.int64) - said, 0)
        kept = counts > 0
        renamed = np.cumsum(kept) - 1
        rest = source.sequence[~self.places]
        return replace(
            source,
            words=Terms(source.words.ids[kept], counts[kept].astype(np.uint8)),
            sequence=renamed[rest[kept[rest]]].astype(np.uint16),
            entities=_without(source.entities, texts.spans("entities"), self.witnesses),
            bigrams=_without(source.bigrams, texts.spans("bigrams"), self.witnesses),
        )


def _nearest(nearness: Floats) -> Nums:
    """Return the positions of the nearest candidates, ascending; of equally near ones the first."""
    if len(nearness) <= LOOKED_AT:
        return np.arange(len(nearness))
    least = np.partition(nearness, -LOOKED_AT)[-LOOKED_AT]
    near, last = np.flatnonzero(nearness > least), np.flatnonzero(nearness == least)
    return np.sort(np.concatenate([near, last[: LOOKED_AT - len(near)]]))


def _on_other_things(source: Encoded, hybrid: HybridModel, headlines: TermSpans, places: Nums) -> Mask:
    """Return which of some candidates (n,) have a headline on other things than the source's."""
    ids = source.headline.ids
    rarity = hybrid.idf["words"][ids].astype(np.float64)
    rows = headlines.of(places)
    shared = span_sums(ids, rarity, rows.values, rows.starts, rows.ends)
    return np.asarray(shared < ON_OTHER_THINGS * rarity.sum())


def _held(
    runs: NDArray[np.uint64],
    run: int,
    sequences: tuple[Parts, Nums, Nums],
    words: TermSpans,
) -> Mask:
    """Return which of some runs (m,) of so many words stand in the sequences of which texts, (n, m)."""
    # Of a story that is written anew meanwhile the words may be the older ones for a moment.
    return runs_held(runs, run, *sequences, words.values, words.starts, words.ends)


def _without(terms: Terms, rows: TermSpans, witnesses: Nums) -> Terms:
    """Return terms without those that so many witnesses hold."""
    ids, times = np.unique(rows.rows(witnesses).ids, return_counts=True)
    kept = ~np.isin(terms.ids, ids[times >= WITNESSES])
    return Terms(terms.ids[kept], terms.counts[kept])
