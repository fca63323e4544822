"""The publish-time workflow: stories come, change and go; the blocks of older stories follow."""

from recommender.newsroom.events import (
    BlockChange,
    Edited,
    EditorAct,
    EditorDecisions,
    EditorEvent,
    Exposure,
    Published,
    Purge,
)
from recommender.newsroom.newsroom import Keep, Newsroom
from recommender.newsroom.rebuild import Rebuild, RebuildReport
from recommender.newsroom.worker import Worker

__all__ = [
    "BlockChange",
    "Edited",
    "EditorAct",
    "EditorDecisions",
    "EditorEvent",
    "Exposure",
    "Keep",
    "Newsroom",
    "Published",
    "Purge",
    "Rebuild",
    "RebuildReport",
    "Worker",
]
