"""The columns that an index of stories has, taken from the feature store."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from recommender.features.feature_store import Store

FIELDS = (
    "published",
    "visible_from",
    "visible_until",
    "language",
    "section",
    "kind",
    "linkable",
    "pictured",
    "num",
)


def columns_of(store: Store, nums: NDArray[np.int64]) -> dict[str, NDArray[np.int64]]:
    """Return the columns (n,) of stories of the store."""
    return {name: store.field(name, nums).astype(np.int64) for name in FIELDS}
