"""Which id each slot holds, which slots are alive, and the filter columns. Knows nothing of vectors.

Slots are only ever appended: replacing a row kills its old slot and takes a new one. So what a reader has
taken a `RowsView` of never changes under it, and adding or removing one row costs the same at any size.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.base import Columns, Ids
from index.errors import SnapshotCorrupt
from index.filters import ColumnsAt, ColumnsWithMasks, Filter, KeptMasks, Mask, Stored

_LEAST_ROOM = 1024
_GROWTH = 1.5
_IDS, _ALIVE, _COLUMN = "ids.npy", "alive.npy", "column{}.npy"
_INT32 = np.iinfo(np.int32)
_LEAST_RECENT = 4096
_RECENT_PART = 8
"""The id map is sorted anew when more than this part (1/8) of it has changed: amortised O(log n) a row."""


class Growable:
    """An array that grows at its end. Views of the old rows stay valid: growing copies, it never moves."""

    def __init__(self, values: NDArray[Any]) -> None:
        self._buffer, self._size = values, len(values)

    @classmethod
    def read(cls, path: Path) -> Growable:
        """Return the rows of a ``.npy`` file, with room for more: the first addition then copies nothing."""
        try:
            values = np.load(path, mmap_mode="r", allow_pickle=False)
        except ValueError as error:
            raise SnapshotCorrupt(f"{path} is not readable: {error}") from error
        column = cls(np.empty(_room(len(values)), dtype=values.dtype))
        column.put(0, values)
        return column

    @property
    def view(self) -> NDArray[Any]:
        """All rows so far, without a copy."""
        return self._buffer[: self._size]

    def put(self, start: int, values: NDArray[Any]) -> None:
        """Let ``values`` be the rows from ``start`` (at most the size) on, widening the type where needed."""
        size = start + len(values)
        dtype = np.promote_types(self._buffer.dtype, values.dtype)
        if size > len(self._buffer) or dtype != self._buffer.dtype:
            buffer = np.empty(_room(size), dtype=dtype)
            buffer[:start] = self._buffer[:start]
            self._buffer = buffer
        self._buffer[start:size] = values
        self._size = size


class IdMap:
    """From id to slot: sorted arrays for the bulk, a dictionary for what changed since they were sorted."""

    def __init__(self, ids: Ids, slots: Ids) -> None:
        if np.any(ids[1:] < ids[:-1]):  # ids that only ever grew need no sorting
            order = np.argsort(ids)
            ids, slots = ids[order], slots[order]
        self._ids, self._slots = ids, slots
        self._recent: dict[int, int] = {}

    def find(self, ids: Ids) -> Ids:
        """Return the slot of each id, -1 where it is not held."""
        slots = np.full(len(ids), -1, dtype=np.int64)
        if len(self._ids):
            places = np.minimum(np.searchsorted(self._ids, ids), len(self._ids) - 1)
            found = self._ids[places] == ids
            slots[found] = self._slots[places[found]]
        if self._recent:
            known = zip(ids.tolist(), slots.tolist(), strict=True)
            slots[:] = [self._recent.get(number, slot) for number, slot in known]
        return slots

    def set(self, ids: Ids, slots: Ids) -> None:
        """Note new slots; -1 for an id that is no longer held."""
        self._recent.update(zip(ids.tolist(), slots.tolist(), strict=True))

    def has_room(self, more: int) -> bool:
        """Whether ``more`` changes may be noted before it is better to sort anew."""
        return len(self._recent) + more <= max(_LEAST_RECENT, len(self._ids) // _RECENT_PART)


@dataclass(frozen=True, slots=True)
class RowsView:
    """The rows at one moment. ``ids`` (n,) int64, ``alive`` (n,) bool, ``columns`` arrays (n,) by field."""

    ids: Ids
    alive: Mask
    columns: Stored

    def passing(self, where: Filter | None) -> Mask:
        """Return which slots (n,) are alive and pass ``where``."""
        if where is None:
            return self.alive
        passed = where.mask(self.columns)
        passed &= self.alive
        return passed

    def passing_at(self, slots: Ids | slice, where: Filter | None) -> Mask:
        """Return which of some slots (m,) are alive and pass ``where``."""
        alive = self.alive[slots]
        return alive if where is None else where.mask(ColumnsAt(self.columns, slots)) & alive

    def save(self, directory: Path) -> None:
        """Write one ``.npy`` file an array; columns by their place, as any text may be a field's name."""
        np.save(directory / _IDS, self.ids, allow_pickle=False)
        np.save(directory / _ALIVE, self.alive, allow_pickle=False)
        for place, column in enumerate(self.columns.values()):
            np.save(directory / _COLUMN.format(place), column, allow_pickle=False)


class Rows:
    """The slots of an index. Not thread-safe: its owner holds a lock around every call."""

    def __init__(self, fields: Sequence[str]) -> None:
        self.fields = tuple(fields)
        self._ids = Growable(np.empty(0, dtype=np.int64))
        self._alive = Growable(np.empty(0, dtype=np.bool_))
        self._columns = {name: Growable(np.empty(0, dtype=np.int32)) for name in self.fields}
        self._map: IdMap | None = None
        self._masks = KeptMasks()
        self._view: RowsView | None = None  # of now, while nothing changes

    @property
    def size(self) -> int:
        """Number of slots, dead ones included."""
        return len(self._ids.view)

    @property
    def live(self) -> int:
        """Number of ids held."""
        return int(np.count_nonzero(self._alive.view[: self.size]))

    def prepare(self) -> None:
        """Do the slow part of the next change (sorting the ids) now, while readers need not wait for it."""
        self._id_map()

    def replace(self, ids: Ids, columns: Columns) -> None:
        """Append one slot for each id and kill the slots that held these ids before."""
        self.kill(ids)
        self._view, start = None, self.size
        for name in self.fields:
            self._columns[name].put(start, _narrow(columns[name]))
        self._alive.put(start, np.ones(len(ids), dtype=np.bool_))
        # The ids come last: they say how many slots there are, should this be interrupted.
        self._ids.put(start, ids)
        self._note(ids, np.arange(start, start + len(ids), dtype=np.int64))

    def kill(self, ids: Ids) -> int:
        """Mark the slots of these ids dead; return how many were alive."""
        slots = self._id_map().find(ids)
        self._view, held = None, slots >= 0
        self._alive.view[slots[held]] = False
        if held.any():
            self._note(ids[held], np.full(np.count_nonzero(held), -1, dtype=np.int64))
        return int(np.count_nonzero(held))

    def view(self) -> RowsView:
        """Return the rows as they are now; later changes do not show in it."""
        if self._view is None:
            size = self.size
            columns = {name: column.view[:size] for name, column in self._columns.items()}
            alive = self._alive.view[:size].copy()
            self._view = RowsView(self._ids.view, alive, ColumnsWithMasks(columns, self._masks))
        return self._view

    def _id_map(self) -> IdMap:
        if self._map is None:
            slots = np.flatnonzero(self._alive.view[: self.size])
            self._map = IdMap(self._ids.view[slots], slots)
        return self._map

    def _note(self, ids: Ids, slots: Ids) -> None:
        if self._map is not None and self._map.has_room(len(ids)):
            self._map.set(ids, slots)
        else:
            self._map = None

    @classmethod
    def of(cls, fields: Sequence[str], view: RowsView) -> Rows:
        """Return rows that start as ``view``, whose arrays they take over."""
        rows = cls(fields)
        rows._ids, rows._alive = Growable(view.ids), Growable(view.alive)
        rows._columns = {name: Growable(view.columns[name]) for name in rows.fields}
        return rows

    @classmethod
    def load(cls, directory: Path, fields: Sequence[str]) -> Rows:
        """Read what `RowsView.save` wrote.

        Raises
        ------
        SnapshotCorrupt
            When a file cannot be read, or the files have different lengths.
        """
        rows = cls(fields)
        rows._ids, rows._alive = Growable.read(directory / _IDS), Growable.read(directory / _ALIVE)
        for place, name in enumerate(rows.fields):
            rows._columns[name] = Growable.read(directory / _COLUMN.format(place))
        if {len(column.view) for column in (rows._alive, *rows._columns.values())} - {rows.size}:
            raise SnapshotCorrupt(f"the columns of {directory} do not have the same number of rows")
        return rows


def _room(size: int) -> int:
    return max(_LEAST_ROOM, int(size * _GROWTH))


def _narrow(column: Ids) -> NDArray[np.signedinteger[Any]]:
    """Return the column as int32 where that holds it: half the bytes make filters twice as fast."""
    if len(column) == 0 or (column.min() >= _INT32.min and column.max() <= _INT32.max):
        return column.astype(np.int32)
    return column
