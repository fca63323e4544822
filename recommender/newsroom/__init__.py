"""The publish-time workflow: stories come, change and go; the blocks of older stories follow."""

import warnings

from recommender.newsroom.events import (
    Backlog,
    BlockChange,
    Edited,
    EditorAct,
    EditorDecisions,
    EditorEvent,
    Exposure,
    PlannedAct,
    Published,
    Purge,
)
from recommender.newsroom.inspection import InspectedBlock, RefusedStory
from recommender.newsroom.newsroom import Newsroom
from recommender.newsroom.rebuild import Rebuild, RebuildReport
from recommender.newsroom.standing_changes import Keep
from recommender.newsroom.thread_records import Report, Thread, ThreadState
from recommender.newsroom.worker import Worker

__all__ = [
    "Backlog",
    "BlockChange",
    "Edited",
    "EditorAct",
    "EditorDecisions",
    "EditorEvent",
    "Exposure",
    "InspectedBlock",
    "Keep",
    "Newsroom",
    "PlannedAct",
    "Published",
    "Purge",
    "Rebuild",
    "RebuildReport",
    "RefusedStory",
    "Report",
    "Thread",
    "ThreadState",
    "Worker",
]

_RENAMED: dict[str, type] = {
    "Act": EditorAct,
    "ArchivePass": Rebuild,
    "Event": EditorEvent,
    "Hand": EditorDecisions,
    "PassReport": RebuildReport,
}


def __getattr__(name: str) -> type:
    """Return what had another name in an earlier version."""
    found = _RENAMED.get(name)
    if found is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    warnings.warn(f"{__name__}.{name} is {found.__name__} now", DeprecationWarning, stacklevel=2)
    return found
