"""Whether two texts are related at all, whatever else there is to choose from. Knows no ranker.

A score says how far a story stands out of its pool; where nothing there is related, something stands out
nevertheless. What counts here is absolute: how alike the two texts are, in words and names weighed by how
rare they are at large and in their vectors. An archive's size, and what else it holds, hardly change it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any
from weakref import WeakKeyDictionary

import msgspec
import numpy as np
from numpy.typing import NDArray

from index.storage.kernels import row_sums
from index.storage.kernels.row_terms import shared_sums
from recommender.analysis.languages import NO_CAPITALS
from recommender.analysis.name_lists import NO_SUBJECTS
from recommender.analysis.words import code, term_id, tokens
from recommender.features.hybrid_vectors import HybridModel
from recommender.features.language_groups import read_one_as
from recommender.features.term_rows import TermRows
from recommender.ranking.columns import Column
from recommender.ranking.pool import Floats, Nums, Pool
from recommender.ranking.terms import TermVector, TermVectors
from recommender.ranking.translations import alike_across_languages

FILE = "evidence.json"
BRIDGES = 1.5
"""How much more the cosine of words tells in Chinese and Japanese, whose terms are pairs of letters: words
have two, so every second pair reaches from one word into the next, and no other text has it. The same twenty
stories of five subjects in ten languages: the median cosine of those of one subject is .15 in Chinese and
.21 to .32 elsewhere, the highest of others .06 and .03 to .15."""

NEAREST, SURE = 8, 0.9
"""So many of the candidates whose words are nearest are asked, and from which probability on they are surely
related."""

_OF_PAIRS = frozenset(map(code, ("zh", "ja")))
_WITHOUT_CAPITALS = frozenset(map(code, NO_CAPITALS))
_TELLING: WeakKeyDictionary[HybridModel, Floats] = WeakKeyDictionary()
_COMPANY: WeakKeyDictionary[Pool, tuple[Nums, list[TermVector]]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Curve:
    """A logistic curve over the likeness of two texts: what each kind weighs, and what all begin with."""

    constant: float
    words: float
    headline: float
    names: float = 0.0
    passage: float = 0.0

    def __call__(self, likeness: Floats) -> NDArray[np.float64]:
        """Return how probable it is that texts of such `likeness` (n, 4) are related, (n,)."""
        weights = np.array([self.words, self.headline, self.names, self.passage])
        return np.asarray(1 / (1 + np.exp(-(self.constant + likeness.astype(np.float64) @ weights))))


@dataclass(frozen=True)
class Evidence:
    """The curves that come with the package, learned by scripts/train_evidence.py.

    Attributes
    ----------
    encoder : str
        SHA-256 of the weights of the embedding model whose cosines `both` knows.
    both : Curve
        From words and vectors. Names are left out where vectors are known: that two texts name one country
        relates nothing, and who is named for a reason stands among the words, too.
    words : Curve
        From words and names, for all other models: what is near differs between them.
    provenance : dict
        What it was learned from.
    """

    encoder: str
    both: Curve
    words: Curve
    provenance: dict[str, Any]

    def curve(self, encoder: str) -> Curve:
        """Return the curve for texts that were embedded by a model of such weights."""
        return self.both if encoder == self.encoder else self.words


@lru_cache(1)
def shipped() -> Evidence:
    """Return what comes with the package."""
    file = resources.files("recommender") / "data" / FILE
    return msgspec.json.decode(file.read_bytes(), type=Evidence)


def related(pool: Pool, places: Nums) -> NDArray[np.float64]:
    """Return how probable it is that candidates are related to the source at all, (n,) 0 to 1.

    Parameters
    ----------
    pool : Pool
    places : (n,) int64
        Positions of the candidates in it.
    """
    curve = _curve(pool)
    alike = likeness(pool, places, curve)
    if curve is shipped().words:
        words = _among_company(pool, places, alike[:, 0])
        # Where the source names nobody its words stand in the place of names.
        alike[:, 2] = np.where(alike[:, 2] == alike[:, 0], words, alike[:, 2])
        alike[:, 0] = words
    return curve(alike)


def _curve(pool: Pool) -> Curve:
    # The vectors' curve was learned in English: how near the unrelated are differs between languages.
    english = pool.hybrid.languages.is_english(pool.source.language)
    return shipped().curve(pool.encoder if english else "")


def _among_company(pool: Pool, places: Nums, words: Floats) -> Floats:
    """Return cosines of words (n,) as others that are surely related to the source confirm them.

    Where vectors tell nothing, a word that two stories of a few lines share may be chance, and two on one
    subject may share no more than that. So a cosine counts as the geometric mean of itself and of the mean of
    the candidate's with those others; where nothing else is surely related, it counts alone.
    """
    sure, texts = _company(pool)
    rows = TermVectors.of(pool.word_spans.rows(places), _telling(pool.hybrid))
    company = np.array([rows.cosines(text) for text in texts]).reshape(len(sure), len(places))
    others = sure[:, None] != places
    mean = _bridged(pool) * (company * others).sum(0) / np.maximum(others.sum(0), 1)
    return np.asarray(np.where(others.any(0), np.sqrt(words * mean), words), np.float32)


def _company(pool: Pool) -> tuple[Nums, list[TermVector]]:
    """Return which candidates are surely related to the source, and their words: found once a pool."""
    found = _COMPANY.get(pool)
    if found is None:
        best = np.argsort(-pool.word_cosines, kind="stable")[:NEAREST].astype(np.int64)
        curve = _curve(pool)
        sure = best[curve(likeness(pool, best, curve)) >= SURE]
        rows = TermVectors.of(pool.word_spans.rows(sure), _telling(pool.hybrid))
        found = _COMPANY[pool] = sure, [rows.row(i) for i in range(len(sure))]
    return found


def _bridged(pool: Pool) -> np.float32:
    """Return how much more than in other languages a cosine of words tells; see `BRIDGES`."""
    return np.float32(BRIDGES if read_one_as(pool.source.language) in _OF_PAIRS else 1)


def likeness(pool: Pool, places: Nums, curve: Curve | None = None) -> Floats:
    """Return how alike candidates are to the source, (n, 4); 0 where a curve is given that weighs it nothing.

    That is the cosine of their words by rarity at large, the share of the candidate's headline that stands in
    the source, likewise weighed, the cosine of their names (of their words where the source names nobody, and
    at least that in scripts without capitals), and the cosine of the candidate with the nearest passage of
    the source. Where their languages differ, figures and the sounds of names stand for words.
    """
    rarity, language = _telling(pool.hybrid), read_one_as(pool.source.language)
    source = TermVector.of(pool.telling.words, rarity)
    rows = TermVectors.of(pool.word_spans.rows(places), rarity)
    worth = _bridged(pool)
    words = rows.cosines(source) * worth
    headlines = pool.headlines.rows(places)
    share = _share(headlines, source.ids, rarity)
    column = Column.of(pool)
    for i in np.flatnonzero(np.isin(places, column.places)) if len(column.places) else ():
        # What the headlines of a column have in common tells nothing of one of them.
        common = column.common(int(places[i]))
        own = ~np.isin(source.ids, common)
        if not own.any():
            continue  # a headline is all there is, and it is the same one
        share[i] = _share(headlines, source.ids[own], rarity)[i]
        words[i] = rows.cosines(TermVector(source.ids[own], source.weights[own], source.length))[i] * worth
    nothing = np.zeros(len(places), np.float32)
    names = nothing if curve and not curve.names else _names(pool, places, words)
    if language in _WITHOUT_CAPITALS:
        names = np.maximum(names, words)  # of its names those in Latin letters and figures alone are known
    if not pool.is_of_one_language:
        foreign = pool.languages[places] != language
        words[foreign] = alike_across_languages(pool)[places[foreign]]
        names = np.where(foreign, words, names)
    passage = nothing if curve and not curve.passage else _passages(pool, places)
    return np.stack([words, share, names, passage], axis=1).astype(np.float32)


def _passages(pool: Pool, places: Nums) -> Floats:
    """Return the cosine of each candidate (n,) as a whole with the nearest passage of the source."""
    return pool.nearest(pool.means.of(places).products(pool.source.vectors.astype(np.float32)), places)


def _names(pool: Pool, places: Nums, words: Floats) -> Floats:
    """Return the cosine of the names of each candidate (n,) with the source's, by rarity at large.

    Where the source names nobody, words stand in their place.
    """
    if not len(pool.telling.entities.ids):
        return words
    rarity = pool.hybrid.name_rarity_at_large
    source = TermVector.of(pool.telling.entities, rarity)
    return TermVectors.of(pool.entity_spans.rows(places), rarity).cosines(source)


def _telling(hybrid: HybridModel) -> Floats:
    """Return how rare each word is at large, (TERM_SPACE,); what no story is about counts for nothing."""
    found = _TELLING.get(hybrid)
    if found is None:
        found = _TELLING[hybrid] = hybrid.rarity_at_large.copy()
        found[[term_id(term) for word in NO_SUBJECTS for term in tokens(word)]] = 0
    return found


def _share(headlines: TermRows, ids: NDArray[np.uint32], rarity: Floats) -> NDArray[np.float64]:
    """Return the share of each headline (n,), by rarity, that is among some words, ascending."""
    held = shared_sums(ids, rarity[ids].astype(np.float64), headlines.ids, headlines.offsets)
    total = row_sums(rarity[headlines.ids], headlines.offsets)
    return np.asarray(held / np.where(total > 0, total, 1), np.float64)
