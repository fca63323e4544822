"""Vectors by slot as float16, in segments that are scanned where they lie: in memory or a mapped file.

Knows slots only. A full segment never changes, so later snapshots can share its file. The files are as FAISS
writes an `IndexScalarQuantizer` of float16; nothing of FAISS is needed to read them, so that whoever asks one
question of a small archive need not wait until it is imported.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.base import Ids, Vectors
from index.errors import SnapshotCorrupt
from index.storage.kernels import floats
from index.storage.memory_maps import is_much, mapped_bytes
from index.storage.parts import Parts
from index.storage.row_files import RowFile, read

Halves = NDArray[np.float16]

_HEADER = struct.Struct("<4siqqq?iiifQQQQ")
"""Kind; dimension, rows, two numbers that nobody reads, trained, metric; type of the numbers, how their range
was found (two numbers); dimension, bytes of a row, size of what was trained; bytes of all rows, which follow.
"""
_KIND, _UNREAD, _INNER_PRODUCT, _FLOAT16 = b"IxSQ", 1 << 20, 0, 4
_LEAST_ROOM = 1024
_MOST_SLACK = 4096
"""Rows allocated ahead for single additions: 4.8 MB at dimension 584, some ten milliseconds."""
_FEW = 8
"""A scan of more than an eighth of the rows is quicker over the map."""
_PAGE = 4096
"""Bytes of the smallest page of memory."""
_MOST_ROOM = 262_144
"""Rows of one segment: bounds what is copied at once (300 MB at dimension 584)."""


@dataclass(slots=True)
class Segment:
    """Slots ``start`` to ``start + size`` in ``halves`` (capacity, d)."""

    halves: Halves
    start: int
    size: int
    path: Path | None = None
    file: RowFile | None = None

    @property
    def stop(self) -> int:
        """First slot after this segment."""
        return self.start + self.size

    @property
    def dimension(self) -> int:
        """Components of a vector."""
        return int(self.halves.shape[1])

    @classmethod
    def empty(cls, dimension: int, start: int, room: int) -> Segment:
        """Return a segment with room for so many rows."""
        return cls(np.zeros((room, dimension), np.float16), start, 0)

    @classmethod
    def mapped(cls, path: Path, dimension: int, start: int) -> Segment:
        """Return the segment of a file; its vectors are read only when they are used.

        Raises
        ------
        SnapshotCorrupt
            When it cannot be read, or does not hold vectors of that dimension.
        """
        try:
            with path.open("rb") as file:
                head = file.read(_HEADER.size)
        except OSError as error:
            raise SnapshotCorrupt(f"{path} is not readable: {error}") from error
        size = _HEADER.unpack(head)[2] if len(head) == _HEADER.size else 0
        values = 2 * dimension * size
        if head != _header(dimension, size) or path.stat().st_size != len(head) + values:
            raise SnapshotCorrupt(f"{path} does not hold vectors of dimension {dimension}")
        halves = mapped_bytes(path, values).view(np.float16).reshape(-1, dimension)
        return cls(halves, start, size, path, RowFile.of(path, values))


@dataclass(frozen=True, slots=True)
class SegmentView:
    """A segment as one reader sees it: rows that came after ``size`` do not exist for this reader."""

    segment: Segment
    size: int

    @property
    def start(self) -> int:
        """First slot."""
        return self.segment.start

    @property
    def stop(self) -> int:
        """First slot after this part."""
        return self.segment.start + self.size

    def touch(self) -> None:
        """Read at least one byte of every page."""
        bits = self.segment.halves[: self.size].view(np.uint16)
        bits[:: max(1, _PAGE // bits.strides[0]), :: _PAGE // bits.itemsize].max(initial=0)


class Segments:
    """All vectors of an index. One writer at a time; readers use the parts they took."""

    def __init__(self, dimension: int, segments: Sequence[Segment] = ()) -> None:
        self.dimension = dimension
        self._segments = tuple(segments)

    @property
    def size(self) -> int:
        """Number of slots."""
        return self._segments[-1].stop if self._segments else 0

    def parts(self, size: int) -> tuple[SegmentView, ...]:
        """Return what a reader may scan of the first ``size`` slots, whatever is appended later."""
        return tuple(
            SegmentView(segment, min(segment.size, size - segment.start))
            for segment in self._segments
            if segment.start < size
        )

    def write(self, start: int, vectors: Vectors) -> None:
        """Write rows (n, d), rounded to float16, as slots from ``start`` on.

        What lies at or after ``start`` is left of a write that was interrupted, and is overwritten.
        """
        self._cut(start)
        done = 0
        while done < len(vectors):
            segment = self._open_segment(len(vectors) - done)
            room = min(len(segment.halves) - segment.size, len(vectors) - done)
            segment.halves[segment.size : segment.size + room] = vectors[done : done + room]
            segment.size += room  # readers look at rows below it, which are written by now
            done += room

    def adopt(self, groups: Sequence[Sequence[SegmentView]], paths: Sequence[Path]) -> None:
        """Go on with the files just written in place of the memory they were written from."""
        fresh: list[Segment] = []
        for group, path in zip(groups, paths, strict=True):
            if any(part.size != part.segment.size for part in group):
                break  # rows were added meanwhile: this one stays in memory
            fresh.append(Segment.mapped(path, self.dimension, group[0].start))
        done = fresh[-1].stop if fresh else 0
        self._segments = (*fresh, *(segment for segment in self._segments if segment.start >= done))

    def _cut(self, size: int) -> None:
        if self.size > size:
            self._segments = tuple(segment for segment in self._segments if segment.start < size)
            for segment in self._segments[-1:]:
                segment.size = size - segment.start

    def _open_segment(self, wanted: int) -> Segment:
        if self._segments and self._segments[-1].size < len(self._segments[-1].halves):
            return self._segments[-1]
        slack = min(self.size // 4, _MOST_SLACK)
        room = max(_LEAST_ROOM, slack, min(wanted, _MOST_ROOM))
        self._segments = (*self._segments, Segment.empty(self.dimension, self.size, room))
        return self._segments[-1]


def rows(parts: Sequence[SegmentView], slots: Ids) -> tuple[Parts, Ids]:
    """Return what holds the vectors of these slots, in any order, and where they lie in it.

    They are those of the segments, or where these are too much to be mapped and few are asked for, a copy.
    """
    halves, places = Parts.of(*(part.segment.halves[: part.size] for part in parts)), slots - parts[0].start
    if _FEW * len(slots) > len(halves) or not is_much():
        return halves, places
    files = [part.segment.file for part in parts]
    return Parts.of(read(halves, files, places, np.ones(len(slots), np.int64))), np.arange(len(slots))


def gather(parts: Sequence[SegmentView], slots: Ids) -> Vectors:
    """Return the vectors (m, d) float32 of these ascending slots."""
    rows = []
    for part in parts:
        first, last = np.searchsorted(slots, (part.start, part.stop))
        rows.append(part.segment.halves[slots[first:last] - part.start])
    return floats(np.concatenate(rows))


def unordered(parts: Sequence[SegmentView], slots: Ids) -> Vectors:
    """Return the vectors (m, d) float32 of these slots, in any order."""
    order = np.argsort(slots, kind="stable")
    vectors = np.empty((len(slots), parts[0].segment.dimension), np.float32)
    vectors[order] = gather(parts, slots[order])
    return vectors


def grouped(parts: Sequence[SegmentView]) -> list[list[SegmentView]]:
    """Return neighbours that should become one file: sizes fall by half or more, so files stay few."""
    groups: list[list[SegmentView]] = []
    for part in parts:
        groups.append([part])
        while len(groups) > 1 and _worth_joining(*map(_size, groups[-2:])):
            groups[-2:] = [groups[-2] + groups[-1]]
    return groups


def write_group(group: Sequence[SegmentView], target: Path) -> None:
    """Write these parts as one file; a file that holds just them is linked, not copied."""
    segment = group[0].segment
    if len(group) == 1 and segment.path is not None and linked(segment.path, target):
        return
    with target.open("wb") as file:
        file.write(_header(segment.dimension, _size(group)))
        for part in group:
            file.write(part.segment.halves[: part.size].data)


def linked(source: Path, target: Path) -> bool:
    """Make ``target`` another name of ``source``; return whether that was possible."""
    try:
        target.hardlink_to(source)
    except OSError:  # another file system, or that snapshot is gone: the caller still has it mapped
        return False
    return True


def _size(group: Sequence[SegmentView]) -> int:
    return sum(part.size for part in group)


def _worth_joining(left: int, right: int) -> bool:
    return left < 2 * right and left + right <= _MOST_ROOM


def _header(dimension: int, rows: int) -> bytes:
    numbers = (dimension, rows, _UNREAD, _UNREAD, True, _INNER_PRODUCT, _FLOAT16, 0, 0.0)
    return _HEADER.pack(_KIND, *numbers, dimension, 2 * dimension, 0, dimension * rows * 2)
