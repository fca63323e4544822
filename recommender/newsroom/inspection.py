"""A block with all that speaks for and against it, for who has to trust it. Writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from recommender.engine.block import Block, Slot
from recommender.engine.question import BlockQuestion, ChosenStory
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


class Inspection:
    """Looks at blocks of one archive."""

    def __init__(self, state: NewsroomState, block_cache: BlockCache, editing: Editing) -> None:
        self._state, self._engine, self._cache = state, state.engine, state.cache
        self._block_cache, self._editing = block_cache, editing

    def look(self, source: str) -> InspectedBlock:
        """Return the block of a story with all that is behind it."""
        self._engine.archive.catch_up()
        context = self._state.context(preview=True)
        known, history = context.known(source), tuple(self._editing.history(source))
        decisions = decisions_from(history)
        block = self._block_cache.preview(source)
        considered, carried = self._considered(known, decisions, context)
        shown = {id for slot in block.slots for id in (slot.story.id, *(s.id for s in slot.timeline))}
        least = self._state.settings.least_score
        rest = [slot for slot in considered if slot.story.id not in shown]
        # Below the least score nobody comes by themselves: there the most probable are told first.
        rest.sort(key=lambda slot: (slot.score < least, -slot.score if slot.score < least else 0))
        rest = rest[:RUNNERS_UP]
        named = {id for event in history for id in event.targets}
        self._cache.expect(named)
        return InspectedBlock(
            story=known.story,
            state=state(known.story, context.now),
            block=block,
            carried=carried,
            runners_up=tuple(replace(slot, position=place) for place, slot in enumerate(rest, 1)),
            refused=self._refused(known, decisions, context),
            decisions=decisions,
            history=history,
            named={id: found.story for id in named if (found := context.find(id)) is not None},
        )

    def _considered(
        self, known: CachedStory, decisions: EditorDecisions, context: AnswerContext
    ) -> tuple[tuple[Slot, ...], Mapping[str, ChosenStory]]:
        is_ranked = known.num in self._engine.archive.view.store and not known.standing.set_aside
        if not is_ranked or known.standing.gone(context.now):
            return (), {}
        most = self._state.settings.slots + 2 * RUNNERS_UP
        asked = BlockQuestion(known.num, context.source(known, decisions), known.story.headline, most)
        block, carried = self._engine.examined(
            asked,
            rules=context.rules,
            past_only=not self._state.settings.follow_ups,
            read=self._cache.stories,
            steering=context.steering.at(context.now),
        )
        return block.slots, carried

    def _refused(
        self, known: CachedStory, decisions: EditorDecisions, context: AnswerContext
    ) -> tuple[RefusedStory, ...]:
        """Return who may not be shown: first whom editors chose or excluded, then the nearest."""
        source = context.source(known, decisions)
        chosen = [*decisions.pins.values(), *decisions.curated, *(decisions.frozen or ())]
        by_hand = (*chosen, *sorted(decisions.excluded))
        named = [found for id in by_hand if (found := context.find(id)) is not None]
        nums = self._engine.neighbours(known.num, NEAR)
        near = self._cache.stories(nums)
        told: dict[str, RefusedStory] = {}
        for one in (*named, *(near[num] for num in nums if num in near)):
            refusal = may_link(source, one.standing, context.now, context.rules)
            if refusal is not None and one.story.id != known.story.id:
                told.setdefault(one.story.id, RefusedStory(one.story, refusal, one.story.id in chosen))
        return tuple(told.values())[:REFUSED]
