"""What a call changed, told once more to a caller that sends it again: its answer may have been lost.

Each call has a name under which what it changed is kept. Knows the names, and not what the calls do.
"""

from __future__ import annotations

from dataclasses import replace

from recommender.catalog.block_tables import flat
from recommender.catalog.overrides import StandingFields, encoded
from recommender.newsroom.answer_context import AnswerContext
from recommender.newsroom.block_builder import BlockBuilder
from recommender.newsroom.events import BlockChange
from recommender.newsroom.stale_blocks import told
from recommender.newsroom.state import NewsroomState
from recommender.story.hashes import content_hash
from recommender.story.story import Story


def of_version(sent: Story) -> str:
    """Return the name of sending a version, as it was sent."""
    return content_hash(sent)


def of_standing(story: Story) -> str:
    """Return the name of a call that made a story stand as it does now."""
    return f"standing {story.id} {encoded(StandingFields.of(story))}"


def of_deletion(id: str, at: int) -> str:
    """Return the name of deleting a story at a time, epoch seconds."""
    return f"deletion {id} {at}"


def of_act(num: int) -> str:
    """Return the name of an editor's act."""
    return f"act {num}"


class RepeatedCalls:
    """What was told, as it stands now."""

    def __init__(self, state: NewsroomState, builder: BlockBuilder) -> None:
        self._blocks, self._cache, self._builder = state.blocks, state.cache, builder

    def of(self, cause: str, context: AnswerContext) -> tuple[BlockChange, ...]:
        """Return what the call `cause` changed, one change a page, each with what its page links to now."""
        return tuple(self._as_shown(change, context.for_readers) for change in told(self._blocks.told(cause)))

    def _as_shown(self, change: BlockChange, context: AnswerContext) -> BlockChange:
        known = context.find(change.source)
        row = self._cache.block(known.num) if known else None
        if known is None or row is None:
            return replace(change, after=())
        links = self._builder.links(known, row, context)
        return replace(change, after=flat(links, self._builder.named(known, row, context)))
