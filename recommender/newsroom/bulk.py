"""What an editor does to many blocks at once: a piece at a time, resumed where it stopped, taken back as one.

Each block gets acts as `editing` has them, under the person's name with the number of the whole beside it.
Knows no pages.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from recommender.catalog.bulk_acts import BulkActRow, BulkActs, BulkBlockRow
from recommender.concurrency.retries import attempt, told
from recommender.errors import (
    ArchiveBusyError,
    ArchiveDiskError,
    ArchiveMovedError,
    ConflictError,
    EditError,
    ModelChangedError,
    ModelError,
    NotFoundError,
    RelatedError,
)
from recommender.newsroom.block_cache import BlockCache
from recommender.newsroom.editing import Editing
from recommender.newsroom.editor_names import check_name
from recommender.newsroom.events import EditorEvent
from recommender.newsroom.state import NewsroomState

MOST_BLOCKS = 2_000  # of one act
MOST_CHANGES = 5_000  # of blocks, that one reason is looked for in
BACK = 86_400  # seconds before the last change for a reason in which those belong to it that came for it, too
NOTHING = 0
NOT_A_BLOCKS = (ArchiveBusyError, ArchiveDiskError, ArchiveMovedError, ModelChangedError, ModelError)
"""Errors for which leaving one block out is no help: the act goes on once they are gone."""


class BulkKind(StrEnum):
    """What is done to each block.

    ``approve`` freezes it as it stands. ``redo`` unfreezes it and has the engine choose anew; pins and
    exclusions stand. ``put back`` freezes it as it was before something was published. ``undo`` takes one of
    these back.
    """

    APPROVE = "approve"
    REDO = "redo"
    PUT_BACK = "put back"
    UNDO = "undo"


@dataclass(frozen=True, slots=True)
class BulkPlan:
    """What would be done.

    Attributes
    ----------
    kind : BulkKind
    about : str
        The day, the reason of the changes, or the number of the act that is taken back.
    blocks : mapping of str to tuple of str
        By the ids of the stories whose blocks they are: what a block is to show, where it is put back.
    frozen : frozenset of str
        Those of them that are frozen already.
    """

    kind: BulkKind
    about: str
    blocks: Mapping[str, tuple[str, ...]]
    frozen: frozenset[str]


class Bulk:
    """Acts on many blocks of one archive. Threads share it; one works at a time."""

    def __init__(self, state: NewsroomState, editing: Editing, block_cache: BlockCache) -> None:
        self._state, self._editing, self._block_cache = state, editing, block_cache
        self._acts, self._working = BulkActs(state.catalog), threading.Lock()

    # Looking

    def planned(self, kind: BulkKind, about: str, sources: Sequence[str]) -> BulkPlan:
        """Return what approving or redoing blocks would be; raise `EditError` where they are too many."""
        return self._plan(kind, about, dict.fromkeys(sources, ()))

    def putting_back(self, purge: int) -> BulkPlan:
        """Return what putting back would be of all blocks that changed for the reason of a change.

        A block is put back as it was before the first of these changes, whatever came since.

        Raises
        ------
        NotFoundError
            When there is no such change, or no more.
        EditError
            When more blocks changed for it than can be put back at once.
        """
        row = self._state.blocks.purge(purge)
        if row is None:
            raise NotFoundError(
                f"no change {purge} of a block is known any more; look at the last ones again"
            )
        purges = self._state.blocks.purges_of(row.reason, row.at - BACK, MOST_CHANGES + 1)
        if len(purges) > MOST_CHANGES:
            raise EditError(
                f"more than {MOST_CHANGES:,} changes came for this reason, too many to put back at once; "
                "put single blocks back on the pages of their stories"
            )
        blocks: dict[str, tuple[str, ...]] = {}
        for each in purges:
            heads = each.before[: self._state.settings.slots] if each.heads is None else each.heads
            blocks.setdefault(each.source, heads)
        return self._plan(BulkKind.PUT_BACK, row.reason, blocks)

    def undoing(self, num: int) -> BulkPlan:
        """Return what taking an act back would be.

        Raises
        ------
        NotFoundError
            When there is no such act.
        EditError
            When it is itself one that takes back, or was taken back.
        """
        act = self.act(num)
        if act.kind == BulkKind.UNDO:
            raise ConflictError(f"act {num} takes another one back; do that one once more instead")
        if (other := self._acts.undoing(num)) is not None:
            raise ConflictError(f"act {num} was taken back by act {other}")
        if act.done < act.blocks:
            raise ConflictError(f"act {num} is not done yet; take it back when it is")
        changed = {row.source: row.before for row in self._acts.blocks(num) if not row.note}
        return self._plan(BulkKind.UNDO, str(num), changed)

    def _plan(self, kind: BulkKind, about: str, blocks: Mapping[str, tuple[str, ...]]) -> BulkPlan:
        if len(blocks) > MOST_BLOCKS:
            raise EditError(f"{len(blocks):,} blocks are more than {MOST_BLOCKS:,}; take fewer at once")
        context = self._state.context(preview=True)
        self._state.cache.expect(blocks)
        held = {id: before for id, before in blocks.items() if context.find(id) is not None}
        acts = self._state.editor_actions.of_many(held)
        frozen = (id for id in acts if self._editing.decisions(id).frozen is not None)
        return BulkPlan(kind, about, held, frozenset(frozen))

    def act(self, num: int) -> BulkActRow:
        """Return an act; raise `NotFoundError` where there is none."""
        found = self._acts.get(num)
        if found is None:
            raise NotFoundError(f"no act {num} on many blocks; the list of them has all")
        return found

    def undone_by(self, num: int) -> int | None:
        """Return the act that takes another one back, or None."""
        return self._acts.undoing(num)

    def latest(self, limit: int) -> list[BulkActRow]:
        """Return the last acts, newest first."""
        return self._acts.latest(limit)

    def blocks(self, num: int, limit: int | None = None) -> list[BulkBlockRow]:
        """Return the blocks of an act, in order."""
        return self._acts.blocks(num, limit)

    # Doing

    def begin(self, plan: BulkPlan, by: str) -> int:
        """Keep what is to be done in the name of a person, and return its number; `work` does it."""
        check_name(by)
        if not plan.blocks:
            raise EditError("no block would be changed; choose another day, or another change")
        now = self._state.context().now
        return self._acts.add(plan.kind.value, plan.about, by, now, plan.blocks)

    def work(self, seconds: float) -> bool:
        """Go on with what was begun, for about so long; return whether there is more."""
        ends = time.monotonic() + seconds
        with self._working:
            for num in self._acts.unfinished():
                act = self.act(num)
                while rows := self._acts.waiting(num, 20):
                    for row in rows:
                        self._acts.done(num, self._done(act, row))
                        if time.monotonic() >= ends:
                            return bool(self._acts.unfinished())
        return False

    def _done(self, act: BulkActRow, row: BulkBlockRow) -> BulkBlockRow:
        """Do what an act does to one block; what cannot be done to it is noted and stops no other."""
        done, error = attempt(partial(self._did, act, row), passing=NOT_A_BLOCKS)
        if error is not None:
            return _left(row, error.plain if isinstance(error, RelatedError) else f"it failed: {told(error)}")
        return done or row

    def _did(self, act: BulkActRow, row: BulkBlockRow) -> BulkBlockRow:
        by = f"{act.by}, act {act.num} on many"
        history = self._editing.history(row.source)
        if (event := _of(history, by)) is not None:  # a process ended before it was noted
            return row._replace(event=event, last=_last(history))
        match BulkKind(act.kind):
            case BulkKind.APPROVE:
                return self._approved(row, by)
            case BulkKind.REDO:
                return self._made_anew(row, by)
            case BulkKind.PUT_BACK:
                return self._put_back(row, by)
            case BulkKind.UNDO:
                return self._taken_back(int(act.about), row, by)

    def _approved(self, row: BulkBlockRow, by: str) -> BulkBlockRow:
        if self._editing.decisions(row.source).frozen is not None:
            return _left(row, "it was frozen already")
        if not self._heads(row.source):
            return _left(row, "it is empty")
        return row._replace(event=self._editing.freeze(row.source, by).event)

    def _made_anew(self, row: BulkBlockRow, by: str) -> BulkBlockRow:
        before = self._heads(row.source)
        event = self._editing.unfreeze(row.source, by).event
        if not event:
            self._editing.remake(row.source, f"{by}: redo")
        last, after = _last(self._editing.history(row.source)), self._heads(row.source)
        return row._replace(event=event, before=before, after=after, last=last)

    def _put_back(self, row: BulkBlockRow, by: str) -> BulkBlockRow:
        if self._editing.decisions(row.source).frozen is not None:
            return _left(row, "it was frozen already")
        if not row.before:  # frozen so it would stay empty for good
            return _left(row, "it was empty")
        return row._replace(event=self._editing.put_back(row.source, row.before, by).event)

    def _taken_back(self, num: int, row: BulkBlockRow, by: str) -> BulkBlockRow:
        """Undo what an act did to a block.

        One that was made anew is as it was before, unless an editor, or a publish, has changed it since.
        """
        done = self._acts.block(num, row.source)
        if done is None:
            return _left(row, f"what act {num} did to it is not kept any more")
        if self.act(num).kind == BulkKind.REDO and _last(self._editing.history(row.source)) > done.last:
            return _left(row, "an editor has changed it since")
        if done.event:
            return row._replace(event=self._editing.undo(done.event, by).event)
        shown = self._heads(row.source)
        if shown == done.before:
            return _left(row, "it shows the same")
        if shown != done.after:
            return _left(row, "it has changed since")
        return self._put_back(row._replace(before=done.before), by)

    def _heads(self, source: str) -> tuple[str, ...]:
        """Return what a block shows in slots of their own."""
        context = self._state.context(preview=True)
        block = self._block_cache.serve(context.known(source), self._state.settings.slots, context)
        return tuple(slot.story.id for slot in block.slots)


def _of(history: Collection[EditorEvent], by: str) -> int | None:
    """Return the act in a history that was done, or taken back, under a name."""
    return next((event.num for event in history if by in (event.by, event.undone_by)), None)


def _last(history: Sequence[EditorEvent]) -> int:
    """Return the number of the last act in a history, 0 where there is none."""
    return max((event.num for event in history), default=0)


def _left(row: BulkBlockRow, note: str) -> BulkBlockRow:
    """Return what is noted of a block to which nothing is done."""
    return row._replace(event=NOTHING, note=note)
