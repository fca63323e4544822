"""All blocks of an archive at once: made by a pass, read in turn."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from recommender.catalog.block_records import BlockRow
from recommender.engine.block import Block
from recommender.newsroom.answer_context import AnswerContext
from recommender.newsroom.block_builder import BlockBuilder, targets_of
from recommender.newsroom.block_cache import BlockCache
from recommender.newsroom.block_due import is_due
from recommender.newsroom.layout import CachedStory
from recommender.newsroom.rebuild import Rebuild, alone
from recommender.newsroom.rebuild_batches import BatchBuilder, MadeBlocks
from recommender.newsroom.refresh import Refresher
from recommender.newsroom.stale_blocks import Invalidator
from recommender.newsroom.state import NewsroomState
from recommender.story.story import Story

READ = 128  # blocks that are read at once


class AllBlocks:
    """What is done to all blocks."""

    def __init__(
        self,
        state: NewsroomState,
        builder: BlockBuilder,
        block_cache: BlockCache,
        invalidator: Invalidator,
        refresher: Refresher,
    ) -> None:
        self._state, self._builder, self._block_cache = state, builder, block_cache
        self._invalidator, self._refresher = invalidator, refresher
        self._maker = BatchBuilder(state, builder)

    @contextmanager
    def archive_pass(self, ids: Iterable[str] | None) -> Iterator[Rebuild]:
        """Make ready to make all blocks that are not fresh, or those of some stories."""
        context = self._state.context()
        only = None if ids is None else [context.known(id).num for id in dict.fromkeys(ids)]
        with alone(self._state.archive):
            yield Rebuild(self._state, self._builder, self._maker, self._invalidator, self._refresher, only)

    def made(self, nums: Sequence[int]) -> MadeBlocks:
        """Make some blocks and store none of them."""
        return self._maker.make(nums)

    def blocks(self) -> Iterator[Block]:
        """Yield the block of every story that readers may see, as `BlockCache.serve` would return it now."""
        public = self._state.blocks.public_nums(self._state.context().now).tolist()
        return (block for _, block in self.story_blocks(public))

    def public_nums(self) -> list[int]:
        """Return the nums of the stories that readers may see, the newest first."""
        return self._state.blocks.newest_public(self._state.context().now)

    def story_blocks(self, nums: Sequence[int], k: int | None = None) -> Iterator[tuple[Story, Block]]:
        """Yield stories and their blocks, as `BlockCache.serve` would return them; none that is hidden."""
        slots = self._state.slots(k)
        for start in range(0, len(nums), READ):
            some = nums[start : start + READ]
            context, stories, _ = self._read(some)
            for known in (stories[num] for num in some if num in stories):
                if known.standing.public(context.now):
                    yield known.story, self._block_cache.serve(known, slots, context)

    def recall(self, most: int, seconds: float) -> int:
        """Read the stored blocks of the `most` latest stories, so that they are at hand; return how many."""
        ends, found = time.monotonic() + seconds, 0
        latest = self._state.blocks.public_nums(self._state.context().now)[::-1][:most]
        for start in range(0, len(latest), READ):
            context, stories, stored = self._read(latest[start : start + READ].tolist())
            for known in stories.values():
                if time.monotonic() > ends:
                    return found
                row = stored.get(known.num)
                if row is not None and known.standing.public(context.now) and not is_due(row, context.now):
                    self._block_cache.serve(known, self._state.settings.slots, context)
                    found += 1
        return found

    def _read(self, nums: Sequence[int]) -> tuple[AnswerContext, dict[int, CachedStory], dict[int, BlockRow]]:
        """Read stories, what their blocks are put together from, and what blocks are stored, at once."""
        context = self._state.context()
        stories = self._state.cache.stories(nums)
        rows = self._state.cache.blocks(stories)
        self._state.cache.decisions_by_num(stories)
        own = {known.story.id for known in stories.values()}
        self._state.cache.expect(own | {id for row in rows.values() for id in targets_of(row.slots)})
        return context, stories, rows
