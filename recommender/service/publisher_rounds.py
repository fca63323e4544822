"""Work of publishers that nobody asks for: embargoes that end, posts that wait, what other processes wrote.

What is due is begun in time; every archive is looked at now and then, by its catalog alone.
"""

from __future__ import annotations

import asyncio
import logging
import math

from recommender.concurrency.retries import attempt, told
from recommender.service.held_publishers import HeldPublishers
from recommender.service.problems import Problem
from recommender.service.publisher import work_of
from recommender.service.publishers_settings import names_in, path_of

log = logging.getLogger("related.publishers")

TURN_SECONDS = 0.5  # between looks at the clock
FIRST_LOOKS = 25  # a turn, until each was looked at once: some thousand in twenty seconds
REST_SECONDS = 10.0  # for which one that was roused may work before another takes its room


class PublisherRounds:
    """Looks at all publishers of a directory, and rouses those that have work.

    Parameters
    ----------
    held : HeldPublishers
        Those that are open.
    """

    def __init__(self, held: HeldPublishers) -> None:
        self._held = held
        self._ahead: list[str] = []  # in this round
        self._is_first, self._credit, self._names = True, 0.0, 0
        self.trouble = ""

    async def run(self) -> None:
        """Go on until cancelled; no error ends it."""
        while True:
            try:
                await self._turn()
                self.trouble = ""
            except OSError as error:
                self.trouble = f"{self._held.directory}: {error.strerror}"
                log.warning("the publishers cannot be listed: %s", self.trouble)
            except Exception as error:  # of one archive, or of ours: the others go on
                self.trouble = told(error)
                log.exception("a round of the publishers failed")
            await asyncio.sleep(TURN_SECONDS)

    async def _turn(self) -> None:
        await self._rouse_due()
        if not self._ahead:
            self._is_first = self._names == 0
            self._ahead = await asyncio.to_thread(names_in, self._held.directory)
            self._names = len(self._ahead)
            self._ahead.reverse()
            self._forget(set(self._ahead))
        self._credit += TURN_SECONDS * self._names / self._held.settings.look_seconds
        most = FIRST_LOOKS if self._is_first else math.floor(self._credit)
        self._credit -= math.floor(self._credit)
        for _ in range(min(most, len(self._ahead))):
            await self._look(self._ahead.pop())

    def _forget(self, names: set[str]) -> None:
        for name in [each for each in self._held.due if each not in names]:
            del self._held.due[name]

    async def _look(self, name: str) -> None:
        """Find out when one has work; one that is awake finds out by itself."""
        one, held = self._held.at_hand(name), self._held
        if one is not None and one.is_awake:
            return
        if one is not None:
            async with held.held(name) as one:
                now = held.shared.clock()
                due, error = await held.aside(name, lambda: attempt(lambda: one.next_work(now)))
        else:
            path = path_of(held.directory, name)
            if path is None:
                return
            due, error = await held.aside(name, lambda: attempt(lambda: work_of(path, held.shared)))
        if error is not None:
            log.warning(
                "an archive could not be looked at: %s", told(error), extra={"facts": {"publisher": name}}
            )
        else:
            held.know(name, due)

    async def _rouse_due(self) -> None:
        """Rouse those whose time has come, as far as there is room for them."""
        held, now = self._held, self._held.shared.clock()
        due = sorted((at, name) for name, at in held.due.items() if at <= now)
        held.metrics.due.set(len(due))
        for _, name in due:
            if not held.has_room(REST_SECONDS):
                return
            held.due.pop(name, None)
            try:
                async with held.held(name) as one:
                    held.rouse(name, one)
            except Problem as problem:  # the log has why; looked at again in the next round
                log.info("a publisher that has work is not open: %s", problem.detail)
