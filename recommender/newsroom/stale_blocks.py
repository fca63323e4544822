"""Which older blocks follow when a story changes, and what they show then. Writes nothing itself."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from recommender.archive.view import eligible
from recommender.catalog import Change, Op
from recommender.catalog.block_records import Ahead, Batch, BlockRow, PurgeRow, ShownRow
from recommender.catalog.block_tables import flat
from recommender.engine.search_scope import spoken_alike
from recommender.engine.translated_stories import translations_of
from recommender.errors import VectorsAwayError
from recommender.newsroom.answer_context import AnswerContext
from recommender.newsroom.block_builder import BlockBuilder, shown_as_made, targets_of
from recommender.newsroom.events import BlockChange
from recommender.newsroom.layout import CachedStory
from recommender.newsroom.state import NewsroomState

REACH = 50  # nearest stories whose blocks a new story may enter
AT_FIRST, LATEST = (
    0.03,
    0.3,
)  # seconds that a block is thought to take, and what the latest ones weigh in that
MANY = 200  # changes that are read at a time
DELETED = "a story was deleted"  # why the worker makes blocks anew that held it

log = logging.getLogger(__name__)


@dataclass(slots=True)
class Invalidation:
    """What becomes of older blocks.

    Attributes
    ----------
    made : list of BlockRow
        Those that the engine made anew.
    shown : mapping of int to ShownRow
        What blocks show now, by num; most of them what they showed before.
    stale : mapping of int to str
        Those that wait to be made anew, and why.
    due : mapping of int to int
        Those that have to be made anew at a moment to come (epoch seconds).
    is_cut_short : bool
        The vectors' server is away: what else follows is found out when it is back, so no cursor moves.
    """

    made: list[BlockRow] = field(default_factory=list)
    shown: dict[int, ShownRow] = field(default_factory=dict)
    stale: dict[int, str] = field(default_factory=dict)
    due: dict[int, int] = field(default_factory=dict)
    is_cut_short: bool = False

    def batch(
        self, cursor: tuple[int, int] | None = None, cause: str = "", ahead: Ahead | None = None
    ) -> Batch:
        """Return it as one transaction."""
        return Batch(
            made=self.made,
            shown=list(self.shown.values()),
            stale=self.stale,
            due=self.due,
            cursor=None if self.is_cut_short else cursor,
            cause=cause,
            ahead=ahead,
        )


class Invalidator:
    """Finds the blocks that follow a change."""

    def __init__(self, state: NewsroomState, builder: BlockBuilder) -> None:
        self._archive, self._settings, self._cache = state.archive, state.settings, state.cache
        self._blocks, self._editor_actions, self._builder = state.blocks, state.editor_actions, builder
        self._seconds_a_block = AT_FIRST  # that the last ones took

    def follow(
        self,
        id: str,
        context: AnswerContext,
        reason: str,
        *,
        enters: bool = True,
        seconds: float | None = None,
        renews: bool = False,
    ) -> Invalidation:
        """Return what follows from a change of a story, or from its deletion.

        Blocks that may show it are put together anew, which is cheap and exact. Then the blocks of nearest
        stories are made by the engine again, as many as the settings allow; the rest waits.

        Parameters
        ----------
        id : str
            The story's.
        context : AnswerContext
            The moment after the change, or as it would be.
        reason : str
            Goes into the diff.
        enters : bool
            The story may enter blocks where it was not; False when only less is shown than before.
        seconds : float, optional
            How long the engine may take; the setting `diff_seconds` by default.
        renews : bool
            Where blocks are made by the engine, make the story's own together with them; else `renew` does.
        """
        result = Invalidation()
        known = context.find(id)
        holders = self._holders(id, known)
        rows = self._cache.blocks(holders)
        self._cache.expect({id for row in rows.values() for id in targets_of(row.slots)})
        for num, other in self._cache.stories(rows).items():
            result.shown[num] = self._builder.shown(other, rows[num], context, reason)
        result.stale = dict.fromkeys(rows, reason)
        if known is not None:  # whoever sees it: what it says of others counts while readers do
            result.stale |= dict.fromkeys(self.around(known.num), reason)
        if known is not None and enters:
            try:
                self._enter(known, context, reason, seconds, result, renews=renews)
            except VectorsAwayError as error:
                log.info("which blocks %s may enter is found out later: %s", id, error)
                result.is_cut_short = True
        return result

    def renew(self, known: CachedStory, context: AnswerContext, reason: str, result: Invalidation) -> None:
        """Make a story's own block, unless it was; while none can be, show the stored one and let it wait."""
        if any(made.source == known.num for made in result.made):
            return
        row: BlockRow | None
        try:
            row = self._builder.make(known, context, beside=result.made)
            result.made.append(row)
            result.shown[known.num] = shown_as_made(known, row, context, reason)
        except VectorsAwayError as error:
            log.info("the block of %s is made later: %s", known.story.id, error)
            row, result.is_cut_short = self._cache.block(known.num), True
            if row is not None:
                result.stale[known.num] = reason
                result.shown[known.num] = self._builder.shown(known, row, context, reason)

    def _enter(
        self,
        known: CachedStory,
        context: AnswerContext,
        reason: str,
        seconds: float | None,
        result: Invalidation,
        *,
        renews: bool,
    ) -> None:
        begins, until = known.standing.visible_from, known.standing.visible_until
        if known.standing.public(context.now):
            near = self._near(known, context.now, context)
            result.stale |= dict.fromkeys(near, reason)
            allowed = self._settings.diff_seconds if seconds is None else seconds
            some = [*self._cache.stories(near[: self._affordable(allowed)]).values()]
            self._remake(known, some, context, reason, result, renews=renews)
        elif context.now < begins < until:
            result.due = dict.fromkeys(self._near(known, begins, context), begins)

    def _holders(self, id: str, known: CachedStory | None) -> list[int]:
        """Return the nums of those whose blocks may show a story: by the engine, by hand, by succession."""
        names = {id} | self._blocks.predecessors(id)
        by_hand = [self._cache.story(source) for source in self._editor_actions.naming(names)]
        found = {*self._blocks.holders(names), *(other.num for other in by_hand if other)}
        return sorted(found - {known.num} if known else found)

    def _near(self, known: CachedStory, now: int, context: AnswerContext) -> list[int]:
        """Return the stories whose blocks a story may enter at a time, the nearest first."""
        view = self._archive.catch_up()  # another process may have written the story
        if known.num not in view.store:
            return []
        where = spoken_alike(eligible(now), known.standing, context.rules)
        nums = view.nearest(view.store.item(known.num), REACH + 1, where).tolist()
        held = self._cache.story(known.story.id)  # under another num, where it is only tried
        own = {known.num, held.num if held else known.num}
        found = [num for num in nums if num not in own][:REACH]
        told = translations_of(self._archive, known.num, eligible(now), now) + self.around(known.num)
        return [*found, *self._cache.stories(num for num in dict.fromkeys(told) if num not in found)]

    def around(self, num: int) -> list[int]:
        """Return the stories that a story's word on translations concerns, or did before it changed."""
        nums = self._archive.translations.around(self._archive.catch_up(), num)
        return [*self._cache.stories(nums)] if nums else []

    def _affordable(self, seconds: float) -> int:
        """Return how many older blocks can be made in some seconds, as long as the last ones took."""
        many = max(seconds / self._seconds_a_block, 1) if seconds else 0
        return int(min(many, self._settings.diff_blocks))

    def _remake(
        self,
        known: CachedStory,
        others: list[CachedStory],
        context: AnswerContext,
        reason: str,
        result: Invalidation,
        *,
        renews: bool,
    ) -> None:
        """Make blocks by the engine, all at once: what they share is searched for and read once."""
        every = [*others, known] if renews else others
        if not every:
            return
        begins = time.monotonic()
        rows = self._builder.make_all(every, context)
        took = (time.monotonic() - begins) / len(every)
        self._seconds_a_block += (took - self._seconds_a_block) * LATEST
        for one, row in zip(every, rows, strict=True):
            is_own = one is known
            result.made.append(row if is_own else self._told(one, row, known, context))
            result.shown[one.num] = shown_as_made(one, row, context, reason)
            if not is_own:
                del result.stale[one.num]

    def _told(
        self, other: CachedStory, row: BlockRow, known: CachedStory, context: AnswerContext
    ) -> BlockRow:
        """Return a block with what it showed before, where none is kept: the same without the story."""
        if self._cache.block(other.num) is not None:
            return row  # what that was last known to show stays
        without = replace(context, drafts={**context.drafts, known.story.id: None})
        build = self._builder
        return replace(row, shown=build.links(other, row, without), named=build.named(other, row, without))

    def cursor_past(self, num: int) -> tuple[int, int] | None:
        """Return how the cursor moves when the change of the story `num` alone has been followed."""
        cursor = self._blocks.cursor()
        changes = self._archive.catalog.changes(cursor, limit=MANY)
        alone = all(change.num == num or change.op is Op.LINK for change in changes)
        return (cursor, changes[-1].seq) if changes and alone and len(changes) < MANY else None

    def concerned(self, change: Change, rows: Iterable[BlockRow], context: AnswerContext) -> set[int]:
        """Return which blocks a change may concern: what `follow` would find if `rows` were stored already.

        Parameters
        ----------
        change : Change
            Of a story, or of what an editor did to its block.
        rows : iterable of BlockRow
            Blocks that were made before the change was known.
        context : AnswerContext
            The moment after the change.
        """
        known = self._cache.stories([change.num]).get(change.num)
        if known is None:
            told = self.around(change.num)
            return {change.num, *told} | {row.source for row in rows if not self._all_held(row)}
        if change.op is Op.LINK:
            return {change.num}
        names = {known.story.id} | self._blocks.predecessors(known.story.id)
        begins = max(context.now, known.standing.visible_from)
        near = self._near(known, begins, context) if begins < known.standing.visible_until else []
        by_hand = self._holders(known.story.id, known)
        told = self.around(change.num)
        return {change.num, *near, *by_hand, *told} | {row.source for row in rows if names & _named(row)}

    def _all_held(self, row: BlockRow) -> bool:
        ids = {*_named(row), *flat(row.shown)}
        return all(self._cache.story(id) is not None for id in ids)

    def foretold(self, invalidation: Invalidation, now: int) -> tuple[BlockChange, ...]:
        """Return the changes that would be told, were it written."""
        seen = self._archive.catalog.address_seen
        before = {row.source: flat(row.shown, row.named) for row in invalidation.made}
        held = self._cache.blocks(invalidation.shown)
        before |= {num: flat(row.shown, row.named) for num, row in held.items()}
        after = {num: flat(r.after, r.named) for num, r in invalidation.shown.items()}
        return tuple(
            BlockChange(
                source=r.id,
                url=r.url or seen(num, now),
                before=before[num],
                after=after[num],
                reason=r.reason,
            )
            for num, r in invalidation.shown.items()
            if num in before and before[num] != after[num]
        )


def _named(row: BlockRow) -> set[str]:
    return targets_of(row.slots) | {*row.translations}


def followed(id: str) -> str:
    """Return for which reason the worker tells that blocks follow a change of a story."""
    return f"{id} changed"


def told(rows: Iterable[PurgeRow]) -> tuple[BlockChange, ...]:
    """Return what went into the outbox, as changes."""
    return tuple(
        BlockChange(source=row.source, url=row.url, before=row.before, after=row.after, reason=row.reason)
        for row in rows
    )
