"""The approximate part of an index: inverted lists that propose slots to be scored exactly.

Where they are long, by their rows as bytes, or by RaBitQ codes.

Never changed once built: `extended` and `trained` make a new one, so that readers need no lock.
RaBitQ: Gao and Long, "Quantizing High-Dimensional Vectors with a Theoretical Error Bound" (SIGMOD 2024).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from index.base import Ids, Vectors
from index.errors import SnapshotCorrupt
from index.faiss.byte_codes import ByteCodes
from index.faiss.passing import Passing
from index.faiss.profiles import Profile
from index.faiss.segments import SegmentView, gather, linked
from index.faiss.threads import cores
from index.filters import Mask
from index.storage.background import Check

_faiss: Any = faiss
"""FAISS's type stubs describe its C++ constructors; calls of the Python forms go through this name."""

# Measured on 100,000 hybrid vectors, one core, recall@200 when a quarter of the lists is visited:
_QUERY_BITS = 8
"""Bits a component of the query: .990, with 4 bits .989; the time is the same within the noise."""
_LISTS_PER_ROOT = 2
"""Lists: so many times the root of the rows. 1: .986, 2: .990, 4: .992, in 1.3, 1.4 and 1.6 ms a question;
building takes 5, 8 and 20 s."""
_POINTS_PER_LIST = 64
"""Training rows a list: 32: .988, 64: .990, 128: .989; more take longer (8 s, 12 s with 128)."""
_ROUNDS = 8
"""Rounds of k-means: 4: .988, 8: .990, 16: .990, in 6, 8 and 11 s."""
_SCORED_AT_ONCE = 8_000
"""Rows in the lists that a question visits: up to so many each gets its exact score, beyond that estimates
tell which. 5,000 (100,000 stories): .94 ms a question, by estimates 1.3; 8,800 (300,000): 2.1 and 2.1; 16,000
(1M): 6.0 and 3.6."""
_SPARE = 16
"""Of rows that score highest by their bytes, one in so many more gets its exact score, and so many more."""
_BLOCK = 16_384
_SEED = 20240515
"""Any fixed number: two builds from the same rows are equal."""


@dataclass(frozen=True)
class InvertedLists:
    """Inverted lists over the slots below ``stop``.

    ``probes`` lists are visited for a query without a filter; a filter that passes half of the rows makes it
    twice as many, so that as many rows are looked at. ``trained_on`` is the number of rows at training.
    ``bytes`` are the rows of the lists one after the other, where these are long.
    """

    index: faiss.IndexPreTransform
    profile: Profile
    stop: int
    trained_on: int
    probes: int = 1
    path: Path | None = None
    bytes: ByteCodes | None = None

    @property
    def count(self) -> int:
        """Number of lists."""
        return int(_inner(self.index).nlist)

    @cached_property
    def _centroids(self) -> Vectors:
        """Those of the lists (lists, d), turned back, so that questions need not be turned."""
        chain: Any = self.index.chain
        turned = _inner(self.index).quantizer.reconstruct_n(0, self.count)
        centroids: Vectors = _faiss.downcast_VectorTransform(chain.at(0)).reverse_transform(turned)
        return centroids

    @cached_property
    def _slots(self) -> tuple[Ids, ...]:
        """What each list holds, where it lies."""
        held: Any = _inner(self.index).invlists
        sizes = [int(held.list_size(number)) for number in range(self.count)]
        return tuple(
            faiss.rev_swig_ptr(held.get_ids(number), size) if size else np.empty(0, np.int64)
            for number, size in enumerate(sizes)
        )

    @cached_property
    def _order(self) -> tuple[Ids, Ids]:
        """What all lists hold, one after the other, and where each begins, and the last ends."""
        return np.concatenate(self._slots), np.cumsum([0, *map(len, self._slots)])

    def candidates(self, queries: Vectors, k: int, passing: Passing, many: int) -> Iterator[Ids]:
        """Return for each query the slots that are worth an exact score, of about so many that pass.

        All of the lists that are visited where these are few, otherwise those that score highest by their
        bytes, or by estimates.
        """
        if self.bytes is not None:
            probes = min(self.count, math.ceil(self.probes * len(passing.rows.ids) / many))
            return self._likely(self.bytes, queries, probes, k + k // _SPARE + _SPARE, passing)
        inside = passing.mask[: self.stop]
        count = int(np.count_nonzero(inside))
        if count == 0:
            return iter(np.empty((len(queries), 0), dtype=np.int64))
        probes = min(self.count, math.ceil(self.probes * self.stop / count))
        if self.probes * self.stop <= _SCORED_AT_ONCE * self.count:
            return self._visited(queries, probes, inside)
        return self._estimated(queries, probes, inside, min(count, self.profile.scored(k)))

    def _visited(self, queries: Vectors, probes: int, inside: Mask) -> Iterator[Ids]:
        for query in queries:
            slots = np.concatenate([self._slots[number] for number in self._near(query, probes)])
            yield slots[inside[slots]]

    def _likely(
        self, held: ByteCodes, queries: Vectors, probes: int, wanted: int, passing: Passing
    ) -> Iterator[Ids]:
        _, begins = self._order
        for query in queries:
            near = self._near(query, probes)
            slots, sizes = np.concatenate([self._slots[number] for number in near]), np.diff(begins)[near]
            passed = np.flatnonzero(passing.at(slots))
            slots = slots[passed]
            if len(slots) > wanted:
                places = passed + np.repeat(begins[near] - np.cumsum(sizes) + sizes, sizes)[passed]
                slots = slots[np.argpartition(held.scores(places, query), -wanted)[-wanted:]]
            yield slots

    def _near(self, query: Vectors, probes: int) -> Ids:
        """Return the numbers of the lists that are nearest to a query (d,)."""
        near = self._centroids @ query
        return np.argpartition(near, -probes)[-probes:] if probes < len(near) else np.arange(len(near))

    def _estimated(self, queries: Vectors, probes: int, inside: Mask, wanted: int) -> Iterator[Ids]:
        selector = _faiss.IDSelectorBitmap(np.packbits(inside, bitorder="little"))
        inner = _faiss.SearchParametersIVF(nprobe=probes, sel=selector)
        params = _faiss.SearchParametersPreTransform(index_params=inner)
        with cores(len(queries)):
            _, slots = self.index.search(queries, wanted, params=params)
        return (row[row >= 0] for row in slots)

    def extended(self, parts: Sequence[SegmentView], alive: Mask, check: Check) -> InvertedLists:
        """Return lists that hold the slots up to ``len(alive)`` as well, without training anew."""
        index: faiss.IndexPreTransform = _faiss.clone_index(self.index)
        _add(index, parts, np.flatnonzero(alive[self.stop :]) + self.stop, check)
        longer = replace(self, index=index, stop=len(alive), path=None, bytes=None)
        return longer.with_bytes(parts, check)

    def with_bytes(self, parts: Sequence[SegmentView], check: Check) -> InvertedLists:
        """Return the same lists with their rows as bytes, if they are long; others as they are."""
        if self.bytes is not None or self.stop < self.profile.bytes_from:
            return self
        return replace(self, bytes=ByteCodes.of(parts, self._order[0], check))

    def save(self, target: Path) -> InvertedLists:
        """Write the lists as a FAISS file, their bytes beside it, and return them as lying there."""
        if self.path is None or not linked(self.path, target):
            _write(self.index, target)
        held = self.bytes.save(target.parent) if self.bytes is not None else None
        return replace(self, path=target, bytes=held)

    def with_saved_bytes(self, directory: Path) -> InvertedLists:
        """Return the same lists with the bytes that `save` wrote.

        Raises
        ------
        SnapshotCorrupt
            When they are not those of these lists.
        """
        rows = int(_inner(self.index).ntotal)
        return replace(self, bytes=ByteCodes.mapped(directory, rows, int(self.index.d)))


def trained(profile: Profile, parts: Sequence[SegmentView], alive: Mask, check: Check) -> InvertedLists:
    """Return lists over all slots that are set in ``alive`` (n,), trained on a sample of them."""
    slots = np.flatnonzero(alive)
    dimension = parts[0].segment.dimension
    lists = min(len(slots), int(_LISTS_PER_ROOT * math.sqrt(len(slots))))
    sample = np.random.default_rng(_SEED).permutation(slots)[: lists * _POINTS_PER_LIST]
    vectors = gather(parts, np.sort(sample))
    rotation = faiss.RandomRotationMatrix(dimension, dimension)
    rotation.init(_SEED)
    vectors = rotation.apply(vectors)
    centroids = faiss.IndexFlatIP(dimension)
    _cluster(vectors, lists, centroids, check)
    inner = _faiss.IndexIVFRaBitQ(centroids, dimension, lists, faiss.METRIC_INNER_PRODUCT, True, profile.bits)
    inner.qb = _QUERY_BITS
    inner.train(vectors)
    index = _faiss.IndexPreTransform(rotation, inner)
    _add(index, parts, slots, check)
    return InvertedLists(index, profile, len(alive), len(slots))


def opened(path: Path, profile: Profile, stop: int, trained_on: int, probes: int) -> InvertedLists:
    """Return the lists of a file that `InvertedLists.save` wrote.

    Raises
    ------
    SnapshotCorrupt
        When FAISS cannot read it.
    """
    try:
        index = faiss.read_index(str(path))
    except RuntimeError as error:
        raise SnapshotCorrupt(f"{path} is not readable: {error}") from error
    if not isinstance(index, faiss.IndexPreTransform):
        raise SnapshotCorrupt(f"{path} does not hold inverted lists")
    return InvertedLists(index, profile, stop, trained_on, probes, path)


def _cluster(vectors: Vectors, lists: int, centroids: faiss.IndexFlatIP, check: Check) -> None:
    """Fill ``centroids`` by spherical k-means, one round at a time, so that it can be stopped in between."""
    clustering = faiss.Clustering(vectors.shape[1], lists)
    clustering.niter, clustering.spherical, clustering.seed = 1, True, _SEED
    clustering.min_points_per_centroid = 1
    clustering.max_points_per_centroid = _POINTS_PER_LIST
    for _ in range(_ROUNDS):
        check()
        clustering.train(vectors, centroids)  # goes on from the centroids of the round before


def _add(index: faiss.IndexPreTransform, parts: Sequence[SegmentView], slots: Ids, check: Check) -> None:
    for first in range(0, len(slots), _BLOCK):
        check()
        block = slots[first : first + _BLOCK]
        index.add_with_ids(gather(parts, block), block)


def _write(index: faiss.Index, target: Path) -> None:
    """Write an index as a FAISS file.

    Raises
    ------
    OSError
        When the disk is full: FAISS's own writer does not notice that the last bytes were cut off.
    """
    with target.open("wb") as file:
        _faiss.write_index(index, _faiss.PyCallbackIOWriter(file.write))


def _inner(index: faiss.IndexPreTransform) -> faiss.IndexIVFRaBitQ:
    inner: faiss.IndexIVFRaBitQ = _faiss.downcast_index(index.index)
    return inner
