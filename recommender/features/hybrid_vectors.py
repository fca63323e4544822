"""One vector a story: its dense embedding beside its words' LSA projection. Knows no texts and no index."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, Self
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from index.storage.kernels import floats, row_lengths
from recommender.analysis import background_idf
from recommender.analysis.encoded import Encoded
from recommender.analysis.words import TERM_SPACE
from recommender.errors import ArchiveError, ArchiveVersionError
from recommender.features import hybrid_fitting as fitting
from recommender.features.feature_store import Store
from recommender.features.hybrid_fitting import FIT_STORIES, LSA_DIMENSION, TERM_FREQUENCY, Floats
from recommender.features.term_rows import TermRows

FORMAT = 1

DENSE_WEIGHT, LSA_WEIGHT = 0.35, 0.65
"""Best recall of editors' links at 200 candidates on two publishers' archives, half of it held out."""

COUNTED = ("words", "bigrams", "entities")
"""Channels whose document frequencies the model holds."""

LISTED = ("authors", "tags")
"""Lists of codes whose story counts the model holds."""

DRIFT_STORIES = 500  # how many of the newest stories the drift is measured on
_BLOCK = 2048


class HybridModel:
    """What turns a story into its hybrid vector, and the rarity of terms. Fitted once, never changed.

    Attributes
    ----------
    stories : int
        How many stories it was fitted on.
    frequencies : mapping of str to ((t,) uint32, (t,) int32)
        For each of `COUNTED` and `LISTED`, the ids ascending and in how many stories each stands.
    vocabulary : (v,) uint32
        Ascending ids of the terms that the LSA knows.
    components : (v, LSA_DIMENSION) float32
        One row a term.
    dense_mean : (d,) float32
        Mean of the archive's dense vectors.
    unknown : float
        Share of the newest stories' terms that the vocabulary lacked when the model was fitted.
    """

    def __init__(
        self,
        stories: int,
        frequencies: Mapping[str, tuple[NDArray[np.uint32], NDArray[np.int32]]],
        vocabulary: NDArray[np.uint32],
        components: Floats,
        dense_mean: Floats,
        unknown: float,
    ) -> None:
        self.stories, self.frequencies = stories, dict(frequencies)
        self.vocabulary, self.components = vocabulary, components
        self.dense_mean, self.unknown = dense_mean, unknown

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
    def idf(self) -> dict[str, Floats]:
        """For each of `COUNTED`, the inverse document frequency (TERM_SPACE,) float32 by term id."""
        return {name: fitting.idf(self.stories, *self.frequencies[name]) for name in COUNTED}

    @cached_property
    def rarity_at_large(self) -> Floats:
        """How rare each word is in and beyond the archive (TERM_SPACE,) float32: see `background_idf`."""
        return background_idf.rarity(self.stories, *self.frequencies["words"], TERM_SPACE)

    @cached_property
    def name_rarity_at_large(self) -> Floats:
        """The same of each name, acronym and version, (TERM_SPACE,) float32."""
        return background_idf.name_rarities(self.stories, *self.frequencies["entities"], TERM_SPACE)

    def rarity(self, channel: str, codes: NDArray[np.uint32]) -> Floats:
        """Return how rare each author or tag is, 0 to 1: 1 for that of a single story, 0 for that of all."""
        ids, counts = self.frequencies[channel]
        places, known = fitting.places_of(ids, codes)
        stories = np.ones(len(codes), np.float32)
        stories[known] = counts[places[known]]
        rarity = 1 - np.log(stories) / np.log(max(self.stories, 2))
        return np.asarray(np.clip(rarity, 0, 1), np.float32)

    def lengths(self, channel: str, rows: TermRows) -> Floats:
        """Return the Euclidean length of each row's TF-IDF vector, (n,) float32."""
        return row_lengths(rows.ids, rows.counts, rows.offsets, self.idf[channel], TERM_FREQUENCY)

    # Fitting

    @classmethod
    def fit(cls, store: Store, nums: NDArray[np.int64] | None = None) -> Self:
        """Fit on the stories ``nums``, or on all. Any number of stories will do, none included."""
        nums = store.nums if nums is None else nums
        frequencies = {name: fitting.document_frequencies(store, nums, name) for name in COUNTED}
        frequencies |= {name: fitting.story_counts(store, nums, name) for name in LISTED}
        ids, counts = frequencies["words"]
        vocabulary = fitting.most_frequent(ids, counts)
        sample = nums[np.linspace(0, len(nums) - 1, min(len(nums), FIT_STORIES)).astype(np.int64)]
        weights = fitting.idf(len(nums), ids, counts)
        components = fitting.lsa_components(store, sample, vocabulary, weights)
        model = cls(len(nums), frequencies, vocabulary, components, fitting.dense_mean(store, sample), 0.0)
        model.unknown = model._unknown_share(store, nums)
        return model

    # Vectors

    def vector(self, story: Encoded) -> Floats:
        """Return the hybrid vector (dimension,) of one story or text.

        The inner product of two is ``DENSE_WEIGHT`` times the cosine of their centred dense vectors plus
        ``LSA_WEIGHT`` times the cosine of their projected words. A text of unknown words has length < 1.
        """
        return self._joined(story.mean, self._project(story.words.ids, story.words.counts))

    def vectors(self, store: Store, nums: NDArray[np.int64]) -> Floats:
        """Return the hybrid vectors (n, dimension) of stories of the store."""
        out = np.empty((len(nums), self.dimension), np.float32)
        for start in range(0, len(nums), _BLOCK):
            block = nums[start : start + _BLOCK]
            words = store.terms("words", block)
            dense = floats(store.means(block))
            for i, (first, last) in enumerate(zip(words.offsets, words.offsets[1:], strict=False)):
                lsa = self._project(words.ids[first:last], words.counts[first:last])
                out[start + i] = self._joined(dense[i], lsa)
        return out

    def _joined(self, dense: Floats, lsa: Floats) -> Floats:
        # The roots, so that the inner product has the weights themselves.
        parts = (DENSE_WEIGHT**0.5 * _unit(dense - self.dense_mean), LSA_WEIGHT**0.5 * _unit(lsa))
        return np.concatenate(parts).astype(np.float32, copy=False)

    def _project(self, ids: NDArray[np.uint32], counts: NDArray[np.uint8]) -> Floats:
        places, known = fitting.places_of(self.vocabulary, ids)
        weights: Floats = TERM_FREQUENCY[counts[known]] * self.idf["words"][ids[known]]
        return np.asarray(weights @ self.components[places[known]], np.float32)

    # Drift

    def drift(self, store: Store) -> float:
        """Return by how much the newest stories' share of unknown terms has risen since the fit, 0 to 1."""
        return max(0.0, self._unknown_share(store, store.nums) - self.unknown)

    def _unknown_share(self, store: Store, nums: NDArray[np.int64]) -> float:
        newest = nums[np.argsort(-store.column("published")[nums], kind="stable")][:DRIFT_STORIES]
        ids, _ = store.codes("words", newest)
        return float(1 - fitting.places_of(self.vocabulary, ids)[1].mean()) if len(ids) else 0.0

    # On disk

    def _arrays(self) -> dict[str, NDArray[Any]]:
        arrays: dict[str, NDArray[Any]] = {
            "vocabulary": self.vocabulary,
            "components": self.components,
            "dense_mean": self.dense_mean,
        }
        for name, (ids, counts) in self.frequencies.items():
            arrays |= {f"{name}_ids": ids, f"{name}_counts": counts}
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
            When it is missing or damaged.
        """
        try:
            with np.load(path, allow_pickle=False) as file:
                form, stories = (int(value) for value in file["head"])
                if form > FORMAT:
                    raise ArchiveVersionError(
                        f"{path} has format {form}, this version reads {FORMAT}; upgrade"
                    )
                frequencies = {
                    name: (file[f"{name}_ids"], file[f"{name}_counts"]) for name in COUNTED + LISTED
                }
                parts = (file["vocabulary"], file["components"], file["dense_mean"])
                return cls(stories, frequencies, *parts, float(file["unknown"]))
        except (OSError, EOFError, KeyError, ValueError, BadZipFile) as error:
            raise ArchiveError(
                f"{path} holds no model that can be read: {error}; rebuild the archive"
            ) from error


def _unit(vector: Floats) -> Floats:
    length = float(np.linalg.norm(vector))
    return vector / np.float32(length) if length > 0 else vector
