"""The publish-time workflow: stories come, change and go; the blocks of older stories follow."""

from recommender.newsroom.archive_pass import ArchivePass, PassReport
from recommender.newsroom.newsroom import Keep, Newsroom
from recommender.newsroom.records import (
    Act,
    BlockChange,
    Edited,
    Event,
    Exposure,
    Hand,
    Published,
    Purge,
)
from recommender.newsroom.worker import Worker

__all__ = [
    "Act",
    "ArchivePass",
    "BlockChange",
    "Edited",
    "Event",
    "Exposure",
    "Hand",
    "Keep",
    "Newsroom",
    "PassReport",
    "Published",
    "Purge",
    "Worker",
]
