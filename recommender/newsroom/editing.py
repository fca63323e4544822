"""What editors do to blocks: pin, exclude, freeze, import, undo; kept with who and when.

The link policy has the last word.

An act that has been done already does nothing, and tells what it changed when it was done.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from recommender.errors import EditError, NotFoundError, shown
from recommender.newsroom import repeated_calls
from recommender.newsroom.answer_context import AnswerContext
from recommender.newsroom.block_builder import BlockBuilder
from recommender.newsroom.block_cache import BlockCache
from recommender.newsroom.editor_decisions import after, decisions_from, event_of
from recommender.newsroom.editor_names import check_name
from recommender.newsroom.events import (
    BlockChange,
    Edited,
    EditorAct,
    EditorDecisions,
    EditorEvent,
    PlannedAct,
)
from recommender.newsroom.layout import CachedStory
from recommender.newsroom.repeated_calls import RepeatedCalls
from recommender.newsroom.stale_blocks import Invalidation, Invalidator, told
from recommender.newsroom.state import NewsroomState
from recommender.story.link_policy import Refusal, may_link


class Editing:
    """Editors' acts on the blocks of one archive."""

    def __init__(
        self,
        state: NewsroomState,
        builder: BlockBuilder,
        block_cache: BlockCache,
        invalidator: Invalidator,
        repeated: RepeatedCalls,
    ) -> None:
        self._state, self._context, self._cache = state, state.context, state.cache
        self._editor_actions, self._blocks = state.editor_actions, state.blocks
        self._builder, self._block_cache, self._invalidator = builder, block_cache, invalidator
        self._repeated_calls = repeated

    def rehearse(self, source: str, acts: Sequence[PlannedAct], undone: Collection[int] = ()) -> Edited:
        """Return what a block would be after some acts, and without some that stand; nothing is written."""
        context = self._context(preview=True)
        known, history = context.known(source), self.history(source)
        standing = {event.num for event in history if event.undone_at is None}
        for num in undone:
            if num not in standing:
                raise _none_stands(num)
        decisions = decisions_from(event for event in history if event.num not in undone)
        refusal = None
        for planned in acts:
            targets: tuple[str, ...] = (planned.target,)
            if planned.act is EditorAct.PIN:
                self._check_pin(source, planned.target, planned.position or 0)
            elif planned.act is EditorAct.FREEZE:
                block = self._block_cache.serve(known, self._state.settings.slots, context)
                targets = tuple(slot.story.id for slot in block.slots)
            elif planned.act is not EditorAct.UNFREEZE:
                context.known(planned.target)
            decisions = after(decisions, planned.act, targets, planned.position)
            if planned.act is EditorAct.PIN:
                refusal = refusal or self._refusal(known, planned.target, context, decisions)
        tried = replace(context, tried={context.held_num(known): decisions})
        row = self._builder.make(known, tried)
        block = self._block_cache.compose(known, row, self._state.settings.slots, tried)
        return Edited(event=0, block=block, refusal=refusal)

    def _check_pin(self, source: str, target: str, position: int) -> None:
        if source == target:
            raise EditError(f"story {shown(source)} cannot be pinned to its own block; name another story")
        slots = self._state.settings.slots
        if not 1 <= position <= slots:
            raise EditError(f"position {position} is none; give a number from 1 to {slots}")
        self._context().known(target)

    def pin(self, source: str, target: str, position: int, by: str) -> Edited:
        """Put a story at a position of a block, from 1, and nowhere else in it."""
        self._check_pin(source, target, position)
        if self.decisions(source).pins.get(position) == target:
            return self._unchanged(source, EditorAct.PIN, [target], position)
        return self._edit(source, EditorAct.PIN, [target], by, position)

    def unpin(self, source: str, target: str, by: str) -> Edited:
        """Take a pin out; does nothing where there is none."""
        pinned = target in self.decisions(source).pins.values()
        if pinned:
            return self._edit(source, EditorAct.UNPIN, [target], by)
        return self._unchanged(source, EditorAct.UNPIN, [target])

    def exclude(self, source: str, target: str, by: str) -> Edited:
        """Keep a story out of a block until it is included again; a pin of it is taken out."""
        self._context().known(target)
        excluded = target in self.decisions(source).excluded
        if excluded:
            return self._unchanged(source, EditorAct.EXCLUDE, [target])
        return self._edit(source, EditorAct.EXCLUDE, [target], by)

    def include(self, source: str, target: str, by: str) -> Edited:
        """Take an exclusion back; does nothing where there is none."""
        excluded = target in self.decisions(source).excluded
        if excluded:
            return self._edit(source, EditorAct.INCLUDE, [target], by)
        return self._unchanged(source, EditorAct.INCLUDE, [target])

    def freeze(self, source: str, by: str) -> Edited:
        """Keep a block as it is now: only the link policy may still take a story out."""
        context = self._context(preview=True)
        block = self._block_cache.serve(context.known(source), self._state.settings.slots, context)
        ids = tuple(slot.story.id for slot in block.slots)
        if self.decisions(source).frozen == ids:
            return self._unchanged(source, EditorAct.FREEZE, ids)
        return self._edit(source, EditorAct.FREEZE, ids, by)

    def put_back(self, source: str, ids: Sequence[str], by: str) -> Edited:
        """Keep a block as it was once: these stories, as far as the link policy allows and they are held."""
        context = self._context(preview=True)
        self._cache.expect(ids)
        held = tuple(id for id in ids if context.find(id) is not None)
        if self.decisions(source).frozen == held:
            return self._unchanged(source, EditorAct.FREEZE, held)
        return self._edit(source, EditorAct.FREEZE, held, by)

    def remake(self, source: str, reason: str) -> tuple[BlockChange, ...]:
        """Have the engine choose a block anew, now; return the diff."""
        context = self._context(preview=True)
        return self._renewed(context.known(source), context, reason, "")

    def unfreeze(self, source: str, by: str) -> Edited:
        """Let pins and engine at a frozen block again; does nothing where it is not frozen."""
        if self.decisions(source).frozen is None:
            return self._unchanged(source, EditorAct.UNFREEZE, [])
        return self._edit(source, EditorAct.UNFREEZE, [], by)

    def import_curated(self, source: str, targets: Sequence[str], by: str) -> Edited:
        """Take over a block that editors chose elsewhere: its stories come first, in this order."""
        if source in targets or len(set(targets)) < len(targets):
            raise EditError(
                f"the block of {shown(source)} holds itself, or a story twice; name each story once"
            )
        for target in targets:
            self._context().known(target)
        if self.decisions(source).curated == tuple(targets):
            return self._unchanged(source, EditorAct.IMPORT, targets)
        return self._edit(source, EditorAct.IMPORT, targets, by)

    def undo(self, event: int, by: str) -> Edited:
        """Take back one act, whatever came after it; the others stand."""
        check_name(by)
        row = self._editor_actions.undo(event, by, self._context().now)
        if row is None:
            raise _none_stands(event)
        return self._followed_by(row.source, event, f"{by} undid: {row.act}")

    def decisions(self, source: str) -> EditorDecisions:
        """Return what editors decided about the block of a story, all acts that stand taken together."""
        return decisions_from(self.history(source))

    def history(self, source: str) -> list[EditorEvent]:
        """Return what editors did to the block of a story, oldest first, the undone acts among them."""
        return [event_of(row) for row in self._editor_actions.of(source)]

    def take_over(self, id: str, into: str, by: str, reason: str) -> tuple[BlockChange, ...]:
        """Let the block of `into` have what editors did to that of `id`; return the diff.

        What is excluded from it stays so.
        """
        against = self._against(id, self.decisions(into).excluded)
        self._editor_actions.move(id, into, by, self._context().now, against)
        context = self._context()
        cause = repeated_calls.of_standing(context.known(id).story)
        return self._renewed(context.known(into), context, reason, cause)

    def _against(self, source: str, excluded: frozenset[str]) -> list[int]:
        """Return the numbers of those acts on a block that would take one of these exclusions back."""
        taking_back = (EditorAct.PIN, EditorAct.INCLUDE)
        return [
            event.num
            for event in self.history(source)
            if event.act in taking_back and not excluded.isdisjoint(event.targets)
        ]

    def _edit(
        self, source: str, act: EditorAct, targets: Sequence[str], by: str, position: int | None = None
    ) -> Edited:
        context = self._context(preview=True)
        context.known(source)
        check_name(by)
        event = self._editor_actions.add(source, act.value, targets, position, by, context.now)
        return self._followed_by(source, event, f"{by}: {act}", targets[0] if act is EditorAct.PIN else None)

    def _followed_by(self, source: str, event: int, reason: str, pinned: str | None = None) -> Edited:
        """Make the block anew as the acts have it now, and return it with the diff."""
        context = self._context(preview=True)
        known = context.find(source)
        if known is None:  # an act on a block whose story was deleted meanwhile
            raise NotFoundError(f"no story {shown(source)} in this archive; the act is undone all the same")
        changed = self._renewed(known, context, reason, repeated_calls.of_act(event))
        refusal = None
        if pinned is not None:
            refusal = self._refusal(known, pinned, context, self.decisions(source))
        return Edited(event=event, block=self._block_cache.preview(source), changed=changed, refusal=refusal)

    def _refusal(
        self, known: CachedStory, pinned: str, context: AnswerContext, decisions: EditorDecisions
    ) -> Refusal | None:
        """Return why the link policy does not show a pinned story now, after some decisions, or None."""
        standing = context.source(known, decisions)
        return may_link(standing, context.known(pinned).standing, context.now, context.rules)

    def _renewed(
        self, known: CachedStory, context: AnswerContext, reason: str, cause: str
    ) -> tuple[BlockChange, ...]:
        renewal = Invalidation()
        self._invalidator.renew(known, context, reason, renewal)
        return told(self._blocks.commit(renewal.batch(cause=cause), context.now))

    def _unchanged(
        self, source: str, act: EditorAct, targets: Sequence[str], position: int | None = None
    ) -> Edited:
        """Say how a block stands on which an act would do nothing, and what it changed when it was done."""
        context = self._context(preview=True)
        known, done = context.known(source), (act, tuple(targets), position)
        same = [each for each in self.history(source) if (each.act, each.targets, each.position) == done]
        changed = self._repeated_calls.of(repeated_calls.of_act(same[-1].num), context) if same else ()
        refusal = None
        if act is EditorAct.PIN:
            refusal = self._refusal(known, targets[0], context, self.decisions(source))
        return Edited(event=0, block=self._block_cache.preview(source), changed=changed, refusal=refusal)


def _none_stands(num: int) -> NotFoundError:
    return NotFoundError(f"no act {num} that stands; the history of the block lists them")
