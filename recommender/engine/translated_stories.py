"""The stories that tell in other languages what one story tells. Knows no scores and no editor."""

from __future__ import annotations

import numpy as np

from index.filters import Field
from recommender.archive.archive import Archive
from recommender.archive.view import eligible
from recommender.engine.search_scope import passing
from recommender.ranking.pool import Pool
from recommender.ranking.translations import WINDOW, translated

MOST = 2_000
"""Stories of the days around that are looked at: an agency's."""


def translations_of(archive: Archive, num: int, now: int) -> list[int]:
    """Return the nums of a story's translations that readers may see, newest first.

    Parameters
    ----------
    archive : Archive
    num : int
        The story's.
    now : int
        Epoch seconds.
    """
    view = archive.catch_up()
    store = view.store
    if view.hybrid is None or num not in store:
        return []
    source, day = store.item(num), int(store.column("published")[num])
    where = eligible(now) & (Field("published") >= day - WINDOW)
    near = store.recent(day + WINDOW, MOST, lambda nums: passing(where, store, nums))
    pool = Pool(source, near[near != num], store, view.hybrid, encoder=archive.encoder)
    found: list[int] = pool.nums[np.flatnonzero(translated(pool))].tolist() if len(pool) else []
    return found
