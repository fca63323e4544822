"""One look at a followed site: what is new is published, what is gone is withdrawn, and when to look again.

Everything that decides is in the catalog: a process that is killed is followed by another where it was.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from recommender.catalog.refusals import Refusals
from recommender.catalog.web_sources import WebSourceRow, WebSources
from recommender.errors import SourceError
from recommender.following.absence import Absence
from recommender.following.intake import GONE, Intake
from recommender.following.schedule import failure_pause, jittered, pause
from recommender.following.settings import Address, FollowSettings
from recommender.ingest.base import Found, Options, Refused
from recommender.ingest.live.base import Reached, Reader, Seen
from recommender.ingest.live.reading import kind_of, read_address
from recommender.newsroom import Newsroom
from recommender.story.timestamps import format_time
from recommender.web.client import WebClient
from recommender.web.errors import WebError

MOST_ERROR = 300  # characters of an error that are kept
MOST_REFUSALS = 3  # of one look that are told


@dataclass(frozen=True, slots=True)
class Look:
    """What one look at a site found.

    Attributes
    ----------
    url : str
        The site's.
    taken, withdrawn, refused : int
        Versions that were new, stories that were withdrawn, and what was no story.
    error : str
        What is wrong with the site; empty where all went well.
    refusals : tuple of str
        Why the first of those that were refused were.
    asked_again : str
        After an error: when the site is asked again.
    """

    url: str
    taken: int = 0
    withdrawn: int = 0
    refused: int = 0
    error: str = ""
    refusals: tuple[str, ...] = ()
    asked_again: str = ""

    @classmethod
    def put_off(cls, row: WebSourceRow) -> Self:
        """Return what is said of a site that failed, and is not asked before it is due."""
        times = "once" if row.failures == 1 else f"{row.failures} times in a row"
        error = f"{row.url} was not asked: it failed {times}, with: {row.error}"
        return cls(row.url, error=error, asked_again=format_time(datetime.fromtimestamp(row.due, UTC)))


class Follower:
    """Looks at sites. Threads may share it; one looks at one site at a time.

    Parameters
    ----------
    newsroom : Newsroom
        Where stories are published.
    web : WebClient
        Asks the sites.
    settings : FollowSettings
        The operator's choices.
    clock : callable
        Returns now, epoch seconds.
    stopping : threading.Event, optional
        Set when a look is to end early.
    """

    def __init__(
        self,
        newsroom: Newsroom,
        web: WebClient,
        settings: FollowSettings,
        *,
        clock: Callable[[], float] = time.time,
        stopping: threading.Event | None = None,
    ) -> None:
        self._newsroom, self._web, self._settings, self._clock = newsroom, web, settings, clock
        self._stopping = stopping or threading.Event()
        self.sources = WebSources(newsroom.archive.catalog)

    def follow(self, addresses: Sequence[Address]) -> list[str]:
        """Follow sites from now on; return their addresses. Those that are followed stay as they are."""
        for address in addresses:
            address.check()
            held = self.sources.get(address.url)
            if held is None or not held.pause or (address.kind and held.kind != address.kind):
                kind = address.kind or (held.kind if held else "")
                state = held.state if held else {}
                pause = self._settings.least_seconds
                self.sources.put(WebSourceRow(address.url, kind, state, pause, int(self._clock())))
        return [address.url for address in addresses]

    def look(self, url: str) -> Look:
        """Look at a site once, and keep when it is due again; what is wrong with it is kept and returned."""
        row = self.sources.get(url)
        if row is None:
            return Look(url, error="it is not followed")
        now = int(self._clock())
        intake = Intake(self._newsroom, self.sources, url, self._settings, now)
        withdrawn, error = 0, None
        try:
            withdrawn = self._read(row, intake, now)
        except SourceError as caught:
            error = caught
        intake.flush()
        Refusals(self._newsroom.archive.catalog).add(f"follow {url}", list(intake.errors), now)
        if self._stopping.is_set():
            return self._told(url, intake, withdrawn)
        return self._settle(row, intake, withdrawn, error)

    def put_off(self, url: str, words: str) -> None:
        """Keep that a look failed, whatever the reason, and when the next one is due."""
        row = self.sources.get(url)
        if row is not None:
            self._failed(row, words, 0.0)

    def _read(self, row: WebSourceRow, intake: Intake, now: int) -> int:
        """Take what is new at a site; return how many stories were withdrawn."""
        reader = Reader(
            web=self._web,
            options=Options(zone=self._newsroom.settings.timezone, limits=self._newsroom.settings.limits),
            full_pages=self._settings.full_pages,
            since=row.state,
            is_known=lambda url, modified: self._is_known(row.url, url, modified),
        )
        kind = row.kind or kind_of(row.url, None, reader)
        if kind != row.kind:
            row = row._replace(kind=kind)
            self.sources.put(row)
        for item in read_address(row.url, reader, kind):
            self._take(item, row, intake)
            if self._stopping.is_set():
                return 0
        intake.flush()
        row = self.sources.get(row.url) or row
        withdrawn = Absence(self._newsroom, self.sources, self._settings, row, reader, intake).look(now)
        intake.flush()
        return withdrawn

    def _take(self, item: object, row: WebSourceRow, intake: Intake) -> None:
        match item:
            case Found():
                intake.take(item)
            case Seen():
                intake.seen(item.url, item.modified)
            case Refused():
                intake.refused += 1
                intake.errors.append(item.error)
                if intake.refused <= MOST_REFUSALS:
                    intake.refusals.append(f"{item.where}: {item.error}")
            case Reached():
                intake.flush()
                self.sources.reached(row.url, row.kind, item.state)

    def _is_known(self, source: str, url: str, modified: str) -> bool:
        held = self.sources.at(source, url)
        return held is not None and held.modified == modified

    def _settle(self, row: WebSourceRow, intake: Intake, withdrawn: int, error: SourceError | None) -> Look:
        """Keep how a look went, and when the next one is due."""
        words = "" if error is None else str(error)[:MOST_ERROR]
        held = self.sources.get(row.url)
        if held is None:  # forgotten meanwhile
            return self._told(row.url, intake, withdrawn, words)
        if error is not None:
            due = self._failed(held, words, error.after if isinstance(error, WebError) else 0.0)
            again = format_time(datetime.fromtimestamp(due, UTC))
            return self._told(row.url, intake, withdrawn, words, again)
        least, most = self._settings.least_seconds, self._settings.most_seconds
        wait, now = pause(held.pause, bool(intake.taken or withdrawn), least, most), int(self._clock())
        due = now + jittered(wait)
        missed = self.sources.next_missed(row.url, GONE)
        if missed is not None:  # whether it stays gone is not left to a quiet site's long pause
            due = max(min(due, missed), now + least)
        self.sources.put(held._replace(pause=wait, due=due, failures=0, error=None, succeeded=now))
        return self._told(row.url, intake, withdrawn)

    def _told(self, url: str, intake: Intake, withdrawn: int, error: str = "", again: str = "") -> Look:
        return Look(url, intake.taken, withdrawn, intake.refused, error, tuple(intake.refusals), again)

    def _failed(self, row: WebSourceRow, words: str, wished: float) -> int:
        """Keep that a look failed; return when the next one is due."""
        failures, now = row.failures + 1, int(self._clock())
        due = now + jittered(max(failure_pause(failures, wished), row.pause))
        self.sources.put(row._replace(failures=failures, error=words, due=due))
        return due
