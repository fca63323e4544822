"""How much of the exact answers is among others. Knows no server."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from index.base import Hits


def measured(found: Sequence[Hits], exact: Sequence[Hits]) -> float:
    """Return the part (0 to 1) of the exact answers that was found; 1 where there are none."""
    wanted = sum(map(len, exact))
    shared = sum(len(np.intersect1d(some.ids, best.ids)) for some, best in zip(found, exact, strict=True))
    return shared / wanted if wanted else 1.0
