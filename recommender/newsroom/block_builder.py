"""How a block is made, kept and served: one look-up, editors before engine, and the gate on every answer."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import msgspec
import numpy as np

from index.filters import Field
from recommender.catalog.block_records import Batch, BlockRow, Shown, ShownRow, SlotRow
from recommender.catalog.blocks import Blocks
from recommender.engine.block import Block, Provenance, Slot
from recommender.engine.engine import Engine
from recommender.engine.page_style import PageStyle
from recommender.engine.question import BlockQuestion
from recommender.engine.search_scope import spoken_alike
from recommender.errors import ArchiveError, HiddenError
from recommender.newsroom.answer_context import AnswerContext
from recommender.newsroom.catalog_cache import BLOCKS, CatalogCache
from recommender.newsroom.events import EditorDecisions
from recommender.newsroom.layout import CachedStory, PlacedStory, arrange, said_of
from recommender.newsroom.recipe import recipe
from recommender.story.link_policy import Standing, hidden_because, may_link
from recommender.story.story import ALWAYS_UNTIL, Story, words_hash

log = logging.getLogger(__name__)

RESERVE = 5  # stories kept beyond the slots: they move up at once when one is withdrawn
SCHEDULED = 20  # nearest stories under embargo whose end makes a block due
UNFOLLOWED = "stories changed"  # which of them concern a block nobody has found out yet


@dataclass(frozen=True, slots=True, eq=False)
class _Served:
    """An answer, what it was put together from, and what the gate has to know to let it out again."""

    version: int
    row: BlockRow
    source: Standing
    targets: tuple[Standing, ...]
    parts: tuple[object, ...]
    block: Block

    def holds(self, context: AnswerContext) -> bool:
        """Return whether it is still right: nothing committed, no time come, and the gate lets all pass."""
        if self.version != context.version or is_due(self.row, context.now):
            return False
        return all(may_link(self.source, each, context.now, context.rules) is None for each in self.targets)


class BlockBuilder:
    """Blocks of one archive. Threads share one."""

    def __init__(self, engine: Engine, cache: CatalogCache, blocks: Blocks) -> None:
        self._engine, self._cache, self._blocks = engine, cache, blocks
        self._settings = engine.settings
        self._making = threading.Lock()
        self._served: dict[tuple[int, int, bool], _Served] = {}
        self._recipe = (("", ""), recipe(self._settings, engine.ranker, "", ""))  # of which models, and what
        self._right: dict[int, tuple[int, str]] = {}  # as of which change and recipe a block was made here

    @property
    def recipe(self) -> str:
        """A hash of all that decides what the engine puts in a block now, besides the stories."""
        archive, hybrid = self._engine.archive, self._engine.archive.view.hybrid
        parts = (archive.model.hash if archive.model else "", hybrid.version if hybrid else "")
        if parts != self._recipe[0]:
            self._recipe = parts, recipe(self._settings, self._engine.ranker, *parts)
        return self._recipe[1]

    # Serving

    def serve(self, known: CachedStory, k: int, context: AnswerContext) -> Block:
        """Return a block of at most `k` slots, stored or made; the same object while nothing changes.

        Raises
        ------
        HiddenError
            When readers may not see the story, and this is no preview.
        """
        self._admit(known, context)
        if context.only:
            return self.compose(known, self.make(known, context, k), k, context)
        last = self._served.get((known.num, k, context.rules.preview))
        if last is not None and last.holds(context) and self._waits(known, last.row, context) is None:
            return last.block
        return self.compose(known, self._stored(known, k, context), k, context)

    def preview(self, known: CachedStory, k: int, context: AnswerContext) -> Block:
        """Return a block for the newsroom: also before its story is public, and empty when that is gone."""
        if known.standing.gone(context.now):
            return self.empty(known)
        return self.serve(known, k, replace(context, rules=replace(context.rules, preview=True)))

    def empty(self, known: CachedStory) -> Block:
        """Return a block of no stories."""
        made = self._engine.provenance()
        look = self._engine.look
        return Block(id=known.story.id, headline=known.story.headline, slots=(), provenance=made, look=look)

    def compose(self, known: CachedStory, row: BlockRow, k: int, context: AnswerContext) -> Block:
        """Return the answer that a stored block gives now."""
        self._cache.expect(targets_of(row.slots))
        decisions = context.decisions(known)
        places = self._places(known, decisions, row, k, context)
        parts = (row, decisions, known, *(part for place in places for part in parts_of(place)))
        key = (known.num, k, context.rules.preview)
        last = self._served.get(key)
        look = self._engine.look
        block = last.block if last and same(last.parts, parts) else block_of(known, places, row, look)
        if context.drafts or context.only:
            return block
        if len(self._served) >= BLOCKS:
            self._served.clear()
        targets = tuple(shown.standing for place in places for shown in (place.known, *place.timeline))
        self._served[key] = _Served(
            context.version, row, context.source(known, decisions), targets, parts, block
        )
        return block

    def _admit(self, known: CachedStory, context: AnswerContext) -> None:
        standing, now = known.standing, context.now
        if standing.has_block(now, context.rules):
            return
        heir = context.stand_in(None, standing.successor) if standing.successor else None
        successor = heir.story.id if heir else None
        because = hidden_because(known.story, now)
        gone, over = standing.gone(now), standing.visible_from < standing.visible_until <= now
        seen = gone and (over or self._engine.archive.catalog.was_seen(known.num))
        raise HiddenError(standing.id, because, gone=gone, successor=successor, seen=seen)

    def _stored(self, known: CachedStory, k: int, context: AnswerContext) -> BlockRow:
        """Return the stored block, made now where there is none, its time has come, or it is too short."""
        row = self._cache.block(known.num)
        if row is None or self._waits(known, row, context) is not None:
            with self._making:  # the second who asks finds what the first has made
                row = self._cache.block(known.num)
                reason = None if row is None else self._waits(known, row, context)
                if row is None or reason is not None:
                    row = self._renewed(known, row, context, reason or "")
        kept = self._settings.slots + RESERVE
        return self.make(known, context, k) if k > kept and len(row.slots) >= kept else row

    def _waits(self, known: CachedStory, row: BlockRow, context: AnswerContext) -> str | None:
        """Return why a stored block has to be made anew before it is shown, None when it need not."""
        if is_due(row, context.now):
            return "an embargo or a story ended"
        if not context.fresh:
            return None
        archive = self._engine.archive
        archive.catch_up()
        as_of = (archive.catalog.last_seq(), self.recipe)
        if self._right.get(known.num) == as_of:
            return None
        reason = self._blocks.reasons([known.num], context.now, as_of[1]).get(known.num)
        if not reason and self._blocks.cursor() < as_of[0]:
            reason = UNFOLLOWED
        return reason or None

    def _renewed(
        self, known: CachedStory, old: BlockRow | None, context: AnswerContext, reason: str
    ) -> BlockRow:
        as_of = self._engine.archive.catalog.last_seq()
        row = self.make(known, context)
        self._right[known.num] = (as_of, row.recipe)
        if old is not None and reason == UNFOLLOWED and _alike(old, row):
            return old
        if self._engine.archive.catalog.read_only:
            return row
        shown = [self.shown(known, row, context, reason)] if old else []
        try:
            self._blocks.commit(Batch(made=[row], shown=shown), context.now)
        except ArchiveError as error:  # busy, or a full disk: what was made is right all the same
            log.warning("a block was served without being kept: %s", error)
        return row

    # Arranging

    def shown(self, known: CachedStory, row: BlockRow, context: AnswerContext, reason: str) -> ShownRow:
        """Return what readers see in a block: nothing where they may not see the story itself."""
        url = public_url(known, context.now)
        return ShownRow(known.num, known.story.id, url, self.links(known, row, context), reason)

    def links(self, known: CachedStory, row: BlockRow, context: AnswerContext) -> Shown:
        """Return the ids that readers see in a block, by slot."""
        decisions = context.decisions(known)
        places = self._places(known, decisions, row, self._settings.slots, context.for_readers)
        return tuple(tuple(part.story.id for part in (p.known, *p.timeline)) for p in places)

    def _places(
        self, known: CachedStory, decisions: EditorDecisions, row: BlockRow, k: int, context: AnswerContext
    ) -> list[PlacedStory]:
        source = context.source(known, decisions)
        return arrange(
            decisions,
            row.slots,
            k,
            allowed=lambda id: context.stand_in(source, id),
            said=lambda target: said_of(known.words, target.words),
        )

    # Making

    def make(
        self,
        known: CachedStory,
        context: AnswerContext,
        slots: int | None = None,
        beside: Sequence[BlockRow] = (),
    ) -> BlockRow:
        """Make a block by the engine, with some stories in reserve; nothing is written.

        Parameters
        ----------
        known : CachedStory
            Whose.
        context : AnswerContext
            The moment.
        slots : int, optional
            The setting `slots` by default.
        beside : sequence of BlockRow
            Blocks that were made just before and are written together with it.
        """
        (row,) = self.make_all([known], context, slots, beside=beside)
        return row

    def make_all(
        self,
        some: Sequence[CachedStory],
        context: AnswerContext,
        slots: int | None = None,
        *,
        capped: bool = True,
        beside: Sequence[BlockRow] = (),
    ) -> list[BlockRow]:
        """Make the blocks of some stories, each as `make` would; nothing is written.

        Parameters
        ----------
        some : sequence of CachedStory
            Alike at best: what they share is read once.
        context : AnswerContext
        slots : int, optional
            The setting `slots` by default.
        capped : bool
            Let stories that stand in too many blocks already go last; else that is left to `capped`.
        beside : sequence of BlockRow
            Blocks that were made just before and are written together with these: they count as stored.
        """
        self._engine.archive.catch_up()
        held = {known.num: context.held_num(known) for known in some}
        decisions_by_num, stored = (
            self._cache.decisions_by_num(held.values()),
            self._cache.blocks(held.values()),
        )
        old = {num: stored.get(other) for num, other in held.items()}
        found = self._ranked(some, context, (slots or self._settings.slots) + RESERVE)
        self._cache.expect({id for row in old.values() if row for id in targets_of(row.slots)})
        picks: dict[int, list[SlotRow]] = {}
        unwritten = {row.source: list(row.slots) for row in beside}
        for known in some:
            slots_of = [self._row(slot, known) for slot in found[known.num].slots]
            rows = with_heirs(slots_of, old.get(known.num), known, context)
            picks[known.num] = self._last_if_capped(known.num, rows, unwritten | picks) if capped else rows
        named = {
            num: _named(rows, decisions_by_num.get(held[num], EditorDecisions()))
            for num, rows in picks.items()
        }
        self._cache.expect({id for ids in named.values() for id in ids})
        neighbours = self._next_neighbours(some, context)
        made = []
        for known in some:
            due = _due(known, named[known.num], neighbours[known.num], context)
            provenance = found[known.num].provenance
            row = BlockRow(
                source=known.num,
                made=context.now,
                due=due,
                recipe=self.recipe,
                provenance=msgspec.to_builtins(provenance),
                shown=(),
                slots=tuple(picks[known.num]),
            )
            made.append(replace(row, shown=self.links(known, row, context)))
        return made

    def _ranked(self, some: Sequence[CachedStory], context: AnswerContext, slots: int) -> dict[int, Block]:
        """Return the engine's blocks by num; empty ones of stories that it does not know."""
        store = self._engine.archive.view.store
        asked = [
            BlockQuestion(
                known.num, context.source(known, context.decisions(known)), known.story.headline, slots
            )
            for known in some
            if known.num in store and not known.standing.set_aside
        ]
        blocks = self._engine.blocks_of(
            asked,
            rules=replace(context.rules, preview=True),
            past_only=not self._settings.follow_ups,
            drafts=context.drafted,
            only=context.only,
            read=lambda nums: {**self._cache.stories(nums), **{known.num: known for known in some}},
        )
        found = {one.num: block for one, block in zip(asked, blocks, strict=True)}
        return {known.num: found.get(known.num) or self.empty(known) for known in some}

    def _row(self, slot: Slot, source: CachedStory) -> SlotRow:
        """Return what is kept of a slot that the engine filled for `source`, and of which words it is."""
        folded = tuple(story.id for story in slot.timeline)
        said = tuple(said_of(source.words, self._words(story)) for story in (slot.story, *slot.timeline))
        return SlotRow(slot.story.id, slot.score, slot.role, slot.reasons, folded, slot.fallback, said)

    def _words(self, story: Story) -> bytes:
        known = self._cache.story(story.id)
        return known.words if known is not None and known.story is story else words_hash(story)

    def capped(self, row: BlockRow, known: CachedStory, context: AnswerContext) -> BlockRow:
        """Return a block that was made without the cap, with it."""
        slots = tuple(self._last_if_capped(known.num, list(row.slots), {}))
        if slots == row.slots:
            return row
        row = replace(row, slots=slots)
        return replace(row, shown=self.links(known, row, context))

    def _last_if_capped(
        self, num: int, rows: list[SlotRow], unwritten: Mapping[int, Sequence[SlotRow]]
    ) -> list[SlotRow]:
        """Return the rows, with stories that stand in too many blocks further back, the more the further.

        What is stored counts, but for blocks that are made anew and not written yet: those count as made.
        """
        cap, slots = self._settings.inbound_cap, self._settings.slots
        if not cap:
            return rows
        inbound = Counter(self._blocks.inbound([row.target for row in rows], slots, besides=num))
        stored = self._cache.blocks(unwritten)
        inbound.subtract(row.target for old in stored.values() for row in old.slots[:slots])
        inbound.update(row.target for made in unwritten.values() for row in made[:slots])
        return sorted(rows, key=lambda row: max(inbound[row.target] + 1 - cap, 0))  # stable: as ranked

    def _next_neighbours(self, some: Sequence[CachedStory], context: AnswerContext) -> dict[int, int]:
        """Return when the first of each story's nearest under embargo becomes public, or `ALWAYS_UNTIL`."""
        found = dict.fromkeys((known.num for known in some), ALWAYS_UNTIL)
        view, now = self._engine.archive.view, context.now
        begins = view.store.column("visible_from")[: view.store.size]
        if not np.any((begins > now) & (begins < ALWAYS_UNTIL)):
            return found
        waits = (Field("visible_from") > now) & (Field("visible_from") < ALWAYS_UNTIL)
        waits &= Field("linkable") == 1
        asked = [known for known in some if known.num in view.store]
        items = [view.store.item(known.num) for known in asked]
        filters = [spoken_alike(waits, known.standing, context.rules) for known in asked]
        nearest = view.nearest_of_each(items, SCHEDULED, filters)
        for num, near in zip((known.num for known in asked), nearest, strict=True):
            if len(near):
                found[num] = int(view.store.column("visible_from")[near].min())
        return found


def public_url(known: CachedStory, now: int) -> str | None:
    """Return a story's address, None where readers may not see it: what they may see had another one."""
    return known.story.url if known.standing.public(now) else None


def _named(rows: Iterable[SlotRow], decisions: EditorDecisions) -> set[str]:
    """Return the ids of all stories that the engine or an editor put into a block."""
    return targets_of(rows) | {*decisions.pins.values(), *decisions.curated, *(decisions.frozen or ())}


def _due(known: CachedStory, named: Iterable[str], neighbour: int, context: AnswerContext) -> int | None:
    """Return when time next changes what a block may hold, epoch seconds."""
    stories = [known, *(one for id in named for one in context.line(id))]
    times = [t for s in stories for t in (s.standing.visible_from, s.standing.visible_until)]
    return min((time for time in (*times, neighbour) if context.now < time < ALWAYS_UNTIL), default=None)


def _alike(one: BlockRow, other: BlockRow) -> bool:
    """Return whether two blocks of a story hold the same, whenever they were made."""
    return (one.slots, one.recipe, one.due) == (other.slots, other.recipe, other.due)


def is_due(row: BlockRow, now: int) -> bool:
    """Return whether a block has to be made anew before it is shown.

    Its time has come; or it was made at a time that has not, by a clock that ran ahead.
    """
    return row.made > now or (row.due is not None and row.due <= now)


def with_heirs(
    rows: list[SlotRow], old: BlockRow | None, known: CachedStory, context: AnswerContext
) -> list[SlotRow]:
    """Return the rows, and in their old places those whose story was retracted and has a successor.

    Nothing is said there: what the engine says of the successor stands in the successor's own row, if any.
    """
    held, rows = {row.target for row in rows}, list(rows)
    for position, row in enumerate(old.slots if old else ()):
        found = context.find(row.target)
        if row.target in held or found is None or found.standing.successor is None:
            continue
        if context.stand_in(known.standing, row.target) is not None:
            rows.insert(position, SlotRow(row.target))
    return rows


def block_of(known: CachedStory, places: Sequence[PlacedStory], row: BlockRow, look: PageStyle) -> Block:
    """Return an answer."""
    return Block(
        id=known.story.id,
        headline=known.story.headline,
        slots=tuple(_slot(position, place) for position, place in enumerate(places, 1)),
        provenance=provenance_of(row),
        look=look,
    )


def provenance_of(row: BlockRow) -> Provenance:
    """Return what made a stored block."""
    return msgspec.convert(row.provenance, Provenance)


def targets_of(rows: Iterable[SlotRow]) -> set[str]:
    """Return the ids of all stories that a block may show."""
    return {id for row in rows for id in (row.target, *row.timeline)}


def parts_of(place: PlacedStory) -> tuple[object, ...]:
    """Return all that a slot is made of."""
    return (place.known, place.pick, place.pinned, *place.timeline)


def same(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    """Return whether two answers are put together from the same; stories count as what was read at once."""
    return len(one) == len(other) and all(a is b or a == b for a, b in zip(one, other, strict=True))


def _slot(position: int, place: PlacedStory) -> Slot:
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
    )
