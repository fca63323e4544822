"""The languages of an archive: how many stories each has, and where their dense vectors lie. Knows no texts.

What is rare, and what is near, is told within a language: forty French stories take nothing from forty
English ones, and twenty Bangla ones among thousands are compared with each other.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Self

import numpy as np
from babel.localedata import locale_identifiers
from numpy.typing import NDArray

from recommender.analysis.languages import ENGLISH, undetermined_keys
from recommender.analysis.words import code
from recommender.features.dense_rows import DenseRows
from recommender.features.feature_store import Store

Floats = NDArray[np.float32]
Codes = NDArray[np.uint32]

FEW = 5
"""The mean of a language leans on that of the archive by so many stories: one alone would be its own mean."""

NEW = 10
"""From so many stories on an archive's new language is learned: a few may be a slip of the detection."""

SAMPLE = 400
"""Stories of a language of which it is told how far the encoder knows it."""

KNOWN = 0.5
"""How far such an encoder is believed at most beside the words: half. Pages in German, Portuguese, Chinese
and Japanese that link to each other (nDCG@5, links known): .615, .640, .525 and .554 where it is believed as
in English, .633, .645, .573 and .579 by half. So much of a language that it knows wholly."""

COMMON = 16
"""In so many directions what the stories of a language share counts less: those in which they lie apart most,
which tell that one is about people and another about software. 4 to 128 gain (docs/ranking.md)."""

IMAGINED = 1000
"""So many stories without anything in common are thought beside those of a language."""

FITTED = 20_000
"""Stories of a language that the directions are found among."""

_NO_LENGTH = 1e-6

_READ_AS = {
    code(key): code(language)
    for key, language in sorted(undetermined_keys().items(), key=lambda each: code(each[0]))
}
_CODES, _LANGUAGES = (np.array([*each], np.uint32) for each in (_READ_AS, _READ_AS.values()))
_ENGLISH = code(ENGLISH)


def read_as(codes: NDArray[np.generic]) -> Codes:
    """Return the codes of the languages as which stories are read (n,), whose own (n,) may not be known."""
    codes = np.asarray(codes, np.uint32)
    places = np.minimum(_CODES.searchsorted(codes), len(_CODES) - 1)
    return np.where(_CODES[places] == codes, _LANGUAGES[places], codes)


def read_one_as(code: int) -> int:
    """Return the same of one story."""
    return _READ_AS.get(code, code)


def languages_in(store: Store) -> Callable[[NDArray[np.int64]], Codes]:
    """Return a function that returns the codes of the languages as which stories (n,) of a store are read."""
    return lambda nums: read_as(store.column("language")[nums])


@cache
def known_keys() -> dict[int, str]:
    """Return the languages that CLDR knows by their codes, in the order of their keys."""
    keys = {name.partition("_")[0] for name in locale_identifiers()} | {"sh"}
    return {code(key): key for key in sorted(keys)}


def read_key(language: int) -> str:
    """Return the key of the language as which a story of a language's code is read; "" if CLDR has none."""
    return known_keys().get(_READ_AS.get(language, language), "")


@dataclass(frozen=True, eq=False)
class LanguageGroups:
    """The languages as which the stories of an archive are read.

    Attributes
    ----------
    codes : (g,) uint32
        Ascending.
    stories : (g,) int64
        How many each has.
    means : (g, d) float32
        Mean of its dense vectors; see `FEW`.
    known : (g,) float32
        How far the encoder knows it, 0 to 1; see `headlines_found`.
    overall : (d,) float32
        Mean of the dense vectors of all.
    common : (g, k, d) float32
        Directions in which the dense vectors of each lie apart most; see `common_directions`.
    """

    codes: Codes
    stories: NDArray[np.int64]
    means: Floats
    known: Floats
    overall: Floats
    common: NDArray[np.float32]

    @classmethod
    def of(cls, store: Store, nums: NDArray[np.int64], overall: Floats) -> Self:
        """Return the groups of stories of the store, whose dense vectors have a mean."""
        codes, which = np.unique(read_as(store.column("language")[nums]), return_inverse=True)
        sums, done = np.zeros((len(codes), store.dimension), np.float64), 0
        for block in store.blocks(nums):
            means, places = store.means(block).astype(np.float64), which[done : done + len(block)]
            for place in np.unique(places).tolist():
                sums[place] += means[places == place].sum(0)
            done += len(block)
        stories = np.bincount(which, minlength=len(codes))
        means = (sums + FEW * overall) / (stories + FEW)[:, None]
        own = [nums[which == place] for place in range(len(codes))]
        known = [headlines_found(store, each) for each in own]
        common = np.zeros((len(codes), min(COMMON, store.dimension - 1), store.dimension), np.float32)
        for place, each in enumerate(own):
            common[place] = common_directions(store, each, means[place])
        return cls(codes, stories, means.astype(np.float32), np.array(known, np.float32), overall, common)

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The languages, as far as CLDR knows them."""
        codes = frozenset(self.codes.tolist())
        return tuple(key for number, key in known_keys().items() if number in codes)

    def centred(self, vectors: Floats, languages: NDArray[np.generic]) -> Floats:
        """Return dense vectors (n, d), or one (d,), less the mean of each one's language, to unit length.

        Parameters
        ----------
        vectors : (n, d) or (d,) float32
        languages : (n,) or (1,)
            Codes of the languages; of one code, all are in that.
        """
        means, which = self._means_of(languages)
        return _unit(vectors - (means[0] if len(means) == 1 else means[which]))

    def products(
        self, rows: DenseRows, languages: NDArray[np.generic], vectors: Floats
    ) -> tuple[Floats, Floats]:
        """Return the products of stories' dense vectors with others, as they are and as `centred` makes them.

        Parameters
        ----------
        rows : DenseRows
        languages : (n,)
            Codes of their languages.
        vectors : (m, d) float32

        Returns
        -------
        plain, centred : (n, m) float32
        """
        means, which = self._means_of(languages)
        found, squares = rows.products_and_squares(np.concatenate([vectors, means]))
        plain, along = found[:, : len(vectors)], found[np.arange(len(rows)), len(vectors) + which]
        lengths = np.sqrt(np.maximum(squares - 2 * along + (means**2).sum(1)[which], 0))
        away = (plain - (means @ vectors.T)[which]) / np.where(lengths > 0, lengths, 1)[:, None]
        return plain, np.asarray(away, np.float32)

    def _means_of(self, languages: NDArray[np.generic]) -> tuple[Floats, NDArray[np.int64]]:
        """Return different means (k, d), and which of them is that of each story's (n,) language."""
        if len(self.codes) < 2:
            return self.overall[None], np.zeros(len(languages), np.int64)
        found = self.places(languages)
        one = (found == found[:1]).all()
        places, which = (found[:1], 0 * found) if one else np.unique(found, return_inverse=True)
        return np.where(places[:, None] < 0, self.overall, self.means[places]), which

    def telling(self, vectors: Floats, language: int) -> Floats:
        """Return centred vectors (n, d) of a language so that their products tell its stories apart.

        What many stories of the archive share is no likeness of two. With `common` as C and a vector as s, a
        product is that of (I - C'C) s, divided by the length that s has by it, and of another centred vector
        as it is: what lies off the common directions is nearer to all that is like it.
        """
        place = self.place(language)
        if place < 0:
            return vectors
        shares = vectors @ self.common[place].T
        lengths = np.sqrt(np.maximum(1 - (shares**2).sum(1, keepdims=True), _NO_LENGTH))
        return np.asarray((vectors - shares @ self.common[place]) / lengths, np.float32)

    def places(self, codes: NDArray[np.generic]) -> NDArray[np.int64]:
        """Return the group of each story (n,) by the code of its language; -1 for one that has none."""
        wanted = read_as(codes)
        if not len(self.codes):
            return np.full(len(wanted), -1, np.int64)
        found = np.minimum(np.searchsorted(self.codes, wanted), len(self.codes) - 1)
        return np.where(self.codes[found] == wanted, found, -1)

    def place(self, code: int) -> int:
        """Return the group of stories of one language; -1 for one that has none."""
        return self._places.get(read_one_as(code), -1)

    @cached_property
    def _places(self) -> dict[int, int]:
        return {each: place for place, each in enumerate(self.codes.tolist())}

    def count(self, code: int) -> int:
        """Return how many stories are in a language; all of them for one that has none."""
        return int(self.stories.sum() if (place := self.place(code)) < 0 else self.stories[place])

    def share(self, code: int) -> float:
        """Return which share of the stories are in a language, 0 to 1; 1 for one that has none."""
        return 1.0 if (place := self.place(code)) < 0 else float(self.stories[place] / self.stories.sum())

    def outgrown(self, codes: NDArray[np.generic], growth: int) -> bool:
        """Return whether any language has `growth` times as many of some stories (n,) as it has here."""
        found, counts = np.unique(read_as(codes), return_counts=True)
        places = self.places(found)
        known = np.where(places < 0, 0, self.stories[places] if len(self.stories) else 0)
        return bool(np.any((counts >= NEW) & (counts >= growth * known)))

    def is_english(self, code: int) -> bool:
        """Return whether stories of a language are read as English."""
        return read_one_as(code) == _ENGLISH

    def trust(self, code: int) -> float:
        """Return how far an encoder that was trained on English is believed of a language, 0 to 1."""
        if self.is_english(code):
            return 1.0
        return KNOWN * (1.0 if (place := self.place(code)) < 0 else float(self.known[place]))


def common_directions(store: Store, nums: NDArray[np.int64], mean: NDArray[np.float64]) -> Floats:
    """Return the directions in which stories (nums) of a language with a mean lie apart most, (k, d) float32.

    Each has the length c that takes the spread along it down to that of the next direction after them: along
    it the product of two vectors counts 1 - c ** 2. It is as if there were `IMAGINED` stories more, which lie
    apart alike in all: a few stories know nothing of what is common.
    """
    k, d = min(COMMON, store.dimension - 1), store.dimension
    sample = nums[np.linspace(0, len(nums) - 1, min(len(nums), FITTED)).astype(np.int64)]
    away = _unit(store.means(sample).astype(np.float32) - mean.astype(np.float32))
    found = np.zeros((k + 1, d), np.float32)
    spreads = np.zeros(k + 1)
    if len(away) <= d:
        _, lengths, rows = np.linalg.svd(away, full_matrices=False)
        kept = min(len(rows), k + 1)
        found[:kept], spreads[:kept] = rows[:kept], lengths[:kept] ** 2
    else:
        squares, columns = np.linalg.eigh((away.T @ away).astype(np.float64))
        found, spreads = columns.T[: -k - 2 : -1].astype(np.float32), squares[: -k - 2 : -1]
    spreads = spreads + IMAGINED / d
    shares = 1 - spreads[k] / spreads[:k]
    return np.asarray(np.sqrt(np.clip(shares, 0, 1))[:, None] * found[:k], np.float32)


def headlines_found(store: Store, nums: NDArray[np.int64]) -> float:
    """Return how well headlines find their own texts by vectors: 1, each the first of all; 0, as by chance.

    Both vectors are less the mean of their kind, so that an archive of one subject is measured like one of
    many. Of a few stories it is an opinion: as if `FEW` others had all found theirs.

    Measured with MiniLM, which was trained on English: help pages and posts in English .95 to .99, German
    .91, Portuguese .85 to .90, Japanese .74, Chinese .57; twenty short stories each in Bangla, Hindi, Arabic
    and Tamil .48 to .61, in Thai, Khmer and Telugu -.07 to .09.

    Parameters
    ----------
    store : Store
    nums : (n,) int64
        Of one language.
    """
    held, offsets = store.vectors(
        nums[np.linspace(0, len(nums) - 1, min(len(nums), SAMPLE)).astype(np.int64)]
    )
    chunks = np.diff(offsets) - 1
    told = chunks > 0  # a headline alone has nothing to find
    firsts, chunks = offsets[:-1][told], chunks[told]
    if not len(firsts):
        return 1.0
    rows = held.astype(np.float32)
    texts = np.add.reduceat(rows, offsets[:-1])[told] - rows[firsts]
    headlines, texts = (_unit(each - each.mean(0)) for each in (rows[firsts], texts / chunks[:, None]))
    cosines = headlines @ texts.T
    own = cosines.diagonal()[:, None]
    nearer = (cosines > own).mean(1) + (cosines == own).mean(1) / 2 - 1 / (2 * len(own))
    return float(np.clip((FEW + (1 - 2 * nearer).sum()) / (FEW + len(own)), 0, 1))


def _unit(vectors: Floats) -> Floats:
    lengths = np.sqrt((vectors * vectors).sum(axis=-1, keepdims=True))  # a copy less than `numpy.linalg.norm`
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1), np.float32)
