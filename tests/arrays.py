"""Stories as arrays, small and made on the spot, for tests of the store and of ranking."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np

from recommender.analysis.encoded import Encoded
from recommender.analysis.words import encode
from recommender.embedding import story_units
from recommender.features.feature_store import Store
from recommender.story.story import Story
from tests.fakes import HashEmbedder

START = datetime(2024, 1, 1, tzinfo=UTC)
EMBEDDER = HashEmbedder(32)

TOPICS = (
    "river flood rain bridge water rescue village mayor dam warning storm damage levee evacuation",
    "election vote ballot party parliament minister campaign poll coalition speech candidate debate count",
    "football match goal league coach striker penalty season stadium derby cup transfer injury",
    "bank interest rate inflation market bond currency loan deposit budget economy debt growth",
)
FILLER = "people city country today office report plan group council number question answer"


def story(number: int, topic: int | None = None, **fields: object) -> Story:
    """Return one of an endless row of stories: each has a topic's words, and an hour of its own."""
    generator = np.random.default_rng(number)
    words = TOPICS[(number if topic is None else topic) % len(TOPICS)].split()
    headline = " ".join(generator.choice(words, 4, replace=False)).capitalize()
    body = " ".join(generator.choice(words + FILLER.split(), 60))
    made = Story(id=f"s{number}", headline=headline, body=body, published=START + timedelta(hours=number))
    return replace(made, **fields)  # type: ignore[arg-type]


def encoded(one: Story) -> Encoded:
    """Return a story as arrays, with vectors of the hash embedder."""
    return encode(one, EMBEDDER.encode(story_units(one.headline, one.text, EMBEDDER)))


def store_of(stories: Sequence[Story]) -> Store:
    """Return a store that holds these stories, the first as num 1."""
    store = Store(EMBEDDER.dimension)
    for num, one in enumerate(stories, 1):
        store.put(num, encoded(one))
    return store


def same(left: Encoded, right: Encoded) -> bool:
    """Return whether two encoded stories are equal in every field."""
    return all(_flat(getattr(left, name)) == _flat(getattr(right, name)) for name in Encoded.__slots__)


def _flat(value: object) -> object:
    if isinstance(value, np.ndarray):
        return value.tolist()
    return (value.ids.tolist(), value.counts.tolist()) if hasattr(value, "counts") else value
