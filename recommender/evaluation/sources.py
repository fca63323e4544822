"""Where candidates come from: what each way of looking reaches, and what the choice of candidates costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recommender.archive.view import eligible
from recommender.evaluation.metrics import (
    BLOCK,
    HEADLINE,
    Floats,
    difference,
    gains,
    recall_curve,
    resampled,
)
from recommender.evaluation.metrics import ndcg as ndcg_at
from recommender.evaluation.ours import Ours
from recommender.evaluation.systems import HISTORY, OURS
from recommender.ranking.candidates import united
from recommender.ranking.naming import LEAST_RARITY

Nums = NDArray[np.int64]

BY_NAMES = 100
"""So many stories the third way of looking would add."""

NEAREST, RECENT, BOTH, NAMES, WITH_NAMES = "nearest", "recent", "both", "names", "with_names"
EVERYTHING = "everything"

SCORE_ALL_UP_TO = 5000
"""In archives of up to so many stories the figure with every story scored is computed as well."""


class Sources:
    """Ways of looking for a story's candidates; each returns stories, the likeliest first.

    Parameters
    ----------
    ours : Ours
        The engine on its case.
    """

    def __init__(self, ours: Ours) -> None:
        self._ours, self._view, self._settings = ours, ours.view, ours.engine.settings

    def nearest(self, story: int) -> Nums:
        """Return the nearest earlier stories by hybrid vector, as the engine looks for them."""
        num, before, now = self._ours.nums[story], int(self._ours.case.published[story]), self._ours.now
        count = self._settings.candidates + 1
        found = self._view.nearest(self._view.store.item(int(num)), count, eligible(now, before))
        return self._ours.place[united(found, without=int(num))]

    def recent(self, story: int) -> Nums:
        """Return the newest earlier stories, as the engine looks for them."""
        num, before = int(self._ours.nums[story]), int(self._ours.case.published[story])
        found = self._view.store.recent(before, self._settings.recent + 1, self._visible)
        return self._ours.place[united(found, without=num)]

    def names(self, story: int) -> Nums:
        """Return the `BY_NAMES` earlier stories that share most rare names with a story, by summed rarity."""
        codes, rows, rarity = self._named
        rare = codes[(rows == story) & (rarity >= LEAST_RARITY)]
        shared = np.isin(codes, rare, kind="table")
        worth = np.bincount(rows[shared], rarity[shared], minlength=len(self._ours.nums))
        found = np.flatnonzero((worth > 0) & self._ours.case.earlier(story) & self._visible(self._ours.nums))
        return found[np.argsort(-worth[found], kind="stable")[:BY_NAMES]]

    def _visible(self, nums: Nums) -> NDArray[np.bool_]:
        return self._view.store.visible(nums, self._ours.now)

    @cached_property
    def _named(self) -> tuple[NDArray[np.uint32], Nums, NDArray[np.float32]]:
        """All names of all stories: their ids, the story that each stands in, and how rare each is."""
        hybrid = self._view.hybrid
        if hybrid is None:
            raise RuntimeError("an archive of no stories has no names")
        ids, offsets = self._view.store.codes("entities", self._ours.nums)
        rows = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
        return ids, rows, hybrid.idf["entities"][ids] - 1


def found_by(sources: Sources, queries: Sequence[int]) -> dict[str, list[Nums]]:
    """Return what each way of looking finds for each query, and what several find together."""
    nearest, recent, names = (
        [look(query) for query in queries] for look in (sources.nearest, sources.recent, sources.names)
    )
    both = [united(*each) for each in zip(nearest, recent, strict=True)]
    with_names = [united(*each) for each in zip(both, names, strict=True)]
    return {NEAREST: nearest, RECENT: recent, BOTH: both, NAMES: names, WITH_NAMES: with_names}


def reach(found: Sequence[Nums], right: Sequence[frozenset[int]]) -> dict[str, object]:
    """Return which share of a query's links was found, and how many stories in all (means over queries)."""
    pairs = zip(found, right, strict=True)
    recall = [len(one.intersection(some.tolist())) / len(one) for some, one in pairs]
    return {"recall": float(np.mean(recall)), "stories": float(np.mean([len(some) for some in found]))}


def reach_by_depth(found: Mapping[str, Sequence[Nums]], right: Sequence[frozenset[int]]) -> dict[str, Floats]:
    """Return the recall at each depth of what has an order."""
    counts = np.array([len(one) for one in right], np.int64)
    return {name: recall_curve(gains(found[name], right), counts) for name in (NEAREST, RECENT, NAMES)}


@dataclass(frozen=True, eq=False)
class CandidateFigures:
    """What the ways of looking reach.

    Attributes
    ----------
    figures : mapping
        ``recall`` of what the engine scores, nDCG@5 with ``all_scored`` where that is known, and under
        ``sources`` a row for each way of looking.
    recall : mapping of str to (DEPTH,) float64
        Recall by depth of each way that has an order.
    """

    figures: Mapping[str, object]
    recall: Mapping[str, Floats]


def candidate_figures(
    ours: Ours, history: Ours, queries: Sequence[int], ndcg: Mapping[str, Floats], *, one_more: bool
) -> CandidateFigures:
    """Look for candidates in every way; where there are few stories, rank all of them too.

    Parameters
    ----------
    ours, history : Ours
        The engine without links and with those of earlier stories.
    queries : sequence of int
    ndcg : mapping of str to (queries,) float64
        Of both as they are, under `OURS` and `HISTORY`.
    one_more : bool
        Rank what the third way of looking adds, too.
    """
    case = ours.case
    right = [case.relevant[query] for query in queries]
    found = found_by(Sources(ours), queries)
    everything = [np.flatnonzero(case.earlier(query)) for query in queries]
    rows = {name: reach(some, right) for name, some in found.items()}
    rows[EVERYTHING] = reach(everything, right)
    both = {"": (ours, ndcg[OURS]), "_history": (history, ndcg[HISTORY])}
    rows[BOTH] |= {f"{HEADLINE}{suffix}": float(values.mean()) for suffix, (_, values) in both.items()}
    ranked = {WITH_NAMES: found[WITH_NAMES]} if one_more else {}
    ranked |= {EVERYTHING: everything} if len(case.stories) <= SCORE_ALL_UP_TO else {}
    figures: dict[str, object] = {"recall": rows[BOTH]["recall"], "sources": rows}
    for name, pools in ranked.items():
        for suffix, (system, usual) in both.items():
            rows[name] |= _ranked_among(system, queries, pools, usual, suffix)
            if name == EVERYTHING:
                figures[f"{HEADLINE}{suffix}_all_scored"] = rows[name][f"{HEADLINE}{suffix}"]
    return CandidateFigures(figures, reach_by_depth(found, right))


def _ranked_among(
    system: Ours, queries: Sequence[int], pools: Sequence[Nums], usual: Floats, suffix: str
) -> dict[str, object]:
    """Return nDCG@5 when these are the candidates, and its difference to the ``usual`` (queries,)."""
    right = [system.case.relevant[query] for query in queries]
    orders = [system.among(query, pool) for query, pool in zip(queries, pools, strict=True)]
    values = ndcg_at(gains(orders, right), np.array([len(one) for one in right], np.int64), BLOCK)
    found = difference(values - usual, resampled(len(values)))
    return {
        f"{HEADLINE}{suffix}": float(values.mean()),
        f"difference{suffix}": found["difference"],
        f"difference{suffix}_ci": found["ci"],
    }
