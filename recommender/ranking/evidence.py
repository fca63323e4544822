"""Whether two texts are related at all, whatever else there is to choose from. Knows no ranker.

A score says how far a story stands out of its pool; where nothing there is related, something stands out
nevertheless. What counts here is absolute: how alike the two texts are, in words weighed by how rare they are
at large and in their vectors. An archive's size, and what else it holds, hardly change it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from recommender.ranking.form import in_template
from recommender.ranking.pool import Floats, Nums, Pool
from recommender.ranking.terms import TermVector, TermVectors
from recommender.runs import row_sums, shared_sums, taken
from recommender.store import TermRows

FILE = "evidence.json"


@dataclass(frozen=True, slots=True)
class Curve:
    """A logistic curve over the likeness of two texts: what each kind weighs, and what all begin with."""

    constant: float
    words: float
    headline: float
    dense: float = 0.0

    def __call__(self, likeness: Floats) -> NDArray[np.float64]:
        """Return how probable it is that texts of such `likeness` (n, 3) are related, (n,)."""
        weights = np.array([self.words, self.headline, self.dense])
        return np.asarray(1 / (1 + np.exp(-(self.constant + likeness.astype(np.float64) @ weights))))


@dataclass(frozen=True)
class Evidence:
    """The curves that come with the package, learned by scripts/train_evidence.py.

    Attributes
    ----------
    encoder : str
        SHA-256 of the weights of the embedding model whose cosines `both` knows.
    both : Curve
        From words and vectors.
    words : Curve
        From words alone, for all other models: what is near differs between them.
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
    return shipped().curve(pool.encoder)(likeness(pool, places))


def likeness(pool: Pool, places: Nums) -> Floats:
    """Return how alike candidates are to the source, (n, 3).

    That is the cosine of their words by rarity at large, the share of the candidate's headline that stands in
    the source, likewise weighed, and the cosine of their vectors.
    """
    rarity = pool.hybrid.rarity_at_large
    source = TermVector.of(pool.source.words, rarity)
    rows = TermVectors.of(_rows(pool.texts.terms("words"), places), rarity)
    words = rows.cosines(source)
    headlines = _rows(pool.headlines, places)
    share = _share(headlines, source.ids, rarity)
    for i in np.flatnonzero(in_template(pool)[places]):
        # What the headlines of a column have in common tells nothing of one of them.
        common = np.intersect1d(
            pool.source.headline.ids, headlines.ids[headlines.offsets[i] : headlines.offsets[i + 1]]
        )
        own = ~np.isin(source.ids, common)
        share[i] = _share(headlines, source.ids[own], rarity)[i]
        words[i] = rows.cosines(TermVector(source.ids[own], source.weights[own], source.length))[i]
    return np.stack([words, share, pool.means[places] @ pool.source.mean], axis=1).astype(np.float32)


def _share(headlines: TermRows, ids: NDArray[np.uint32], rarity: Floats) -> NDArray[np.float64]:
    """Return the share of each headline (n,), by rarity, that is among some words, ascending."""
    held = shared_sums(ids, rarity[ids].astype(np.float64), headlines.ids, headlines.offsets)
    total = row_sums(rarity[headlines.ids], headlines.offsets)
    return np.asarray(held / np.where(total > 0, total, 1), np.float64)


def _rows(rows: TermRows, places: Nums) -> TermRows:
    starts = rows.offsets[places]
    lengths = rows.offsets[places + 1] - starts
    ids, offsets = taken(rows.ids, starts, lengths)
    return TermRows(ids, taken(rows.counts, starts, lengths)[0], offsets)
