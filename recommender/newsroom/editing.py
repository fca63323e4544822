"""The editors' hand: pin, exclude, freeze, import, undo. Kept with who and when; shown past the gate."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from recommender.block import Block
from recommender.catalog.block_records import Batch
from recommender.catalog.blocks import Blocks
from recommender.catalog.hands import Hands
from recommender.errors import EditError, NotFoundError, shown
from recommender.newsroom import retelling
from recommender.newsroom.acts import event_of, hand_of
from recommender.newsroom.arrange import Known
from recommender.newsroom.follower import told
from recommender.newsroom.keeper import Keeper
from recommender.newsroom.records import Act, BlockChange, Edited, Event, Hand
from recommender.newsroom.retelling import Retelling
from recommender.newsroom.scene import Scene
from recommender.publish import Refusal, may_link
from recommender.settings import Settings


class Editing(ABC):
    """What editors do to blocks: a part of `Newsroom`.

    An act that has been done already does nothing, and tells what it changed when it was done.
    """

    settings: Settings
    _hands: Hands
    _blocks: Blocks
    _keeper: Keeper
    _retelling: Retelling

    @abstractmethod
    def _scene(self, *, preview: bool = False) -> Scene:
        """Return the present moment, with all that was committed before it."""

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
        if source == target:
            raise EditError(f"story {shown(source)} cannot be pinned to its own block; name another story")
        if not 1 <= position <= self.settings.slots:
            raise EditError(f"position {position} is none; give a number from 1 to {self.settings.slots}")
        self._scene().known(target)
        if self.hand(source).pins.get(position) == target:
            return self._unchanged(source, Act.PIN, [target], position)
        return self._edit(source, Act.PIN, [target], by, position)

    def unpin(self, source: str, target: str, by: str) -> Edited:
        """Take a pin out; does nothing where there is none."""
        pinned = target in self.hand(source).pins.values()
        if pinned:
            return self._edit(source, Act.UNPIN, [target], by)
        return self._unchanged(source, Act.UNPIN, [target])

    def exclude(self, source: str, target: str, by: str) -> Edited:
        """Keep a story out of a block until it is included again; a pin of it is taken out."""
        self._scene().known(target)
        excluded = target in self.hand(source).excluded
        if excluded:
            return self._unchanged(source, Act.EXCLUDE, [target])
        return self._edit(source, Act.EXCLUDE, [target], by)

    def include(self, source: str, target: str, by: str) -> Edited:
        """Take an exclusion back; does nothing where there is none."""
        excluded = target in self.hand(source).excluded
        if excluded:
            return self._edit(source, Act.INCLUDE, [target], by)
        return self._unchanged(source, Act.INCLUDE, [target])

    def freeze(self, source: str, by: str) -> Edited:
        """Keep a block as it is now: only the gate may still take a story out.

        Does nothing where it was frozen like that.

        Raises
        ------
        HiddenError
            When the story is gone, and with it the block that could be kept.
        """
        scene = self._scene(preview=True)
        block = self._keeper.serve(scene.known(source), self.settings.slots, scene)
        ids = tuple(slot.story.id for slot in block.slots)
        if self.hand(source).frozen == ids:
            return self._unchanged(source, Act.FREEZE, ids)
        return self._edit(source, Act.FREEZE, ids, by)

    def unfreeze(self, source: str, by: str) -> Edited:
        """Let pins and engine at a frozen block again; does nothing where it is not frozen."""
        if self.hand(source).frozen is None:
            return self._unchanged(source, Act.UNFREEZE, [])
        return self._edit(source, Act.UNFREEZE, [], by)

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
        if source in targets or len(set(targets)) < len(targets):
            raise EditError(
                f"the block of {shown(source)} holds itself, or a story twice; name each story once"
            )
        for target in targets:
            self._scene().known(target)
        if self.hand(source).curated == tuple(targets):
            return self._unchanged(source, Act.IMPORT, targets)
        return self._edit(source, Act.IMPORT, targets, by)

    def undo(self, event: int, by: str) -> Edited:
        """Take back one act, whatever came after it; the others stand.

        Raises
        ------
        NotFoundError
            When there is no such act, or it was undone before.
        """
        row = self._hands.undo(event, by, self._scene().now)
        if row is None:
            raise NotFoundError(f"no act {event} that stands; the history of the block lists them")
        return self._followed_by(row.source, event, f"{by} undid: {row.act}")

    def hand(self, source: str) -> Hand:
        """Return what editors decided about the block of a story, all acts that stand taken together."""
        return hand_of(self.history(source))

    def _against(self, source: str, excluded: frozenset[str]) -> list[int]:
        """Return the numbers of those acts on a block that would take one of these exclusions back."""
        taking_back = (Act.PIN, Act.INCLUDE)
        return [
            event.num
            for event in self.history(source)
            if event.act in taking_back and not excluded.isdisjoint(event.targets)
        ]

    def history(self, source: str) -> list[Event]:
        """Return what editors did to the block of a story, oldest first, the undone acts among them."""
        return [event_of(row) for row in self._hands.of(source)]

    def _edit(
        self, source: str, act: Act, targets: Sequence[str], by: str, position: int | None = None
    ) -> Edited:
        scene = self._scene(preview=True)
        scene.known(source)
        if not by.strip():
            raise EditError("nobody is named as the editor; say who does it")
        event = self._hands.add(source, act.value, targets, position, by, scene.now)
        return self._followed_by(source, event, f"{by}: {act}", targets[0] if act is Act.PIN else None)

    def _followed_by(self, source: str, event: int, reason: str, pinned: str | None = None) -> Edited:
        """Make the block anew under the new hand, and return it with the diff."""
        scene = self._scene(preview=True)
        known = scene.find(source)
        if known is None:  # an act on a block whose story was deleted meanwhile
            raise NotFoundError(f"no story {shown(source)} in this archive; the act is undone all the same")
        changed = self._renewed(known, scene, reason, retelling.of_act(event))
        refusal = None if pinned is None else self._refusal(known, pinned, scene)
        return Edited(event=event, block=self._shown_to_editors(source), changed=changed, refusal=refusal)

    def _refusal(self, known: Known, pinned: str, scene: Scene) -> Refusal | None:
        """Return why the gate does not show a pinned story now, or None."""
        standing = scene.source(known, self.hand(known.story.id))
        return may_link(standing, scene.known(pinned).standing, scene.now, scene.rules)

    def _renewed(self, known: Known, scene: Scene, reason: str, cause: str) -> tuple[BlockChange, ...]:
        row = self._keeper.make(known, scene)
        shown_now = self._keeper.shown(known, row, scene, reason)
        return told(self._blocks.commit(Batch(made=[row], shown=[shown_now], cause=cause), scene.now))

    def _unchanged(
        self, source: str, act: Act, targets: Sequence[str], position: int | None = None
    ) -> Edited:
        """Say how a block stands on which an act would do nothing, and what it changed when it was done."""
        scene = self._scene(preview=True)
        known, done = scene.known(source), (act, tuple(targets), position)
        same = [each for each in self.history(source) if (each.act, each.targets, each.position) == done]
        changed = self._retelling.of(retelling.of_act(same[-1].num), scene) if same else ()
        refusal = self._refusal(known, targets[0], scene) if act is Act.PIN else None
        return Edited(event=0, block=self._shown_to_editors(source), changed=changed, refusal=refusal)

    def _shown_to_editors(self, source: str) -> Block:
        scene = self._scene(preview=True)
        return self._keeper.preview(scene.known(source), self.settings.slots, scene)
