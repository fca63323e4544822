"""Vectors by slot as float16, in FAISS segments that are scanned where they lie: in memory or a mapped file.

Knows slots only. A full segment never changes, so later snapshots can share its file.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from index.base import Ids, Vectors
from index.errors import SnapshotCorrupt
from index.filters import Mask

Codes = NDArray[np.uint8]
Scores = NDArray[np.float32]

_faiss: Any = faiss
"""FAISS's type stubs describe its C++ constructors; calls of the Python forms go through this name."""

_LEAST_ROOM = 1024
_MOST_SLACK = 16_384
"""Rows allocated ahead for single additions: 19 MB at dimension 584, a few milliseconds."""
_MOST_ROOM = 262_144
"""Rows of one segment: bounds what is copied at once (300 MB at dimension 584)."""
_GATHER = 4096
"""Rows gathered at once for a sparse scan: 4.8 MB at dimension 584, which stays in the second-level cache."""
_SPARSE = 0.25
"""Below this part of passing rows, gathering them first is faster than a scan that skips (measured)."""
_SPARE = 8
"""Neighbours asked for beyond k, so that equal scores at the border are seen and can be ordered by id."""


def new_codes(dimension: int) -> faiss.IndexScalarQuantizer:
    """Return an empty FAISS index of float16 codes, scored by inner product."""
    return faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)


@dataclass(slots=True)
class Segment:
    """Slots ``start`` to ``start + size``; ``codes`` (capacity, 2 d) is the memory that ``index`` scans."""

    index: faiss.IndexScalarQuantizer
    codes: Codes
    start: int
    size: int
    path: Path | None = None

    @property
    def stop(self) -> int:
        """First slot after this segment."""
        return self.start + self.size

    @classmethod
    def empty(cls, dimension: int, start: int, room: int) -> Segment:
        """Return a segment with room for so many rows, all of it allocated."""
        index = new_codes(dimension)
        index.codes.resize(room * index.code_size)
        return cls(index, _codes_of(index), start, 0)

    @classmethod
    def mapped(cls, path: Path, dimension: int, start: int) -> Segment:
        """Return the segment of a file; its vectors are read only when they are used."""
        try:
            index = faiss.read_index(str(path), faiss.IO_FLAG_MMAP_IFC)
        except RuntimeError as error:
            raise SnapshotCorrupt(f"{path} is not readable: {error}") from error
        if not isinstance(index, faiss.IndexScalarQuantizer) or index.d != dimension:
            raise SnapshotCorrupt(f"{path} does not hold vectors of dimension {dimension}")
        codes = _codes_of(index)
        codes.flags.writeable = False
        return cls(index, codes, start, int(index.ntotal), path)


@dataclass(frozen=True, slots=True)
class Part:
    """A segment as one reader sees it: rows that came after ``size`` do not exist for this reader."""

    segment: Segment
    size: int

    @property
    def rows(self) -> slice:
        """The slots of this part."""
        return slice(self.segment.start, self.segment.start + self.size)


def grouped(parts: Sequence[Part]) -> list[list[Part]]:
    """Return neighbours that should become one file: sizes fall by half or more, so files stay few."""
    groups: list[list[Part]] = []
    for part in parts:
        groups.append([part])
        while len(groups) > 1 and _worth_joining(*map(_size, groups[-2:])):
            groups[-2:] = [groups[-2] + groups[-1]]
    return groups


def write_group(group: Sequence[Part], target: Path) -> None:
    """Write these parts as one FAISS file; a file that holds just them is linked, not copied."""
    segment = group[0].segment
    if len(group) == 1 and segment.path is not None:
        try:
            target.hardlink_to(segment.path)
            return
        except OSError:  # another file system, or that snapshot is gone: the rows are still mapped
            pass
    whole = new_codes(segment.index.d)
    for part in group:
        whole.add_sa_codes(part.segment.codes[: part.size])
    faiss.write_index(whole, str(target))


def _size(group: Sequence[Part]) -> int:
    return sum(part.size for part in group)


def _worth_joining(left: int, right: int) -> bool:
    return left < 2 * right and left + right <= _MOST_ROOM


class Segments:
    """All vectors of an index. One writer at a time (its owner's lock); readers use the parts they took."""

    def __init__(self, dimension: int, segments: Sequence[Segment] = ()) -> None:
        self.dimension = dimension
        self._segments = list(segments)

    @property
    def size(self) -> int:
        """Number of slots."""
        return self._segments[-1].stop if self._segments else 0

    def parts(self) -> tuple[Part, ...]:
        """Return what a reader may scan from now on, whatever is appended later."""
        return tuple(Part(segment, segment.size) for segment in self._segments)

    def append(self, vectors: Vectors) -> None:
        """Add rows (n, d) at the end, rounded to float16."""
        done = 0
        while done < len(vectors):
            segment = self._open_segment(len(vectors) - done)
            room = min(len(segment.codes) - segment.size, len(vectors) - done)
            rows = vectors[done : done + room].astype(np.float16)
            segment.codes[segment.size : segment.size + room] = rows.view(np.uint8)
            # FAISS reads rows only below ntotal, so they are written before it counts them.
            segment.size += room
            segment.index.ntotal = segment.size
            done += room

    def adopt(self, groups: Sequence[Sequence[Part]], paths: Sequence[Path]) -> None:
        """Go on with the files just written in place of the memory they were written from."""
        fresh: list[Segment] = []
        for group, path in zip(groups, paths, strict=True):
            if any(part.size != part.segment.size for part in group):
                break  # rows were added meanwhile: this one stays in memory
            fresh.append(Segment.mapped(path, self.dimension, group[0].segment.start))
        done = fresh[-1].stop if fresh else 0
        self._segments = fresh + [segment for segment in self._segments if segment.start >= done]

    def _open_segment(self, wanted: int) -> Segment:
        if not self._segments or self._segments[-1].size == len(self._segments[-1].codes):
            slack = min(self.size // 4, _MOST_SLACK)
            room = max(_LEAST_ROOM, slack, min(wanted, _MOST_ROOM))
            self._segments.append(Segment.empty(self.dimension, self.size, room))
        return self._segments[-1]


class Scanner:
    """Exact scans over parts. One for each thread: it owns the memory into which sparse rows are gathered."""

    def __init__(self, dimension: int) -> None:
        self._segment = Segment.empty(dimension, 0, _GATHER)

    def scan(self, parts: Sequence[Part], queries: Vectors, k: int, passed: Mask) -> list[tuple[Ids, Scores]]:
        """Return for each query the slots and scores of its best rows, unordered.

        At least the ``k`` best of the slots that are set in ``passed`` (n,) are among them, with all that
        score as the last of these does.
        """
        found: list[list[tuple[Ids, Scores]]] = [[] for _ in queries]
        for part in parts:
            inside = passed[part.rows]
            count = int(np.count_nonzero(inside))
            if count == 0:
                continue
            if count < _SPARSE * part.size:
                slots = np.flatnonzero(inside) + part.segment.start
                self._sparse(part, queries, k, slots, found)
            else:
                whole = count == part.size == len(part.segment.codes)
                ids, scores = _search(part.segment.index, queries, k, count, None if whole else inside)
                _collect(found, ids, scores, part.segment.start)
        return [_joined(pieces) for pieces in found]

    def score(self, parts: Sequence[Part], query: Vectors, slots: Ids, k: int) -> tuple[Ids, Scores]:
        """Return the best of ``slots`` (m,) for one query (1, d), as `scan` does."""
        found: list[list[tuple[Ids, Scores]]] = [[]]
        slots = np.sort(slots)
        for part in parts:
            first, last = np.searchsorted(slots, (part.rows.start, part.rows.stop))
            if first < last:
                self._sparse(part, query, k, slots[first:last], found)
        return _joined(found[0])

    def _sparse(
        self, part: Part, queries: Vectors, k: int, slots: Ids, found: list[list[tuple[Ids, Scores]]]
    ) -> None:
        for first in range(0, len(slots), _GATHER):
            block = slots[first : first + _GATHER]
            np.take(
                part.segment.codes,
                block - part.segment.start,
                axis=0,
                out=self._segment.codes[: len(block)],
                mode="clip",  # the only mode that gathers straight into `out`; the slots are in range
            )
            self._segment.index.ntotal = len(block)
            places, scores = _search(self._segment.index, queries, k, len(block), None)
            for pieces, row, row_scores in zip(found, places, scores, strict=True):
                pieces.append((block[row[row >= 0]], row_scores[row >= 0]))


class Scanners(threading.local):
    """One `Scanner` for each thread that searches."""

    def __init__(self, dimension: int) -> None:
        self.own = Scanner(dimension)


def _search(
    index: faiss.IndexScalarQuantizer, queries: Vectors, k: int, count: int, inside: Mask | None
) -> tuple[Ids, Scores]:
    """Return the best places and scores, asking for more while equal scores go on past the end."""
    params = None
    if inside is not None:
        bits = np.packbits(inside, bitorder="little")
        params = _faiss.SearchParameters(sel=_faiss.IDSelectorBitmap(bits))
    wanted = min(k + _SPARE, count)
    while True:
        scores, places = index.search(queries, wanted, params=params)
        if wanted == count or not np.any(scores[:, k - 1] == scores[:, -1]):
            return places, scores
        wanted = min(4 * wanted, count)


def _collect(found: list[list[tuple[Ids, Scores]]], places: Ids, scores: Scores, start: int) -> None:
    for pieces, row, row_scores in zip(found, places, scores, strict=True):
        pieces.append((row[row >= 0] + start, row_scores[row >= 0]))


def _joined(pieces: list[tuple[Ids, Scores]]) -> tuple[Ids, Scores]:
    if not pieces:
        return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32)
    return np.concatenate([slots for slots, _ in pieces]), np.concatenate([scores for _, scores in pieces])


def _codes_of(index: faiss.IndexScalarQuantizer) -> Codes:
    size = int(_faiss.downcast_index(index).codes.byte_size())
    if size == 0:
        return np.empty((0, index.code_size), dtype=np.uint8)
    codes: Codes = faiss.rev_swig_ptr(index.codes.data(), size)
    return codes.reshape(-1, index.code_size)
