"""A block with all that speaks for and against it, for who has to trust it. Writes nothing."""

from __future__ import annotations

import logging
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace

from recommender.engine.block import Block, Slot
from recommender.engine.question import BlockQuestion, ChosenStory
from recommender.errors import VectorsAwayError
from recommender.newsroom.answer_context import AnswerContext
from recommender.newsroom.block_cache import BlockCache
from recommender.newsroom.editing import Editing
from recommender.newsroom.editor_decisions import decisions_from
from recommender.newsroom.events import EditorDecisions, EditorEvent
from recommender.newsroom.layout import CachedStory
from recommender.newsroom.state import NewsroomState
from recommender.story.link_policy import Refusal, may_link, state
from recommender.story.story import Story

RUNNERS_UP = 8  # stories below the block
NEAR = 40  # nearest stories that are asked whether the link policy refuses them
REFUSED = 12  # that are told of
HELD = 64  # stories whose candidates are at hand while their page is looked at again: some 80 kB each
HELD_SECONDS = 60  # for which they are, at most: what is said of them depends on the time

log = logging.getLogger(__name__)

_Considered = tuple[tuple[Slot, ...], Mapping[str, ChosenStory]]


@dataclass(frozen=True, slots=True)
class RefusedStory:
    """A story near by, or one that an editor chose, that the link policy keeps out; and why."""

    story: Story
    refusal: Refusal
    pinned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class InspectedBlock:
    """A block as it is now, and what is behind it.

    Attributes
    ----------
    story : Story
        Whose block it is.
    state : str
        How that story stands, such as ``published`` or ``embargoed until ...``.
    block : Block
        As its page shows it, or will; empty where the story is gone.
    carried : mapping of str to ChosenStory
        What speaks for each story that the engine considered, by id.
    runners_up : tuple of Slot
        Who would come next, best first; those below the least score among them.
    refused : tuple of RefusedStory
        Who is near and may not be shown, the nearest first.
    decisions : EditorDecisions
        What editors decided.
    history : tuple of EditorEvent
        What they did, oldest first.
    named : mapping of str to Story
        The stories that the history names, by id, as far as they are held.
    is_whole : bool
        Whether who else was considered is told: `carried`, `runners_up` and `refused`.
    """

    story: Story
    state: str
    block: Block
    carried: Mapping[str, ChosenStory]
    runners_up: tuple[Slot, ...]
    refused: tuple[RefusedStory, ...]
    decisions: EditorDecisions
    history: tuple[EditorEvent, ...]
    named: Mapping[str, Story]
    is_whole: bool = True


class Inspection:
    """Looks at blocks of one archive."""

    def __init__(self, state: NewsroomState, block_cache: BlockCache, editing: Editing) -> None:
        self._state, self._engine, self._cache = state, state.engine, state.cache
        self._block_cache, self._editing = block_cache, editing
        self._held: dict[int, tuple[tuple[object, ...], _Considered]] = {}
        self._lock = threading.Lock()

    def look(self, source: str, *, whole: bool = True) -> InspectedBlock:
        """Return the block of a story with all that is behind it; see `Newsroom.inspect`."""
        self._engine.archive.catch_up()
        context = self._state.context(preview=True)
        known, history = context.known(source), tuple(self._editing.history(source))
        decisions = decisions_from(history)
        block = self._block_cache.preview(source)
        shown = frozenset(
            id for slot in block.slots for id in (slot.story.id, *(s.id for s in slot.timeline))
        )
        try:
            considered = self._considered(known, decisions, context, shown, asks=whole)
            nearest = self._engine.neighbours(known.num, NEAR) if considered else []
        except VectorsAwayError as error:
            log.info("only what is stored of the block of %s is shown: %s", source, error)
            considered, nearest = ((), {}), []
        next_best, carried = considered or ((), {})
        named = {id for event in history for id in event.targets}
        self._cache.expect(named | {slot.story.id for slot in next_best})
        rest = [
            slot
            for slot in next_best
            if slot.story.id not in shown and self._may_stand(slot, known, decisions, context)
        ]
        return InspectedBlock(
            story=known.story,
            state=state(known.story, context.now),
            block=block,
            carried=carried,
            runners_up=tuple(replace(slot, position=place) for place, slot in enumerate(rest, 1)),
            refused=self._refused(known, nearest, decisions, context) if considered else (),
            decisions=decisions,
            history=history,
            named={id: found.story for id in named if (found := context.find(id)) is not None},
            is_whole=considered is not None,
        )

    def _considered(
        self,
        known: CachedStory,
        decisions: EditorDecisions,
        context: AnswerContext,
        shown: frozenset[str],
        *,
        asks: bool,
    ) -> _Considered | None:
        """Return who was considered; where that is not at hand and not asked for, None."""
        is_ranked = known.num in self._engine.archive.view.store and not known.standing.set_aside
        if not is_ranked or known.standing.gone(context.now):
            return (), {}
        steering, made = context.steering.at(context.now), self._engine.provenance()
        by = (made.generation, made.ranker, made.settings, steering.digest)
        as_of = (self._state.catalog.last_seq(), *by, shown)
        at, found = context.now // HELD_SECONDS, self._held.get(known.num)
        if found is not None and found[0] == (*as_of, at):
            return found[1]
        if not asks:
            return None
        considered = self._engine.examined(
            BlockQuestion(known.num, context.source(known, decisions), known.story.headline, RUNNERS_UP),
            shown=shown,
            rules=context.rules,
            past_only=not self._state.settings.follow_ups,
            read=self._cache.stories,
            steering=steering,
        )
        with self._lock:
            if len(self._held) >= HELD:
                self._held.clear()
            self._held[known.num] = ((*as_of, at), considered)
        return considered

    def _may_stand(
        self, slot: Slot, known: CachedStory, decisions: EditorDecisions, context: AnswerContext
    ) -> bool:
        """Return whether the link policy, which is asked last, lets a runner-up in as of now."""
        source, found = context.source(known, decisions), context.find(slot.story.id)
        return found is not None and may_link(source, found.standing, context.now, context.rules) is None

    def _refused(
        self, known: CachedStory, nums: list[int], decisions: EditorDecisions, context: AnswerContext
    ) -> tuple[RefusedStory, ...]:
        """Return who may not be shown: first whom editors chose or excluded, then the nearest."""
        source = context.source(known, decisions)
        chosen = [*decisions.pins.values(), *decisions.curated, *(decisions.frozen or ())]
        by_hand = (*chosen, *sorted(decisions.excluded))
        named = [found for id in by_hand if (found := context.find(id)) is not None]
        near = self._cache.stories(nums)
        told: dict[str, RefusedStory] = {}
        for one in (*named, *(near[num] for num in nums if num in near)):
            refusal = may_link(source, one.standing, context.now, context.rules)
            if refusal is not None and one.story.id != known.story.id:
                told.setdefault(one.story.id, RefusedStory(one.story, refusal, one.story.id in chosen))
        return tuple(told.values())[:REFUSED]
