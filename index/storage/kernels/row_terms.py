"""Terms of many rows that are among a few others: found, weighed, summed. Knows no stories and no weights.

A block compares the terms of some hundred stories with those of one: some hundred thousand, of which a few
thousand are shared. The loops are compiled when the package is installed; where that was not possible, numpy
does the same, slower.
"""

from __future__ import annotations

from index.storage.kernels.plain_matching import looked_up, matched
from index.storage.kernels.sources import require

try:
    require("compiled", "matching")
    from index.storage.kernels.matching import (
        met,
        run_hashes,
        runs_held,
        shared_sums,
        shared_terms,
        span_sums,
        windows,
    )
except ImportError:  # or they are of other sources, or could not be compiled where this was installed
    from index.storage.kernels.plain_matching import (
        met,
        run_hashes,
        runs_held,
        shared_sums,
        shared_terms,
        span_sums,
        windows,
    )

__all__ = [
    "looked_up",
    "matched",
    "met",
    "run_hashes",
    "runs_held",
    "shared_sums",
    "shared_terms",
    "span_sums",
    "windows",
]
