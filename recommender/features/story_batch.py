"""Many stories as arrays side by side, as they go from process to process and to the store. Knows no SQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from recommender.analysis.encoded import Encoded, Terms

TERM_CHANNELS = ("words", "bigrams", "headline", "entities")
LIST_CHANNELS = ("authors", "tags", "facts")
COLUMNS = {
    "published": np.int64,
    "visible_from": np.int64,
    "visible_until": np.int64,
    "opening": np.uint32,
    "label": np.uint32,
    "series": np.uint32,
    "part": np.uint32,
    "figures": np.uint32,
    "kind": np.uint32,
    "section": np.uint32,
    "language": np.uint32,
    "linkable": np.uint32,
    "pictured": np.uint32,
}
_RUNS = ("sequence", "vectors")

ALIGNED = 8
"""Bytes: an array begins at a multiple of so many."""

Array = NDArray[Any]
Item = tuple[int, Encoded]
Rows = tuple[Array, NDArray[np.int64]]
"""Values row after row, and the offsets of the rows."""


@dataclass(frozen=True, slots=True, eq=False)
class StoryBatch:
    """Some stories.

    Attributes
    ----------
    nums : (n,) int64
    columns : mapping of str to (n,) int64
        By name, as `COLUMNS` has them.
    rows : mapping of str to Rows
        Ids of `TERM_CHANNELS`, codes of `LIST_CHANNELS`, ``sequence`` and ``vectors``.
    counts : mapping of str to (m,) uint8
        Beside the ids of each of `TERM_CHANNELS`.
    """

    nums: NDArray[np.int64]
    columns: Mapping[str, NDArray[np.int64]]
    rows: Mapping[str, Rows]
    counts: Mapping[str, NDArray[np.uint8]]

    def __len__(self) -> int:
        return len(self.nums)

    @classmethod
    def of(cls, items: Sequence[Item]) -> Self:
        """Return stories, each with its num, as one."""
        nums, stories = zip(*items, strict=True) if items else ((), ())
        columns = {name: np.array([getattr(story, name) for story in stories], np.int64) for name in COLUMNS}
        terms = {name: [getattr(story, name) for story in stories] for name in TERM_CHANNELS}
        rows = {name: _joined([each.ids for each in held]) for name, held in terms.items()}
        for name in (*LIST_CHANNELS, *_RUNS):
            rows[name] = _joined([getattr(story, name) for story in stories])
        counts = {name: _joined([each.counts for each in held])[0] for name, held in terms.items()}
        return cls(np.array(nums, np.int64), columns, rows, counts)

    def items(self) -> Iterator[Item]:
        """Yield each story with its num; its arrays are views."""
        columns = {name: column.tolist() for name, column in self.columns.items()}
        parts: dict[str, Sequence[Any]] = {name: rows_of(rows) for name, rows in self.rows.items()}
        for name, counts in self.counts.items():
            beside = rows_of((counts, self.rows[name][1]))
            parts[name] = [Terms(*each) for each in zip(parts[name], beside, strict=True)]
        for i, num in enumerate(self.nums.tolist()):
            values: dict[str, Any] = {name: column[i] for name, column in columns.items()}
            values |= {name: rows[i] for name, rows in parts.items()}
            yield num, Encoded(**values)

    def packed(self) -> list[bytes | memoryview]:
        """Return all as pieces of one run of bytes: what is in it, then each array."""
        arrays: dict[str, Array] = {"nums": self.nums, **self.columns}
        for name, (values, offsets) in self.rows.items():
            arrays |= {f"{name}.values": values, f"{name}.offsets": offsets}
        arrays |= {f"{name}.counts": counts for name, counts in self.counts.items()}
        head = msgspec.json.encode([(name, each.dtype.str, each.shape) for name, each in arrays.items()])
        pieces: list[bytes | memoryview] = [framed(head)]
        for each in arrays.values():
            pieces += [
                np.ascontiguousarray(each).reshape(-1).view(np.uint8).data,
                bytes(-each.nbytes % ALIGNED),
            ]
        return pieces

    @classmethod
    def unpacked(cls, data: memoryview) -> Self:
        """Return the stories that `packed` was told of; their arrays are views of the bytes."""
        head, data = unframed(data)
        arrays: dict[str, Array] = {}
        place = 0
        for name, dtype, shape in msgspec.json.decode(head, type=list[tuple[str, str, tuple[int, ...]]]):
            values = np.frombuffer(data, np.uint8, int(np.prod(shape)) * np.dtype(dtype).itemsize, place)
            place += len(values) + -len(values) % ALIGNED
            arrays[name] = values.view(dtype).reshape(shape)
        channels = (*TERM_CHANNELS, *LIST_CHANNELS, *_RUNS)
        rows = {name: (arrays[f"{name}.values"], arrays[f"{name}.offsets"]) for name in channels}
        counts = {name: arrays[f"{name}.counts"] for name in TERM_CHANNELS}
        return cls(arrays["nums"], {name: arrays[name] for name in COLUMNS}, rows, counts)


def framed(head: bytes) -> bytes:
    """Return bytes with their length before them, and as many behind them as the next array wants."""
    return len(head).to_bytes(ALIGNED, "little") + head + bytes(-len(head) % ALIGNED)


def unframed(data: memoryview) -> tuple[memoryview, memoryview]:
    """Return the bytes that `framed` was given, and what stands behind them."""
    end = ALIGNED + int.from_bytes(data[:ALIGNED], "little")
    return data[ALIGNED:end], data[end + -end % ALIGNED :]


def rows_of(rows: Rows) -> list[Array]:
    """Return each row by itself, a view."""
    values, offsets = rows[0], rows[1].tolist()
    return [values[start:end] for start, end in pairwise(offsets)]


def means_of(rows: Rows) -> NDArray[np.float32]:
    """Return the `Encoded.mean` of each row of vectors (n, d), to the last bit."""
    values, offsets = rows
    lengths = np.diff(offsets)
    means = np.empty((len(lengths), values.shape[1]), np.float32)
    for length in np.unique(lengths).tolist():
        own = np.flatnonzero(lengths == length)
        means[own] = values[offsets[own, None] + np.arange(length)].mean(1, dtype=np.float32)
    squares = np.array([mean.dot(mean) for mean in means], np.float32)
    norms = np.sqrt(squares)
    norms[norms == 0] = 1
    return np.asarray(means / norms[:, None], np.float32)


def _joined(rows: Sequence[Array]) -> Rows:
    offsets = np.zeros(len(rows) + 1, np.int64)
    np.cumsum([len(row) for row in rows], out=offsets[1:])
    return np.concatenate(rows) if rows else np.zeros(0, np.uint8), offsets
