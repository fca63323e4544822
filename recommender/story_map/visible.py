"""Which stories readers may see, found anew only when one has changed, airs or ends. Knows no texts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.archive.view import View, eligible
from recommender.engine.search_scope import passing
from recommender.features.feature_store import Store

Nums = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """Stories of a store as of one change, from one moment on until another (epoch seconds)."""

    store: Store
    seq: int
    since: int
    until: float
    nums: Nums


class Visible:
    """The stories that may be shown now. Threads that share it take turns."""

    def __init__(self) -> None:
        self._found: _Found | None = None

    def at(self, view: View, now: int) -> Nums:
        """Return the stories that may be shown at `now`, ascending: the same object while nothing changes."""
        found, seq = self._found, view.seq  # what is read after it is at least as new
        if (
            found is None
            or (found.store, found.seq) != (view.store, seq)
            or not found.since <= now < found.until
        ):
            all_ = view.store.nums
            times = np.concatenate(
                [view.store.field(name, all_) for name in ("visible_from", "visible_until")]
            )
            later = times[times > now]
            until = float(later.min()) if len(later) else np.inf
            nums = all_[passing(eligible(now), view.store, all_)]
            found = self._found = _Found(view.store, seq, now, until, nums)
        return found.nums
