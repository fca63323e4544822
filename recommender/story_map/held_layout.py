"""A picture on disk as this process holds it, and which of its stories have changed since. Places none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from recommender.catalog import Catalog, Op
from recommender.story_map.layout import Layout
from recommender.story_map.newcomers import Place

Nums = NDArray[np.int64]


@dataclass(slots=True, eq=False)
class HeldLayout:
    """The picture on disk, when it was written, and where stories lie that came or changed since.

    `changed` are those on it that have changed since, as far as the change `seq`.
    """

    written: float
    layout: Layout
    added: dict[int, Place]
    seq: int
    changed: Nums

    @classmethod
    def of(cls, layout: Layout, written: float = 0.0) -> Self:
        """Return what is known of a picture that was just read or made."""
        return cls(written, layout, {}, layout.seq, layout.nums[:0])

    def follow(self, catalog: Catalog, seq: int) -> None:
        """Forget the places of what has changed until the change `seq`."""
        if seq <= self.seq:
            return
        each = [one.num for one in catalog.changes(self.seq) if one.op is Op.PUT and one.seq <= seq]
        self.seq = seq
        for num in each:
            self.added.pop(num, None)
        nums = np.union1d(self.changed, np.array(each, np.int64))
        self.changed = nums[np.isin(nums, self.layout.nums)]
