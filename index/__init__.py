"""Vectors by id with filters: nearest neighbours, exact or fast, kept on disk by generations.

`open_index` makes an empty index, `load_index` opens a saved one, `Snapshots` keeps them safe on disk.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any

from index.base import Columns, Figures, Hits, Ids, Stock, VectorIndex, Vectors
from index.errors import (
    IndexInputError,
    IndexSlow,
    IndexUnavailable,
    IndexUnsuitable,
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
    "ENGINES",
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
    "IndexSlow",
    "IndexUnavailable",
    "IndexUnsuitable",
    "Profile",
    "SnapshotBusy",
    "SnapshotCorrupt",
    "SnapshotError",
    "SnapshotForeign",
    "SnapshotLinked",
    "SnapshotMissing",
    "SnapshotVersion",
    "Snapshots",
    "Stock",
    "VectorIndex",
    "Vectors",
    "load_index",
    "open_index",
    "open_stock",
]

_SERVERS = MappingProxyType(
    {
        "pgvector": ("index.servers.pgvector", "PgVectorIndex", "postgres"),
        "milvus": ("index.servers.milvus", "MilvusIndex", "milvus"),
    }
)
"""Engines that are servers: module and class, imported when they are used, and the extra they need."""
ENGINES = (EXACT, FAISS, *_SERVERS)
_STOCKS = MappingProxyType(
    {
        "pgvector": ("index.servers.pgvector_stock", "PgVectorStock", "postgres"),
        "milvus": ("index.servers.milvus_stock", "MilvusStock", "milvus"),
    }
)


def open_index(
    engine: str,
    dimension: int,
    fields: tuple[str, ...] = (),
    *,
    background: bool = False,
    url: str = "",
    publisher: str = "",
) -> VectorIndex:
    """Make an empty index; on a server, open what is held there of the publisher.

    Parameters
    ----------
    engine : str
        ``"faiss"`` for use, ``"exact"`` for tests, ``"pgvector"`` or ``"milvus"`` for a server.
    dimension : int
        Components of a vector.
    fields : tuple of str
        The int64 fields that filters may read.
    background : bool
        For a process that stays: what makes searches faster is built in a thread when it is due. Others call
        `VectorIndex.improve` after they have written much.
    url, publisher : str
        Of a server: where it is, and whose vectors are meant.

    Raises
    ------
    IndexInputError
        When there is no such engine, something that it needs is not installed, or dimension or fields cannot
        be. A server is not asked before the first call of what is returned.
    """
    if engine == EXACT:
        return ExactIndex(dimension, fields)
    if engine == FAISS:
        return FaissIndex(dimension, fields, background=background)
    made: VectorIndex = _of_server(engine)(
        dimension, fields, url=url, publisher=publisher, background=background
    )
    return made


def load_index(directory: Path, *, background: bool = False, url: str = "") -> VectorIndex:
    """Open the index that was saved in ``directory``, whichever engine wrote it; the others as above.

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
    if kind not in _SERVERS:
        raise SnapshotForeign(f"{directory} is of engine {kind!r}; known: {', '.join(ENGINES)}")
    loaded: VectorIndex = _of_server(kind).load(directory, url=url, background=background)
    return loaded


def open_stock(engine: str, url: str) -> Stock:
    """Return all that a server holds, to be looked through and deleted.

    Raises
    ------
    IndexInputError
        When there is no such engine, its driver is not installed, or the address is none. The server is not
        asked before the first call of what is returned.
    """
    opened: Stock = _of_server(engine, _STOCKS)(url)
    return opened


def _of_server(engine: str, among: Mapping[str, tuple[str, str, str]] = _SERVERS) -> Any:  # noqa: ANN401  # a class that is imported by its name
    if engine not in among:
        raise IndexInputError(f"engine {engine!r} is unknown; known: {', '.join(ENGINES)}")
    module, name, extra = among[engine]
    try:
        return getattr(import_module(module), name)
    except ImportError as error:
        raise IndexInputError(
            f"engine {engine!r} needs {error.name}: pip install 'related-stories[{extra}]'"
        ) from error
