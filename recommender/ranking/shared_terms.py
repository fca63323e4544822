"""What candidates' terms share with those of a source, found in one walk. Knows no store and no weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from index.storage.kernels.asks import Ask, Largest, Likeness, Shares, Sums
from index.storage.kernels.row_terms import shared_terms, windows
from recommender.analysis.encoded import Encoded
from recommender.features.hybrid_fitting import TERM_FREQUENCY
from recommender.features.hybrid_vectors import HybridModel
from recommender.features.term_rows import Texts
from recommender.ranking.terms import TermVector

Floats = NDArray[np.float32]

STEP = 25
"""Words from the beginning of a window to that of the next; a window is two steps long. A link bears on one
paragraph; the words of a whole story drown its own. 50 words do better than 100 (docs/ranking.md)."""

NARROW_STEP = 12
"""The same of narrow windows: a sentence. What a candidate shares with one is rarely there by chance."""

RAREST = 3
"""So many shared words tell most: a subject has a name, a place and a thing."""

RAREST_OF_HEADLINE = 2
"""The same of a headline's words."""

ENOUGH_FOR_PAIRS = 20
"""Stories of a language from which on pairs of words tell. Of fewer, nearly all pairs that two stories share
are held by these two alone: chance tells which is rare, and tells otherwise once a few stories more come."""


@dataclass(frozen=True, slots=True, eq=False)
class SharedTerms:
    """Of each candidate (n,).

    Attributes
    ----------
    words : float32
        Product of its weighed words with the source's.
    headline_said : float32
        Rarity of the `RAREST_OF_HEADLINE` rarest words of the source's headline that it holds, summed.
    window_words : float32
        Largest product of its weighed words with a window of the source's, as a unit vector.
    rarest_in_window : float32
        Rarity of the `RAREST` rarest words that it has of one narrow window, summed.
    rarest_pairs : float32
        The same of pairs of neighbouring words, wherever they stand; 0 in a language of few stories.
    headline_in_window : float32
        Largest share of its headline, by rarity, that stands in one window, 0 to 1.
    tags, authors : float64
        Squared rarity of the tags that it has of the source's, summed, and rarity of the authors.
    """

    words: Floats
    headline_said: Floats
    window_words: Floats
    rarest_in_window: Floats
    rarest_pairs: Floats
    headline_in_window: Floats
    tags: NDArray[np.float64]
    authors: NDArray[np.float64]

    @classmethod
    def of(cls, source: Encoded, words: TermVector, texts: Texts, hybrid: HybridModel) -> Self:
        """Look for what a source, whose words are weighed, shares with texts."""
        idf = hybrid.idf["words"]
        own = idf[words.ids]
        wide = windows(source.sequence, own, TERM_FREQUENCY, STEP)
        narrow = windows(source.sequence, own, TERM_FREQUENCY, NARROW_STEP)
        stories = hybrid.languages.count(source.language)
        said = np.zeros(len(own), np.bool_)
        said[shared_terms(words.ids, source.headline.ids, np.array([0, len(source.headline)]))[1]] = True
        rarity = rarity_of_shared(own, stories)
        likeness = Likeness(
            keys=words.ids,
            rarity=own,
            frequency=TERM_FREQUENCY,
            weights=words.weights,
            worth=rarity,
            said=said,
            most_said=RAREST_OF_HEADLINE,
            wide=wide,
            narrow=narrow,
            most_near=RAREST,
        )
        pairs = source.bigrams.ids[: None if stories >= ENOUGH_FOR_PAIRS else 0]
        tags, authors = (hybrid.rarity(name, getattr(source, name)) for name in ("tags", "authors"))
        asks: tuple[tuple[str, Ask], ...] = (
            ("words", likeness),
            ("bigrams", Largest(pairs, rarity_of_shared(hybrid.idf["bigrams"][pairs], stories), RAREST)),
            ("headline", Shares(words.ids, idf, wide)),
            ("tags", Sums(source.tags, tags.astype(np.float64) ** 2)),
            ("authors", Sums(source.authors, authors.astype(np.float64))),
        )
        return cls(*(each for found in texts.met(asks) for each in found))


def rarity_of_shared(idf: Floats, stories: int) -> Floats:
    """Return the inverse document frequency (n,) of terms of a source that a candidate holds as well.

    Two of so many stories of a language hold them, be they known when it was learned or not: none is rarer.
    """
    return np.minimum(idf, np.float32(np.log((1 + stories) / 3) + 1))
