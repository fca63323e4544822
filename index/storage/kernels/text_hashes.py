"""Texts as numbers, many at once, and how often each is there. Knows no stories and no language.

The loops are compiled when the package is installed; where that was not possible, Python does the same.
"""

from __future__ import annotations

from index.storage.kernels.sources import require

try:
    require("hashing")
    from index.storage.kernels.hashing import count_in, counted, hashes, pair_hashes
except ImportError:  # or they are of other sources, or could not be compiled where this was installed
    from index.storage.kernels.plain_hashing import count_in, counted, hashes, pair_hashes

__all__ = ["count_in", "counted", "hashes", "pair_hashes"]
