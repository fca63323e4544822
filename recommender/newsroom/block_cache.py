"""How a block is served: the answer given last while it holds, else the stored block, made where it waits.

The link policy is asked on every answer, whatever is kept. Chooses no story itself.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import msgspec

from recommender.analysis.languages import spoken_of
from recommender.catalog.block_records import Batch, BlockRow
from recommender.concurrency.in_time import InTime
from recommender.engine.age import age_label
from recommender.engine.block import Block, Provenance, Slot
from recommender.engine.page_style import PageStyle
from recommender.errors import ArchiveError, HiddenError, VectorsAwayError
from recommender.newsroom.answer_context import AnswerContext
from recommender.newsroom.block_builder import RESERVE, BlockBuilder, shown_as_made, targets_of
from recommender.newsroom.block_due import is_due
from recommender.newsroom.catalog_cache import BLOCKS
from recommender.newsroom.layout import CachedStory, PlacedStory
from recommender.newsroom.linked_translations import may_show, shown_translations
from recommender.newsroom.state import NewsroomState
from recommender.story.language_tags import foreign_tag
from recommender.story.languages import language_of
from recommender.story.link_policy import Standing, hidden_because, may_link

log = logging.getLogger(__name__)

PATIENCE = 1.0
"""Seconds that an answer waits for a block to be made anew, where one is stored and a server, which may hang,
holds the vectors. The link policy looks at the stored one as at any; the new one is kept when it is made."""

UNFOLLOWED = "stories changed"  # which of them concern a block nobody has found out yet


@dataclass(frozen=True, slots=True, eq=False)
class _Served:
    """An answer, what it was put together from, and what the link policy has to know to let it out again."""

    version: int
    row: BlockRow
    source: Standing
    targets: tuple[Standing, ...]
    translations: tuple[Standing, ...]
    parts: tuple[object, ...]
    block: Block

    def holds(self, context: AnswerContext) -> bool:
        """Return whether it is still right: nothing committed, no time come, the link policy allows all."""
        if self.version != context.version or is_due(self.row, context.now):
            return False
        if any(may_link(self.source, each, context.now, context.rules) for each in self.targets):
            return False
        return all(may_show(self.source, each, context) for each in self.translations)


class BlockCache:
    """Answers of one archive. Threads share one."""

    def __init__(self, state: NewsroomState, builder: BlockBuilder) -> None:
        self._engine, self._catalog = state.engine, state.catalog
        self._state, self._cache, self._blocks, self._builder = state, state.cache, state.blocks, builder
        self._making, self._in_time = threading.Lock(), InTime[BlockRow](PATIENCE)
        self._served: dict[tuple[int, int, bool], _Served] = {}
        self._right: dict[int, tuple[int, str]] = {}  # as of which change and recipe a block was made here

    def serve(self, known: CachedStory, k: int, context: AnswerContext) -> Block:
        """Return a block of at most `k` slots, stored or made; the same object while nothing changes.

        Raises
        ------
        HiddenError
            When readers may not see the story, and this is no preview.
        """
        self.admit(known, context)
        if context.only:
            return self.compose(known, self._builder.make(known, context, k), k, context)
        last = self._served.get((known.num, k, context.rules.preview))
        if last is not None and last.holds(context) and self._waits(known, last.row, context) is None:
            return last.block
        return self.compose(known, self._stored(known, k, context), k, context)

    def peek(self, id: str, k: int | None) -> Block | None:
        """Return what `serve` would readers, if nothing has to be read or made for it, else None."""
        if not self._cache.is_current():
            return None
        # The moment first: what is looked up after it may be newer, and never older than it says.
        wanted, context = self._state.slots(k), self._state.context_at_hand()
        found = self._cache.at_hand(id)
        if found is None or is_due(found[1], context.now) or wanted > self._state.settings.slots + RESERVE:
            return None
        return self.serve(found[0], wanted, context)

    def preview(self, id: str, k: int | None = None) -> Block:
        """Return a block for the newsroom: also before its story is public, and empty when that is gone.

        Whoever asks has written: a block that cannot be made while the vectors' server is away is empty, too.
        """
        context = self._state.context(preview=True)
        known = context.known(id)
        if known.standing.gone(context.now):
            return self._builder.empty(known)
        try:
            return self.serve(known, self._state.slots(k), context)
        except VectorsAwayError as error:
            log.info("an empty block was answered: %s", error)
            return self._builder.empty(known)

    def admit(self, known: CachedStory, context: AnswerContext) -> None:
        """Raise `HiddenError` where readers may not see a story, and this is no preview."""
        standing, now = known.standing, context.now
        if standing.has_block(now, context.rules):
            return
        heir = context.stand_in(None, standing.successor) if standing.successor else None
        successor = heir.story.id if heir else None
        because = hidden_because(known.story, now)
        gone, over = standing.gone(now), standing.visible_from < standing.visible_until <= now
        seen = gone and (over or self._catalog.was_seen(known.num))
        raise HiddenError(standing.id, because, gone=gone, successor=successor, seen=seen)

    def _stored(self, known: CachedStory, k: int, context: AnswerContext) -> BlockRow:
        """Return the stored block, made now where there is none, its time has come, or it is too short."""
        row = self._cache.block(known.num)
        if row is None or self._waits(known, row, context) is not None:
            if row is not None and self._engine.archive.view.is_shared and not context.fresh:
                row = self._in_time.run(partial(self._right_now, known, context)) or row
            else:
                row = self._right_now(known, context)
        kept = self._state.settings.slots + RESERVE
        return self._builder.make(known, context, k) if k > kept and len(row.slots) >= kept else row

    def _right_now(self, known: CachedStory, context: AnswerContext) -> BlockRow:
        """Return the stored block, made now unless another thread just did."""
        with self._making:
            row = self._cache.block(known.num)
            reason = None if row is None else self._waits(known, row, context)
            if row is None or reason is not None:
                row = self._renewed_if_possible(known, row, context, reason or "")
            return row

    def _waits(self, known: CachedStory, row: BlockRow, context: AnswerContext) -> str | None:
        """Return why a stored block has to be made anew before it is shown, None when it need not."""
        if is_due(row, context.now):
            return "an embargo or a story ended"
        if not context.fresh:
            return None
        self._engine.archive.catch_up()
        as_of = (self._catalog.last_seq(), self._builder.recipe)
        if self._right.get(known.num) == as_of:
            return None
        reason = self._blocks.reasons([known.num], context.now, as_of[1]).get(known.num)
        if not reason and self._blocks.cursor() < as_of[0]:
            reason = UNFOLLOWED
        return reason or None

    def _renewed_if_possible(
        self, known: CachedStory, old: BlockRow | None, context: AnswerContext, reason: str
    ) -> BlockRow:
        """Return a block made now; while none can be, the stored one: the link policy looks at it again."""
        try:
            return self._renewed(known, old, context, reason)
        except VectorsAwayError as error:
            if old is None:
                raise
            log.info("a stored block was served that is to be made anew: %s", error)
            return old

    def _renewed(
        self, known: CachedStory, old: BlockRow | None, context: AnswerContext, reason: str
    ) -> BlockRow:
        as_of = self._catalog.last_seq()
        row = self._builder.make(known, context)
        self._right[known.num] = (as_of, row.recipe)
        if old is not None and reason == UNFOLLOWED and _alike(old, row):
            return old
        if self._catalog.read_only:
            return row
        shown = [shown_as_made(known, row, context, reason)] if old else []
        try:
            # Where a story came meanwhile, which it may lack, the block waits on.
            self._blocks.commit_as_of(Batch(made=[row], shown=shown), context.now, as_of)
        except ArchiveError as error:  # busy, or a full disk: what was made is right all the same
            log.warning("a block was served without being kept: %s", error)
        return row

    def compose(self, known: CachedStory, row: BlockRow, k: int, context: AnswerContext) -> Block:
        """Return the answer that a stored block gives now."""
        self._cache.expect(targets_of(row.slots) | {*row.translations})
        decisions = context.decisions(known)
        places = self._builder.places(known, decisions, row, k, context)
        source = context.source(known, decisions)
        told = shown_translations(row, source, context)
        parts = (row, decisions, known, told, *(part for place in places for part in _parts(place)))
        key = (known.num, k, context.rules.preview)
        last = self._served.get(key)
        look = self._engine.page_style.beside(spoken_of(language_of(known.story).key))
        block = last.block if last and _same(last.parts, parts) else _block(known, places, told, row, look)
        if context.drafts or context.only or context.tried:
            return block
        if len(self._served) >= BLOCKS:
            self._served.clear()
        targets = tuple(shown.standing for place in places for shown in (place.known, *place.timeline))
        named = tuple(each.standing for each in told)
        self._served[key] = _Served(context.version, row, source, targets, named, parts, block)
        return block


def _alike(one: BlockRow, other: BlockRow) -> bool:
    """Return whether two blocks of a story hold the same, whenever they were made."""
    return _holds(one) == _holds(other)


def _holds(row: BlockRow) -> tuple[object, ...]:
    return row.slots, row.translations, row.recipe, row.due


def _parts(place: PlacedStory) -> tuple[object, ...]:
    """Return all that a slot is made of."""
    return (place.known, place.pick, place.pinned, *place.timeline)


def _same(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    """Return whether two answers are put together from the same; stories count as what was read at once."""
    return len(one) == len(other) and all(a is b or a == b for a, b in zip(one, other, strict=True))


def _block(
    known: CachedStory,
    places: Sequence[PlacedStory],
    translations: Sequence[CachedStory],
    row: BlockRow,
    look: PageStyle,
) -> Block:
    return Block(
        id=known.story.id,
        headline=known.story.headline,
        slots=tuple(
            _slot(position, place, known, look, row.provenance.get("teams", {}))
            for position, place in enumerate(places, 1)
        ),
        comparison=row.provenance.get("comparison", 0),
        provenance=msgspec.convert(row.provenance, Provenance),
        translations=tuple(each.story for each in translations),
        look=look,
    )


def _slot(
    position: int, place: PlacedStory, source: CachedStory, look: PageStyle, teams: Mapping[str, str]
) -> Slot:
    pick = place.pick
    return Slot(
        position=position,
        story=place.known.story,
        score=pick.score,
        role=pick.role,
        reasons=pick.reasons,
        timeline=tuple(other.story for other in place.timeline),
        pinned=place.pinned,
        fallback=pick.fallback,
        language=foreign_tag(place.known.story, source.standing.language),
        age_label=age_label(place.known.story.published, source.story.published, look),
        team="" if place.pinned else teams.get(pick.target, ""),
    )
