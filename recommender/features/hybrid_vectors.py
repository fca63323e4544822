"""One vector a story: its dense embedding beside its words' LSA projection. Knows no texts and no index."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import Any, Self
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from index.storage.kernels import floats, row_lengths
from recommender.analysis import background_idf
from recommender.analysis.encoded import Encoded, Terms
from recommender.analysis.words import TERM_SPACE
from recommender.errors import ArchiveError, ArchiveVersionError
from recommender.features import hybrid_fitting as fitting
from recommender.features.feature_store import Store
from recommender.features.hybrid_fitting import (
    LSA_DIMENSION,
    TERM_FREQUENCY,
    Floats,
    Frequencies,
)
from recommender.features.language_groups import LanguageGroups
from recommender.features.term_rows import TermRows

FORMAT = 4

DENSE_WEIGHT, LSA_WEIGHT = 0.35, 0.65
"""Best recall of editors' links at 200 candidates on two publishers' archives, half of it held out."""

COUNTED = ("words", "bigrams", "entities")
"""Channels whose document frequencies the model holds."""

LISTED = ("authors", "tags", "facts")
"""Lists of codes whose story counts the model holds."""

DRIFT_STORIES = 500  # how many of the newest stories the drift is measured on
_BLOCK = 2048
_PARTS = ("ids", "counts", "stories")  # of arrays in the file
_OF_LANGUAGES = ("codes", "stories", "means", "known", "overall", "common")

Listed = tuple[NDArray[np.uint32], NDArray[np.int32]]


class HybridModel:
    """What turns a story into its hybrid vector, and the rarity of terms. Fitted once, never changed.

    Attributes
    ----------
    stories : int
        How many stories it was fitted on.
    frequencies : mapping of str to Frequencies
        For each of `COUNTED`.
    listed : mapping of str to ((t,) uint32, (t,) int32)
        For each of `LISTED`, the codes ascending and how many stories have each.
    vocabulary : (v,) uint32
        Ascending ids of the terms that the LSA knows.
    components : (v, LSA_DIMENSION) float32
        One row a term.
    languages : LanguageGroups
        How many stories are in each language, and the means of dense vectors.
    unknown : float
        Share of the newest stories' terms that the vocabulary lacked when the model was fitted.
    """

    def __init__(
        self,
        stories: int,
        frequencies: Mapping[str, Frequencies],
        listed: Mapping[str, Listed],
        vocabulary: NDArray[np.uint32],
        components: Floats,
        languages: LanguageGroups,
    ) -> None:
        self.stories, self.frequencies, self.listed = stories, dict(frequencies), dict(listed)
        self.vocabulary, self.components, self.languages = vocabulary, components, languages
        self.unknown = 0.0

    @property
    def dense_mean(self) -> Floats:
        """Mean of the archive's dense vectors, (d,) float32."""
        return self.languages.overall

    @property
    def dimension(self) -> int:
        """Length of a hybrid vector."""
        return len(self.dense_mean) + LSA_DIMENSION

    @cached_property
    def version(self) -> str:
        """A name that two models share iff they give the same vectors: hex digits."""
        digest = hashlib.sha256(f"{FORMAT} {DENSE_WEIGHT} {LSA_WEIGHT} {self.stories}".encode())
        for name, array in self._arrays().items():
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        return digest.hexdigest()[:16]

    @cached_property
    def idf(self) -> Mapping[str, Floats]:
        """For each of `COUNTED`, the inverse document frequency (TERM_SPACE,) float32 by term id."""
        return fitting.ByChannel(self.stories, self.frequencies)

    @cached_property
    def rarity_at_large(self) -> Floats:
        """How rare each word is in and beyond the archive (TERM_SPACE,) float32: see `background_idf`."""
        ids, counts, of = self.frequencies["words"]
        return background_idf.rarity(self.stories, ids, counts, TERM_SPACE, of, self.languages.keys)

    @cached_property
    def name_rarity_at_large(self) -> Floats:
        """The same of each name, acronym and version, (TERM_SPACE,) float32."""
        ids, counts, of = self.frequencies["entities"]
        return background_idf.name_rarities(self.stories, ids, counts, TERM_SPACE, of)

    def release(self) -> None:
        """Let go of the arrays over all terms: some 80 MB, made anew for who asks after all."""
        for name in ("idf", "rarity_at_large", "name_rarity_at_large"):
            self.__dict__.pop(name, None)

    def held(self, channel: str, id: int) -> tuple[int, int]:
        """Return how many stories hold a term, and of how many: of its language, or of all if none does."""
        ids, counts, stories = self.frequencies[channel]
        place = int(ids.searchsorted(ids.dtype.type(id)))  # of another type all ids would be converted
        if place == len(ids) or ids[place] != id:
            return 0, self.stories
        return int(counts[place]), int(stories[place])

    def rarity(self, channel: str, codes: NDArray[np.uint32]) -> Floats:
        """Return how rare each author, tag or fact is, 0 to 1: 1: of one story alone, 0: of all."""
        ids, _ = self.listed[channel]
        if not len(ids):
            return np.ones(len(codes), np.float32)
        places, known = fitting.places_of(ids, codes)
        return np.where(known, self._rarities[channel][places], np.float32(1))

    @cached_property
    def _rarities(self) -> Mapping[str, Floats]:
        """The rarity of each code in `listed`."""
        most = np.log(max(self.stories, 2))
        return {
            name: np.clip(1 - np.log(counts.astype(np.float32)) / most, 0, 1).astype(np.float32)
            for name, (_, counts) in self.listed.items()
        }

    def lengths(self, channel: str, rows: TermRows) -> Floats:
        """Return the Euclidean length of each row's TF-IDF vector, (n,) float32."""
        return row_lengths(rows.ids, rows.counts, rows.offsets, self.idf[channel], TERM_FREQUENCY)

    # Fitting

    @classmethod
    def fit(cls, store: Store, nums: NDArray[np.int64] | None = None) -> Self:
        """Fit on the stories ``nums``, or on all. Any number of stories will do, none included."""
        nums = store.nums if nums is None else nums
        languages = LanguageGroups.of(store, nums, fitting.dense_mean(store, fitting.spread(nums)))
        words = fitting.document_frequencies(store, nums, "words", languages)
        with ThreadPoolExecutor(1) as beside:  # half of the time of all this, and it lets others run
            subspace = beside.submit(fitting.subspace, store, nums, words, languages)
            terms = {"words": words}
            for name in COUNTED[1:]:
                terms[name] = fitting.document_frequencies(store, nums, name, languages)
            listed = {name: fitting.story_counts(store, nums, name) for name in LISTED}
            vocabulary, components = subspace.result()
        model = cls(len(nums), terms, listed, vocabulary, components, languages)
        model.unknown = model.unknown_share(store, nums)
        return model

    # Vectors

    def vector(self, story: Encoded) -> Floats:
        """Return the hybrid vector (dimension,) of one story or text.

        The inner product of two is ``DENSE_WEIGHT`` times the cosine of their centred dense vectors plus
        ``LSA_WEIGHT`` times the cosine of their projected words. A text of unknown words has length < 1.
        """
        away = self.languages.centred(story.mean, np.array([story.language]))
        words = TermRows(story.words.ids, story.words.counts, np.array([0, len(story.words)]))
        lsa = self._projected(words, fitting.finder(self.vocabulary, 1))
        return np.asarray(self._joined(away[None], lsa)[0], np.float32)

    def vectors(self, store: Store, nums: NDArray[np.int64]) -> Floats:
        """Return the hybrid vectors (n, dimension) of stories of the store."""
        out = np.empty((len(nums), self.dimension), np.float32)
        find = fitting.finder(self.vocabulary, len(nums))
        for start in range(0, len(nums), _BLOCK):
            block = nums[start : start + _BLOCK]
            dense = self.languages.centred(floats(store.means(block)), store.column("language")[block])
            out[start : start + _BLOCK] = self._joined(
                dense, self._projected(store.terms("words", block), find)
            )
        return out

    def _joined(self, dense: Floats, lsa: Floats) -> Floats:
        """Return dense vectors (n, d) beside the projections of words (n, LSA_DIMENSION), as their rows."""
        squares = np.array([row.dot(row) for row in lsa], np.float32)
        lengths = np.where(squares > 0, np.sqrt(squares), np.float32(1))
        # The roots, so that the inner product has the weights themselves.
        parts = (DENSE_WEIGHT**0.5 * dense, LSA_WEIGHT**0.5 * (lsa / lengths[:, None]))
        return np.concatenate(parts, axis=1).astype(np.float32, copy=False)

    def _projected(self, words: TermRows, find: fitting.Finder) -> Floats:
        """Return the projection (n, LSA_DIMENSION) of each text's words."""
        places, known = find(words.ids)
        places = places[known]
        weights: Floats = TERM_FREQUENCY[words.counts[known]] * self.idf["words"][words.ids[known]]
        ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(known)])[words.offsets].tolist()
        out = np.empty((len(words), LSA_DIMENSION), np.float32)
        rows = np.empty((int(np.diff(ends).max(initial=0)), LSA_DIMENSION), np.float32)
        for i, (first, last) in enumerate(pairwise(ends)):
            some = rows[
                : last - first
            ]  # memory that is there already: asked for anew it takes half of the time
            self.components.take(places[first:last], axis=0, out=some, mode="clip")
            np.dot(weights[first:last], some, out=out[i])
        return out

    # Drift

    def drift(self, store: Store) -> float:
        """Return by how much the newest stories' share of unknown terms has risen since the fit, 0 to 1."""
        return max(0.0, self.unknown_share(store, store.nums) - self.unknown)

    def unknown_share(self, store: Store, nums: NDArray[np.int64]) -> float:
        """Return which share of the terms of stories is not in the vocabulary; of `DRIFT_STORIES` at most."""
        newest = nums[np.argsort(-store.column("published")[nums], kind="stable")][:DRIFT_STORIES]
        ids, _ = store.codes("words", newest)
        return float(1 - fitting.places_of(self.vocabulary, ids)[1].mean()) if len(ids) else 0.0

    # On disk

    def _arrays(self) -> dict[str, NDArray[Any]]:
        arrays: dict[str, NDArray[Any]] = {
            "vocabulary": self.vocabulary,
            "components": self.components,
        }
        for name, terms in {**self.frequencies, **self.listed}.items():
            arrays |= {f"{name}_{part}": values for part, values in zip(_PARTS, terms, strict=False)}
        arrays |= {f"languages_{name}": getattr(self.languages, name) for name in _OF_LANGUAGES}
        return arrays

    def save(self, path: Path) -> None:
        """Write the model to one .npz file (no fsync, no rename)."""
        head = np.array([FORMAT, self.stories], np.int64)
        np.savez(path, allow_pickle=False, head=head, unknown=np.float64(self.unknown), **self._arrays())

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote.

        Raises
        ------
        ArchiveVersionError
            When a newer version wrote it.
        ArchiveError
            When it is missing, damaged or of an older version.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                form, stories = (int(value) for value in file["head"])
                if form > FORMAT:
                    raise ArchiveVersionError(
                        f"{path} has format {form}, this version reads {FORMAT}; upgrade"
                    )
                if form < FORMAT:
                    raise ArchiveError(f"{path} has the older format {form}; rebuild the archive")
                frequencies = {
                    name: Frequencies(*(file[f"{name}_{part}"] for part in _PARTS)) for name in COUNTED
                }
                listed = {name: (file[f"{name}_ids"], file[f"{name}_counts"]) for name in LISTED}
                languages = LanguageGroups(*(file[f"languages_{name}"] for name in _OF_LANGUAGES))
                model = cls(stories, frequencies, listed, file["vocabulary"], file["components"], languages)
                model.unknown = float(file["unknown"])
                return model
        except (OSError, EOFError, KeyError, ValueError, BadZipFile) as error:
            raise ArchiveError(
                f"{path} holds no model that can be read: {error}; rebuild the archive"
            ) from error


def without_words(story: Encoded) -> Encoded:
    """Return a story as stories of other languages are to be searched for: by its dense vector alone.

    Each language has the projection of its words for itself: across two, their products are chance, and what
    is nearest by chance among thousands stands above what is nearest by subject.
    """
    return replace(story, words=Terms.none())
