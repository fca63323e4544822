"""Followed sites, looked at as they come due by a few threads: a slow or broken one holds up no other."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

from recommender.concurrency.retries import Endurance, attempt, told
from recommender.concurrency.whose import OwnThread
from recommender.errors import ArchiveBusyError
from recommender.following.follower import Follower, Look
from recommender.following.settings import Address, FollowSettings
from recommender.newsroom import Newsroom
from recommender.web.client import WebClient
from recommender.web.settings import WebSettings

LOCK_FILE = "follow.lock"
THREADS = 4  # that mostly wait for other sites
IDLE_SECONDS = 1.0  # between looks at what is due

log = logging.getLogger("related.follow")


def logged(look: Look) -> None:
    """Write into the log what is wrong with a site, and with what was found there."""
    if look.error:
        again = f"; asked again at {look.asked_again}" if look.asked_again else ""
        log.warning("%s%s", look.error, again)
    for refusal in look.refusals:
        log.info("%s: %s", look.url, refusal)


class Runner:
    """Follows sites for one archive; of several processes that would, the first one does.

    Parameters
    ----------
    newsroom : Newsroom
        Shared with other threads.
    addresses : sequence of Address
        The sites.
    settings, web : FollowSettings, WebSettings
        The operator's choices.
    tell : callable
        Is told of each look; by default the log.
    """

    def __init__(
        self,
        newsroom: Newsroom,
        addresses: Sequence[Address],
        settings: FollowSettings,
        web: WebSettings,
        tell: Callable[[Look], None] = logged,
    ) -> None:
        self._stopping = threading.Event()
        self._addresses, self._tell = addresses, tell
        self._web = WebClient(web, sleep=self._stopping.wait)
        self._clock = newsroom.engine.clock
        self._follower = Follower(newsroom, self._web, settings, clock=self._clock, stopping=self._stopping)
        self._claim = newsroom.archive.catalog.claim(LOCK_FILE)
        self._thread = OwnThread(self.run, "follow")
        self._running: dict[str, Future[None]] = {}
        self.endurance = Endurance("follow")

    def once(self) -> list[Look]:
        """Look at each site once; those that failed not before they are due. Return what was found.

        Raises
        ------
        ArchiveBusyError
            When another process follows for this archive.
        """
        if not self._claim.take():
            raise ArchiveBusyError(
                "another process follows sites for this archive; stop it first, or let it go on"
            )
        try:
            with ThreadPoolExecutor(THREADS) as pool:
                urls = self._follower.follow(self._addresses)
                return [look for look in pool.map(self._look, filter(self._may, urls)) if look is not None]
        finally:
            self._claim.give_back()

    def start(self) -> None:
        """Begin in a thread of its own; returns at once."""
        self._thread.start()

    def stop(self, timeout: float | None = None) -> None:
        """End after the requests that are under way."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout)
        self._web.close()

    @property
    def is_running(self) -> bool:
        """Whether the thread lives."""
        return self._thread.is_alive()

    def run(self) -> None:
        """Look at the sites as they come due, until told to stop."""
        try:
            with ThreadPoolExecutor(THREADS) as pool:
                while not self._stopping.is_set():
                    self.endurance.run(lambda: self._begin_due(pool))
                    self._stopping.wait(max(IDLE_SECONDS, self.endurance.pause))
                wait(self._running.values())
        finally:
            self._claim.give_back()

    def _begin_due(self, pool: ThreadPoolExecutor) -> None:
        if not self._claim.take():
            return
        for url in self._follower.follow(self._addresses):
            row = self._follower.sources.get(url)
            under_way = self._running.get(url)
            if row is not None and row.due <= self._clock() and (under_way is None or under_way.done()):
                self._running[url] = pool.submit(self._looked, url)

    def _may(self, url: str) -> bool:
        row = self._follower.sources.get(url)
        return row is not None and not (row.failures and row.due > self._clock())

    def _looked(self, url: str) -> None:
        self._look(url)

    def _look(self, url: str) -> Look | None:
        """Look at a site; an error of ours ends that look, and no other."""
        look, error = attempt(lambda: self._follower.look(url))
        if error is not None:
            words = told(error)
            attempt(lambda: self._follower.put_off(url, words))
            look = Look(url, error=f"{url}: {words}")
        if look is not None:
            self._tell(look)
        return look
