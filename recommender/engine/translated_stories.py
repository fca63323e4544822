"""The stories that tell in other languages what one story tells. Knows no scores and no editor."""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np

from index.filters import Filter
from recommender.archive.archive import Archive
from recommender.archive.view import View
from recommender.engine.search_scope import among, passing
from recommender.features.language_groups import languages_in, read_as, read_one_as
from recommender.ranking.declared_translations import Mask, Nums, Seen
from recommender.ranking.pool import Pool
from recommender.ranking.translations import WINDOW, translated

MOST = 2_000
"""Stories of other languages in the days around that are looked at: an agency's."""


def translations_of(
    archive: Archive, num: int, where: Filter, now: int, tried: Collection[int] = ()
) -> list[int]:
    """Return the nums of a story's translations, newest first.

    What the stories themselves say counts; in languages of which they say nothing, what is found. Where the
    days around have one language, no story is looked at for that.

    Parameters
    ----------
    archive : Archive
        Its view as it is.
    num : int
        The story's.
    where : Filter
        Which may be among them.
    now : int
        Epoch seconds; what is said of stories that readers may not see then does not count.
    tried : collection of int
        Stories as they would be, which count as if readers saw them.
    """
    view = archive.view
    if num not in view.store:
        return []

    def admitted(nums: Nums) -> Nums:
        return nums[passing(where, view.store, nums) | among(nums, tried)] if len(nums) else nums

    def seen(nums: Nums) -> Mask:
        return view.store.visible(nums, now) | among(nums, tried)

    told = admitted(_told(archive, view, num, seen))
    found = _found(view, archive.encoder, num, admitted)
    if len(told):
        spoken = languages_in(view.store)
        found = np.concatenate([told, found[~np.isin(spoken(found), spoken(told))]])
        found = found[np.lexsort((-found, -view.store.column("published")[found]))]
    nums: list[int] = found.tolist()
    return nums


def _told(archive: Archive, view: View, num: int, seen: Seen) -> Nums:
    """Return what stories say its translations are."""
    store = view.store
    nums = archive.translations.of(view).of(num, languages_in(store), seen)
    return np.array([each for each in nums if each in store], np.int64)


def _found(view: View, encoder: str, num: int, admitted: Callable[[Nums], Nums]) -> Nums:
    """Return what tells the same by all that any language says alike, newest first."""
    store = view.store
    none = np.zeros(0, np.int64)
    if view.hybrid is None:
        return none
    day, languages = int(store.column("published")[num]), store.column("language")
    own = int(languages[num])
    spoken = read_one_as(own)

    def foreign(nums: Nums) -> Mask:
        other = languages[nums] != own  # most have the story's own code
        if other.any():
            other[other] = read_as(languages[nums[other]]) != spoken
        return np.asarray(other)

    near = admitted(store.between(day - WINDOW, day + WINDOW, foreign))[:MOST]
    if not len(near):
        return none
    pool = Pool(store.item(num), near, store, view.hybrid, encoder=encoder)
    return np.asarray(pool.nums[np.flatnonzero(translated(pool))], np.int64)
