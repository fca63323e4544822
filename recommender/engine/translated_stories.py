"""The stories that tell in other languages what one story tells. Knows no scores and no editor."""

from __future__ import annotations

import numpy as np

from index.filters import Filter
from recommender.archive.view import View
from recommender.engine.search_scope import passing
from recommender.features.language_groups import read_as
from recommender.ranking.pool import Pool
from recommender.ranking.translations import WINDOW, translated

MOST = 2_000
"""Stories of other languages in the days around that are looked at: an agency's."""


def translations_of(view: View, encoder: str, num: int, where: Filter) -> list[int]:
    """Return the nums of a story's translations, newest first.

    Where the days around have one language, no story is looked at.

    Parameters
    ----------
    view : View
    encoder : str
        Which model made the vectors.
    num : int
        The story's.
    where : Filter
        Which may be among them.
    """
    store = view.store
    if view.hybrid is None or num not in store:
        return []
    day, languages = int(store.column("published")[num]), store.column("language")
    first, end = store.count_before(np.array([day - WINDOW, day + WINDOW + 1])).tolist()
    near = store.recent(day + WINDOW, end - first)
    near = near[read_as(languages[near]) != read_as(languages[[num]])]
    near = near[passing(where, store, near)][:MOST] if len(near) else near
    if not len(near):
        return []
    pool = Pool(store.item(num), near, store, view.hybrid, encoder=encoder)
    found: list[int] = pool.nums[np.flatnonzero(translated(pool))].tolist()
    return found
