"""The way of one publish, top to bottom: written, told apart, followed by older blocks, answered.

What another call has written (a withdrawal, say) enters this way at `follow`. Knows no SQL.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import islice

from recommender.archive.archive import BATCH
from recommender.catalog import Outcome
from recommender.catalog.block_records import Ahead
from recommender.catalog.origins import NO_ORIGINS
from recommender.ingest.base import Origin
from recommender.newsroom import repeated_calls
from recommender.newsroom.block_builder import BlockBuilder
from recommender.newsroom.block_cache import BlockCache
from recommender.newsroom.dry_run import NOWHERE, DryRun
from recommender.newsroom.events import Published, joined
from recommender.newsroom.layout import CachedStory
from recommender.newsroom.notes import is_held, note_of
from recommender.newsroom.repeated_calls import RepeatedCalls
from recommender.newsroom.stale_blocks import Invalidator, followed, told
from recommender.newsroom.state import NewsroomState
from recommender.story.link_policy import Standing
from recommender.story.story import Story


class Publisher:
    """Takes versions of stories, and lets the blocks follow whatever was written of one."""

    def __init__(
        self,
        state: NewsroomState,
        builder: BlockBuilder,
        block_cache: BlockCache,
        invalidator: Invalidator,
        repeated: RepeatedCalls,
        dry_run: DryRun,
    ) -> None:
        self._state, self._archive, self._settings = state, state.archive, state.settings
        self._builder, self._block_cache, self._invalidator = builder, block_cache, invalidator
        self._repeated_calls, self._dry_run = repeated, dry_run

    def publish(
        self, story: Story, k: int | None, *, undelete: bool, origins: Mapping[str, Origin] = NO_ORIGINS
    ) -> Published:
        """Add or update a story; return its block of `k` slots and which older blocks changed."""
        story = story.checked(limits=self._settings.limits)
        self._archive.catalog.check_origin()  # before any lock
        with self._state.precedence:
            self._archive.translations.of(self._archive.view)  # what it says no more concerns others, too
            since = self._state.blocks.last_purge()
            (outcome,) = self._archive.write([story], undelete=undelete, origins=origins)
            if not outcome.taken:
                return self._refused(story, outcome, k=k)
            return self._taken(story, outcome, _reason(story, outcome), since, k=k)

    def _taken(
        self,
        sent: Story,
        outcome: Outcome,
        reason: str,
        since: int,
        *,
        seconds: float | None = None,
        k: int | None = None,
    ) -> Published:
        """Let the blocks follow a version that was taken."""
        cause = repeated_calls.of_version(sent)
        published = self.follow(sent.id, outcome, reason, cause, since, seconds=seconds, k=k)
        return replace(published, note=note_of(outcome, sent, self._state.context().known(sent.id).story))

    def follow(
        self,
        id: str,
        outcome: Outcome,
        reason: str,
        cause: str,
        since: int,
        *,
        seconds: float | None = None,
        k: int | None = None,
    ) -> Published:
        """Let the blocks follow a change of a story that was written.

        The worker of any process may have seen the change before, and told of pages: they are told here, too.

        Parameters
        ----------
        id : str
            The story's.
        outcome : Outcome
            What was written.
        reason : str
            Goes into the diff.
        cause : str
            The name of the call, under which its diff is kept; see `repeated_calls`.
        since : int
            The last number of the outbox before the change was written.
        seconds : float, optional
            How long older blocks may take; the setting `diff_seconds` by default.
        k : int, optional
            Slots of the story's own block in the answer.
        """
        self._archive.catch_up()
        context = self._state.context()
        known = context.known(id)
        invalidation = self._invalidator.follow(id, context, reason, seconds=seconds, renews=True)
        self._invalidator.renew(known, context, reason, invalidation)
        cursor = self._invalidator.cursor_past(known.num)
        ahead = Ahead(since=since, page=id, reason=followed(id))
        rows = self._state.blocks.commit(invalidation.batch(cursor, cause, ahead), context.now)
        return Published(
            id=id,
            outcome=outcome,
            block=self._block_cache.preview(id, k),
            changed=joined(told(rows)),
            stale=len(invalidation.stale),
            set_aside=known.standing.set_aside,
        )

    # Where nothing is taken

    def _refused(
        self, sent: Story, outcome: Outcome, *, dry_run: bool = False, k: int | None = None
    ) -> Published:
        """Say why a version was not taken; of one that is held, what it changed when it came."""
        known = self._state.context().find(sent.id)
        if known is None:
            nobody = self._builder.empty(CachedStory(NOWHERE, sent, Standing.of(sent)))
            note = note_of(outcome, sent, sent)
            return Published(id=sent.id, outcome=outcome, block=nobody, dry_run=dry_run, note=note)
        cause = repeated_calls.of_version(sent) if is_held(outcome, sent, known.story) and not dry_run else ""
        note = note_of(outcome, sent, known.story)
        return self.as_it_is(sent.id, outcome, note, cause, dry_run=dry_run, k=k)

    def as_it_is(
        self,
        id: str,
        outcome: Outcome,
        note: str,
        cause: str,
        *,
        dry_run: bool = False,
        k: int | None = None,
    ) -> Published:
        """Return how a story stands, and what the call `cause`, if any, changed when it was done."""
        known = self._state.context().known(id)
        return Published(
            id=id,
            outcome=outcome,
            block=self._block_cache.preview(id, k),
            changed=self._repeated_calls.of(cause, self._state.context()) if cause else (),
            dry_run=dry_run,
            set_aside=known.standing.set_aside,
            note=note,
        )

    # Where nothing is written, or much

    def rehearse(self, story: Story, k: int | None, *, undelete: bool) -> Published:
        """Return what `publish` would, and leave everything as it is."""
        story = story.checked(limits=self._settings.limits)
        self._archive.catalog.check_origin()
        with self._state.precedence:
            outcome, foretold = self._archive.catalog.foretell(story, undelete=undelete)
            if not outcome.taken:
                return self._refused(story, outcome, dry_run=True, k=k)
            published = self._dry_run.published(foretold, outcome, _reason(story, outcome), k)
            return replace(published, note=note_of(outcome, story, foretold))

    def publish_many(
        self, stories: Iterable[Story], *, undelete: bool, origins: Mapping[str, Origin] = NO_ORIGINS
    ) -> Iterator[Published]:
        """Add or update many stories, a transaction a batch; older blocks are left to the worker."""
        stream = (story.checked(limits=self._settings.limits) for story in stories)
        while batch := list(islice(stream, BATCH)):
            since = self._state.blocks.last_purge()
            outcomes = self._archive.write(batch, undelete=undelete, origins=origins)
            for story, outcome in zip(batch, outcomes, strict=True):
                if outcome.taken:
                    yield self._taken(story, outcome, f"{story.id} was {outcome}", since, seconds=0.0)
                else:
                    yield self._refused(story, outcome)
            self._archive.save_when_due()


def _reason(story: Story, outcome: Outcome) -> str:
    return f"{story.id} was {'published' if outcome is Outcome.ADDED else 'updated'}"
