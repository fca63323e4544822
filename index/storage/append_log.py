"""An append-only run of values in parallel lanes, partly in files and partly in memory. Knows no rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from index.storage import row_files
from index.storage.kernels import copy_runs
from index.storage.memory_maps import is_much, mapped
from index.storage.parts import Parts
from index.storage.row_files import RowFile

Array = NDArray[Any]
Lanes = Mapping[str, tuple[DTypeLike, tuple[int, ...]]]
"""Dtype and shape of a value in each lane: ``{"ids": (np.uint32, ()), "counts": (np.uint8, ())}``."""

_FIRST_CAPACITY = 1024  # values
# From this size on a tail goes to a file of its own: what bulk work holds in memory stays bounded.
_SPILL_BYTES = 64 << 20
_WRITE_VALUES = 1 << 18  # written at a time


@dataclass(frozen=True, slots=True, eq=False)
class _Segment:
    """Values that change no more: one array a lane, and the files that hold just these, if any."""

    lanes: tuple[Array, ...]
    paths: tuple[Path, ...] = ()
    files: tuple[RowFile | None, ...] = ()  # one a lane

    def __len__(self) -> int:
        return len(self.lanes[0])

    @classmethod
    def mapped(cls, paths: Sequence[Path]) -> _Segment:
        lanes = tuple(map(mapped, paths))
        files = tuple(RowFile.of(path, lane.nbytes) for path, lane in zip(paths, lanes, strict=True))
        return cls(lanes, tuple(paths), files)


@dataclass(frozen=True, slots=True, eq=False)
class _Held:
    """One consistent state, taken once by a reader: the segments, and the tail behind them."""

    segments: tuple[_Segment, ...]
    tail: tuple[Array, ...]
    lanes: tuple[Parts, ...]  # of the segments and the tail
    files: tuple[tuple[RowFile | None, ...], ...]  # of the parts of each lane

    @classmethod
    def of(cls, segments: Sequence[_Segment], tail: tuple[Array, ...]) -> _Held:
        lanes = zip(*(segment.lanes for segment in segments), tail, strict=True)
        files = zip(*(segment.files for segment in segments), [None] * len(tail), strict=True)
        return cls(tuple(segments), tail, tuple(Parts.of(*lane) for lane in lanes), tuple(files))

    @property
    def saved(self) -> int:
        """How many values stand before the tail."""
        return int(self.lanes[0].firsts[-2])


class Values:
    """Values by position. They are written before their position is told, and never changed.

    Parameters
    ----------
    lanes : mapping of str to (dtype, shape)
        See `Lanes`.
    scratch : Path, optional
        Where a tail that has grown large is put until it is saved; the system's place for temporary files
        by default.
    """

    def __init__(self, lanes: Lanes, scratch: Path | None = None) -> None:
        self._lanes = dict(lanes)
        self._scratch = scratch
        self._temporary: TemporaryDirectory[str] | None = None
        self._held = _Held.of((), self._room(0))
        self._used = 0  # of the tail

    def __len__(self) -> int:
        return self._held.saved + self._used

    def append(self, values: Sequence[Array]) -> int:
        """Append equally long ``values``, one array a lane; return the position of the first."""
        if self._used + len(values[0]) > len(self._held.tail[0]):
            self._make_room(self._used + len(values[0]))
        held, end = self._held, self._used + len(values[0])
        for lane, value in zip(held.tail, values, strict=True):
            lane[self._used : end] = value
        start = held.saved + self._used
        self._used = end
        return start

    def take_back(self, length: int) -> None:
        """Forget the last ``length`` values, of one `append`, before anyone else was told of them."""
        self._used -= length

    def take(self, index: NDArray[np.int64]) -> tuple[Array, ...]:
        """Return the values at these positions, one array (len(index), ...) a lane."""
        return self.take_runs(index, np.ones(len(index), np.int64))[0]

    def take_runs(
        self, starts: NDArray[np.int64], lengths: NDArray[np.int64]
    ) -> tuple[tuple[Array, ...], NDArray[np.int64]]:
        """Return runs of values that were appended together.

        Parameters
        ----------
        starts, lengths : (n,) int64
            Position of the first value of each run, and how many follow it, itself included.

        Returns
        -------
        values : tuple of arrays (total, ...)
            One a lane, run after run.
        offsets : (n + 1,) int64
            Run ``i`` is ``values[offsets[i]:offsets[i + 1]]``.
        """
        held, offsets = self._held, np.zeros(len(starts) + 1, np.int64)
        lanes = held.lanes
        np.cumsum(lengths, out=offsets[1:])
        if is_much():
            read = zip(lanes, held.files, strict=True)
            return tuple(row_files.read(lane, files, starts, lengths) for lane, files in read), offsets
        taken = tuple(np.empty((int(offsets[-1]), *lane.shape), lane.dtype) for lane in lanes)
        for lane, out in zip(lanes, taken, strict=True):
            copy_runs(lane, starts, lengths, offsets[:-1], out)
        return taken, offsets

    @property
    def lanes(self) -> tuple[Parts, ...]:
        """All values, one lane after the other: to be read where they lie, and not changed."""
        return self._held.lanes

    # On disk

    def save(self, directory: Path, name: str) -> None:
        """Write all to ``directory``, and map it from there: what was in memory is given back.

        A segment that stands in files of its own already is linked, not copied.

        Raises
        ------
        OSError
            When the disk is full; what is held stays as it was.
        """
        segments = []
        start = 0
        for group in _grouped(self._closed()):
            paths = tuple(directory / f"{name}.{lane}.{start:012d}.npy" for lane in self._lanes)
            if len(group) > 1 or not linked(group[0].paths, paths):
                for i, path in enumerate(paths):
                    _write(path, [segment.lanes[i] for segment in group])
            segments.append(_Segment.mapped(paths))
            start += len(segments[-1])
        self._held, self._used = _Held.of(segments, self._room(0)), 0
        self._temporary = None

    def load(self, directory: Path, name: str) -> None:
        """Map what `save` wrote, in place of all that is held."""
        files = [sorted(directory.glob(f"{name}.{lane}.*.npy")) for lane in self._lanes]
        segments = [_Segment.mapped(paths) for paths in zip(*files, strict=True)]
        self._held, self._used = _Held.of(segments, self._room(0)), 0

    def _closed(self) -> list[_Segment]:
        """Return all that is held as segments, the used part of the tail among them."""
        tail = [_Segment(tuple(lane[: self._used] for lane in self._held.tail))] if self._used else []
        return [*self._held.segments, *tail]

    def _make_room(self, needed: int) -> None:
        tail = self._held.tail
        if self._used and sum(lane.nbytes for lane in tail) >= _SPILL_BYTES:
            self._spill()
            needed, tail = needed - self._used, self._held.tail
            self._used = 0
        grown = self._room(max(needed, 2 * len(tail[0]), _FIRST_CAPACITY))
        for new, old in zip(grown, tail, strict=True):
            new[: self._used] = old[: self._used]
        self._held = _Held.of(self._held.segments, grown)

    def _spill(self) -> None:
        if self._temporary is None:
            self._temporary = TemporaryDirectory(
                prefix="related-", dir=self._scratch, ignore_cleanup_errors=True
            )
        segment = self._closed()[-1]
        stem = f"{len(self._held.segments):06d}"
        paths = tuple(Path(self._temporary.name, f"{stem}.{lane}.npy") for lane in self._lanes)
        for path, lane in zip(paths, segment.lanes, strict=True):
            _write(path, [lane])
        spilled = _Segment.mapped(paths)
        self._held = _Held.of((*self._held.segments, spilled), self._room(0))

    def _room(self, size: int) -> tuple[Array, ...]:
        return tuple(np.empty((size, *shape), dtype) for dtype, shape in self._lanes.values())


def _grouped(segments: Sequence[_Segment]) -> list[list[_Segment]]:
    """Return neighbours that become one: sizes fall by half or more, so that files stay few."""
    groups: list[list[_Segment]] = []
    for segment in segments:
        groups.append([segment])
        while len(groups) > 1 and _size(groups[-2]) < 2 * _size(groups[-1]):
            groups[-2:] = [groups[-2] + groups[-1]]
    return groups


def _size(group: Sequence[_Segment]) -> int:
    return sum(map(len, group))


def linked(sources: Sequence[Path], targets: Sequence[Path]) -> bool:
    """Make the targets other names of the sources; return whether that was possible for all."""
    if len(sources) != len(targets):
        return False
    try:
        for source, target in zip(sources, targets, strict=True):
            target.hardlink_to(source)
    except OSError:  # another file system, or those files are gone: the caller still has them mapped
        for target in targets:
            target.unlink(missing_ok=True)
        return False
    return True


def _write(path: Path, parts: Sequence[Array]) -> None:
    """Write arrays one after the other as one .npy file; not through a map, which dies on a full disk."""
    shape = (sum(map(len, parts)), *parts[0].shape[1:])
    descr = np.lib.format.dtype_to_descr(parts[0].dtype)
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": descr, "fortran_order": False, "shape": shape})
        for part in parts:
            for start in range(0, len(part), _WRITE_VALUES):
                file.write(np.ascontiguousarray(part[start : start + _WRITE_VALUES]).data)
