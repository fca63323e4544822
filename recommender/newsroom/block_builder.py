"""How a block is made: what the engine chooses, with some in reserve, and what readers see of it.

Writes nothing and keeps no answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC

import msgspec

from recommender.analysis.languages import spoken_of
from recommender.catalog.block_records import BlockRow, Shown, ShownRow, SlotRow
from recommender.engine.block import Block, Slot
from recommender.engine.question import BlockQuestion
from recommender.engine.steering import Steering
from recommender.newsroom.answer_context import AnswerContext
from recommender.newsroom.block_due import next_due, next_neighbours
from recommender.newsroom.events import EditorDecisions
from recommender.newsroom.heirs import with_heirs
from recommender.newsroom.inbound_cap import InboundCap
from recommender.newsroom.layout import CachedStory, PlacedStory, arrange, said_of
from recommender.newsroom.linked_translations import next_told, shown_translations, translations_for
from recommender.newsroom.recipe import recipe
from recommender.newsroom.state import NewsroomState
from recommender.newsroom.team_draft import Comparison, drafted
from recommender.story.hashes import words_hash
from recommender.story.languages import language_of
from recommender.story.story import ALWAYS_UNTIL, Story

RESERVE = 5  # stories kept beyond the slots: they move up at once when one is withdrawn


class BlockBuilder:
    """Makes blocks of one archive. Threads share one."""

    def __init__(self, state: NewsroomState) -> None:
        self._state, self._engine, self._cache = state, state.engine, state.cache
        self._cap = InboundCap(state)
        ranker, settings = self._engine.ranker, state.settings
        # Of which weights, settings and models, and what.
        self._recipe = (ranker, settings, ("", ""), recipe(settings, ranker, "", ""))

    @property
    def recipe(self) -> str:
        """A hash of all that decides what the engine puts in a block now, besides the stories."""
        return self._recipe_under(self._cache.steering)

    def _recipe_under(self, steering: Steering) -> str:
        archive, hybrid = self._engine.archive, self._engine.archive.view.hybrid
        ranker, settings, held = self._engine.ranker, self._state.settings, self._recipe
        appeal = self._engine.appeal
        words = self._engine.page_style.version + (appeal.digest if appeal else "")
        # Copies that share a catalog each fit a model of their own: no reason to undo each other's blocks.
        lexical = hybrid.version if hybrid and not archive.place.server else ""
        parts = (archive.model.hash if archive.model else "", lexical + words)
        if ranker is not held[0] or settings is not held[1] or parts != held[2]:
            held = self._recipe = ranker, settings, parts, recipe(settings, ranker, *parts)
        return f"{held[3]}-{steering.digest}" if steering else held[3]

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
        self._cache.decisions_by_num(map(context.held_num, some))  # read at once: each is asked for below
        # Before they are ranked: should weights or settings change meanwhile, the blocks are made once more.
        made_by = self._recipe_under(context.steering)
        most = (slots or self._state.settings.slots) + RESERVE
        ranked = self._ranked(some, context, most)
        kept = {one.num: [self._kept(slot, one) for slot in ranked[one.num].slots] for one in some}
        comparison = self._comparison(context)
        teams = self._draft(comparison, some, kept, context, most) if comparison else {}
        picks = self._picks(some, kept, context)
        if capped:
            unwritten = {row.source: row.slots for row in beside}
            for num, rows in picks.items():
                unwritten[num] = tuple(self._cap.applied(num, rows, unwritten))
            picks = {num: list(unwritten[num]) for num in picks}
        told = translations_for(self._engine.archive, self._cache, some, context)
        due = self._due(some, picks, told, context)
        if comparison:
            for num in teams:
                due[num] = min(due[num] or ALWAYS_UNTIL, comparison.ends(context.now))
        made = (
            BlockRow(
                source=known.num,
                made=context.now,
                due=due[known.num],
                recipe=made_by,
                provenance=msgspec.to_builtins(ranked[known.num].provenance) | teams.get(known.num, {}),
                shown=(),
                slots=tuple(picks[known.num]),
                translations=told[known.num],
            )
            for known in some
        )
        return [self._with_links(known, row, context) for known, row in zip(some, made, strict=True)]

    def _ranked(self, some: Sequence[CachedStory], context: AnswerContext, slots: int) -> dict[int, Block]:
        """Return the engine's blocks by num; empty ones of stories that it does not know or that are gone."""
        store = self._engine.archive.view.store
        asked = [
            BlockQuestion(
                known.num, context.source(known, context.decisions(known)), known.story.headline, slots
            )
            for known in some
            if known.num in store and not known.standing.set_aside and not known.standing.gone(context.now)
        ]
        blocks = self._engine.blocks_of(
            asked,
            rules=replace(context.rules, preview=True),
            past_only=not self._state.settings.follow_ups,
            drafts=context.drafted,
            only=context.only,
            steering=context.steering.at(context.now),
            read=lambda nums: {**self._cache.stories(nums), **{known.num: known for known in some}},
        )
        found = {one.num: block for one, block in zip(asked, blocks, strict=True)}
        return {known.num: found.get(known.num) or self.empty(known) for known in some}

    def _comparison(self, context: AnswerContext) -> Comparison | None:
        """Return the comparison that blocks take part in; none where something is only tried, or filtered."""
        live, settings = self._state.archive.live_settings, self._state.settings
        if live.compared is None or settings is not live.current or context.drafts or context.only:
            return None
        return Comparison(*live.compared, settings.timezone or UTC)

    def _draft(
        self,
        comparison: Comparison,
        some: Sequence[CachedStory],
        kept: dict[int, list[SlotRow]],
        context: AnswerContext,
        most: int,
    ) -> dict[int, dict[str, object]]:
        """Let two teams draft the blocks that take part, in `kept`; return who drafted what, by block."""
        now, teams = context.now, {}
        part = [one for one in some if comparison.takes_part(int(one.story.published.timestamp()), now)]
        tried = BlockBuilder(self._state.under(comparison.tried))._ranked(part, context, most)
        for one in part:
            rows = [self._kept(slot, one) for slot in tried[one.num].slots]
            kept[one.num], drafted_by = drafted(kept[one.num], rows, comparison.coins(one.story.id, now))
            teams[one.num] = {"comparison": comparison.num, "teams": drafted_by}
        return teams

    def _picks(
        self, some: Sequence[CachedStory], kept: Mapping[int, list[SlotRow]], context: AnswerContext
    ) -> dict[int, list[SlotRow]]:
        """Return what stands in each block as ranked, and who succeeds those that stood in the stored one."""
        held = {known.num: context.held_num(known) for known in some}
        old = self._cache.blocks(held.values())
        self._cache.expect({id for row in old.values() for id in targets_of(row.slots)})
        return {
            known.num: with_heirs(kept[known.num], old.get(held[known.num]), known, context) for known in some
        }

    def _kept(self, slot: Slot, source: CachedStory) -> SlotRow:
        """Return what is kept of a slot that the engine filled for `source`, and of which words it is."""
        folded = tuple(story.id for story in slot.timeline)
        said = tuple(said_of(source.words, self._words(story)) for story in (slot.story, *slot.timeline))
        return SlotRow(slot.story.id, slot.score, slot.role, slot.reasons, folded, slot.fallback, said)

    def _words(self, story: Story) -> bytes:
        known = self._cache.story(story.id)
        return known.words if known is not None and known.story is story else words_hash(story)

    def _due(
        self,
        some: Sequence[CachedStory],
        picks: Mapping[int, Sequence[SlotRow]],
        translations: Mapping[int, Sequence[str]],
        context: AnswerContext,
    ) -> dict[int, int | None]:
        """Return when time next changes what each block may hold."""
        named = {
            known.num: _named(picks[known.num], context.decisions(known)) | {*translations[known.num]}
            for known in some
        }
        self._cache.expect({id for ids in named.values() for id in ids})
        archive = self._engine.archive
        nexts = next_neighbours(archive.view, some, context)
        for known in some:
            nexts[known.num] = min(nexts[known.num], next_told(archive, known.num, context.now))
        return {known.num: next_due(known, named[known.num], nexts[known.num], context) for known in some}

    def capped(self, row: BlockRow, known: CachedStory, context: AnswerContext) -> BlockRow:
        """Return a block that was made without the cap, with it."""
        slots = tuple(self._cap.applied(known.num, list(row.slots), {}))
        return row if slots == row.slots else self._with_links(known, replace(row, slots=slots), context)

    def _with_links(self, known: CachedStory, row: BlockRow, context: AnswerContext) -> BlockRow:
        return replace(row, shown=self.links(known, row, context), named=self.named(known, row, context))

    def empty(self, known: CachedStory) -> Block:
        """Return a block of no stories."""
        made, look = (
            self._engine.provenance(),
            self._engine.page_style.beside(spoken_of(language_of(known.story).key)),
        )
        return Block(id=known.story.id, headline=known.story.headline, slots=(), provenance=made, look=look)

    # Who is shown

    def shown(self, known: CachedStory, row: BlockRow, context: AnswerContext, reason: str) -> ShownRow:
        """Return what readers see in a block: nothing where they may not see the story itself."""
        return shown_as_made(known, self._with_links(known, row, context), context, reason)

    def named(self, known: CachedStory, row: BlockRow, context: AnswerContext) -> tuple[str, ...]:
        """Return the ids of the translations that stand beside a block for readers."""
        if not row.translations:
            return ()
        source = context.source(known, context.decisions(known))
        return tuple(each.story.id for each in shown_translations(row, source, context.for_readers))

    def links(self, known: CachedStory, row: BlockRow, context: AnswerContext) -> Shown:
        """Return the ids that readers see in a block, by slot."""
        decisions, slots = context.decisions(known), self._state.settings.slots
        places = self.places(known, decisions, row, slots, context.for_readers)
        return tuple(tuple(part.story.id for part in (p.known, *p.timeline)) for p in places)

    def places(
        self, known: CachedStory, decisions: EditorDecisions, row: BlockRow, k: int, context: AnswerContext
    ) -> list[PlacedStory]:
        """Return what is in a block of `k` slots at most: editors before engine, past the link policy."""
        source = context.source(known, decisions)
        return arrange(
            decisions,
            row.slots,
            k,
            allowed=lambda id: context.stand_in(source, id),
            said=lambda target: said_of(known.words, target.words),
        )


def shown_as_made(known: CachedStory, row: BlockRow, context: AnswerContext, reason: str) -> ShownRow:
    """Return what readers see in a block that was made as of that moment."""
    url = public_url(known, context.now)
    return ShownRow(known.num, known.story.id, url, row.shown, reason, row.named)


def public_url(known: CachedStory, now: int) -> str | None:
    """Return a story's address, None where readers may not see it: what they may see had another one."""
    return known.story.url if known.standing.public(now) else None


def targets_of(rows: Iterable[SlotRow]) -> set[str]:
    """Return the ids of all stories that a block may show."""
    return {id for row in rows for id in (row.target, *row.timeline)}


def _named(rows: Iterable[SlotRow], decisions: EditorDecisions) -> set[str]:
    """Return the ids of all stories that the engine or an editor put into a block."""
    return targets_of(rows) | {*decisions.pins.values(), *decisions.curated, *(decisions.frozen or ())}
