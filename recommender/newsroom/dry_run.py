"""A story as it would be, where the engine can see it and no reader can: for changes that are only tried."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from recommender.analysis.encoded import Encoded
from recommender.analysis.words import encode
from recommender.archive.archive import Archive
from recommender.catalog import Outcome
from recommender.catalog.block_records import BlockRow
from recommender.engine.block import Block
from recommender.engine.requested_filters import AnswerFilter
from recommender.newsroom.answer_context import AnswerContext
from recommender.newsroom.block_builder import BlockBuilder
from recommender.newsroom.block_cache import BlockCache
from recommender.newsroom.events import Published
from recommender.newsroom.layout import CachedStory
from recommender.newsroom.stale_blocks import Invalidator
from recommender.newsroom.state import NewsroomState
from recommender.story.hashes import text_hash
from recommender.story.link_policy import Standing
from recommender.story.story import NEVER, Story

REHEARSAL_SECONDS = 1.0  # an editor waits for a preview; it looks at as many blocks as the settings allow
NOWHERE = -1  # the num of a story that the engine cannot see: nothing is near it


class DryRun:
    """What would follow from a change of a story; everything stays as it is."""

    def __init__(
        self, state: NewsroomState, builder: BlockBuilder, block_cache: BlockCache, invalidator: Invalidator
    ) -> None:
        self._state, self._builder = state, builder
        self._block_cache, self._invalidator = block_cache, invalidator

    def published(self, story: Story, outcome: Outcome, reason: str, k: int | None = None) -> Published:
        """Return what would be told if a story became as it is here."""
        state, builder = self._state, self._builder
        with rehearsed(state.archive, story) as known:
            context = replace(state.context(preview=True), drafts={story.id: known})
            own = builder.make(known, context)
            block = self._composed(known, own, state.slots(k), context)
            seconds = max(state.settings.diff_seconds, REHEARSAL_SECONDS)
            invalidation = self._invalidator.follow(story.id, context.for_readers, reason, seconds=seconds)
            held = state.cache.story(story.id)
            if held is not None:
                invalidation.shown[held.num] = builder.shown(known, own, context, reason)
            changed = self._invalidator.foretold(invalidation, context.now)
        return Published(
            id=story.id,
            outcome=outcome,
            block=block,
            changed=changed,
            stale=len(invalidation.stale),
            dry_run=True,
            set_aside=known.standing.set_aside,
        )

    def block_of(self, story: Story, k: int | None, only: AnswerFilter) -> Block:
        """Return the block that a story would have if it were published as it is."""
        with rehearsed(self._state.archive, story) as known:
            return self.block_as(known, k, only)

    def block_as(self, known: CachedStory, k: int | None, only: AnswerFilter) -> Block:
        """Return the block of a story that is `rehearsed`."""
        context = replace(self._state.context(preview=True), drafts={known.story.id: known}, only=only)
        slots = self._state.slots(k)
        return self._composed(known, self._builder.make(known, context, slots), slots, context)

    def _composed(self, known: CachedStory, row: BlockRow, slots: int, context: AnswerContext) -> Block:
        if known.standing.gone(context.now):
            return self._builder.empty(known)
        return self._block_cache.compose(known, row, slots, context)


@contextmanager
def rehearsed(archive: Archive, story: Story) -> Iterator[CachedStory]:
    """Yield a story as if it were held. Nothing is written, and the catalog is as it was.

    A story whose text is held already stands where it stands. Another one is put, invisible to every reader,
    under a num that is not given out yet, and taken back.
    """
    held, rules = archive.catalog.get(story.id), archive.catalog.addresses()
    if held is not None and text_hash(held[1]) == text_hash(story):
        with archive.translations.trying(story, held[0]):
            yield CachedStory(held[0], story, Standing.of(story, addresses=rules))
        return
    vectors, problem = archive.intake.tried(story)
    if vectors is None:
        aside = Standing.of(story, set_aside=problem, addresses=rules)
        yield CachedStory(held[0] if held else NOWHERE, story, aside)
        return
    hidden: Encoded = replace(encode(story, vectors), visible_from=NEVER[0], visible_until=NEVER[1])
    with archive.trying(hidden) as num:
        standing = Standing.of(story, addresses=rules)
        if num is None:
            yield CachedStory(NOWHERE, story, standing)
            return
        with archive.translations.trying(story, num):
            yield CachedStory(num, story, standing)
