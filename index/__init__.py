"""Vectors by id with filters: nearest neighbours, exact or fast, kept on disk by generations.

`open_index` makes an empty index, `load_index` opens a saved one, `Snapshots` keeps them safe on disk.
"""

from __future__ import annotations

from pathlib import Path

from index.base import Columns, Figures, Hits, Ids, VectorIndex, Vectors
from index.errors import (
    IndexInputError,
    SnapshotBusy,
    SnapshotCorrupt,
    SnapshotError,
    SnapshotForeign,
    SnapshotLinked,
    SnapshotMissing,
    SnapshotVersion,
)
from index.exact import KIND as EXACT
from index.exact import ExactIndex
from index.faiss.index import KIND as FAISS
from index.faiss.index import FaissIndex
from index.faiss.profiles import Profile
from index.filters import Field, Filter
from index.manifest import read_header
from index.storage.background import BackgroundJob, Check
from index.storage.generations import Generation, Snapshots

__all__ = [
    "BackgroundJob",
    "Check",
    "Columns",
    "ExactIndex",
    "FaissIndex",
    "Field",
    "Figures",
    "Filter",
    "Generation",
    "Hits",
    "Ids",
    "IndexInputError",
    "Profile",
    "SnapshotBusy",
    "SnapshotCorrupt",
    "SnapshotError",
    "SnapshotForeign",
    "SnapshotLinked",
    "SnapshotMissing",
    "SnapshotVersion",
    "Snapshots",
    "VectorIndex",
    "Vectors",
    "load_index",
    "open_index",
]

_ENGINES = (EXACT, FAISS)


def open_index(
    engine: str, dimension: int, fields: tuple[str, ...] = (), *, background: bool = False
) -> VectorIndex:
    """Make an empty index.

    Parameters
    ----------
    engine : str
        ``"faiss"`` for use, ``"exact"`` for tests.
    dimension : int
        Components of a vector.
    fields : tuple of str
        The int64 fields that filters may read.
    background : bool
        For a process that stays: what makes searches faster is built in a thread when it is due. Others call
        `VectorIndex.improve` after they have written much.

    Raises
    ------
    IndexInputError
        When there is no such engine, or dimension or fields cannot be.
    """
    if engine == EXACT:
        return ExactIndex(dimension, fields)
    if engine == FAISS:
        return FaissIndex(dimension, fields, background=background)
    raise IndexInputError(f"engine {engine!r} is unknown; known: {', '.join(_ENGINES)}")


def load_index(directory: Path, *, background: bool = False) -> VectorIndex:
    """Open the index that was saved in ``directory``, whichever engine wrote it; ``background`` as above.

    Raises
    ------
    SnapshotMissing, SnapshotCorrupt, SnapshotForeign, SnapshotVersion
        See `index.manifest.read_header`.
    """
    kind = read_header(directory).kind
    if kind == EXACT:
        return ExactIndex.load(directory)
    if kind == FAISS:
        return FaissIndex.load(directory, background=background)
    raise SnapshotForeign(f"{directory} is of engine {kind!r}; known: {', '.join(_ENGINES)}")
