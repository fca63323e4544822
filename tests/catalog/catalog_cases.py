"""Stories and vectors for the tests of the catalog, small and told apart at a glance."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from recommender.catalog import Catalog, Model, StoryEntry, Vectors
from recommender.story.story import Image, Link, Status, Story

DIMENSION = 4
MODEL = Model(hash="a" * 64, name="tiny", dimension=DIMENSION, runtime="none", provenance={"made": "by hand"})
MAY = datetime(2024, 5, 1, 12, tzinfo=UTC)
NOW = MAY.timestamp()


def a_story(story_id: str, *, day: int = 0, updated: int | None = None, **fields: Any) -> Story:
    """Return a story published `day` days after the first of May 2024, and updated so many days after it."""
    published = MAY + timedelta(days=day)
    changed = None if updated is None else MAY + timedelta(days=updated)
    fields = {"headline": f"Headline of {story_id}"} | fields
    return Story(id=story_id, published=published, updated=changed, **fields)


def some_vectors(seed: int, rows: int = 2) -> Vectors:
    """Return vectors, float16 (rows, 4), that differ between seeds."""
    return np.random.default_rng(seed).standard_normal((rows, DIMENSION)).astype(np.float16)


def add(catalog: Catalog, *stories: Story, now: float = NOW) -> list[str]:
    """Write stories without vectors and return the outcomes."""
    return [outcome.value for outcome in catalog.write([StoryEntry(story) for story in stories], now)]


# A story with something in every field; `schema_1.sql` holds it too.
FULL = a_story(
    "full",
    updated=2,
    url="https://news.example/full",
    deck="A deck with “quotes” and 日本語",
    body="One.\n\nTwo.",
    language="en",
    section="World",
    tags=("a", "b"),
    authors=("A. Writer",),
    kind="explainer",
    image=Image(url="https://news.example/i.jpg", caption="Caption"),
    status=Status.EMBARGOED,
    embargo_until=MAY + timedelta(hours=5, microseconds=7),
    expires=MAY + timedelta(days=400),
    successor="next",
    canonical_url="https://wire.example/full",
    links=(Link(target="other", anchor="there"),),
    sensitive=True,
    never_link_to=True,
    extra={"nested": {"list": [1, 2.5, None, "x"]}},
)
