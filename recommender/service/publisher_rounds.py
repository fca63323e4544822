"""Work of publishers that nobody asks for: embargoes that end, posts that wait, what other processes wrote.

What is due is begun in time; every archive is looked at now and then, by its catalog alone.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import Awaitable, Callable

from recommender.concurrency.retries import attempt, told
from recommender.service.held_publishers import HeldPublishers
from recommender.service.problems import Problem
from recommender.service.publisher import Due, work_of
from recommender.service.publishers_settings import names_in, path_of

log = logging.getLogger("related.publishers")

TURN_SECONDS = 0.5  # between looks at the clock
FIRST_LOOKS = 25  # a turn, until each was looked at once: some thousand in twenty seconds
REST_SECONDS = 10.0  # for which one that was roused may work before another takes its room
LATE_SECONDS = 3.0  # after which an embargo or a post takes the room of any that nobody has in hand
ROUSED = 4  # at a time: one whose archive opens slowly holds up no other
AGAIN_SECONDS = 10.0  # until one that has work, and could not be opened, is tried again


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
        self._rousing: dict[str, asyncio.Task[None]] = {}
        self.trouble = ""

    async def run(self) -> None:
        """Go on until cancelled; no error ends it. Looks, which may take long, hold up no embargo."""
        try:
            async with asyncio.TaskGroup() as both:
                both.create_task(self._again_and_again(self.rouse_due))
                both.create_task(self._again_and_again(self._look_on))
        finally:
            for task in self._rousing.values():
                task.cancel()

    async def _again_and_again(self, turn: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await turn()
            except Exception as error:  # of one archive, or of ours: the others go on
                log.error("a round of the publishers failed: %s", told(error))
            await asyncio.sleep(TURN_SECONDS)

    async def _look_on(self) -> None:
        if not self._ahead:
            await self._begin_round()
        self._credit += TURN_SECONDS * self._names / self._held.settings.look_seconds
        most = FIRST_LOOKS if self._is_first else math.floor(self._credit)
        self._credit -= math.floor(self._credit)
        for _ in range(min(most, len(self._ahead))):
            await self._look(self._ahead.pop())

    async def _begin_round(self) -> None:
        held = self._held
        self._is_first = self._names == 0
        names, error = await held.aside("", lambda: attempt(lambda: names_in(held.directory)))
        if names is None:
            self.trouble = "the publishers cannot be listed; the service's log has the reason"
            log.warning("the publishers of %s cannot be listed: %s", held.directory, error and told(error))
            return
        self.trouble, self._ahead, self._names = "", names[::-1], len(names)
        held.forget(set(names))

    async def _look(self, name: str) -> None:
        """Find out when one has work; one that is awake finds out by itself."""
        one, held = self._held.at_hand(name), self._held
        if one is not None and one.is_awake:
            return
        if one is not None:
            async with held.held(name, asked=False) as one:
                now = held.shared.clock()
                due, error = await held.aside(name, lambda: attempt(lambda: one.next_work(now)))
        else:
            due, error = await held.aside(name, lambda: attempt(lambda: self._work_of(name)))
        if error is not None:
            log.warning(
                "an archive could not be looked at: %s", told(error), extra={"facts": {"publisher": name}}
            )
        else:
            held.know(name, due)

    def _work_of(self, name: str) -> Due | None:
        path = path_of(self._held.directory, name)
        return None if path is None else work_of(path, self._held.shared)

    async def rouse_due(self) -> None:
        """Begin to rouse those whose time has come, as far as there is room for them; embargoes first."""
        held, now = self._held, self._held.shared.clock()
        due = sorted((at, name) for name, at in held.due.items() if at.at <= now)
        held.metrics.due.set(len(due))
        for at, name in due:
            if len(self._rousing) >= ROUSED:
                break
            is_late = not at.is_patient and now - at.at > LATE_SECONDS
            if name not in self._rousing and held.has_room(name, 0.0 if is_late else REST_SECONDS):
                self._rousing[name] = asyncio.create_task(self._rouse(name, at))
        held.trim()

    async def _rouse(self, name: str, at: Due) -> None:
        held = self._held
        try:
            async with held.held(name, asked=False) as one:
                if held.due.get(name) == at:
                    del held.due[name]
                held.rouse(name, one)
        except Problem as problem:  # the log has why
            log.info("a publisher that has work is not open: %s", problem.detail)
            held.due[name] = at._replace(at=held.shared.clock() + AGAIN_SECONDS)
        finally:
            del self._rousing[name]
