"""How rare a term is in an archive, for who asks about one at a time. Knows no stories."""

from __future__ import annotations

import math
import weakref

from recommender.analysis import background_idf
from recommender.analysis.words import term_id
from recommender.features.hybrid_vectors import HybridModel


class TermRarity:
    """Takes a name or a word; returns how rare it is, as which it is found more often: see `background_idf`.

    Parameters
    ----------
    hybrid : HybridModel
        Whose document frequencies count. It is not kept alive: what is remembered by rarity may outlive it.
    """

    def __init__(self, hybrid: HybridModel) -> None:
        self._hybrid = weakref.ref(hybrid)

    def is_of(self, hybrid: HybridModel) -> bool:
        """Return whether it tells of that model."""
        return self._hybrid() is hybrid

    def __call__(self, term: str) -> float:
        """Return the rarity of one term."""
        hybrid, id = self._hybrid(), term_id(term)
        if hybrid is None:
            return 0.0
        idf = float(hybrid.idf["entities"][id]) - 1  # log of (1 + stories) / (1 + stories that hold it)
        named = (1 + hybrid.stories) / math.exp(idf) - 1
        return min(float(hybrid.rarity_at_large[id]), background_idf.name_rarity(hybrid.stories, named))


def of_no_archive(_: str) -> float:
    """Return the rarity of a term in an archive without stories."""
    return 0.0
