"""What has to be done to blocks without a call: follow others' writes, keep time, make stale blocks anew."""

from __future__ import annotations

import logging
import math
import time
from collections import Counter
from collections.abc import Iterator
from functools import partial

from recommender.catalog import Change, Op
from recommender.catalog.audit import AuditLog
from recommender.catalog.block_records import Batch, BlockRow, PurgeRow
from recommender.catalog.block_tables import flat
from recommender.catalog.pruning import prune
from recommender.concurrency.retries import attempt
from recommender.errors import ArchiveError, ModelError, VectorsAwayError
from recommender.newsroom.block_builder import BlockBuilder, shown_as_made, targets_of
from recommender.newsroom.editor_decisions import decisions_from, event_of
from recommender.newsroom.events import Backlog, Exposure
from recommender.newsroom.failed_stories import FailedStories
from recommender.newsroom.stale_blocks import DELETED, MANY, Invalidator, followed
from recommender.newsroom.state import NewsroomState

MOST = 0.5  # of the blocks: when as many stories have changed, and `MANY`, every block counts as stale
TOGETHER = 2  # blocks that one transaction keeps; none is begun any more where a publish has
PATIENCE = 1.0  # seconds that a piece of work waits for a publish: it is late, and never given up
NOT_A_STORYS = (ArchiveError, ModelError)  # errors for which leaving one story alone is no help
DAY = 86_400  # seconds
MOST_SHOWN = 1000  # blocks that wait and are looked at in one piece of work while none can be made
MOST_LINKED = 10  # stories that the report names

log = logging.getLogger(__name__)


class Refresher:
    """The background work of one archive, in bounded pieces. Any process may do it; twice does no harm."""

    def __init__(self, state: NewsroomState, builder: BlockBuilder, invalidator: Invalidator) -> None:
        self._state, self._catalog, self._cache = state, state.catalog, state.cache
        self._blocks, self._editor_actions = state.blocks, state.editor_actions
        self._context, self._precedence = state.context, state.precedence
        self._builder, self._invalidator = builder, invalidator
        self.failed_stories = FailedStories()
        self._shown_upto = 0  # the last change that the blocks which hold its story have followed

    def refresh(self, limit: int, seconds: float, backlog: float) -> Iterator[PurgeRow]:
        """Follow what others wrote, then make up to `limit` blocks in about `seconds`; yield the diff.

        Blocks that were never made come last, and none is begun after `backlog` seconds.
        """
        begin = time.monotonic()
        yield from self.follow_log(begin + seconds)
        try:
            yield from self._remake(limit, begin + seconds, begin + backlog)
        except VectorsAwayError as error:
            log.info("blocks are made anew later: %s", error)
            yield from self._as_stored()
        self.prune()

    def prune(self) -> int:
        """Drop a piece of what is older than `keep_days` and `audit_days`; return how many rows."""
        now, settings = self._context().now, self._state.settings
        days, audit_days = settings.keep_days, settings.audit_days
        told = prune(self._catalog, now - days * DAY) if days else 0
        return told + (AuditLog(self._catalog).prune(now - audit_days * DAY) if audit_days else 0)

    def run_due(self, limit: int) -> Iterator[PurgeRow]:
        """Make those blocks anew whose time has come, up to `limit`; yield the diff."""
        context = self._context()
        due = self._blocks.waiting(context.now, None, limit)
        due = [one for one in due if one[0] not in self.failed_stories.nums()]
        while due:
            try:
                yield from self._renewed(due[:TOGETHER])
            except VectorsAwayError:  # `refresh` takes out of them who may not be shown
                return
            due = due[TOGETHER:]

    def follow_log(self, ends: float = math.inf) -> Iterator[PurgeRow]:
        """Let blocks follow what was written since the last look, until it is `ends`; yield the diff.

        One change is followed at least, so that all are in the end. Where most of the archive has changed,
        every block is to be made anew: to find out which ones costs more.

        While the vectors' server is away, blocks that hold such a story show it no more, or again; who else
        may hold it is found out from the cursor on once it is back.
        """
        cursor, last = self._blocks.cursor(), self._catalog.last_seq()
        begun, is_away = False, bool(self._state.archive.view.engine_trouble)
        if is_away:
            cursor = max(cursor, self._shown_upto)
        while cursor < last:
            changes = self._catalog.changes(cursor, limit=MANY)
            if len(changes) >= MANY and not begun and not is_away and self._are_most(cursor):
                self._blocks.all_stale("many stories changed", (cursor, last))
                return
            for change in changes:
                if begun and time.monotonic() >= ends:
                    return
                yield from self._followed(change, cursor)
                cursor, begun = change.seq, True
                self._shown_upto = cursor
            if not changes:
                return

    def _are_most(self, cursor: int) -> bool:
        """Return whether as many stories have changed as half of the blocks are."""
        return self._catalog.pending(cursor) >= self._blocks.count() * MOST

    def _followed(self, change: Change, cursor: int) -> list[PurgeRow]:
        moves = (cursor, change.seq)
        rows, error = attempt(partial(self._follow_one, change, moves), passing=NOT_A_STORYS)
        if error is not None:  # who depends on it is found out when its block is made
            self.failed_stories.add(change.num, error)
            stale = {change.num: "the story itself changed"}
            rows = self._blocks.commit(Batch(stale=stale, cursor=moves), self._context().now)
        return rows or []

    def _follow_one(self, change: Change, cursor: tuple[int, int]) -> list[PurgeRow]:
        context, num = self._context(), change.num
        known = self._cache.stories([num]).get(num)
        if change.op is Op.LINK:
            batch = Batch(cursor=cursor)
        elif known is None:
            gone = self._blocks.dangling(change.at) if change.op is Op.REMOVE else []
            gone += self._invalidator.around(num)
            batch = Batch(stale=dict.fromkeys(gone, DELETED), cursor=cursor)
        else:
            invalidation = self._invalidator.follow(
                known.story.id, context, followed(known.story.id), seconds=0
            )
            row = self._cache.block(num)
            if row is not None:
                invalidation.stale[num] = "the story itself changed"
                invalidation.shown[num] = self._builder.shown(known, row, context, "the story itself changed")
            batch = invalidation.batch(cursor)
        return self._blocks.commit(batch, context.now)

    def _remake(self, limit: int, ends: float, backlog_ends: float) -> Iterator[PurgeRow]:
        while limit > 0 and time.monotonic() < ends:
            now, size = self._context().now, min(TOGETHER, limit)
            failed_stories = self.failed_stories.nums()
            some = self._blocks.waiting(now, self._builder.recipe, size + len(failed_stories))
            some = [one for one in some if one[0] not in failed_stories][:size]
            if not some and time.monotonic() < backlog_ends:
                missing = self._blocks.missing(now, size + len(failed_stories))
                some = [(num, "") for num in missing if num not in failed_stories][:size]
            if not some:
                return
            self._precedence.give_way(PATIENCE)
            yield from self._renewed(some)
            limit -= len(some)

    def _as_stored(self) -> list[PurgeRow]:
        """Show stored blocks that wait as of now: none can be made, and stories in them may have expired."""
        context = self._context()
        waiting = dict(self._blocks.waiting(context.now, self._builder.recipe, MOST_SHOWN))
        rows = self._cache.blocks(waiting)
        self._cache.expect({id for row in rows.values() for id in targets_of(row.slots)})
        shown = [
            self._builder.shown(known, rows[num], context, waiting[num])
            for num, known in self._cache.stories(rows).items()
        ]
        before = {num: (row.shown, row.named) for num, row in rows.items()}
        changed = [each for each in shown if (each.after, each.named) != before[each.source]]
        return self._blocks.commit(Batch(shown=changed), context.now) if changed else []

    def _renewed(self, waiting: list[tuple[int, str]]) -> Iterator[PurgeRow]:
        """Make blocks anew; where that fails, or a story comes meanwhile, each alone; leave what fails."""
        rows, error = attempt(partial(self._renew, waiting), passing=NOT_A_STORYS)
        if rows is not None:
            self.failed_stories.take_back([num for num, _ in waiting])
            yield from rows
        elif len(waiting) > 1:
            for one in waiting:
                yield from self._renewed([one])
        elif error is not None:
            self.failed_stories.add(waiting[0][0], error)

    def _renew(self, waiting: list[tuple[int, str]]) -> list[PurgeRow] | None:
        """Make blocks and keep them; None where a story was written meanwhile, which they may lack."""
        seq, context = self._catalog.last_seq(), self._context()
        stories = self._cache.stories(num for num, _ in waiting)
        made: dict[int, BlockRow] = {}
        for num, known in stories.items():
            if made and self._precedence.is_wanted:  # those that are left wait on
                break
            made[num] = self._builder.make(known, context, beside=list(made.values()))
        shown = [
            shown_as_made(stories[num], made[num], context, reason) for num, reason in waiting if num in made
        ]
        batch = Batch(made=list(made.values()), shown=shown)
        return self._blocks.commit_as_of(batch, context.now, seq)

    def backlog(self) -> Backlog:
        """Count what waits for the worker."""
        context, cursor = self._context(), self._blocks.cursor()
        oldest = next(iter(self._catalog.changes(cursor, limit=1)), None)
        return Backlog(
            blocks=self._blocks.count(),
            stale=self._blocks.count_waiting(context.now, self._builder.recipe),
            changes=self._catalog.last_seq() - cursor,
            since=None if oldest is None else oldest.at,
        )

    def exposure(self) -> Exposure:
        """Count how the blocks stand."""
        context, settings = self._context(), self._state.settings
        slots, cap = settings.slots, settings.inbound_cap
        inbound: Counter[str] = Counter()
        linked: set[str] = set()
        short = blocks = 0
        for shown in self._blocks.all_shown():
            inbound.update(slot[0] for slot in shown)
            linked.update(flat(shown))
            blocks += 1
            short += len(shown) < slots
        public = self._blocks.public(context.now)
        decided = [decisions_from(map(event_of, rows)) for rows in self._editor_actions.all().values()]
        return Exposure(
            blocks=blocks,
            missing=len(self._blocks.missing(context.now, len(public))),
            stale=self._blocks.count_waiting(context.now, self._builder.recipe),
            short=short,
            orphaned=sum(id not in linked for id in public),
            frozen=sum(decisions.frozen is not None for decisions in decided),
            curated=sum(bool(decisions.curated) for decisions in decided),
            pinned=sum(bool(decisions.pins) for decisions in decided),
            most_linked=tuple(inbound.most_common(MOST_LINKED)),
            over_exposed=sum(count > cap for count in inbound.values()) if cap else 0,
        )
