"""Related stories for a news page: the links an editor would have set, kept fresh.

What is offered here is imported when it is first asked for: a program that only starts need not wait for it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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

_HOMES = {
    "Block": "engine.block",
    "Image": "story.story",
    "Link": "story.story",
    "Recommender": "library",
    "RelatedError": "errors",
    "Settings": "settings",
    "Slot": "engine.block",
    "Status": "story.story",
    "Story": "story.story",
    "StoryError": "errors",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
