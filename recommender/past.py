"""The link graph of an archive, read again when it has changed and that is worth it. Knows no ranking."""

from __future__ import annotations

import time
from dataclasses import dataclass

from recommender.catalog import Catalog
from recommender.ranking.history import LinkGraph
from recommender.view import View

AT_ONCE = 0.05
"""A graph that was read in so many seconds (20,000 links) is read again at every change."""

PATIENCE = 20
"""A larger one is read again after so many times its reading took: a twentieth of one core at most.

No answer depends on the delay but by links that came late: a link counts a fortnight after it was set.
"""


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    graph: LinkGraph
    view: View
    seq: int
    done: float
    took: float


class Past:
    """The links of a catalog. Threads share one; two that find it old both read it."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._read: _Read | None = None

    def graph(self, view: View) -> LinkGraph:
        """Return the links between the stories of ``view``."""
        held = self._read
        if held is not None and held.view.store is view.store and not _old(held, view.seq):
            return held.graph
        seq, start = view.seq, time.monotonic()
        links = self._catalog.links()
        graph = LinkGraph(view.store, links.sources, links.targets, links.set_at)
        done = time.monotonic()
        self._read = _Read(graph, view, seq, done, done - start)
        return graph


def _old(held: _Read, seq: int) -> bool:
    if held.seq == seq:
        return False
    return held.took < AT_ONCE or time.monotonic() - held.done > PATIENCE * held.took
