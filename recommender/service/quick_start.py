"""The thread of a service that takes an archive from its quick vectors to those of its proper model.

Of several processes one does; publishing and answering go on meanwhile (`reembedding_thread`).
"""

from __future__ import annotations

import logging
import threading

from recommender.archive.archive import Archive
from recommender.archive.model_choice import is_quick
from recommender.catalog.bulk_jobs import State
from recommender.concurrency.retries import Endurance
from recommender.concurrency.whose import OwnThread
from recommender.errors import ModelError
from recommender.service.reembedding_thread import Reembedding

log = logging.getLogger("related.service")

LOCK_FILE = "quick.lock"
LOOK_SECONDS = 30.0  # between looks whether the vectors are quick ones
RETRY_SECONDS = 600.0  # after a failure: mostly a model that is not installed


class QuickStartThread:
    """Looks at one archive, and begins its move where that is due.

    Parameters
    ----------
    archive : Archive
    reembedding : Reembedding
        What moves it. Who cancels it there is not asked again until the next start.
    look_seconds : float
        Between two looks.
    """

    def __init__(
        self, archive: Archive, reembedding: Reembedding, look_seconds: float = LOOK_SECONDS
    ) -> None:
        self._archive, self._reembedding, self._look_seconds = archive, reembedding, look_seconds
        self._claim = archive.catalog.claim(LOCK_FILE)
        self._stopping, self._is_given_up = threading.Event(), False
        self._thread = OwnThread(self._run, "quick start")
        self.endurance = Endurance("quick start")

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self, timeout: float | None = None) -> None:
        """End after the stories at hand, waiting `timeout` seconds at most; what is embedded is kept."""
        self._stopping.set()
        self._reembedding.cancel()
        if self._thread.is_alive():
            self._thread.join(timeout)

    @property
    def is_running(self) -> bool:
        """Whether the thread lives."""
        return self._thread.is_alive()

    def _run(self) -> None:
        pause = 0.0  # the first look is at the start
        while not self._stopping.wait(pause):
            self.endurance.run(self.look)
            pause = RETRY_SECONDS if self.endurance.pause else self._look_seconds

    def look(self) -> None:
        """Move the archive where that is due, unless another process does."""
        archive, catalog = self._archive, self._archive.catalog
        is_due = is_quick(catalog.model_hash(), archive.settings) and archive.held > 0
        if not is_due or self._is_given_up or self._reembedding.is_at_work or not catalog.regain():
            return
        catalog.check_place()  # or the lock would be made where the archive was
        if not self._claim.take():
            return
        try:
            self._move()
        finally:
            self._claim.give_back()

    def _move(self) -> None:
        log.info("better vectors are made in the place of the quick ones")
        self._reembedding.begin("")
        state, problem = self._reembedding.ended()
        self._is_given_up = state is State.CANCELLED
        if problem is not None:
            raise ModelError(f"the quick vectors stay: {problem.detail}")
