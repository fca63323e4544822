"""How common words are at large: what an archive of a few stories cannot know of itself. Knows no stories.

The share of stories that hold a word is counted in the archive and, as if in `STRENGTH` stories more, taken
from a sample of its language that comes with the package (made by scripts/make_background.py): without one
"said" would tell as much as "dengue" in an archive of twenty stories.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from functools import lru_cache
from importlib import resources

import numpy as np
from numpy.typing import NDArray

from recommender.analysis.languages import ENGLISH

STRENGTH = 100
"""So many stories of an archive weigh as much as the sample: a word of two of six stories stays rare, and one
that stands in all stories of a newsroom, such as its city, soon tells nothing."""

UNSEEN = 1e-4
"""Share of stories that hold a word which the sample lacks: below the smallest that it knows."""

FILE = "background.npz"

Floats = NDArray[np.float32]


def rarity(
    stories: int,
    ids: NDArray[np.uint32],
    counts: NDArray[np.int32],
    space: int,
    of: NDArray[np.int32] | None = None,
    languages: Collection[str] = (),
) -> Floats:
    """Return -log of the share of stories that hold each word, (space,) float32 by term id.

    Parameters
    ----------
    stories : int
        Of the archive.
    ids : (t,) uint32
        Words of the archive.
    counts : (t,) int32
        How many of its stories hold each.
    space : int
        Term ids lie below this.
    of : (t,) int32, optional
        How many stories are in the language of each; all of the archive by default.
    languages : collection of str
        Languages of the archive besides English.
    """
    shares, known = np.full(space, UNSEEN * STRENGTH, np.float32), [ids]
    for language in (*languages, ENGLISH):  # English last: its archives are what they are beside any other
        words, sampled = _sample(language)
        shares[words] = sampled * STRENGTH
        known.append(words)
    shares[ids] += counts
    return _in_language(_rarities(shares, np.concatenate(known), stories), stories, ids, of)


def name_rarities(
    stories: int,
    ids: NDArray[np.uint32],
    counts: NDArray[np.int32],
    space: int,
    of: NDArray[np.int32] | None = None,
) -> Floats:
    """Return the same of all names, (space,) float32 by term id, of which the sample knows nothing."""
    shares = np.full(space, UNSEEN * STRENGTH, np.float32)
    shares[ids] = counts + np.float32(UNSEEN * STRENGTH)
    return _in_language(_rarities(shares, ids, stories), stories, ids, of)


def _rarities(shares: Floats, known: NDArray[np.uint32], stories: int) -> Floats:
    """Return -log of shares of so many stories and the sample, in place; all but the known ones are alike."""
    unknown = np.full(1, UNSEEN * STRENGTH, np.float32)
    told, unseen = (-np.log(some / (stories + STRENGTH)) for some in (shares[known], unknown))
    shares.fill(unseen[0])  # four million logarithms take longer than all the rest
    shares[known] = told
    return shares


def _in_language(
    rarities: NDArray[np.floating], stories: int, ids: NDArray[np.uint32], of: NDArray[np.int32] | None
) -> Floats:
    """Return rarities among the stories of each term's language, which were found among all."""
    if of is not None and np.any(of != stories):
        rarities[ids] += np.log((of + STRENGTH) / (stories + STRENGTH))
    return np.asarray(rarities, np.float32)


def name_rarity(stories: int, count: float) -> float:
    """Return the same of one name.

    Parameters
    ----------
    stories : int
        Of the archive.
    count : float
        How many of them hold the name.
    """
    return -math.log((max(count, 0) + UNSEEN * STRENGTH) / (stories + STRENGTH))


@lru_cache(64)
def _sample(language: str) -> tuple[NDArray[np.uint32], Floats]:
    """Return the words of the sample of a language, and the share of its stories that hold each."""
    with resources.as_file(resources.files("recommender") / "data" / FILE) as path, np.load(path) as file:
        if f"{language}.ids" not in file:
            return np.zeros(0, np.uint32), np.zeros(0, np.float32)
        return file[f"{language}.ids"], file[f"{language}.shares"].astype(np.float32)
