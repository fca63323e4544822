"""The newsroom's front door: stories come, change and go; the blocks that pages show; who may undo what.

Each call is told here once, for all callers, and done by the part that it names; hence the length.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Self, Unpack

from index.storage.closing import Closing
from recommender.archive.archive import Archive, OpenModel
from recommender.archive.archive_place import ArchivePlace
from recommender.archive.view import eligible
from recommender.catalog.origins import NO_ORIGINS
from recommender.catalog.steering import SteeringRules
from recommender.embedding import Embedder
from recommender.engine.block import Block
from recommender.engine.engine import Engine
from recommender.engine.question import Clock
from recommender.engine.requested_filters import EVERYTHING, AnswerFilter
from recommender.engine.translated_stories import translations_of
from recommender.errors import QuestionError, shown
from recommender.ingest.base import Origin
from recommender.newsroom.all_blocks import AllBlocks
from recommender.newsroom.answer_context import nobody
from recommender.newsroom.block_builder import BlockBuilder
from recommender.newsroom.block_cache import BlockCache
from recommender.newsroom.bulk import Bulk
from recommender.newsroom.comparing import ComparisonDesk
from recommender.newsroom.deletion import Deletion
from recommender.newsroom.drafts import Draft, DraftProposals
from recommender.newsroom.dry_run import DryRun
from recommender.newsroom.editing import Editing
from recommender.newsroom.events import (
    Backlog,
    BlockChange,
    Edited,
    EditorDecisions,
    EditorEvent,
    Exposure,
    PlannedAct,
    Published,
    Purge,
)
from recommender.newsroom.guests import Guests
from recommender.newsroom.inspection import InspectedBlock, Inspection
from recommender.newsroom.link_suggestions import LinkSuggestions
from recommender.newsroom.publish import Publisher
from recommender.newsroom.rating_sheet import RatingSheet, RatingSheets
from recommender.newsroom.ratings import Rating, Ratings
from recommender.newsroom.rebuild import Rebuild
from recommender.newsroom.rebuild_batches import MadeBlocks
from recommender.newsroom.refresh import Refresher
from recommender.newsroom.repeated_calls import RepeatedCalls
from recommender.newsroom.settings_choice import SettingsDesk
from recommender.newsroom.stale_blocks import Invalidator, told
from recommender.newsroom.standing_changes import Keep, NewStanding, StandingChanges
from recommender.newsroom.state import NewsroomState
from recommender.newsroom.steering import SteeringDesk, SteeringEntry, SteeringFields
from recommender.newsroom.thread_records import Thread
from recommender.newsroom.thread_settings import load_thread_settings
from recommender.newsroom.threads import Day, Threads
from recommender.newsroom.what_if import WhatIf
from recommender.newsroom.worklists import Worklists, worklists
from recommender.settings import Settings
from recommender.story.addresses import is_url, reference
from recommender.story.story import Status, Story
from recommender.suggestions import LINKS
from recommender.suggestions.answer import Suggestions
from recommender.suggestions.weights import SuggestionWeights

REFRESH_LIMIT, REFRESH_SECONDS = 100, 1.0  # of one call: a worker that is told to stop stops within a second


class Newsroom(Closing):
    """What a CMS and its editors call, over an `Engine`. Threads share one; each process has its own.

    Parameters
    ----------
    engine : Engine
        Chooses by the stories alone; it brings the archive.
    suggestion_weights : SuggestionWeights, optional
        By which links in the text are proposed; the shipped ones by default.

    Examples
    --------
    >>> with Newsroom.open("archive") as newsroom:  # doctest: +SKIP
    ...     published = newsroom.publish(story)
    ...     purge([change.url for change in published.changed])
    """

    def __init__(self, engine: Engine, suggestion_weights: SuggestionWeights | None = None) -> None:
        self.engine, self.archive = engine, engine.archive
        self._state = state = NewsroomState(engine)
        self._builder = builder = BlockBuilder(state)
        self._block_cache = BlockCache(state, builder)
        invalidator = Invalidator(state, builder)
        repeated = RepeatedCalls(state, builder)
        self._dry_run = DryRun(state, builder, self._block_cache, invalidator)
        self._publisher = Publisher(state, builder, self._block_cache, invalidator, repeated, self._dry_run)
        self._editing = Editing(state, builder, self._block_cache, invalidator, repeated)
        self.bulk = Bulk(state, self._editing, self._block_cache)
        self.settings_desk, self.what_if = SettingsDesk(state), WhatIf(state)
        self.comparison_desk = ComparisonDesk(state, self.settings_desk)
        self._inspection = Inspection(state, self._block_cache, self._editing)
        self._standing = StandingChanges(state, self._publisher, self._editing, self._dry_run)
        self._deletion = Deletion(state, builder, invalidator, repeated)
        self._refresher = Refresher(state, builder, invalidator)
        rules, zone = SteeringRules(state.catalog), self.settings.timezone
        self._steering = SteeringDesk(rules, zone, lambda: state.context().now, self._held)
        self._ratings = Ratings(state, lambda: builder.recipe)
        self._sheets = RatingSheets(state, self._ratings, self._block_cache)
        self._suggestions = LinkSuggestions(state, self._dry_run, suggestion_weights)
        self._all_blocks = AllBlocks(state, builder, self._block_cache, invalidator, self._refresher)
        self.thread_settings = load_thread_settings(self.archive.path)
        self._threads, self.guests = Threads(state, self.thread_settings), Guests(state)

    @classmethod
    def open(
        cls,
        path: Path | str | ArchivePlace,
        settings: Settings | None = None,
        embedder: Embedder | None = None,
        clock: Clock = time.time,
        *,
        background: bool = False,
        on_demand: bool = False,
        models: OpenModel | None = None,
    ) -> Self:
        """Open an archive; see `Archive.open` for what is raised, and for what follows `clock`."""
        archive = Archive.open(
            path, settings, embedder, background=background, on_demand=on_demand, models=models
        )
        return cls(Engine(archive, clock=clock))

    @classmethod
    def create(
        cls,
        path: Path | str | ArchivePlace,
        settings: Settings | None = None,
        embedder: Embedder | None = None,
        clock: Clock = time.time,
    ) -> Self:
        """Make an empty archive and open it; see `Archive.create` for what is raised."""
        return cls(Engine(Archive.create(path, settings, embedder), clock=clock))

    @property
    def settings(self) -> Settings:
        """The archive's settings as of the last look, with what editors chose over those of the file."""
        return self.archive.settings

    def close(self) -> None:
        """Close the archive."""
        self.archive.close()

    # Stories. Wherever a call takes the id of one that is held, its address does, too

    def id_of(self, name: str) -> str:
        """Return the id of the story at an address, however spelt; what is no address of one is an id.

        Of several stories at one address, the one that readers may see.

        Raises
        ------
        QuestionError
            When it is no text: a database would take it for anything.
        """
        if not isinstance(name, str):
            raise QuestionError(f"the story is {shown(name)}; give its id or its address")
        if not is_url(name):
            return name
        context, catalog = self._state.context(), self.archive.catalog
        if context.find(name) is not None or catalog.nums_of([name]):
            return name
        found = catalog.by_url(name, context.now)
        return name if found is None else found[1].id

    def by_ids(self, only: AnswerFilter) -> AnswerFilter:
        """Return what is asked for, with the ids of all stories at the addresses that it leaves out."""
        urls = [name for name in only.without if is_url(name)] if only.without else []
        if not urls:
            return only
        catalog = self.archive.catalog
        rules = catalog.addresses()
        found = catalog.named(reference(url, None, rules) for url in urls)
        ids = catalog.ids_of({num for nums in found.values() for num in nums}).values()
        return replace(only, without=only.without | set(ids))

    def _named(self, successor: str | Keep | None) -> str | Keep | None:
        return self.id_of(successor) if isinstance(successor, str) else successor

    def publish(
        self,
        story: Story,
        k: int | None = None,
        *,
        dry_run: bool = False,
        undelete: bool = True,
        origins: Mapping[str, Origin] = NO_ORIGINS,
    ) -> Published:
        """Add or update a story; return its block of `k` slots and which older blocks changed.

        The same content again does nothing, and a version older than the one held does not overwrite it. What
        a call of its own has set of the story (`amend`, `withdraw`) stays whatever is published. Without
        `undelete`, a story that was deleted stays so. Where it came from (`origins`, by id) is kept in the
        transaction that writes it.

        Raises
        ------
        StoryError
            When a story made by hand is one that `Story.from_json` would refuse.
        """
        if dry_run:
            return self._publisher.rehearse(story, k, undelete=undelete)
        return self._publisher.publish(story, k, undelete=undelete, origins=origins)

    def publish_many(
        self,
        stories: Iterable[Story],
        *,
        undelete: bool = True,
        origins: Mapping[str, Origin] = NO_ORIGINS,
    ) -> Iterator[Published]:
        """Add or update many stories; yield what became of each, in order, as `publish` tells it.

        Each batch is acknowledged by one transaction. Which older blocks change is found out by the worker.
        """
        return self._publisher.publish_many(stories, undelete=undelete, origins=origins)

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
        amendment = NewStanding(
            status=status, embargo_until=embargo_until, expires=expires, successor=self._named(successor)
        )
        return self._standing.amend(self.id_of(id), amendment, "changed", dry_run=dry_run)

    def withdraw(self, id: str, successor: str | Keep | None = None, *, dry_run: bool = False) -> Published:
        """Retract a story: no reader, in any process, is shown it once this returns.

        Its places in other blocks, and its pins, go to `successor` where the link policy lets that one pass.
        """
        return self._standing.withdraw(self.id_of(id), self._named(successor), dry_run=dry_run)

    def restore(self, id: str, *, dry_run: bool = False) -> Published:
        """Bring a story back that was retracted or has expired."""
        return self._standing.restore(self.id_of(id), dry_run=dry_run)

    def merge(self, id: str, into: str, by: str = "merge", *, dry_run: bool = False) -> Published:
        """Let a story become another, which takes its places, its pins and what editors did to its block.

        What is excluded from the other's block stays so.
        """
        return self._standing.merge(self.id_of(id), self.id_of(into), by, dry_run=dry_run)

    def delete(self, id: str, *, dry_run: bool = False) -> Published:
        """Delete a story and all that is derived from it; of one that was deleted, tell what that changed.

        Raises
        ------
        NotFoundError
            When there is no such story, and was none of late.
        """
        held = self.id_of(id)
        was_deleted = self.archive.catalog.deleted_at(id) is not None  # not another one at that address
        return self._deletion.delete(id if was_deleted else held, dry_run=dry_run)

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
        """Return the block of a story as of now, past the link policy: stored, or made where there is none.

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
        context = self._state.context(preview=preview, fresh=fresh, only=self.by_ids(only))
        return self._block_cache.serve(context.known(self.id_of(id)), self._state.slots(k), context)

    def translations(self, id: str) -> list[Story]:
        """Return the stories that tell in other languages what a story tells, newest first.

        Raises
        ------
        HiddenError
            When readers may not see the story.
        NotFoundError
            When there is no such story.
        """
        context = self._state.context()
        known = context.known(self.id_of(id))
        self._block_cache.admit(known, context)
        self.archive.catch_up()
        nums = translations_of(self.archive, known.num, eligible(context.now), context.now)
        held = self.archive.catalog.by_nums(nums)
        return [held[num] for num in nums if num in held]

    def set_aside(self, id: str) -> str:
        """Return why a story is kept and shown to no reader, its own block staying empty; else nothing.

        Raises
        ------
        NotFoundError
            When there is no such story.
        """
        return self._state.context().known(self.id_of(id)).standing.set_aside

    def peek(self, id: str, k: int | None = None) -> Block | None:
        """Return what `block` would, if that takes but a look-up and the link policy's consent, else None.

        Some 50 microseconds, for an event loop that may not wait. Raises `HiddenError` as `block` does.
        """
        return self._block_cache.peek(id, k)

    def block_by_url(
        self, url: str, k: int | None = None, *, preview: bool = False, only: AnswerFilter = EVERYTHING
    ) -> Block:
        """Return the block of the story at an address, however it is spelt. Raises as `block` does.

        Of several stories at one address, the one that readers may see.
        """
        found = self.archive.catalog.by_url(url, self._state.context().now)
        if found is None:
            raise nobody(url)
        return self.block(found[1].id, k, preview=preview, only=only)

    def block_of(self, story: Story, k: int | None = None, *, only: AnswerFilter = EVERYTHING) -> Block:
        """Return the block that a story would have if it were published as it is; nothing is written.

        Raises
        ------
        StoryError
            When it is one that `Story.from_json` would refuse.
        """
        return self._dry_run.block_of(story.checked(limits=self.settings.limits), k, self.by_ids(only))

    def suggest(self, draft: Draft, k: int = LINKS, *, only: AnswerFilter = EVERYTHING) -> Suggestions:
        """Return at most `k` links to set in a draft's text, the likeliest first; nothing is written.

        Parameters
        ----------
        draft : str, Story or mapping
            Its text, plain or HTML; or a story, or the fields of one, of which only ``body`` is needed. It
            need not be held. Links that stand in it stay as they are.
        k : int
            Links at most. A draft without good places has fewer, or none.
        only : AnswerFilter
            What may be linked to, and how probable a link is at least.

        Raises
        ------
        StoryError
            When it has a field that `Story.from_json` would refuse.
        QuestionError
            When its text holds no word, or `k` is less than 1.
        """
        return self._suggestions.suggest(draft, k, only=self.by_ids(only))

    def propose(self, draft: Draft) -> DraftProposals:
        """Return what an editor is shown while a draft is written: its block, and links to set in its text.

        Of a draft whose text is not begun a headline or a deck is enough. Raises as `suggest` does.
        """
        return self._suggestions.propose(draft)

    def read_anchors(self) -> None:
        """Read the words of all links, for which the first draft would have to wait."""
        self._suggestions.read_anchors()

    def similar(
        self, text: str, k: int = 10, *, only: AnswerFilter = EVERYTHING, passages: bool = True
    ) -> Block:
        """Return the stories nearest to any text; see `Engine.similar`."""
        return self.engine.similar(text, k, self.by_ids(only), passages=passages)

    def nearest(self, text: str, k: int = 10, *, only: AnswerFilter = EVERYTHING) -> list[Story]:
        """Return the public stories nearest to any text, unranked; see `Engine.nearest`."""
        return self.engine.nearest(text, k, self.by_ids(only), self._state.context().cache.stories)

    # All blocks

    def archive_pass(self, ids: Iterable[str] | None = None) -> AbstractContextManager[Rebuild]:
        """Make ready to make all blocks that are not fresh, or those of some stories; see `Rebuild.run`.

        Raises
        ------
        ArchiveBusyError
            When another process does that for this archive.
        NotFoundError
            When one of the stories is not held.
        """
        return self._all_blocks.archive_pass(None if ids is None else map(self.id_of, ids))

    def made(self, nums: Sequence[int]) -> MadeBlocks:
        """Make some blocks and store none of them: what the helpers of `archive_pass` do."""
        return self._all_blocks.made(nums)

    def blocks(self) -> Iterator[Block]:
        """Yield the block of every story that readers may see, each as `block` would return it now.

        Those that are stored cost no more than reading them: run `archive_pass` before.
        """
        return self._all_blocks.blocks()

    def public_nums(self) -> list[int]:
        """Return the nums of the stories that readers may see now, the newest first."""
        return self._all_blocks.public_nums()

    def story_blocks(self, nums: Sequence[int], k: int | None = None) -> Iterator[tuple[Story, Block]]:
        """Yield stories and their blocks, each as `block` would return it now, in the order of `nums`.

        What readers may not see by then is left out.
        """
        return self._all_blocks.story_blocks(nums, k)

    def recall(self, most: int, seconds: float) -> int:
        """Read the stored blocks of the `most` latest stories, so that `peek` finds them; return how many.

        It takes no longer than `seconds`.
        """
        return self._all_blocks.recall(most, seconds)

    # Editors' acts: one that was done already does nothing, and tells what it changed when it was done

    def pin(self, source: str, target: str, position: int, by: str) -> Edited:
        """Put a story at a position of a block, from 1; it was elsewhere in it before, or excluded, no more.

        Does nothing where it is pinned there already.

        Raises
        ------
        NotFoundError
            When one of the stories is not held.
        EditError
            When the position is none, or a story is pinned to itself.
        """
        return self._editing.pin(self.id_of(source), self.id_of(target), position, by)

    def unpin(self, source: str, target: str, by: str) -> Edited:
        """Take a pin out; does nothing where there is none."""
        return self._editing.unpin(self.id_of(source), self.id_of(target), by)

    def exclude(self, source: str, target: str, by: str) -> Edited:
        """Keep a story out of a block until it is included again; a pin of it is taken out."""
        return self._editing.exclude(self.id_of(source), self.id_of(target), by)

    def include(self, source: str, target: str, by: str) -> Edited:
        """Take an exclusion back; does nothing where there is none."""
        return self._editing.include(self.id_of(source), self.id_of(target), by)

    def freeze(self, source: str, by: str) -> Edited:
        """Keep a block as it is now: only the link policy may still take a story out.

        Does nothing where it was frozen like that.

        Raises
        ------
        HiddenError
            When the story is gone, and with it the block that could be kept.
        """
        return self._editing.freeze(self.id_of(source), by)

    def unfreeze(self, source: str, by: str) -> Edited:
        """Let pins and engine at a frozen block again; does nothing where it is not frozen."""
        return self._editing.unfreeze(self.id_of(source), by)

    def import_curated(self, source: str, targets: Sequence[str], by: str) -> Edited:
        """Take over a block that editors chose elsewhere: its stories come first, in this order.

        An empty one takes the import back. Does nothing where it was taken over like that.

        Raises
        ------
        NotFoundError
            When one of the stories is not held.
        EditError
            When it holds the story itself, or a story twice.
        """
        ids = [self.id_of(target) for target in targets]
        return self._editing.import_curated(self.id_of(source), ids, by)

    def undo(self, event: int, by: str) -> Edited:
        """Take back one act, whatever came after it; the others stand.

        Raises
        ------
        NotFoundError
            When there is no such act, or it was undone before.
        """
        return self._editing.undo(event, by)

    def rehearse(self, source: str, acts: Sequence[PlannedAct], undone: Collection[int] = ()) -> Edited:
        """Return what a block would be after some acts, one after the other, and without some that stand.

        Nothing is written. Raises as the acts and `undo` do.
        """
        named = [replace(act, target=self.id_of(act.target)) if act.target else act for act in acts]
        return self._editing.rehearse(self.id_of(source), named, undone)

    def inspect(self, source: str, *, whole: bool = True) -> InspectedBlock:
        """Return a block with what speaks for and against it: what carried each story, and who is not in it.

        That costs a question of the engine, whatever is stored: without `whole` it is told only where it is
        at hand. Raises `NotFoundError` where there is no such story.
        """
        return self._inspection.look(self.id_of(source), whole=whole)

    def decisions(self, source: str) -> EditorDecisions:
        """Return what editors decided about the block of a story, all acts that stand taken together."""
        return self._editing.decisions(self.id_of(source))

    def hand(self, source: str) -> EditorDecisions:
        """Return what `decisions` does; that is its name now."""
        warnings.warn("Newsroom.hand is Newsroom.decisions now", DeprecationWarning, stacklevel=2)
        return self.decisions(source)

    def history(self, source: str) -> list[EditorEvent]:
        """Return what editors did to the block of a story, oldest first, the undone acts among them."""
        return self._editing.history(self.id_of(source))

    # Steering: rules for all blocks, at once and without learning anything

    def steer(self, act: str, by: str, **fields: Unpack[SteeringFields]) -> SteeringEntry:
        """Steer all blocks from now on, until a day or until the rule is ended.

        Does nothing where a rule that holds says the same.

        Parameters
        ----------
        act : str
            ``boost`` or ``bury`` stories; ``limit-age`` of what is linked to, today less `days`;
            ``ignore-tag``: a tag says nothing about how alike stories are; ``require-picture``.
        by : str
            Who does it.
        **fields
            See `SteeringFields`.

        Raises
        ------
        EditError, QuestionError
            When the rule makes no sense as it was put.
        NotFoundError
            When one of the stories is not held.
        """
        return self._steering.add(act, fields, by)

    def end_steering(self, num: int, by: str) -> SteeringEntry:
        """End a rule now, unless it was ended before; raise `NotFoundError` where there is none."""
        return self._steering.end(num, by)

    def steering(self) -> list[SteeringEntry]:
        """Return all rules, oldest first, those that hold no more among them."""
        return self._steering.entries()

    # Ratings: what editors think of single slots

    def rate(self, source: str, grades: Mapping[str, int | None], by: str) -> list[int]:
        """Keep what an editor thinks of slots of a block; what they said before of these counts no more.

        To say the same again does nothing, but for the first time that a sheet of theirs asks for the block.

        Parameters
        ----------
        source : str
            Whose block it is.
        grades : mapping of str to int
            By the stories that stand there: 0 unrelated, 1 acceptable, 2 what they would have set; None where
            they looked and pass over it.
        by : str
            Who rates.

        Returns
        -------
        list of int
            Numbers by which `unrate` takes them back, in the order of `grades`; 0 where nothing was done.

        Raises
        ------
        NotFoundError
            When one of the stories is not held.
        EditError
            When a grade is none, or nobody is named.
        """
        return self.rate_all({source: grades}, by)

    def rate_all(self, grades: Mapping[str, Mapping[str, int | None]], by: str) -> list[int]:
        """Keep what an editor thinks of slots of many blocks, all or none; see `rate`."""
        by_id: dict[str, dict[str, int | None]] = {}
        for source, some in grades.items():
            by_id.setdefault(self.id_of(source), {}).update({self.id_of(t): some[t] for t in some})
        return self._ratings.rate(by_id, by, self._sheets.asked(by))

    def pass_over(self, source: str, by: str) -> None:
        """Note that an editor is done with a block of today's sheet in which nothing is to be rated."""
        self._sheets.pass_over(self.id_of(source), by)

    def unrate(self, nums: Collection[int], by: str) -> list[str]:
        """Take back those of an editor's own ratings that have these numbers; what they said before counts.

        Returns the ids of the stories whose blocks they were of.
        """
        return self._ratings.take_back(nums, by)

    def import_ratings(self, ratings: Iterable[Rating]) -> list[bool]:
        """Keep ratings that were made elsewhere; return which are new here.

        Those that are held, and those on stories that are not, change nothing.
        """
        return self._ratings.take_over(ratings)

    def ratings(self) -> list[Rating]:
        """Return what counts of each editor on each slot, the oldest first."""
        return self._ratings.all()

    def rating_sheet(self, by: str) -> RatingSheet | None:
        """Return the blocks that an editor rates today; None where they have not begun."""
        return self._sheets.of(by)

    def begin_rating(self, by: str, worst: Sequence[str] = ()) -> RatingSheet:
        """Draw the blocks that an editor rates today, once a day.

        Parameters
        ----------
        by : str
            Who rates.
        worst : sequence of str
            Ids of stories whose blocks are known to be weak; without any, those of the least probable slots
            of some are taken.
        """
        return self._sheets.begin(by, worst)

    def _held(self, name: str) -> str:
        return self._state.context().known(self.id_of(name)).story.id

    # Running stories

    def threads(self, at: Day | None = None, least: int | None = None) -> list[Thread]:
        """Return the events of the last weeks as running stories, those with the newest report first.

        Parameters
        ----------
        at : str, date or datetime, optional
            As of that day or moment, of the stories that readers may see today; now by default.
        least : int, optional
            Reports that a thread has at least; the setting `threads.least` by default.

        Raises
        ------
        QuestionError
            When `at` is no moment, or `least` no whole number from 1 up.
        """
        return self._threads.all(at, least)

    def thread(self, story: str, at: Day | None = None) -> Thread:
        """Return the running story that a story is part of, however short it is yet.

        Raises
        ------
        NotFoundError
            When there is none: readers may not see the story, or it is older than threads go back.
        """
        return self._threads.of(self.id_of(story), at, asked=story)

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
        return self._state.blocks.next_due()

    def purges(self, after: int = 0, limit: int = 1000) -> list[Purge]:
        """Return the outbox: changes of blocks numbered above `after`, oldest first.

        They are kept for the days of the setting `keep_days`. Numbers have no gaps: a first one above
        ``after + 1`` says that older changes are gone, and that all pages have to be purged.
        """
        rows = self._state.blocks.purges(after, limit)
        return [
            Purge(num=row.num, at=row.at, change=change) for row, change in zip(rows, told(rows), strict=True)
        ]

    def latest_purges(self, limit: int) -> list[Purge]:
        """Return the last changes of blocks, newest first."""
        rows = self._state.blocks.latest_purges(limit)
        return [
            Purge(num=row.num, at=row.at, change=change) for row, change in zip(rows, told(rows), strict=True)
        ]

    def worklists(self) -> Worklists:
        """Return the stories whose blocks need a person. Reads what all blocks show."""
        return worklists(self._state, self._builder.recipe)

    def backlog(self) -> Backlog:
        """Return how much waits for the worker."""
        return self._refresher.backlog()

    def refused_links(self) -> dict[str, int]:
        """Return how often the link policy kept a link out of a block since the start, by reason."""
        return {reason.value: times for reason, times in self._state.refused.copy().items()}

    def exposure(self) -> Exposure:
        """Return how the blocks of the archive stand. Reads all of them."""
        return self._refresher.exposure()
