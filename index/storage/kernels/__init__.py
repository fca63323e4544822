"""Runs of values in one array, many at once: copied, weighed, summed. Knows no stories and no weights.

A block reads some hundred thousand values of some hundred stories. numpy needs an array of positions as long
as the values for that, and one more pass for each step; a few loops in C need neither. They are compiled when
the package is installed; where that was not possible, numpy does the same, slower.

Run ``i`` of values is ``values[offsets[i]:offsets[i + 1]]``; where they lie in files it is
``values[starts[i]:ends[i]]``: then the values are `Parts`, and nothing is copied.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from index.storage.kernels.sources import CHOICE, require
from index.storage.parts import Parts

try:
    require("compiled")
    from index.storage.kernels.compiled import (
        copy_runs,
        counts_below,
        floats,
        list_ends,
        members,
        read_runs,
        row_lengths,
        row_sums,
    )

    COMPILED = True
except ImportError:  # or they are of other sources, or could not be compiled where this was installed
    from index.storage.kernels.plain import (
        copy_runs,
        counts_below,
        floats,
        list_ends,
        members,
        read_runs,
        row_lengths,
        row_sums,
    )

    COMPILED = False

__all__ = [
    "CHOICE",
    "COMPILED",
    "copy_runs",
    "counts_below",
    "floats",
    "list_ends",
    "members",
    "read_runs",
    "row_lengths",
    "row_sums",
    "taken",
]


def taken(
    values: Parts, starts: NDArray[np.int64], lengths: NDArray[np.int64]
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return runs of values (n of them), one after the other, and their offsets (n + 1,)."""
    offsets = np.zeros(len(starts) + 1, np.int64)
    lengths.cumsum(out=offsets[1:])
    out = np.empty((int(offsets[-1]), *values.shape), values.dtype)
    copy_runs(values, starts, lengths, offsets[:-1], out)
    return out, offsets
