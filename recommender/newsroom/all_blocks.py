"""All blocks of an archive at once: made by a pass, read in turn. A part of `Newsroom`."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from recommender.archive.archive import Archive
from recommender.catalog.block_records import BlockRow
from recommender.catalog.blocks import Blocks
from recommender.engine.block import Block
from recommender.newsroom.answer_context import AnswerContext
from recommender.newsroom.block_builder import BlockBuilder, is_due, targets_of
from recommender.newsroom.catalog_cache import CatalogCache
from recommender.newsroom.invalidation import Invalidator
from recommender.newsroom.layout import CachedStory
from recommender.newsroom.rebuild import Rebuild, alone
from recommender.newsroom.rebuild_batches import BatchBuilder, MadeBlocks
from recommender.newsroom.refresh import Refresher
from recommender.settings import Settings

READ = 128  # blocks that are read at once


class AllBlocks(ABC):
    """What is done to all blocks: a part of `Newsroom`."""

    archive: Archive
    settings: Settings
    _cache: CatalogCache
    _builder: BlockBuilder
    _maker: BatchBuilder
    _invalidator: Invalidator
    _refresher: Refresher
    _blocks: Blocks

    @abstractmethod
    def _context(self, *, preview: bool = False) -> AnswerContext:
        """Return the present moment, with all that was committed before it."""

    @contextmanager
    def archive_pass(self, ids: Iterable[str] | None = None) -> Iterator[Rebuild]:
        """Make ready to make all blocks that are not fresh, or those of some stories; see `Rebuild.run`.

        Raises
        ------
        ArchiveBusyError
            When another process does that for this archive.
        NotFoundError
            When one of the stories is not held.
        """
        context = self._context()
        only = None if ids is None else [context.known(id).num for id in dict.fromkeys(ids)]
        with alone(self.archive):
            yield Rebuild(
                self.archive,
                self._cache,
                self._builder,
                self._maker,
                self._invalidator,
                self._refresher,
                self._blocks,
                self._context,
                only,
            )

    def made(self, nums: Sequence[int]) -> MadeBlocks:
        """Make some blocks and store none of them: what the helpers of `archive_pass` do."""
        return self._maker.make(nums)

    def blocks(self) -> Iterator[Block]:
        """Yield the block of every story that readers may see, each as `Newsroom.block` would return it now.

        Those that are stored cost no more than reading them: run `archive_pass` before.
        """
        public = self._blocks.public_nums(self._context().now)
        for start in range(0, len(public), READ):
            context, stories, _ = self._read(public[start : start + READ].tolist())
            for known in stories:
                if known.standing.public(context.now):
                    yield self._builder.serve(known, self.settings.slots, context)

    def recall(self, most: int, seconds: float) -> int:
        """Read the stored blocks of the latest stories, so that `peek` finds them; return how many.

        Parameters
        ----------
        most : int
            Stories that are looked at.
        seconds : float
            How long it may take.
        """
        ends, found = time.monotonic() + seconds, 0
        latest = self._blocks.public_nums(self._context().now)[::-1][:most]
        for start in range(0, len(latest), READ):
            context, stories, stored = self._read(latest[start : start + READ].tolist())
            for known in stories:
                if time.monotonic() > ends:
                    return found
                row = stored.get(known.num)
                if row is not None and known.standing.public(context.now) and not is_due(row, context.now):
                    self._builder.serve(known, self.settings.slots, context)
                    found += 1
        return found

    def _read(self, nums: Sequence[int]) -> tuple[AnswerContext, list[CachedStory], dict[int, BlockRow]]:
        """Read stories, what their blocks are put together from, and what blocks are stored, at once."""
        context = self._context()
        stories = self._cache.stories(nums)
        rows = self._cache.blocks(stories)
        self._cache.decisions_by_num(stories)
        own = {known.story.id for known in stories.values()}
        self._cache.expect(own | {id for row in rows.values() for id in targets_of(row.slots)})
        return context, list(stories.values()), rows
