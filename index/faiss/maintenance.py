"""What makes later searches faster: inverted lists, probes for a recall, rows without the dead ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from index.base import Hits, Ids, Vectors
from index.faiss.profiles import Profile
from index.faiss.rows import Rows, RowsView
from index.faiss.searcher import Searcher
from index.faiss.segments import Segments, gather
from index.filters import Filter
from index.storage.background import Check

if TYPE_CHECKING:
    from index.faiss.ivf import InvertedLists

CALIBRATED_FOR = 200
"""Neighbours at which the recall is measured: as many as candidate retrieval asks for."""
_QUERIES = 48
"""Held rows that serve as queries: the mean recall of so many is known to about half a percent."""
_OUTGROWN = 2
"""Lists are trained anew when there are so many times the rows that they were trained on."""
_DEAD_PART = 0.5
"""Dead slots for each held row, from which on they are dropped."""
_DEAD_LEAST = 10_000
_FINER = 2**0.5
"""Step of the search for the number of probes."""
_MOST_CANDIDATES = 4
"""Candidates are raised up to this factor when visiting all lists does not reach the recall."""
_BLOCK = 16_384
_SEED = 20240516


@dataclass(frozen=True, slots=True)
class Need:
    """What an index lacks, given the profile for its size."""

    compaction: bool
    training: bool
    extension: bool
    dropping: bool
    bytes: bool = False

    def __bool__(self) -> bool:
        return self.compaction or self.training or self.extension or self.dropping or self.bytes


def need(rows: int, dead: int, lists: InvertedLists | None, profile: Profile | None) -> Need:
    """Return what should be done about an index of so many held and dead slots."""
    compaction = dead > max(_DEAD_LEAST, _DEAD_PART * rows)
    if profile is None or rows == 0:
        return Need(compaction, False, False, lists is not None)
    if lists is None or lists.profile.name != profile.name or rows > _OUTGROWN * lists.trained_on:
        return Need(compaction, True, False, False)
    lacks = lists.bytes is None and lists.stop >= lists.profile.bytes_from
    return Need(compaction, compaction, rows + dead - lists.stop > profile.tail, False, lacks)


def compacted(searcher: Searcher, check: Check) -> tuple[Searcher, Segments, Ids]:
    """Return the moment without its dead slots, the new vectors behind it, and which slots were kept."""
    kept = np.flatnonzero(searcher.rows.alive)
    segments = Segments(searcher.parts[0].segment.dimension)
    for first in range(0, len(kept), _BLOCK):
        check()
        segments.write(first, gather(searcher.parts, kept[first : first + _BLOCK]))
    rows = searcher.rows
    columns = {name: column[kept] for name, column in rows.columns.items()}
    view = RowsView(rows.ids[kept], np.ones(len(kept), dtype=np.bool_), columns)
    return Searcher(view, segments.parts(len(kept)), None), segments, kept


def caught_up(before: Searcher, now: Searcher, fresh: Segments, kept: Ids) -> Rows:
    """Add to ``fresh`` what was written since ``before``, and return rows for the whole."""
    late = np.arange(len(before.rows.ids), len(now.rows.ids))
    fresh.write(len(kept), gather(now.parts, late))
    slots = np.concatenate((kept, late))
    columns = {name: column[slots] for name, column in now.rows.columns.items()}
    view = RowsView(now.rows.ids[slots], now.rows.alive[slots], columns)
    return Rows.of(tuple(columns), view)


def built(searcher: Searcher, profile: Profile, recall: float, check: Check) -> InvertedLists:
    """Return lists over a moment that reach ``recall`` at `CALIBRATED_FOR` neighbours, with their probes."""
    from index.faiss.ivf import trained  # imports FAISS, for which a small archive need not wait

    lists = trained(profile, searcher.parts, searcher.rows.alive, check).with_bytes(searcher.parts, check)
    queries = _sample(searcher, _QUERIES)
    truth = list(_exactly(searcher, queries, check))
    factor = 1
    while True:
        generous = replace(profile, candidates=factor * profile.candidates, small=0)
        for probes in _ladder(profile.least_probes, lists.count):
            check()
            trial = replace(lists, probes=probes, profile=generous)
            found = replace(searcher, lists=trial).search(queries, CALIBRATED_FOR, None)
            if overlap(truth, found) >= recall:
                return replace(trial, profile=replace(generous, small=profile.small))
        if factor >= _MOST_CANDIDATES:
            return replace(trial, profile=replace(generous, small=profile.small))
        factor *= 2


def measured_recall(searcher: Searcher, sample: int, k: int, where: Filter | None) -> float:
    """Return the part of the exact ``k`` nearest of ``sample`` held rows that is found (see `overlap`)."""
    if searcher.lists is None or not searcher.rows.alive.any():
        return 1.0
    queries = _sample(searcher, sample)
    return overlap(
        searcher.exact(queries, k, where),
        searcher.search(queries, k, where),
    )


def overlap(truth: list[Hits], found: list[Hits]) -> float:
    """Return the mean part of each true answer that was found; rows that score as its last count as found."""
    parts = [
        min(1.0, float(np.count_nonzero(hits.scores >= true.scores[-1])) / len(true))
        for true, hits in zip(truth, found, strict=True)
        if len(true)
    ]
    return float(np.mean(parts)) if parts else 1.0


def _sample(searcher: Searcher, size: int) -> Vectors:
    slots = np.flatnonzero(searcher.rows.alive)
    chosen = np.random.default_rng(_SEED).permutation(slots)[:size]
    return gather(searcher.parts, np.sort(chosen))


def _exactly(searcher: Searcher, queries: Vectors, check: Check) -> Iterator[Hits]:
    for query in queries:
        check()
        yield from searcher.exact(query[None], CALIBRATED_FOR)


def _ladder(least: int, lists: int) -> Iterator[int]:
    probes = float(least)
    while probes < lists:
        yield round(probes)
        probes *= _FINER
    yield lists
