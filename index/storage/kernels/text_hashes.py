"""Texts as numbers, many at once, and how often each is there. Knows no stories and no language.

The loops are compiled when the package is installed; where that was not possible, Python does the same.
"""

from __future__ import annotations

import os

from index.storage.kernels import CHOICE

try:
    if os.environ.get(CHOICE) == "numpy":
        raise ImportError(f"{CHOICE} asks for numpy")
    from index.storage.kernels.hashing import count_in, counted, hashes, pair_hashes
except ImportError:  # or they could not be compiled where this was installed
    from index.storage.kernels.plain_hashing import count_in, counted, hashes, pair_hashes

__all__ = ["count_in", "counted", "hashes", "pair_hashes"]
