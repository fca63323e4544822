"""Which stories may come up for one question, as far as that is known before any is scored. Knows no SQL.

What the link policy refuses for reasons that are known beforehand must not take a candidate's place: it is
left out by the filter of every search. The link policy has the last word all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from index.filters import Field, Filter
from recommender.analysis.words import code
from recommender.archive.view import eligible
from recommender.features.feature_store import Store
from recommender.story.languages import linked_keys
from recommender.story.link_policy import Rules, Standing

Nums = NDArray[np.int64]
FEW = 16
"""So many numbers are looked for one by one, which is faster than a search for all of them at once."""

Order = Callable[[Nums], NDArray[np.float32] | Nums]


@dataclass(frozen=True, slots=True)
class Scope:
    """What every search of one question looks at.

    Attributes
    ----------
    where : Filter
        Over the columns of the store.
    without : frozenset of int
        Nums that are left out besides: the source itself and those few that have something with it alone.
    least : float
        Probability below which a story is left out, where it is known.
    elsewhere : Filter, optional
        In place of ``where``, for what those leave free: stories of other languages.
    drafts : frozenset of int
        Nums of stories as they would be: searched for as if they passed the filter.
    drafts_elsewhere : frozenset of int
        The same for ``elsewhere``.
    """

    where: Filter
    without: frozenset[int] = frozenset()
    least: float = 0.0
    elsewhere: Filter | None = None
    drafts: frozenset[int] = frozenset()
    drafts_elsewhere: frozenset[int] = frozenset()

    @classmethod
    def at(cls, now: int, before: int | None = None, without: Iterable[int] = (), least: float = 0.0) -> Self:
        """Return what readers may see at `now`, published by `before` (epoch seconds)."""
        return cls(eligible(now, before), frozenset(without), least)

    def first(self, nums: Nums, count: int) -> Nums:
        """Return the first `count` of what a search found that are not left out."""
        return nums[~among(nums, self.without)][:count]

    def with_drafts(self, nums: Nums, order: Order) -> Nums:
        """Return what a search found, best first, and the drafts, each where `order` puts it.

        Parameters
        ----------
        nums : (n,) int64
            What was found.
        order : callable
            Returns of nums (m,) the numbers (m,) by which the search ordered them, the largest first.
        """
        drafts = self.first(np.array(sorted(self.drafts), np.int64), len(self.drafts))
        if not len(drafts):
            return nums
        nums = nums[~among(nums, drafts.tolist())]
        drafts = drafts[np.argsort(-order(drafts), kind="stable")]
        return np.insert(nums, np.searchsorted(-order(nums), -order(drafts), side="right"), drafts)

    def passing(self, store: Store, nums: Nums) -> NDArray[np.bool_]:
        """Return which of `nums` pass the filter."""
        return passing(self.where, store, nums)


def among(nums: Nums, some: Collection[int]) -> NDArray[np.bool_]:
    """Return which of `nums` (n,) are among some others, which are few as a rule."""
    if len(some) > FEW:
        return np.isin(nums, [*some])
    found = np.zeros(len(nums), np.bool_)
    for each in some:
        found |= nums == each
    return found


def admitted(where: Filter | None, store: Store, drafts: Nums) -> frozenset[int]:
    """Return which of the drafts pass a filter; none without one."""
    return frozenset() if where is None else frozenset(drafts[passing(where, store, drafts)].tolist())


def passing(where: Filter, store: Store, nums: Nums) -> NDArray[np.bool_]:
    """Return which of `nums` pass a filter over the columns of the store."""
    return where.mask({name: store.field(name, nums) for name in where.fields})


def spoken_alike(where: Filter, story: Standing, rules: Rules) -> Filter:
    """Return a filter that passes those alone whose language lets them meet a story."""
    return where if rules.any_language else by_language(where, story)[0]


def by_language(where: Filter, story: Standing) -> tuple[Filter, Filter | None]:
    """Return filters of those in the language of a story, and of all others, None where it is not known."""
    keys = linked_keys(story.language)
    if keys is None:
        return where, None
    spoken = Field("language").isin(code(each) for each in keys)
    return where & spoken, where & ~spoken
