"""The links of an archive as of one change, brought up to date by its log, saved with all that is derived.

Knows nothing of what a link is worth.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.storage.memory_maps import mapped
from recommender.archive.view import View
from recommender.catalog import Catalog
from recommender.errors import ArchiveError
from recommender.ranking.link_history import LinkGraph

FILE = "links.npy"
AT_ONCE = 0.05
"""A graph that was made in so many seconds is made anew at every change: 276,000 links take .09."""

PATIENCE = 20
"""A larger one is made anew after so many times its making took: a twentieth of one core at most.

No answer depends on the delay but by links that came late: a link counts a fortnight after it was set.
"""

MANY = 5000  # stories that changed, from which all links are read instead of theirs

_ROWS = 4  # sources, targets, set_at, weights in parts of `_WHOLE`
_ROWS_BEFORE = 3  # without weights: they are read from the catalog
_WHOLE = 1_000_000

Table = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class _Links:
    """All links of a catalog, (4, m) int64, row by row as `_ROWS` has them; as of a change."""

    table: Table
    seq: int


@dataclass(frozen=True, slots=True, eq=False)
class _Made:
    graph: LinkGraph
    view: View
    seq: int
    done: float
    took: float


class LiveLinkGraph:
    """The links of a catalog. Threads share one; two that find it old both bring it up to date."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._links: _Links | None = None
        self._made: _Made | None = None

    def graph(self, view: View) -> LinkGraph:
        """Return the links between the stories of ``view``."""
        held = self._made
        if held is not None and held.view.store is view.store and not _old(held, view.seq):
            return held.graph
        seq, start = view.seq, time.monotonic()
        sources, targets, set_at, weights = self._up_to(seq)
        graph = LinkGraph(view.store, sources, targets, set_at, (weights / _WHOLE).astype(np.float32))
        done = time.monotonic()
        self._made = _Made(graph, view, seq, done, done - start)
        return graph

    def save(self, directory: Path, seq: int) -> None:
        """Write the links as of the change ``seq``, or later, to a directory."""
        np.save(directory / FILE, self._up_to(seq))

    def load(self, directory: Path, seq: int) -> None:
        """Map what `save` wrote as of ``seq``.

        Raises
        ------
        ArchiveError
            When the file is missing or damaged.
        """
        try:
            table = mapped(directory / FILE)
        except (OSError, EOFError, ValueError) as error:
            raise ArchiveError(f"{directory / FILE}: {error}; rebuild the archive") from error
        if table.dtype != np.int64 or table.ndim != 2 or len(table) not in (_ROWS, _ROWS_BEFORE):
            raise ArchiveError(f"{directory / FILE} holds no links; rebuild the archive")
        self._links = _Links(table, seq) if len(table) == _ROWS else None

    def _up_to(self, seq: int) -> Table:
        """Return all links, as of the change ``seq`` or later."""
        held = self._links
        if held is None or held.seq < seq:
            held = self._links = _Links(self._read(held), seq)
        return held.table

    def _read(self, held: _Links | None) -> Table:
        """Return the links as they are: of the stories that have changed since, or all."""
        changes = None if held is None else self._catalog.few_changes(held.seq, MANY)
        if held is None or changes is None:
            return _table(self._catalog, None)
        changed = np.array([change.num for change in changes], np.int64)
        kept = held.table[:, ~np.isin(held.table[:2], changed).any(axis=0)]
        return np.concatenate([kept, _table(self._catalog, changed.tolist())], axis=1)


def _table(catalog: Catalog, nums: list[int] | None) -> Table:
    links = catalog.links(nums)
    weights = np.round(links.weights.astype(np.float64) * _WHOLE).astype(np.int64)
    return np.stack([links.sources, links.targets, links.set_at, weights])


def _old(made: _Made, seq: int) -> bool:
    if made.seq == seq:
        return False
    return made.took < AT_ONCE or time.monotonic() - made.done > PATIENCE * made.took
