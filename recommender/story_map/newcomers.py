"""Where stories lie that came or changed since a picture was made: among the nearest on it. Keeps nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from index.filters import Field
from recommender.archive.view import View, eligible
from recommender.story_map.layout import Layout

NEAREST = 5  # stories of the picture among which a new one is put
_ASKED, _MORE = 4 * NEAREST, 4  # stories that are searched first, and times as many each time that is too few

Place = tuple[NDArray[np.float32], int]
"""Where a story lies, and in which cluster."""


def places(view: View, layout: Layout, nums: NDArray[np.int64], now: int) -> dict[int, Place]:
    """Return the place of each story that has one: none has while nothing of the picture may be seen."""
    found: dict[int, Place] = {}
    if view.hybrid is None or view.index is None or not len(layout.nums):
        return found
    # Nums are given in turn: of a burst of like stories, none of which is on the picture, none is searched.
    where = eligible(now) & (Field("num") <= int(layout.nums[-1]))
    left, asked = nums, _ASKED
    while len(left):
        is_all = asked >= len(view.index)
        hits = view.index.search(view.hybrid.vectors(view.store, left), asked, where)
        ready = np.zeros(len(left), np.bool_)
        for place, near in enumerate(hits):
            others = near.ids[np.isin(near.ids, layout.nums) & (near.ids != left[place])]
            at = np.searchsorted(layout.nums, others[:NEAREST])
            ready[place] = is_all or len(at) == NEAREST
            if ready[place] and len(at):
                found[int(left[place])] = _middle(layout, at)
        left, asked = left[~ready], asked * _MORE
    return found


def _middle(layout: Layout, at: NDArray[np.int64]) -> Place:
    kinds, counts = np.unique(layout.clusters[at], return_counts=True)
    return layout.places[at].mean(0), int(kinds[np.argmax(counts)])
