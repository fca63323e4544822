"""Blocks as ``related_content`` of Arc XP, in ANS: references by which Arc finds the stories it holds."""

from __future__ import annotations

from recommender.engine.render import has_page
from recommender.export.story_block import StoryBlock
from recommender.story.story import Story
from recommender.story.timestamps import format_time

_VERSION = "0.10.12"  # of ANS
_STORY = "story"
_ARC = "arc"
# Beside Arc's own stories those of sources in which a newsroom writes the ids itself.
_IDS_OF_ARC = frozenset({_ARC, "", "json", "csv", "parquet"})


def related_content(one: StoryBlock) -> dict[str, object]:
    """Return a story with the stories of its block, those of Arc as references."""
    own = _arc_id(one, one.story)
    return {
        "type": one.origin(one.story).type or _STORY if own else _STORY,
        "version": _VERSION,
        **({"_id": own} if own else {}),
        **({"canonical_url": one.story.url} if one.story.url else {}),
        "related_content": {"basic": [_related(one, slot.story) for slot in one.block.slots]},
    }


def _arc_id(one: StoryBlock, story: Story) -> str:
    """Return what Arc calls a story; of one from another CMS nothing: Arc could not find it."""
    origin = one.origin(story)
    return origin.id or story.id if origin.kind in _IDS_OF_ARC else ""


def _related(one: StoryBlock, story: Story) -> dict[str, object]:
    if id := _arc_id(one, story):
        return {"type": "reference", "referent": {"type": one.origin(story).type or _STORY, "id": id}}
    return {
        "type": _STORY,
        "version": _VERSION,
        "headlines": {"basic": story.headline},
        "display_date": format_time(story.published),
        **({"canonical_url": story.url} if has_page(story) else {}),
    }
