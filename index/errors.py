"""What can go wrong in `index`: input that does not fit; and that of `index.storage`."""

from __future__ import annotations

from index.storage.errors import (
    SnapshotBusy,
    SnapshotCorrupt,
    SnapshotError,
    SnapshotForeign,
    SnapshotLinked,
    SnapshotMissing,
    SnapshotVersion,
)

__all__ = [
    "IndexInputError",
    "IndexSlow",
    "IndexUnavailable",
    "IndexUnsuitable",
    "SnapshotBusy",
    "SnapshotCorrupt",
    "SnapshotError",
    "SnapshotForeign",
    "SnapshotLinked",
    "SnapshotMissing",
    "SnapshotVersion",
]


class IndexInputError(ValueError):
    """Ids, vectors, columns or a filter do not fit the index; the text says which and how."""


class IndexUnavailable(RuntimeError):
    """The server that holds the vectors cannot be asked now; the text says which, why, and the way out."""


class IndexSlow(IndexUnavailable):
    """It is there, and has more to do than it can in time: what it holds is what it held."""


class IndexUnsuitable(IndexUnavailable):
    """It answers, and is not one that can hold them: too old, or without an extension."""
