"""Which rows a question may find: of all, counted; of a large index about how many, and of some rows which.

To look at a million rows for each question takes as long as to score the sixteen thousand that are near.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from index.base import Ids
from index.faiss.rows import RowsView
from index.filters import Filter, Mask

_SAMPLE = 8192
"""Rows that tell how many pass, where all are several times as many."""
_SAMPLED_FROM = 16 * _SAMPLE
_SURELY = 2
"""Where twice as many seem to pass as are asked for, so many do: of a sample in which 300 do, half of them is
twelve times what chance does."""


@dataclass(frozen=True)
class Passing:
    """The rows of a moment that are alive and pass a filter, if any.

    Parameters
    ----------
    rows : RowsView
    where : Filter, optional
    sampled : bool
        Whether a sample may tell how many pass.
    """

    rows: RowsView
    where: Filter | None
    sampled: bool

    @cached_property
    def mask(self) -> Mask:
        """Which of all rows (n,) pass."""
        return self.rows.passing(self.where)

    @cached_property
    def count(self) -> int:
        """How many pass."""
        return int(np.count_nonzero(self.mask))

    def at(self, slots: Ids | slice) -> Mask:
        """Return which of some rows pass."""
        return self.rows.passing_at(slots, self.where)

    @cached_property
    def _estimate(self) -> int:
        """About how many pass, 0 where that is to be counted."""
        if not self.sampled or len(self.rows.ids) < _SAMPLED_FROM:
            return 0
        step = len(self.rows.ids) // _SAMPLE
        return step * int(np.count_nonzero(self.at(slice(None, None, step))))

    def about(self, few: int) -> int:
        """Return how many pass, about, where these are surely more than ``few``."""
        return self._estimate if self._estimate > _SURELY * few else self.count
