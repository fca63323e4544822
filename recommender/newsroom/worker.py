"""The background worker: one thread that keeps the blocks of an archive fresh, one process at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from functools import partial

from recommender.concurrency.retries import Endurance, Trouble
from recommender.concurrency.whose import OwnThread
from recommender.newsroom.events import BlockChange
from recommender.newsroom.newsroom import Newsroom

LOCK_FILE = "worker.lock"
POLL_SECONDS = 1.0  # between looks for what others wrote; work is done for as long at most, so half a core
BACKLOG_SECONDS = 0.2
"""Of each piece of work, for blocks that were never made: pages and publishers that wait come first. A whole
archive is the business of `Newsroom.archive_pass`."""
BULK_SECONDS = 0.5  # of each piece of work, for what editors do to many blocks at once
NOTICE = 0.01  # seconds past a moment at which it has come, whatever the clock rounds to

Tell = Callable[[Sequence[BlockChange]], None]


def _nobody(_: Sequence[BlockChange]) -> None:
    """Tell nobody: the outbox holds the changes all the same."""


class Worker:
    """Follows what was written, keeps time and makes stale blocks anew, in pieces of about a second.

    Several processes may each run one: the first to come works, the others stand by. It outlives every error:
    what fails is tried again after a while, and a story on which it fails is left alone meanwhile.

    Parameters
    ----------
    newsroom : Newsroom
        Shared with other threads.
    tell : callable, optional
        Is told of blocks that changed, besides the outbox.
    """

    def __init__(self, newsroom: Newsroom, tell: Tell = _nobody) -> None:
        self._newsroom, self._tell = newsroom, tell
        self._claim = newsroom.archive.catalog.claim(LOCK_FILE)
        self._wake, self._stopping = threading.Event(), threading.Event()
        self._thread = OwnThread(self._run, "blocks")
        self._is_in_a_piece = False
        self.endurance, self.bulk = Endurance("worker"), Endurance("bulk")
        self._bulk_from = 0.0  # of a clock that never goes back: when acts on many blocks are tried again

    def start(self) -> None:
        """Begin; returns at once."""
        self._newsroom.archive.catalog.listen(self.wake, self._stopping)
        self._thread.start()

    def wake(self) -> None:
        """Look at once, not at the next poll."""
        self._wake.set()

    def stop(self, timeout: float | None = None) -> None:
        """Finish the piece of work at hand and end, waiting `timeout` seconds at most."""
        self._stopping.set()
        self._wake.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    @property
    def is_wanted(self) -> bool:
        """Whether somebody woke it before it was started."""
        return self._wake.is_set() and not self._thread.ident

    @property
    def is_running(self) -> bool:
        """Whether the thread lives."""
        return self._thread.is_alive()

    @property
    def is_at_work(self) -> bool:
        """Whether it does a piece of work, or is about to; who waits after an error is not."""
        is_woken = self._wake.is_set() and not self.endurance.pause
        return self.is_running and not self._stopping.is_set() and (self._is_in_a_piece or is_woken)

    @property
    def trouble(self) -> Trouble | None:
        """What keeps it from its work, or None."""
        return self.endurance.trouble

    @property
    def left_alone(self) -> int:
        """How many stories are left alone for a while, since their blocks cannot be made."""
        return len(self._newsroom.left_alone())

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._is_in_a_piece = True  # before nobody seems to have woken it
                self._wake.clear()
                due = self.endurance.run(self._work)
                self._is_in_a_piece = False
                if self.endurance.pause:
                    self.endurance.wait(self._stopping)
                else:
                    self._wake.wait(self._pause(due))
        finally:
            self._claim.give_back()

    def _work(self) -> int | None:
        """Do a piece of work; return when the next block changes by time."""
        if (
            not self._newsroom.archive.catalog.regain()
        ):  # blocks are made when they are asked for, and not kept
            return None
        self._newsroom.archive.view.ask_engine_again()
        self._newsroom.archive.catalog.check_place()  # or the lock would be made where the archive was
        if not self._claim.take():
            return None
        changes = [*self._newsroom.run_due(), *self._newsroom.refresh(backlog=BACKLOG_SECONDS)]
        if changes:
            self._tell(changes)
        self._work_on_bulk()
        return self._newsroom.next_due()

    def _work_on_bulk(self) -> None:
        """Go on with what editors do to many blocks; where that fails, the other work goes on."""
        if time.monotonic() < self._bulk_from:
            return
        if self.bulk.run(partial(self._newsroom.bulk.work, BULK_SECONDS)):
            self.wake()  # there is more
        self._bulk_from = time.monotonic() + self.bulk.pause

    def _pause(self, due: int | None) -> float:
        """Return how long to sleep: to the next poll, or to the moment at which the next block changes."""
        if due is None or self._newsroom.left_alone():  # one of those may be due all the time
            return POLL_SECONDS
        return min(max(due - self._newsroom.engine.clock() + NOTICE, 0.0), POLL_SECONDS)
