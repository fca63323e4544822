"""What can go wrong with files and helper processes, whatever is in them."""

from __future__ import annotations


class SnapshotError(Exception):
    """A snapshot cannot be read or written."""


class SnapshotMissing(SnapshotError):
    """There is no snapshot in this directory (yet)."""


class SnapshotCorrupt(SnapshotError):
    """A file of the snapshot is missing, short or altered."""


class SnapshotForeign(SnapshotError):
    """The manifest was not written by this package."""


class SnapshotLinked(SnapshotError):
    """The directory is a link: what it leads to is somebody else's to write and to delete."""


class SnapshotVersion(SnapshotError):
    """The snapshot was written by a newer version of this package."""


class SnapshotBusy(SnapshotError):
    """Another process is writing this snapshot, and did not finish in time."""


class HelperError(RuntimeError):
    """A helper process ended without an answer. It has said why on standard error."""
