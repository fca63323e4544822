"""Stories, vectors, links and settings in SQL: the truth from which all else is derived."""

from recommender.catalog.catalog import Catalog
from recommender.catalog.records import (
    LINK_KINDS,
    Change,
    LinkKind,
    Links,
    Model,
    Op,
    Outcome,
    Row,
    Statistics,
    StoryEntry,
    Vectors,
)
from recommender.story.addresses import normal_url

__all__ = [
    "LINK_KINDS",
    "Catalog",
    "Change",
    "LinkKind",
    "Links",
    "Model",
    "Op",
    "Outcome",
    "Row",
    "Statistics",
    "StoryEntry",
    "Vectors",
    "normal_url",
]
