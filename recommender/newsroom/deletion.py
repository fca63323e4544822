"""A story that is deleted: it goes with all that is derived from it, and the blocks that showed it follow."""

from __future__ import annotations

from dataclasses import replace

from recommender.catalog import Outcome
from recommender.catalog.block_records import Ahead
from recommender.engine.block import Block
from recommender.newsroom import repeated_calls
from recommender.newsroom.answer_context import nobody
from recommender.newsroom.block_builder import BlockBuilder
from recommender.newsroom.events import Published, joined
from recommender.newsroom.notes import GONE
from recommender.newsroom.repeated_calls import RepeatedCalls
from recommender.newsroom.stale_blocks import DELETED, Invalidator, told
from recommender.newsroom.state import NewsroomState


class Deletion:
    """Deletes stories, and tells a caller that asks again what that changed."""

    def __init__(
        self,
        state: NewsroomState,
        builder: BlockBuilder,
        invalidator: Invalidator,
        repeated: RepeatedCalls,
    ) -> None:
        self._state, self._builder = state, builder
        self._invalidator, self._repeated_calls = invalidator, repeated

    def delete(self, id: str, *, dry_run: bool) -> Published:
        """Delete a story; of one that was deleted, tell what that changed."""
        context = self._state.context()
        known = context.find(id)
        if known is None:
            return self._delete_unread(id, dry_run)
        reason = f"{id} was deleted"
        if dry_run:
            invalidation = self._invalidator.follow(id, replace(context, drafts={id: None}), reason)
            changed = self._invalidator.foretold(invalidation, context.now)
        else:
            concerned = self._invalidator.around(known.num)  # while its word is known
            since = self._state.blocks.last_purge()
            self._state.archive.remove([id])
            invalidation = self._invalidator.follow(id, self._state.context(), reason)
            invalidation.stale |= dict.fromkeys(concerned, reason)
            cursor = self._invalidator.cursor_past(known.num)
            ahead = Ahead(since=since, page=id, reason=DELETED)
            batch = invalidation.batch(cursor, self._name_of(id), ahead)
            changed = joined(told(self._state.blocks.commit(batch, context.now)))
        return Published(
            id=id,
            outcome=Outcome.REMOVED,
            block=self._builder.empty(known),
            changed=changed,
            stale=len(invalidation.stale),
            dry_run=dry_run,
        )

    def _delete_unread(self, id: str, dry_run: bool) -> Published:
        """Delete a story that cannot be read, and that nothing shows: its row is damaged, or it is gone."""
        archive, engine = self._state.archive, self._state.engine
        held = archive.catalog.nums_of([id]) if dry_run else archive.remove([id])
        block = Block(id=id, headline="", slots=(), provenance=engine.provenance())
        if held:
            return Published(id=id, outcome=Outcome.REMOVED, block=block, dry_run=dry_run)
        cause = self._name_of(id)
        if not cause:
            raise nobody(id)
        changed = () if dry_run else self._repeated_calls.of(cause, self._state.context())
        return Published(
            id=id, outcome=Outcome.DELETED, block=block, changed=changed, dry_run=dry_run, note=GONE
        )

    def _name_of(self, id: str) -> str:
        """Return the name of a story's deletion; "" where it was not deleted."""
        at = self._state.catalog.deleted_at(id)
        return "" if at is None else repeated_calls.of_deletion(id, at)
