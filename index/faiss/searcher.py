"""An index at one moment, and how one question is answered from it. Never changes, so it needs no lock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from index.base import Hits, Ids, Vectors
from index.faiss.passing import Passing
from index.faiss.rows import RowsView
from index.faiss.scan import Found, Scores, scan, score
from index.faiss.segments import SegmentView
from index.filters import Filter

if TYPE_CHECKING:
    from index.faiss.ivf import InvertedLists


@dataclass(frozen=True, slots=True)
class Searcher:
    """The rows, their vectors, and the inverted lists over the first of them (None: all are scanned)."""

    rows: RowsView
    parts: tuple[SegmentView, ...]
    lists: InvertedLists | None

    def search(self, queries: Vectors, k: int, where: Filter | None) -> list[Hits]:
        """Return the ``k`` best for each query: by the lists, or by a scan where that is no slower."""
        lists = self.lists
        passing = Passing(self.rows, where, sampled=lists is not None and lists.bytes is not None)
        few = 0 if lists is None else lists.profile.scanned(lists.stop)
        if lists is None or (count := passing.about(few)) <= few:
            found = scan(self.parts, queries, k, passing.mask)
        else:
            found = list(self._by_lists(lists, queries, k, passing, count))
        return [self._hits(*one, k) for one in found]

    def exact(self, queries: Vectors, k: int, where: Filter | None = None) -> list[Hits]:
        """Return the ``k`` best for each query by a scan of all rows."""
        found = scan(self.parts, queries, k, self.rows.passing(where))
        return [self._hits(*one, k) for one in found]

    def _by_lists(
        self, lists: InvertedLists, queries: Vectors, k: int, passing: Passing, count: int
    ) -> Iterator[Found]:
        tails = self._tails(lists, queries, k, passing)
        proposed, least = lists.candidates(queries, k, passing, count), min(k, count)
        for row, (slots, tail) in enumerate(zip(proposed, tails, strict=True)):
            query = queries[row : row + 1]
            (head,) = score(self.parts, query, k, slots)
            if len(head[0]) + len(tail[0]) >= least:
                yield np.concatenate((head[0], tail[0])), np.concatenate((head[1], tail[1]))
            else:  # the lists that were visited held too few that pass
                yield scan(self.parts, query, k, passing.mask)[0]

    def _tails(self, lists: InvertedLists, queries: Vectors, k: int, passing: Passing) -> list[Found]:
        """Return for each query the best of the rows that the lists do not hold yet."""
        late = tuple(part for part in self.parts if part.stop > lists.stop)
        later = np.zeros(len(self.rows.ids), np.bool_)
        if late:
            later[lists.stop :] = passing.at(slice(lists.stop, None))
        return scan(late, queries, k, later)

    def _hits(self, slots: Ids, scores: Scores, k: int) -> Hits:
        ids = self.rows.ids[slots]
        order = np.lexsort((ids, -scores))[:k]
        return Hits(ids[order], scores[order])
