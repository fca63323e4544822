"""The publish-time workflow: stories come, change and go; the blocks of older stories follow."""

from recommender.newsroom.newsroom import Newsroom
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

__all__ = ["Act", "BlockChange", "Edited", "Event", "Exposure", "Hand", "Newsroom", "Published", "Purge"]
