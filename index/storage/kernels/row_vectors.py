"""Products of vectors that lie anywhere in a file with a few others. Knows no stories and no index.

A question compares the vectors of some hundred stories with some ten of its own. Copied and widened first
they are a megabyte, which is written and read again by each step; in C each row is read once. The loops are
compiled when the package is installed; where that was not possible, numpy does the same, slower.
"""

from __future__ import annotations

from index.storage.kernels.sources import require

try:
    require("compiled", "vectors")
    from index.storage.kernels.vectors import byte_scores, row_products, row_scores
except ImportError:  # or they are of other sources, or could not be compiled where this was installed
    from index.storage.kernels.plain_vectors import byte_scores, row_products, row_scores

__all__ = ["byte_scores", "row_products", "row_scores"]
