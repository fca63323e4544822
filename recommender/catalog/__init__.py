"""Stories, vectors, links and settings in SQL: the truth from which all else is derived."""

from recommender.catalog.catalog import Catalog
from recommender.catalog.records import (
    LINK_KINDS,
    Change,
    Entry,
    LinkKind,
    LinkReport,
    Links,
    Model,
    NewLink,
    Op,
    Outcome,
    Row,
    Statistics,
    Vectors,
)
from recommender.catalog.urls import normal_url

__all__ = [
    "LINK_KINDS",
    "Catalog",
    "Change",
    "Entry",
    "LinkKind",
    "LinkReport",
    "Links",
    "Model",
    "NewLink",
    "Op",
    "Outcome",
    "Row",
    "Statistics",
    "Vectors",
    "normal_url",
]
