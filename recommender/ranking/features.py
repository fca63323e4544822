"""All that is known of a candidate, by name. Knows no weights.

A new feature is one function from a `Pool` to (n,) float32, named in `FEATURES`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from recommender.ranking import form, linkage, text, timing
from recommender.ranking.pool import Pool

Floats = NDArray[np.float32]
Feature = Callable[[Pool], Floats]

TEXT: tuple[Feature, ...] = (
    text.words,
    text.bigrams,
    text.headline_in_story,
    text.names,
    text.dense,
    text.passage,
    text.chunk_to_headline,
    text.tags,
)
TIME: tuple[Feature, ...] = (timing.gap, timing.fresh, timing.between)
FORM: tuple[Feature, ...] = (
    form.same_template,
    form.same_series,
    form.same_author,
    form.same_kind,
    form.opinion,
    form.live,
)
LINKS: tuple[Feature, ...] = (
    linkage.neighbour_links,
    linkage.author_links,
    linkage.in_links,
    linkage.recent_links,
    linkage.gap_prior,
    linkage.early_recency,
)

HAND_SET: tuple[Feature, ...] = (text.plain_dense, timing.recency)
"""Features of the hand-set sum alone, which learned weights have to beat in its own form."""

FEATURES: Mapping[str, Feature] = MappingProxyType(
    {feature.__name__: feature for feature in (*TEXT, *TIME, *FORM, *LINKS, *HAND_SET)}
)
"""Every feature by its name."""

LEARNED = tuple(feature.__name__ for feature in (*TEXT, *TIME, *FORM, *LINKS))
"""Names of the features that weights are learned for, in their order."""

RELATIVE = frozenset(feature.__name__ for feature in TEXT)
"""Features that count by their share of the pool's largest value: what is near differs between archives."""


def matrix(pool: Pool, names: Iterable[str] = LEARNED) -> Floats:
    """Return the named features of all candidates, (n, len(names)) float32."""
    return np.stack([FEATURES[name](pool) for name in names], axis=1)
