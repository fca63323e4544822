"""When pgvector's HNSW is faster than a scan, by what both cost. Knows no server.

HNSW filters what it has found: where few rows pass, it walks through most of them, and a scan that reads the
filter's columns first is both faster and exact.
"""

from __future__ import annotations

FETCHED = (
    2  # times k: in relaxed order what comes first is not all of the best; .95 of the nearest 200 becomes .98
)
# Microseconds on one core at 384 dimensions, measured once. Only how they compare counts.
_FOUND, _PASSED_OVER = 40.0, 15.0
_READ, _SCORED = 0.25, 1.0


def is_listed_faster(rows: int, passing: int, k: int) -> bool:
    """Return whether HNSW finds the ``k`` nearest of ``passing`` among ``rows`` faster than a scan does."""
    if not rows or not passing:
        return False
    walked = FETCHED * k * (_FOUND + _PASSED_OVER * rows / passing)
    return walked < rows * _READ + passing * _SCORED
