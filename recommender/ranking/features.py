"""All that is known of a candidate, by name. Knows no weights.

A new feature is one function from a `Pool` to (n,) float32, named in `FEATURES`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from recommender.ranking import column_links, form_features, link_features, text_features, time_features
from recommender.ranking.pool import Pool

Floats = NDArray[np.float32]
Feature = Callable[[Pool], Floats]

TEXT: tuple[Feature, ...] = (
    text_features.rarest_pairs,
    text_features.rarest_in_window,
    text_features.headline_said,
    text_features.window_words,
    text_features.headline_in_window,
    text_features.names,
    text_features.passage,
    text_features.chunk_to_headline,
    text_features.tags,
)
TIME: tuple[Feature, ...] = (time_features.between,)
FORM: tuple[Feature, ...] = (
    form_features.same_template,
    form_features.same_series,
    form_features.same_author,
    form_features.same_kind,
    form_features.opinion,
    form_features.live,
)
LINKS: tuple[Feature, ...] = (
    link_features.neighbour_links,
    link_features.author_links,
    link_features.in_links,
    link_features.recent_links,
    link_features.gap_prior,
    link_features.fading_recency,
    column_links.since_instalment,
)

HAND_SET: tuple[Feature, ...] = (
    text_features.words,
    text_features.bigrams,
    text_features.headline_in_story,
    text_features.plain_dense,
    time_features.recency,
)
"""Features of the hand-set sum alone, which learned weights have to beat in its own form."""

ASKED: tuple[Feature, ...] = (text_features.said, text_features.passage_to_text)
"""Features for texts that are asked about; a story says all that it says, and nothing follows."""

SUPERSEDED: tuple[Feature, ...] = (
    text_features.rarest_shared,
    text_features.dense,
    time_features.gap,
    time_features.fresh,
    link_features.early_recency,
)
"""Features that weigh nothing beside the others; archives tuned before have weights for them."""

FEATURES: Mapping[str, Feature] = MappingProxyType(
    {feature.__name__: feature for feature in (*TEXT, *TIME, *FORM, *LINKS, *HAND_SET, *ASKED, *SUPERSEDED)}
)
"""Every feature by its name."""

LEARNED = tuple(feature.__name__ for feature in (*TEXT, *TIME, *FORM, *LINKS))
"""Names of the features that weights are learned for, in their order."""

RELATIVE = frozenset(feature.__name__ for feature in TEXT)
"""Features that count by how far they stand out of the pool: what is near differs between archives."""


def matrix(pool: Pool, names: Iterable[str] = LEARNED, unasked: Collection[str] = ()) -> Floats:
    """Return the named features of all candidates, (n, len(names)) float32; 0 for those ``unasked``."""
    nothing = np.zeros(len(pool), np.float32)
    return np.stack([nothing if name in unasked else FEATURES[name](pool) for name in names], axis=1)
