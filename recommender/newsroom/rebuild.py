"""The archive pass: every block that is not fresh is made and stored, by several processes.

Stored blocks stay, whatever becomes of the pass: the next one goes on with what is left.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from index.storage.errors import HelperError
from index.storage.processes import Helpers, cores
from recommender.archive.archive import Archive
from recommender.catalog.block_records import Batch, BlockRow, PurgeRow, ShownRow
from recommender.errors import ArchiveBusyError, ArchiveError
from recommender.newsroom.block_builder import BlockBuilder
from recommender.newsroom.rebuild_batches import BatchBuilder, BlockPage, BlocksRequest, MadeBlocks
from recommender.newsroom.rebuild_order import alike_together
from recommender.newsroom.refresh import TOGETHER, Refresher
from recommender.newsroom.stale_blocks import MANY, Invalidator
from recommender.newsroom.state import NewsroomState

Progress = Callable[[int], None]
Nums = NDArray[np.int64]

LOCK_FILE = "blocks.lock"
HELPER = "recommender.newsroom.rebuild_helper"
REQUEST = 128  # blocks a request and a transaction: half a second of work, which a crash can cost
PARALLEL_FROM = 512  # blocks from which processes are worth their start: some two seconds each
ROUNDS = 5  # walks over what is left: stories that change all the time must not keep a pass from ending
TRIES = 5  # of one batch to be written between others' changes

MADE = "made with all others"  # why a block changed that nobody had found to be out of date


@dataclass(slots=True)
class RebuildReport:
    """What a pass did.

    Attributes
    ----------
    made, changed : int
        Blocks that were made; those of them that show other stories than was last told (see `purges`).
    fresh : int
        Blocks that were stored and fresh, and were left alone.
    left : int
        Blocks that wait again, because stories changed while the pass went on.
    """

    made: int = 0
    changed: int = 0
    fresh: int = 0
    left: int = 0

    def counts(self) -> dict[str, int]:
        """Return the figures by name."""
        return asdict(self)


class Rebuild:
    """Makes blocks of one archive that are missing, waiting or of another recipe. One at a time an archive.

    Parameters
    ----------
    state, builder, maker, invalidator, refresher
        Those of the newsroom.
    only : sequence of int, optional
        Nums: no other blocks.
    """

    def __init__(
        self,
        state: NewsroomState,
        builder: BlockBuilder,
        maker: BatchBuilder,
        invalidator: Invalidator,
        refresher: Refresher,
        only: Sequence[int] | None = None,
    ) -> None:
        self._archive, self._cache, self._blocks = state.archive, state.cache, state.blocks
        self._builder, self._maker, self._context = builder, maker, state.context
        self._invalidator, self._refresher = invalidator, refresher
        self._only = None if only is None else np.array(sorted(only), np.int64)
        self.report = RebuildReport()

    def waiting(self) -> Nums:
        """Return whose blocks have to be made (n,), after all that was written elsewhere was followed."""
        self._archive.catch_up()
        self.report.changed += sum(1 for _ in self._refresher.follow_log())
        nums = self._blocks.unfresh(self._context().now, self._builder.recipe)
        return nums if self._only is None else np.intersect1d(nums, self._only)

    def run(self, on_done: Progress | None = None, workers: int | None = None) -> RebuildReport:
        """Make and store what waits.

        Parameters
        ----------
        on_done : callable, optional
            Told how many more blocks are stored.
        workers : int, optional
            Processes; by default one a core, and none for few blocks.

        Raises
        ------
        ArchiveError
            When a process ends early, or the archive cannot be written; what was stored is kept.
        """
        nums = self.waiting()
        self.report.fresh = self._fresh(nums)
        for _ in range(ROUNDS):
            if not len(nums):
                break
            for answer in self._answers(alike_together(self._archive.view.store, nums), workers):
                for rows, pages in self._pieces(answer):
                    self._keep(rows, pages, answer.seq, on_done)
            nums = self.waiting()
        self.report.left = len(nums)
        return self.report

    def _fresh(self, nums: Nums) -> int:
        if self._only is not None:
            return len(self._only) - len(nums)
        return self._blocks.count() - self._blocks.count_waiting(self._context().now, self._builder.recipe)

    # Making

    def _answers(self, nums: Nums, workers: int | None) -> Iterator[MadeBlocks]:
        """Yield the blocks of ``nums`` as they are made, in that order."""
        if workers is None:
            workers = cores() if len(nums) >= PARALLEL_FROM else 0
        batches = (nums[start : start + REQUEST].tolist() for start in range(0, len(nums), REQUEST))
        if workers < 1:
            yield from map(self._maker.make, batches)
            return
        self._archive.save_when_due()  # what the helpers map, so that they share its pages
        with Helpers(HELPER, self._arguments(), workers, self._archive.place.for_helper()) as helpers:
            try:
                for answer in helpers.map(map(self._request, batches)):
                    yield msgspec.msgpack.decode(answer, type=MadeBlocks)
            except HelperError as error:
                raise ArchiveError(str(error)) from error

    def _arguments(self) -> list[str]:
        return [msgspec.json.encode(asdict(self._archive.settings)).decode()]

    def _request(self, nums: list[int]) -> bytes:
        return msgspec.msgpack.encode(BlocksRequest(self._context().now, nums))

    # Storing

    def _pieces(self, answer: MadeBlocks) -> Iterator[tuple[list[BlockRow], list[BlockPage]]]:
        """Yield what one transaction stores: all, or few where those before have to be counted."""
        size = TOGETHER if self._archive.settings.inbound_cap else REQUEST
        for start in range(0, len(answer.rows), size):
            yield answer.rows[start : start + size], answer.pages[start : start + size]

    def _keep(self, rows: list[BlockRow], pages: list[BlockPage], seq: int, on_done: Progress | None) -> None:
        """Store blocks but those that a change after ``seq`` concerns: these are made again."""
        concerned: set[int] = set()
        for _ in range(TRIES):
            last = self._archive.catalog.last_seq()
            if last != seq:
                concerned |= self._concerned(rows, seq)
                seq = last
            kept = [(row, page) for row, page in zip(rows, pages, strict=True) if row.source not in concerned]
            told = self._commit(kept, seq)
            if told is not None:
                self.report.made += len(kept)
                self.report.changed += len(told)
                if on_done:
                    on_done(len(kept))
                return

    def _concerned(self, rows: Sequence[BlockRow], seq: int) -> set[int]:
        self._archive.catch_up()
        context, changes = self._context(), self._archive.catalog.changes(seq, limit=MANY)
        if len(changes) >= MANY:
            return {row.source for row in rows}
        return {num for change in changes for num in self._invalidator.concerned(change, rows, context)}

    def _commit(self, kept: Sequence[tuple[BlockRow, BlockPage]], seq: int) -> list[PurgeRow] | None:
        context, recipe = self._context(), self._builder.recipe
        nums = [row.source for row, _ in kept]
        if self._archive.settings.inbound_cap:
            stories = self._cache.stories(nums)
            kept = [(self._builder.capped(row, stories[row.source], context), page) for row, page in kept]
        reasons = self._blocks.reasons(nums, context.now, recipe)
        shown = [
            ShownRow(row.source, page.id, page.url, row.shown, reasons.get(row.source) or MADE, row.named)
            for row, page in kept
        ]
        return self._blocks.commit_as_of(Batch(made=[row for row, _ in kept], shown=shown), context.now, seq)


@contextmanager
def alone(archive: Archive) -> Iterator[None]:
    """Let no other pass make the blocks of an archive within.

    Raises
    ------
    ArchiveBusyError
        When another one does.
    ArchiveDiskError
        When the archive was opened for reading.
    """
    archive.catalog.need_writable()
    claim = archive.catalog.claim(LOCK_FILE)
    if not claim.take():
        raise ArchiveBusyError(
            f"archive {archive.path}: another process makes all its blocks already; let it finish"
        )
    try:
        yield
    finally:
        claim.give_back()
