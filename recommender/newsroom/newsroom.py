"""The newsroom's front door: stories come, change and go; the blocks that pages show; who may undo what."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from enum import Enum
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Self

from recommender.archive.archive import BATCH, Archive
from recommender.catalog import Outcome
from recommender.catalog.blocks import Blocks
from recommender.catalog.editor_actions import EditorActions
from recommender.embedding import Embedder
from recommender.engine.answer_filters import EVERYTHING, AnswerFilter
from recommender.engine.block import Block
from recommender.engine.engine import Clock, Engine
from recommender.engine.question import slots_of
from recommender.newsroom import retelling
from recommender.newsroom.all_blocks import AllBlocks
from recommender.newsroom.answer_context import AnswerContext, nobody, nowhere
from recommender.newsroom.block_builder import RESERVE, BlockBuilder, is_due
from recommender.newsroom.catalog_cache import CatalogCache
from recommender.newsroom.dry_run import NOWHERE, rehearsed
from recommender.newsroom.editing import Editing
from recommender.newsroom.events import BlockChange, Exposure, Published, Purge
from recommender.newsroom.invalidation import Invalidator, joined, told
from recommender.newsroom.layout import CachedStory
from recommender.newsroom.notes import GONE, HELD, is_held, note_of
from recommender.newsroom.publish_priority import Precedence
from recommender.newsroom.rebuild_batches import BatchBuilder
from recommender.newsroom.refresh import Refresher
from recommender.newsroom.retelling import Retelling
from recommender.settings import Settings
from recommender.story.link_policy import Rules, Standing
from recommender.story.story import Status, Story

REHEARSAL_SECONDS = 1.0  # an editor waits for a preview; it looks at as many blocks as the settings allow
REFRESH_LIMIT, REFRESH_SECONDS = 100, 1.0  # of one call: a worker that is told to stop stops within a second


class Keep(Enum):
    """Says that `Newsroom.amend` leaves a field as it is; None empties it."""

    AS_IS = "as is"


class Newsroom(Editing, AllBlocks):
    """What a CMS and its editors call, over an `Engine`. Threads share one; each process has its own.

    Parameters
    ----------
    engine : CompiledModel
        Chooses by the stories alone; it brings the archive.

    Examples
    --------
    >>> with Newsroom.open("archive") as newsroom:  # doctest: +SKIP
    ...     published = newsroom.publish(story)
    ...     purge([change.url for change in published.changed])
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.archive, self.settings = engine.archive, engine.settings
        catalog = self.archive.catalog
        self._editor_actions, self._blocks = EditorActions(catalog), Blocks(catalog)
        self._cache = CatalogCache(catalog, self._editor_actions, self._blocks)
        self._builder = BlockBuilder(engine, self._cache, self._blocks)
        self._invalidator = Invalidator(
            engine, self._cache, self._builder, self._blocks, self._editor_actions
        )
        self._retelling = Retelling(self._blocks, self._builder, self._cache)
        self._precedence = Precedence()
        self._refresher = Refresher(
            catalog,
            self.settings,
            self._cache,
            self._editor_actions,
            self._blocks,
            self._builder,
            self._invalidator,
            self._context,
            self._precedence,
        )
        self._maker = BatchBuilder(catalog, self._cache, self._builder, self._context)
        self._rules = self.settings.rules()
        self._preview = self.settings.rules(preview=True)

    @classmethod
    def open(
        cls,
        path: Path | str,
        settings: Settings | None = None,
        embedder: Embedder | None = None,
        clock: Clock = time.time,
        *,
        background: bool = False,
    ) -> Self:
        """Open an archive; see `Archive.open` for what is raised, and for `background`."""
        return cls(Engine(Archive.open(path, settings, embedder, background=background), clock=clock))

    @classmethod
    def create(
        cls,
        path: Path | str,
        settings: Settings | None = None,
        embedder: Embedder | None = None,
        clock: Clock = time.time,
    ) -> Self:
        """Make an empty archive and open it; see `Archive.create` for what is raised."""
        return cls(Engine(Archive.create(path, settings, embedder), clock=clock))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the archive."""
        self.archive.close()

    # Stories

    def publish(
        self, story: Story, k: int | None = None, *, dry_run: bool = False, undelete: bool = True
    ) -> Published:
        """Add or update a story; return its block of `k` slots and which older blocks changed.

        The same content again does nothing, and a version older than the one held does not overwrite it. What
        a call of its own has set of the story (`amend`, `withdraw`) stays whatever is published. Without
        `undelete`, a story that was deleted stays so.

        Raises
        ------
        StoryError
            When a story made by hand is one that `Story.from_json` would refuse.
        """
        story = story.checked(limits=self.settings.limits)
        self.archive.catalog.check_origin()  # before any lock
        with self._precedence:
            if dry_run:
                outcome, foretold = self.archive.catalog.foretell(story, undelete=undelete)
            else:
                (outcome,) = self.archive.write([story], undelete=undelete)
            if not outcome.taken:
                return self._as_sent(story, outcome, dry_run, k)
            reason = f"{story.id} was {'published' if outcome is Outcome.ADDED else 'updated'}"
            if dry_run:
                note = note_of(outcome, story, foretold)
                return replace(self._rehearsed(foretold, outcome, reason, k), note=note)
            return self._taken(story, outcome, reason, k=k)

    def publish_many(self, stories: Iterable[Story], *, undelete: bool = True) -> Iterator[Published]:
        """Add or update many stories; yield what became of each, in order, as `publish` tells it.

        Each batch is acknowledged by one transaction. Which older blocks change is found out by the worker.
        """
        stream = (story.checked(limits=self.settings.limits) for story in stories)
        while batch := list(islice(stream, BATCH)):
            for story, outcome in zip(batch, self.archive.write(batch, undelete=undelete), strict=True):
                if outcome.taken:
                    yield self._taken(story, outcome, f"{story.id} was {outcome}", seconds=0.0)
                else:
                    yield self._as_sent(story, outcome)
            self.archive.save_when_due()

    def amend(
        self,
        id: str,
        *,
        status: Status | Keep = Keep.AS_IS,
        embargo_until: datetime | Keep | None = Keep.AS_IS,
        expires: datetime | Keep | None = Keep.AS_IS,
        successor: str | Keep | None = Keep.AS_IS,
        dry_run: bool = False,
    ) -> Published:
        """Change where a held story stands in its life; None empties a field.

        Raises
        ------
        NotFoundError
            When there is no such story, or no such successor.
        StoryError
            When the story would be one that `Story.from_json` refuses.
        """
        if isinstance(successor, str):
            self._context().known(successor)

        def change(story: Story) -> Story:
            return replace(
                story,
                status=story.status if status is Keep.AS_IS else status,
                embargo_until=story.embargo_until if embargo_until is Keep.AS_IS else embargo_until,
                expires=story.expires if expires is Keep.AS_IS else expires,
                successor=story.successor if successor is Keep.AS_IS else successor,
            )

        given = {"status": status, "embargo_until": embargo_until, "expires": expires, "successor": successor}
        named = [name for name, value in given.items() if value is not Keep.AS_IS]
        return self._amended(id, change, named, "changed", dry_run)

    def withdraw(self, id: str, successor: str | Keep | None = None, *, dry_run: bool = False) -> Published:
        """Retract a story: no reader, in any process, is shown it once this returns.

        Its places in other blocks, and its pins, go to `successor` where the gate lets that one pass.
        """
        return self._retired(id, successor, "withdrawn", dry_run)

    def restore(self, id: str, *, dry_run: bool = False) -> Published:
        """Bring a story back that was retracted or has expired."""
        now = self._context().now

        def change(story: Story) -> Story:
            over = story.expires is not None and story.expires.timestamp() <= now
            expires = None if over else story.expires
            return replace(story, status=Status.PUBLISHED, successor=None, expires=expires)

        return self._amended(id, change, ["status", "successor"], "restored", dry_run)

    def merge(self, id: str, into: str, by: str = "merge", *, dry_run: bool = False) -> Published:
        """Let a story become another, which takes its places, its pins and what editors did to its block.

        What is excluded from the other's block stays so.
        """
        done = f"merged into {into}"
        published = self._retired(id, into, done, dry_run)
        if dry_run:
            return published
        against = self._against(id, self.decisions(into).excluded)
        self._editor_actions.move(id, into, by, self._context().now, against)
        context = self._context()
        cause = retelling.of_standing(context.known(id).story)
        moved = self._renewed(context.known(into), context, f"{id} was {done}", cause)
        return replace(published, changed=joined((*published.changed, *moved)))

    def delete(self, id: str, *, dry_run: bool = False) -> Published:
        """Delete a story and all that is derived from it; of one that was deleted, tell what that changed.

        Raises
        ------
        NotFoundError
            When there is no such story, and was none of late.
        """
        context = self._context()
        known = context.find(id)
        if known is None:
            return self._deleted_unread(id, dry_run)
        reason = f"{id} was deleted"
        if dry_run:
            invalidation = self._invalidator.follow(id, replace(context, drafts={id: None}), reason)
            changed = self._invalidator.foretold(invalidation, context.now)
        else:
            self.archive.remove([id])
            invalidation = self._invalidator.follow(id, self._context(), reason)
            cursor = self._refresher.cursor_past(known.num)
            batch = invalidation.batch(cursor, self._deletion(id))
            changed = told(self._blocks.commit(batch, context.now))
        block = self._builder.empty(known)
        return Published(
            id=id,
            outcome=Outcome.REMOVED,
            block=block,
            changed=changed,
            stale=len(invalidation.stale),
            dry_run=dry_run,
        )

    def _deleted_unread(self, id: str, dry_run: bool) -> Published:
        """Delete a story whose row is damaged: nothing shows it."""
        held = self.archive.catalog.nums_of([id]) if dry_run else self.archive.remove([id])
        block = Block(id=id, headline="", slots=(), provenance=self.engine.provenance())
        if held:
            return Published(id=id, outcome=Outcome.REMOVED, block=block, dry_run=dry_run)
        cause = self._deletion(id)
        if not cause:
            raise nobody(id)
        changed = () if dry_run else self._retelling.of(cause, self._context())
        return Published(
            id=id, outcome=Outcome.DELETED, block=block, changed=changed, dry_run=dry_run, note=GONE
        )

    def _deletion(self, id: str) -> str:
        """Return the name of a story's deletion; "" where it was not deleted."""
        at = self.archive.catalog.deleted_at(id)
        return "" if at is None else retelling.of_deletion(id, at)

    # Blocks

    def block(
        self,
        id: str,
        k: int | None = None,
        *,
        preview: bool = False,
        fresh: bool = False,
        only: AnswerFilter = EVERYTHING,
    ) -> Block:
        """Return the block of a story as of now, past the gate: stored, or made where there is none.

        While nothing changes it is the same object, so that what was rendered from it can be kept beside it.

        Parameters
        ----------
        id : str
            The story's.
        k : int, optional
            Slots at most; the setting `slots` by default.
        preview : bool
            Answer for a story that is not public yet, too.
        fresh : bool
            Where no worker need be running: a stored block that waits to be made anew is made now.
        only : AnswerFilter
            What is asked for.

        Raises
        ------
        HiddenError
            When readers may not see the story, and this is no preview.
        NotFoundError
            When there is no such story.
        QuestionError
            When `k` is less than 1.
        """
        context = replace(self._context(preview=preview), fresh=fresh, only=only)
        return self._builder.serve(context.known(id), self._slots(k), context)

    def set_aside(self, id: str) -> str:
        """Return why a story is kept and shown to no reader, its own block staying empty; else nothing.

        Raises
        ------
        NotFoundError
            When there is no such story.
        """
        return self._context().known(id).standing.set_aside

    def peek(self, id: str, k: int | None = None) -> Block | None:
        """Return what `block` would, if that takes no more than looking it up and asking the gate, else None.

        Some 50 microseconds, for an event loop that may not wait. Raises `HiddenError` as `block` does.
        """
        if not self._cache.is_current():
            return None
        # The moment first: what is looked up after it may be newer, and never older than it says.
        wanted, context = self._slots(k), self._context_now(self._rules)
        found = self._cache.at_hand(id)
        if found is None or is_due(found[1], context.now) or wanted > self.settings.slots + RESERVE:
            return None
        return self._builder.serve(found[0], wanted, context)

    def block_by_url(
        self, url: str, k: int | None = None, *, preview: bool = False, only: AnswerFilter = EVERYTHING
    ) -> Block:
        """Return the block of the story at an address, however it is spelt. Raises as `block` does.

        Of several stories at one address, the one that readers may see.
        """
        found = self.archive.catalog.by_url(url, self._context().now)
        if found is None:
            raise nowhere(url)
        return self.block(found[1].id, k, preview=preview, only=only)

    def block_of(self, story: Story, k: int | None = None, *, only: AnswerFilter = EVERYTHING) -> Block:
        """Return the block that a story would have if it were published as it is; nothing is written.

        Raises
        ------
        StoryError
            When it is one that `Story.from_json` would refuse.
        """
        story = story.checked(limits=self.settings.limits)
        with rehearsed(self.archive, story) as known:
            context = replace(self._context(preview=True), drafts={story.id: known}, only=only)
            if known.standing.gone(context.now):
                return self._builder.empty(known)
            slots = self._slots(k)
            return self._builder.compose(known, self._builder.make(known, context, slots), slots, context)

    def similar(self, text: str, k: int = 10, *, only: AnswerFilter = EVERYTHING) -> Block:
        """Return the stories nearest to any text; see `Engine.similar`."""
        return self.engine.similar(text, k, only)

    # Upkeep

    def refresh(
        self, limit: int = REFRESH_LIMIT, seconds: float = REFRESH_SECONDS, backlog: float | None = None
    ) -> list[BlockChange]:
        """Follow what was written elsewhere and make waiting blocks anew, within bounds; return the diff.

        Blocks that were never made come last, and none is begun after `backlog` seconds, if given.
        """
        changes = list(told(self._refresher.refresh(limit, seconds, seconds if backlog is None else backlog)))
        self.archive.save_when_due()
        return changes

    def run_due(self, limit: int = REFRESH_LIMIT) -> list[BlockChange]:
        """Make those blocks anew that an embargo's end or an expiry has changed by now; return the diff."""
        return list(told(self._refresher.run_due(limit)))

    def left_alone(self) -> set[int]:
        """Return the nums of stories whose blocks cannot be made: they are tried again after a while."""
        return self._refresher.failed_stories.nums()

    def next_due(self) -> int | None:
        """Return when the next block changes by time alone, epoch seconds; None when none does."""
        return self._blocks.next_due()

    def purges(self, after: int = 0, limit: int = 1000) -> list[Purge]:
        """Return the outbox: changes of blocks numbered above `after`, oldest first.

        They are kept for the days of the setting `keep_days`. Numbers have no gaps: a first one above
        ``after + 1`` says that older changes are gone, and that all pages have to be purged.
        """
        rows = self._blocks.purges(after, limit)
        return [
            Purge(num=row.num, at=row.at, change=change) for row, change in zip(rows, told(rows), strict=True)
        ]

    def exposure(self) -> Exposure:
        """Return how the blocks of the archive stand. Reads all of them."""
        return self._refresher.exposure()

    # Inside

    def _slots(self, k: int | None) -> int:
        return self.settings.slots if k is None else slots_of(k)

    def _context(self, *, preview: bool = False) -> AnswerContext:
        """Return the present moment, with all that was committed before it."""
        self._cache.look()
        return self._context_now(self._preview if preview else self._rules)

    def _context_now(self, rules: Rules) -> AnswerContext:
        """Return the present moment, with what was committed before the last look."""
        now = int(self.engine.clock())
        return AnswerContext(cache=self._cache, version=self._cache.version, now=now, rules=rules)

    def _retired(self, id: str, successor: str | Keep | None, done: str, dry_run: bool) -> Published:
        if isinstance(successor, str):
            self._context().known(successor)

        def change(story: Story) -> Story:
            heir = story.successor if successor is Keep.AS_IS else successor
            return replace(story, status=Status.RETRACTED, successor=heir)

        named = ["status"] if successor is Keep.AS_IS else ["status", "successor"]
        return self._amended(id, change, named, done, dry_run)

    def _amended(
        self, id: str, change: Callable[[Story], Story], named: Sequence[str], done: str, dry_run: bool
    ) -> Published:
        def checked(story: Story) -> Story:
            return change(story).checked(limits=self.settings.limits)

        before, reason = self._context().known(id), f"{id} was {done}"
        if dry_run:
            after = checked(before.story)
            if after == before.story:
                return self._as_it_is(id, Outcome.UNCHANGED, HELD, "", dry_run=True)
            return self._rehearsed(after, Outcome.UPDATED, reason)
        outcome = self.archive.catalog.amend(id, checked, self.engine.clock(), named)
        cause = retelling.of_standing(self._context().known(id).story)
        if outcome is Outcome.UNCHANGED:
            return self._as_it_is(id, outcome, HELD, cause)
        return self._followed(id, outcome, reason, cause)

    def _followed(
        self,
        id: str,
        outcome: Outcome,
        reason: str,
        cause: str,
        *,
        seconds: float | None = None,
        k: int | None = None,
    ) -> Published:
        """Let the blocks follow a change that was written; `cause` is the name of the call."""
        self.archive.catch_up()
        context = self._context()
        known = context.known(id)
        invalidation = self._invalidator.follow(id, context, reason, seconds=seconds)
        own = self._builder.make(known, context, beside=invalidation.made)
        invalidation.made.append(own)
        invalidation.shown[known.num] = self._builder.shown(known, own, context, reason)
        cursor = self._refresher.cursor_past(known.num)
        rows = self._blocks.commit(invalidation.batch(cursor, cause), context.now)
        return Published(
            id=id,
            outcome=outcome,
            block=self._own(id, k),
            changed=told(rows),
            stale=len(invalidation.stale),
            set_aside=known.standing.set_aside,
        )

    def _rehearsed(self, story: Story, outcome: Outcome, reason: str, k: int | None = None) -> Published:
        """Return what would follow from a change, and leave everything as it is."""
        with rehearsed(self.archive, story) as known:
            context = replace(self._context(preview=True), drafts={story.id: known})
            own, slots = self._builder.make(known, context), self._slots(k)
            gone = known.standing.gone(context.now)
            block = self._builder.empty(known) if gone else self._builder.compose(known, own, slots, context)
            invalidation = self._invalidator.follow(
                story.id,
                context.for_readers,
                reason,
                seconds=max(self.settings.diff_seconds, REHEARSAL_SECONDS),
            )
            held = self._cache.story(story.id)
            if held is not None:
                invalidation.shown[held.num] = self._builder.shown(known, own, context, reason)
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

    def _taken(
        self,
        sent: Story,
        outcome: Outcome,
        reason: str,
        *,
        seconds: float | None = None,
        k: int | None = None,
    ) -> Published:
        """Let the blocks follow a version that was taken."""
        cause = retelling.of_version(sent)
        published = self._followed(sent.id, outcome, reason, cause, seconds=seconds, k=k)
        return replace(published, note=note_of(outcome, sent, self._context().known(sent.id).story))

    def _as_sent(
        self, sent: Story, outcome: Outcome, dry_run: bool = False, k: int | None = None
    ) -> Published:
        """Say why a version was not taken; of one that is held, what it changed when it came."""
        known = self._context().find(sent.id)
        if known is None:
            nobody = self._builder.empty(CachedStory(NOWHERE, sent, Standing.of(sent)))
            note = note_of(outcome, sent, sent)
            return Published(id=sent.id, outcome=outcome, block=nobody, dry_run=dry_run, note=note)
        cause = retelling.of_version(sent) if is_held(outcome, sent, known.story) and not dry_run else ""
        note = note_of(outcome, sent, known.story)
        return self._as_it_is(sent.id, outcome, note, cause, dry_run=dry_run, k=k)

    def _as_it_is(
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
        known = self._context().known(id)
        return Published(
            id=id,
            outcome=outcome,
            block=self._own(id, k),
            changed=self._retelling.of(cause, self._context()) if cause else (),
            dry_run=dry_run,
            set_aside=known.standing.set_aside,
            note=note,
        )

    def _own(self, id: str, k: int | None = None) -> Block:
        context = self._context()
        return self._builder.preview(context.known(id), self._slots(k), context)
