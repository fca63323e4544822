"""How rare a term is in an archive, for who asks about one at a time. Knows no stories."""

from __future__ import annotations

import weakref
from collections.abc import Callable

from recommender.analysis import background_idf
from recommender.analysis.languages import ENGLISH
from recommender.analysis.words import term_id
from recommender.features.hybrid_vectors import HybridModel

KNOWN = 1 << 14
"""Terms whose rarity is remembered, some 2 MB: a newsroom writes of the same people and places."""


class TermRarity:
    """Takes a name or a word; returns how rare it is, as which it is found more often: see `background_idf`.

    Parameters
    ----------
    hybrid : HybridModel
        Whose document frequencies count. It is not kept alive: what is remembered by rarity may outlive it.
    language : str
        Of the words.
    """

    def __init__(self, hybrid: HybridModel, language: str = ENGLISH) -> None:
        self._hybrid, self._language = weakref.ref(hybrid), language
        self._known: dict[str, float] = {}

    def is_of(self, hybrid: HybridModel) -> bool:
        """Return whether it tells of that model."""
        return self._hybrid() is hybrid

    def __call__(self, term: str) -> float:
        """Return the rarity of one term."""
        found = self._known.get(term)
        if found is None:
            if len(self._known) >= KNOWN:
                self._known.clear()
            found = self._known[term] = self._rarity(term)
        return found

    def _rarity(self, term: str) -> float:
        hybrid = self._hybrid()
        if hybrid is None:
            return 0.0
        named, stories = hybrid.held("entities", term_id(term))
        as_word = float(hybrid.rarity_at_large[term_id(term, self._language)])
        return min(as_word, background_idf.name_rarity(stories, named))


class Rarities:
    """The rarity of each language's terms: one object as long as the model is, which others remember by."""

    def __init__(self) -> None:
        self._known: dict[str, TermRarity] = {}

    def of(self, hybrid: HybridModel | None, language: str) -> Callable[[str], float]:
        """Return how rare a name or a word of a language is; in an archive without stories nothing is."""
        if hybrid is None:
            return of_no_archive
        found = self._known.get(language)
        if found is None or not found.is_of(hybrid):
            found = self._known[language] = TermRarity(hybrid, language)
        return found


def of_no_archive(_: str) -> float:
    """Return the rarity of a term in an archive without stories."""
    return 0.0
