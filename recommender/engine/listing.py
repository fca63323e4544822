"""Which stories are held, newest first, as filters ask for them, whether readers may see them or not."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from recommender.archive.archive import Archive
from recommender.engine.requested_filters import AnswerFilter
from recommender.engine.search_scope import passing
from recommender.features.feature_store import Store
from recommender.story.story import NEVER, Story

Nums = NDArray[np.int64]


class Visibility(StrEnum):
    """Whether readers see a story: now, from a time on that has not come, or not (any more)."""

    PUBLIC = "public"
    COMING = "coming"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Listed:
    """Some of the stories that pass, and how many do."""

    stories: tuple[Story, ...]
    total: int


def held(archive: Archive, only: AnswerFilter) -> Nums:
    """Return the nums of the stories that pass a filter, ascending."""
    store = archive.catch_up().store
    where, nums = only.condition(store), store.nums
    without = archive.catalog.nums_of(only.without).values() if only.without else ()
    nums = nums if where is None else nums[passing(where, store, nums)]
    return nums[~np.isin(nums, list(without))] if without else nums


def seen_as(store: Store, nums: Nums, visibility: Visibility, now: int) -> Nums:
    """Return those stories that readers see, will see, or do not see at `now` (epoch seconds)."""
    begins, ends = store.field("visible_from", nums), store.field("visible_until", nums)
    public = (begins <= now) & (now < ends)
    coming = (now < begins) & (begins < ends) & (begins < NEVER[0])
    chosen = {Visibility.PUBLIC: public, Visibility.COMING: coming, Visibility.HIDDEN: ~public & ~coming}
    return nums[chosen[visibility]]


def newest(archive: Archive, nums: Nums, limit: int | None, begin: int = 0) -> Listed:
    """Return the newest of some stories, `limit` of them (if any) after the first `begin`."""
    published = archive.view.store.field("published", nums)
    end = len(nums) if limit is None else begin + limit
    if end < len(nums):  # the newest alone have to be put in order
        last = np.partition(published, len(nums) - end)[len(nums) - end] if end else 0
        kept = published >= last
        nums_kept, published = nums[kept], published[kept]
    else:
        nums_kept = nums
    chosen = nums_kept[np.argsort(-published, kind="stable")][begin:end].tolist()
    stories = archive.catalog.by_nums(chosen)
    return Listed(tuple(stories[num] for num in chosen if num in stories), len(nums))
