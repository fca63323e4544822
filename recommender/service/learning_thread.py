"""The thread of a service in which the archive's weights are learned, beside all that readers wait for."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from index.storage.background import Stopped
from recommender.concurrency.retries import Endurance
from recommender.concurrency.whose import OwnThread
from recommender.engine.engine import Engine
from recommender.evaluation.click_learning import ClickLearner
from recommender.evaluation.learning import Learner

LOCK_FILE = "learn.lock"
LOOK_SECONDS = 30.0  # between looks whether there is anything new to learn from
SHARE = 0.1
"""Of the time, at most: what takes a minute alone is done in ten, in pieces of a second at most."""

BUSY_SECONDS = 0.5  # between looks whether others still wait


class LearningThread:
    """Learns for one archive; of several processes that would, the first one does.

    Parameters
    ----------
    engine : Engine
        Shared with other threads.
    is_busy : callable
        Returns whether requests wait: nothing is learned meanwhile.
    look_seconds, share : float
        Between two looks; and which part of the time the work may take.
    """

    def __init__(
        self,
        engine: Engine,
        is_busy: Callable[[], bool],
        look_seconds: float = LOOK_SECONDS,
        share: float = SHARE,
    ) -> None:
        self._engine, self._catalog, self._is_busy = engine, engine.archive.catalog, is_busy
        self._learner, self._clicks = Learner(engine), ClickLearner(engine)
        self._look_seconds, self._rest = look_seconds, 1 / share - 1
        self._claim = engine.archive.catalog.claim(LOCK_FILE)
        self._stopping, self._begun = threading.Event(), 0.0
        self._thread = OwnThread(self._run, "learning")
        self.endurance = Endurance("learning", engine.clock)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def stop(self, timeout: float | None = None) -> None:
        """End after the piece of work at hand, waiting `timeout` seconds at most; what was begun is left."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout)

    @property
    def is_running(self) -> bool:
        """Whether the thread lives."""
        return self._thread.is_alive()

    def _run(self) -> None:
        try:
            while not self._stopping.wait(max(self._look_seconds, self.endurance.pause)):
                self.endurance.run(self._look)
        finally:
            self._claim.give_back()

    def _look(self) -> None:
        if not self._catalog.regain():
            return
        self._catalog.check_place()  # or the lock would be made where the archive was
        if not self._claim.take():
            return
        self._begun = time.monotonic()
        try:
            settings = self._engine.settings
            if settings.learn and not settings.ranker:
                self._learner.look(self._check)
            if settings.learn_clicks:
                self._clicks.look(self._check)
        except Stopped:
            return

    def _check(self) -> None:
        """Rest after a piece of work in proportion to what it took, and for as long as requests wait."""
        self._pause((time.monotonic() - self._begun) * self._rest)
        while self._is_busy():
            self._pause(BUSY_SECONDS)
        self._begun = time.monotonic()

    def _pause(self, seconds: float) -> None:
        if self._stopping.wait(seconds):
            raise Stopped
