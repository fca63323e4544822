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
