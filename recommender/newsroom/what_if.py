"""The block of a story as it would be under other settings. Writes nothing and keeps no answer."""

from __future__ import annotations

from recommender.engine.block import Block
from recommender.newsroom.block_builder import BlockBuilder
from recommender.newsroom.block_cache import BlockCache
from recommender.newsroom.state import NewsroomState
from recommender.settings import Settings


class WhatIf:
    """Tries settings on the blocks of one archive."""

    def __init__(self, state: NewsroomState) -> None:
        self._state = state

    def block(self, source: str, settings: Settings) -> Block:
        """Return the block of a story under some settings, with what editors decided, past the link policy.

        It costs a question of the engine, whatever is stored. Raises `NotFoundError` where there is no such
        story.
        """
        self._state.archive.catch_up()
        tried = self._state.under(settings)
        builder, context = BlockBuilder(tried), tried.context(preview=True)
        known = context.known(source)
        if known.standing.gone(context.now):
            return builder.empty(known)
        row = builder.make(known, context)
        return BlockCache(tried, builder).compose(known, row, settings.slots, context)
