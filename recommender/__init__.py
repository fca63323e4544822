"""Related stories for a news page: the links an editor would have set, kept fresh."""

from recommender.engine.block import Block, Slot
from recommender.errors import RelatedError, StoryError
from recommender.library import Recommender
from recommender.settings import Settings
from recommender.story.story import Image, Link, Status, Story

__all__ = [
    "Block",
    "Image",
    "Link",
    "Recommender",
    "RelatedError",
    "Settings",
    "Slot",
    "Status",
    "Story",
    "StoryError",
]
