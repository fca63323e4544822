"""The contract of a vector index: ids, unit vectors and a few scalar fields. Knows nothing of stories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from index.storage.background import Check

if TYPE_CHECKING:
    from index.filters import Filter

Ids = NDArray[np.int64]
Vectors = NDArray[np.float32]
Columns = Mapping[str, NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class Hits:
    """The nearest of one query, best first, never padded: ``ids`` (m,) int64, ``scores`` (m,) float32."""

    ids: Ids
    scores: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Figures:
    """What an index is made of, for people to look at.

    Attributes
    ----------
    profile : str
        How it searches: "exact", "fast", "compact".
    rows, dead : int
        Ids held; rows that were removed or replaced and still take space.
    unlisted : int
        Rows that are scanned, because no list holds them.
    lists, probes : int
        Inverted lists, and how many of them are visited for a query without a filter.
    """

    profile: str
    rows: int
    dead: int = 0
    unlisted: int = 0
    lists: int = 0
    probes: int = 0


class VectorIndex(Protocol):
    """Nearest neighbours by inner product over int64 ids, with filters over declared int64 fields.

    Every implementation answers as `index.exact.ExactIndex` does (scores within fp16 rounding).
    """

    dimension: int
    fields: tuple[str, ...]

    def upsert(self, ids: Ids, vectors: Vectors, columns: Columns) -> None:
        """Add or replace.

        Parameters
        ----------
        ids : int64 array (n,)
            Unique within the call, not negative.
        vectors : float32 array (n, d)
            Kept as float16.
        columns : mapping of str to int64 array (n,)
            One array for each declared field.

        Raises
        ------
        IndexInputError
            When any of this does not hold; nothing is changed then.
        """

    def remove(self, ids: Ids) -> int:
        """Forget these ids; ids that are not held are passed over. Return how many were held."""

    def search(self, queries: Vectors, k: int, where: Filter | None = None) -> list[Hits]:
        """Return the ``k`` best of those that ``where`` lets through, for each row of ``queries`` (q, d).

        An answer is shorter than ``k`` only when fewer than ``k`` ids pass the filter. Equal scores go by id.
        """

    def __len__(self) -> int: ...

    def values(self, field: str) -> tuple[Ids, Ids]:
        """Return all ids that are held, ascending, and what each has in a declared field, (n,) int64."""

    def held_in(self) -> str:
        """Return the name of what holds the rows now; "" where they can be nowhere else.

        Where it becomes another one, others wrote that, and rows that this index was given can be missing.
        """

    def save(self, directory: Path) -> None:
        """Write all to an empty directory (no fsync, no rename: `index.storage.generations` does that)."""

    def improve(self, check: Check = lambda: None) -> bool:
        """Do what makes later searches faster at this size; return whether any was due.

        Reads and writes may go on meanwhile. `check` is called between pieces of the work; what it raises
        ends the work and leaves the index as it was.
        """

    def measured_recall(self, sample: int = 50, k: int = 200, where: Filter | None = None) -> float:
        """Return the part (0 to 1) of the exact ``k`` nearest that is found, for ``sample`` held rows."""

    def figures(self) -> Figures:
        """Return what the index is made of."""

    def close(self) -> None:
        """End what runs in the background. The index stays usable."""


class Stock(Protocol):
    """All vectors on one server, in tables of whatever shape. Every call may raise `IndexUnavailable`."""

    def publishers(self, prefix: str) -> list[str]:
        """Return whose names begin so, as far as the server keeps names."""

    def rows(self, publisher: str) -> int:
        """Return how many rows are held of a publisher."""

    def forget(self, publisher: str) -> None:
        """Delete all that is held of a publisher, with its space."""
