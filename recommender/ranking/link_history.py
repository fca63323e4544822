"""The links of the past as arrays, and what they say as of any time. Knows no text and no weights.

A link counts only `LAG` after it was set: nothing may read the links of the story that is asked about, nor of
those that are written beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from index.storage.kernels import counts_below, members
from recommender.features.feature_store import Store

Floats = NDArray[np.float32]
Nums = NDArray[np.int64]

DAY = 24 * 3600  # seconds
LAG = 14 * DAY
"""How old a link must be: the rule of the measurement, and a fortnight later a draft is no longer touched."""

GAP_BUCKETS = 22
GAP_EDGES: Nums = np.concatenate([[0], np.geomspace(DAY // 24, 20 * 365 * DAY, GAP_BUCKETS - 1)]).astype(
    np.int64
)
"""Lower edges of the buckets of gaps (seconds): from an hour to twenty years, evenly on a log scale."""

GAP_SMOOTHING = 2.0
"""So many links, spread as chance would, are added to each bucket: a few links change little."""

IMAGINED = GAP_BUCKETS * GAP_SMOOTHING
"""So many links are imagined in all: what is known of gaps stands on them until more are known."""

_CHECKPOINTS = 4096  # at so many moments the gap counts are kept: 0.7 MB, however many links there are

_ASKED = 1 << 13
"""Of so many links it is found out how they would fall by chance; of twice as many, every other."""


class LinkGraph:
    """All links between stories, ordered by the time they were set.

    Parameters
    ----------
    store : Store
        The stories; links whose ends it does not hold are left out.
    sources, targets, set_at : (m,) int64
        Nums, and epoch seconds. Of one pair that stands several times the earliest counts. A link cannot be
        older than the story that it stands in.
    weights : (m,) float32, optional
        What each counts, up to 1, which is the default; of one pair the most counts.
    """

    def __init__(
        self, store: Store, sources: Nums, targets: Nums, set_at: Nums, weights: Floats | None = None
    ) -> None:
        self._store = store
        held = np.zeros(max(store.size, 1), np.bool_)
        held[store.nums] = True
        known = (sources < store.size) & (targets < store.size)
        known[known] &= held[sources[known]] & held[targets[known]]
        sources, targets, set_at = sources[known], targets[known], set_at[known]
        weights = np.ones(len(sources), np.float32) if weights is None else weights[known]
        set_at = np.maximum(set_at, store.column("published")[sources])
        order = np.lexsort((targets, sources, set_at))
        pairs = sources[order] * max(store.size, 1) + targets[order]
        _, first, of = np.unique(pairs, return_index=True, return_inverse=True)
        most = np.zeros(len(first), np.float32)
        np.maximum.at(most, of, weights[order])
        by_time = np.argsort(first)
        order, self.weights = order[first[by_time]], most[by_time]
        self.sources: Nums = sources[order]
        self.targets: Nums = targets[order]
        self.set_at: Nums = set_at[order]

    def __len__(self) -> int:
        return len(self.sources)

    @cached_property
    def to_earlier(self) -> int:
        """How many links lead to a story that was published no later: from these one can learn."""
        return int((self._published(self.targets) <= self._published(self.sources)).sum())

    def as_of(self, time: int) -> LinkHistory:
        """Return what a story published at ``time`` (epoch seconds) may know of the links."""
        return LinkHistory(self, int(np.searchsorted(self.set_at, time - LAG, side="right")), time)

    # Look-ups, each made once

    @cached_property
    def by_source(self) -> Grouped:
        """The links of each source."""
        return Grouped.by(self.sources, self._store.size)

    @cached_property
    def by_target(self) -> Grouped:
        """The links to each target."""
        return Grouped.by(self.targets, self._store.size)

    @cached_property
    def linking(self) -> Nums:
        """For each number of links, how many stories have set the first so many, (m + 1,)."""
        new = np.zeros(len(self) + 1, np.int64)
        new[np.unique(self.sources, return_index=True)[1] + 1] = 1
        return np.asarray(np.cumsum(new), np.int64)

    @cached_property
    def by_author(self) -> tuple[NDArray[np.uint32], Nums]:
        """Author codes, ascending, and beside each the place of a link that its author set."""
        codes, offsets = self._store.codes("authors", self.sources)
        links = np.repeat(np.arange(len(self)), np.diff(offsets))
        order = np.argsort(codes, kind="stable")
        return codes[order], links[order]

    @cached_property
    def chances(self) -> NDArray[np.float64]:
        """For each number of links, how many of the first so many a story would hold by chance, (m + 1,).

        It is the share of one among all stories published before each link's source, summed.
        """
        earlier = self._store.count_before(self._published(self.sources) + 1) - 1
        return np.concatenate([[0.0], np.cumsum(self.weights / np.maximum(earlier, 1))])

    @cached_property
    def gap_counts(self) -> GapCounts:
        """How far back links reach, and how far back they would by chance."""
        return GapCounts.of(self, self._store)

    def _published(self, nums: Nums) -> Nums:
        return np.asarray(self._store.column("published")[nums], np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Grouped:
    """Places ``places[starts[i]:starts[i + 1]]`` belong to num ``i``, ascending."""

    starts: Nums
    places: Nums

    @classmethod
    def by(cls, keys: Nums, size: int) -> Grouped:
        """Group the places of ``keys`` (all < ``size``) by value."""
        starts = np.concatenate([[0], np.cumsum(np.bincount(keys, minlength=size))])
        return cls(starts, np.argsort(keys, kind="stable"))

    def of(self, nums: Nums, below: int | None = None) -> tuple[Nums, Nums]:
        """Return the places of all ``nums`` in a row, and beside each the position of its num in ``nums``.

        Of places up to ``below`` alone, where it is told.
        """
        return members(self.starts, self.places, nums, len(self.places) if below is None else below)


@dataclass(frozen=True, slots=True, eq=False)
class GapCounts:
    """Running counts of gaps at some moments, so that any moment is answered at once.

    Attributes
    ----------
    upto : (c,) int64
        Numbers of links.
    seen, expected : (c, GAP_BUCKETS) float32
        Of the first so many links, how many have a gap in each bucket, and how many would by chance.
    """

    upto: Nums
    seen: Floats
    expected: Floats

    @classmethod
    def of(cls, graph: LinkGraph, store: Store) -> GapCounts:
        """Count the links to earlier stories; chance is an equal share for each story before the source.

        What chance would do hardly differs between neighbours: of many links every so many-th is asked.
        """
        upto = np.unique(np.linspace(0, len(graph), min(len(graph) + 1, _CHECKPOINTS)).astype(np.int64))
        published = store.column("published")
        times = np.asarray(published[graph.sources], np.int64)
        gaps = times - published[graph.targets]
        past = np.flatnonzero(gaps >= 0)
        moments = np.searchsorted(upto, past, side="right")  # the first that counts the link
        cells = moments * GAP_BUCKETS + gap_bucket(gaps[past])
        weights = graph.weights[past].astype(np.float64)
        seen = np.bincount(cells, weights, len(upto) * GAP_BUCKETS).reshape(len(upto), GAP_BUCKETS)
        step = max(1, len(past) // _ASKED)
        expected = np.zeros(seen.shape)
        shares = _shares(store, times[past[::step]]) * weights[::step, None]
        np.add.at(expected, moments[::step], step * shares)
        return cls(upto, *(counts.cumsum(axis=0).astype(np.float32) for counts in (seen, expected)))

    def ratio(self, links: int) -> Floats:
        """Return for each bucket how much more often than by chance the first ``links`` fall there (log)."""
        i = int(np.searchsorted(self.upto, links, side="right")) - 1
        ratio = (self.seen[i] + GAP_SMOOTHING) / (self.expected[i] + GAP_SMOOTHING)
        return np.asarray(np.log(ratio), np.float32)


def gap_bucket(gaps: Nums | Floats) -> Nums:
    """Return the bucket of each gap (seconds, not negative; of a story without a date beyond any int64)."""
    return np.asarray(np.searchsorted(GAP_EDGES, gaps, side="right") - 1, np.int64)


def _shares(store: Store, published: Nums) -> NDArray[np.float64]:
    """Return for stories of these times which share of all earlier ones lies in each bucket, (n, buckets)."""
    # Stories before `published - edge + 1` are at least `edge` older.
    older = store.count_before((published[:, None] - GAP_EDGES + 1).ravel()).reshape(-1, GAP_BUCKETS)
    older = older.astype(np.float64)
    older[:, 0] -= 1  # the source itself
    counts = older - np.concatenate([older[:, 1:], np.zeros((len(older), 1))], axis=1)
    return np.asarray(counts / np.maximum(older[:, :1], 1), np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class LinkHistory:
    """The first ``count`` links of a graph: all that were set `LAG` before ``time``."""

    graph: LinkGraph
    count: int
    time: int

    def from_(self, nums: Nums) -> tuple[Nums, Nums, Floats]:
        """Return the targets of all links from ``nums``, and of each its source's position and its weight."""
        places, rows = self.graph.by_source.of(nums, self.count)
        return self.graph.targets[places], rows, self.graph.weights[places]

    def into(self, nums: Nums) -> tuple[Nums, Nums]:
        """Return the places of all links to ``nums``, and beside each its target's position there."""
        return self.graph.by_target.of(nums, self.count)

    def linking(self) -> int:
        """Return how many stories have set links."""
        return int(self.graph.linking[self.count])

    def set_by(self, places: Nums) -> int:
        """Return how many stories have set some links."""
        setting = np.zeros(self.graph.by_source.starts.size, np.bool_)
        setting[self.graph.sources[places]] = True
        return int(np.count_nonzero(setting))

    def faded(self, places: Nums, decay: float) -> NDArray[np.float64]:
        """Return what links (m,) count for: their weight by exp(-age / ``decay`` seconds)."""
        age = self.time - self.graph.set_at[places]
        return np.asarray(self.graph.weights[places] * np.exp(-age / decay), np.float64)

    def by_authors(self, authors: NDArray[np.uint32]) -> Nums:
        """Return the places of all links that stories of any of these authors set, ascending, each once."""
        codes, links = self.graph.by_author
        first, last = codes.searchsorted(authors), codes.searchsorted(authors, side="right")
        found = [links[a:b] for a, b in zip(first, last, strict=True)]
        places = found[0] if len(found) == 1 else np.unique(np.concatenate([np.zeros(0, np.int64), *found]))
        return places[: places.searchsorted(self.count)]

    def chance_into(self, published: Nums) -> Floats:
        """Return how many links (n,) stories of these times would have received by chance."""
        before = np.minimum(counts_below(self.graph.set_at, published), self.count)
        return np.asarray(self.graph.chances[self.count] - self.graph.chances[before], np.float32)

    def gap_ratio(self) -> Floats:
        """Return the log ratio (GAP_BUCKETS,) of past links' gaps to chance; all 0 without links."""
        return self.graph.gap_counts.ratio(self.count)
