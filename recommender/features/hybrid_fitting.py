"""What a hybrid model is fitted on: document frequencies, and the LSA subspace of the words.

Knows no texts, and nothing of the model that is made of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from index.storage.kernels.text_hashes import count_in
from recommender.analysis.words import TERM_SPACE
from recommender.features.feature_store import Store
from recommender.features.language_groups import LanguageGroups

Floats = NDArray[np.float32]

LSA_DIMENSION = 200
VOCABULARY = 50_000  # the most frequent terms: rarer ones add nothing to 200 dimensions
FIT_STORIES = 20_000  # a sample of so many finds the same subspace; half a minute on one core
FEW = 4096  # stories that need no array of all possible terms to be counted: small archives waited for it
SVD_ROUNDS = 4  # power iterations of the randomised SVD (Halko et al. 2011): more change no figure
SEED = 20180612  # any fixed number: two fits on the same stories must agree

# 1 + log(count) for every count that a uint8 holds: sublinear term frequency.
TERM_FREQUENCY: Floats = (1 + np.log(np.maximum(np.arange(256), 1))).astype(np.float32)


class Frequencies(NamedTuple):
    """In how many stories terms stand.

    Attributes
    ----------
    ids : (t,) uint32
        Ascending.
    counts : (t,) int32
        How many stories hold each, in the language that has it most.
    stories : (t,) int32
        How many stories are in that language.
    """

    ids: NDArray[np.uint32]
    counts: NDArray[np.int32]
    stories: NDArray[np.int32]


def idf(stories: int, terms: Frequencies) -> Floats:
    """Return the inverse document frequency (TERM_SPACE,) by term id; a new term has that of all stories.

    The smoothed form of scikit-learn's TfidfTransformer: log((1 + n) / (1 + df)) + 1.
    """
    weights = np.full(TERM_SPACE, np.log1p(stories) + 1, np.float32)
    sizes = np.unique(terms.stories).tolist()
    for size in sizes:
        own = slice(None) if len(sizes) == 1 else terms.stories == size  # of one language nothing is copied
        held = terms.counts[own]
        by_count = np.log((1 + size) / np.arange(1, held.max(initial=0) + 2)) + 1  # few counts, many terms
        weights[terms.ids[own]] = by_count.astype(np.float32)[held]
    return weights


class ByChannel(Mapping[str, Floats]):
    """The inverse document frequencies of each channel, made when they are asked for: of 16 MB each.

    Parameters
    ----------
    stories : int
        Of the archive.
    frequencies : mapping of str to Frequencies
        By channel.
    """

    def __init__(self, stories: int, frequencies: Mapping[str, Frequencies]) -> None:
        self._stories, self._frequencies = stories, frequencies
        self._made: dict[str, Floats] = {}

    def __getitem__(self, channel: str) -> Floats:
        found = self._made.get(channel)
        if found is None:
            found = self._made[channel] = idf(self._stories, self._frequencies[channel])
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._frequencies)

    def __len__(self) -> int:
        return len(self._frequencies)


def document_frequencies(
    store: Store, nums: NDArray[np.int64], channel: str, languages: LanguageGroups | None = None
) -> Frequencies:
    """Return the terms of a channel that occur in these stories, and in how many each does.

    Without ``languages`` all are of one.
    """
    places, sizes = np.zeros(len(nums), np.int64), [len(nums)]
    if languages is not None:
        places, sizes = languages.places(store.column("language")[nums]), languages.stories.tolist()
    held = [_holders(store, nums[places == place], channel) for place in range(len(sizes))]
    ids = np.sort(np.concatenate([np.zeros(0, np.uint32), *(own for own, _ in held)]))
    is_first = np.ones(len(ids), np.bool_)
    is_first[1:] = ids[1:] != ids[:-1]
    ids = ids[is_first]  # `numpy.unique` would hash them
    most, stories = np.zeros(len(ids), np.int32), np.zeros(len(ids), np.int32)
    for size, (own, counts) in zip(sizes, held, strict=True):
        at = np.searchsorted(ids, own)
        more = counts > most[at]
        most[at[more]], stories[at[more]] = counts[more], size
    return Frequencies(ids, most, stories)


def _holders(
    store: Store, nums: NDArray[np.int64], channel: str
) -> tuple[NDArray[np.uint32], NDArray[np.int32]]:
    """Return the terms of a channel in stories of one language, ascending, and how many hold each."""
    if len(nums) <= FEW:
        return story_counts(store, nums, channel)
    totals = np.zeros(TERM_SPACE, np.int32)
    for block in store.blocks(nums):
        count_in(store.codes(channel, block)[0], totals)
    held = np.flatnonzero(totals).astype(np.uint32)
    return held, totals[held]


def story_counts(
    store: Store, nums: NDArray[np.int64], channel: str
) -> tuple[NDArray[np.uint32], NDArray[np.int32]]:
    """Return the codes of a list, ascending, and how many of these stories have each."""
    codes, counts = np.unique(store.codes(channel, nums)[0], return_counts=True)
    return codes, counts.astype(np.int32)


def most_frequent(ids: NDArray[np.uint32], counts: NDArray[np.int32]) -> NDArray[np.uint32]:
    """Return the vocabulary: the ids, ascending, of the terms that most stories have."""
    # A term of one story joins nothing; in an archive of one story it is all there is.
    shared = ids[counts > 1] if (counts > 1).any() else ids
    frequency = counts[counts > 1] if (counts > 1).any() else counts
    return np.sort(shared[np.argsort(-frequency, kind="stable")[:VOCABULARY]])


class Subspace(NamedTuple):
    """What words are projected to.

    Attributes
    ----------
    vocabulary : (v,) uint32
        Ascending ids of the terms that are known.
    components : (v, LSA_DIMENSION) float32
        One row a term.
    """

    vocabulary: NDArray[np.uint32]
    components: Floats


def subspace(
    store: Store, nums: NDArray[np.int64], words: Frequencies, languages: LanguageGroups
) -> Subspace:
    """Return the LSA of the words of stories: of each language by itself, or the largest would have it all.

    Words of two languages are never the same term, so each has all dimensions for itself. Only stories of
    one language are compared by it.
    """
    weights, places = idf(len(nums), words), languages.places(store.column("language")[nums])
    found = [Subspace(np.zeros(0, np.uint32), np.zeros((0, LSA_DIMENSION), np.float32))]
    for place in np.argsort(-languages.stories, kind="stable").tolist():
        own = nums[places == place]
        counted = words if len(own) == len(nums) else document_frequencies(store, own, "words")
        vocabulary = most_frequent(counted.ids, counted.counts)
        for taken in found:  # two terms may have one id
            vocabulary = np.setdiff1d(vocabulary, taken.vocabulary, assume_unique=True)
        components = lsa_components(store, spread(own), vocabulary, weights)
        # What all stories of a language have in common is no likeness to those of another.
        found.append(Subspace(vocabulary, np.roll(components, len(found) - 1, axis=1)))
    joined = Subspace(*(np.concatenate(parts) for parts in zip(*found, strict=True)))
    order = np.argsort(joined.vocabulary)
    return Subspace(joined.vocabulary[order], joined.components[order])


def spread(nums: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return `FIT_STORIES` of some stories at most, from the first to the last."""
    return nums[np.linspace(0, len(nums) - 1, min(len(nums), FIT_STORIES)).astype(np.int64)]


def lsa_components(
    store: Store, nums: NDArray[np.int64], vocabulary: NDArray[np.uint32], weights: Floats
) -> Floats:
    """Return the LSA components (v, LSA_DIMENSION); columns beyond the rank that few stories allow are 0."""
    components = np.zeros((len(vocabulary), LSA_DIMENSION), np.float32)
    rank = min(LSA_DIMENSION, len(nums), len(vocabulary))
    if rank < 1:
        return components
    if len(vocabulary) == 1:  # a line is its own projection
        components[0, 0] = 1
        return components
    from scipy.sparse import csr_matrix
    from sklearn.preprocessing import normalize
    from sklearn.utils.extmath import randomized_svd, svd_flip

    words = store.terms("words", nums)
    places, known = places_of(vocabulary, words.ids)
    values = np.where(known, TERM_FREQUENCY[words.counts] * weights[words.ids], 0)
    matrix = csr_matrix((values, places, words.offsets), shape=(len(nums), len(vocabulary)))
    matrix.eliminate_zeros()
    # As scikit-learn's TruncatedSVD, which also projects all stories to tell how much of them it explains.
    left, _, right = randomized_svd(
        normalize(matrix), rank, n_iter=SVD_ROUNDS, random_state=SEED, flip_sign=False
    )
    components[:, :rank] = svd_flip(left, right, u_based_decision=False)[1].T
    return components


def places_of(
    vocabulary: NDArray[np.uint32], ids: NDArray[np.uint32]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return where each of ``ids`` stands in the ascending ``vocabulary``, and whether it does."""
    places = np.minimum(np.searchsorted(vocabulary, ids), max(len(vocabulary) - 1, 0))
    known = vocabulary[places] == ids if len(vocabulary) else np.zeros(len(ids), np.bool_)
    return places, known


Finder = Callable[[NDArray[np.uint32]], tuple[NDArray[np.int64], NDArray[np.bool_]]]


def finder(vocabulary: NDArray[np.uint32], stories: int) -> Finder:
    """Return `places_of` a vocabulary for the words of so many stories: of many by a table of all terms."""
    if stories < FEW:
        return lambda ids: places_of(vocabulary, ids)
    table = np.full(TERM_SPACE, -1, np.int32)
    table[vocabulary] = np.arange(len(vocabulary))

    def looked_up(ids: NDArray[np.uint32]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        places = table[ids].astype(np.int64)
        return places, places >= 0

    return looked_up


def dense_mean(store: Store, nums: NDArray[np.int64]) -> Floats:
    """Return the mean (d,) of these stories' dense vectors."""
    total = np.zeros(store.dimension, np.float64)
    for block in store.blocks(nums):
        total += store.means(block).sum(0, dtype=np.float64)
    return (total / max(len(nums), 1)).astype(np.float32)
