"""Tries to sign in that failed: told to the log at once, to the audit log summed up. Knows no HTTP.

Whoever sends many must not fill the log or the catalog with them, and must not learn from the time that an
answer takes whether a name is somebody's: so both are limited, and entries are written beside the answers. A
name that nobody has is not kept: now and then it is a password, typed into the wrong field.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from recommender.catalog.audit import AuditLog, Entry
from recommender.concurrency.retries import attempt, told
from recommender.service.limits import Limiter

ACT = "session.refused"
FIRST, LONGEST = 10.0, 3600.0
"""Seconds that tries are summed up: twice as long each time they go on, the first after a quiet hour."""
MOST_NAMES = 20  # of people, in one writing; the tries of the others are summed up without a name
MOST_ADDRESSES = 100  # that are told apart
LINES_PER_SECOND, LINES_AT_ONCE = 1.0, 60.0  # of the log

log = logging.getLogger("related.desk")


@dataclass(slots=True)
class Tries:
    """Those for one person, in one way.

    Attributes
    ----------
    count, at : int
        How many, and when the last was, epoch seconds.
    addresses : set of str
        Where they came from.
    """

    count: int = 0
    at: int = 0
    addresses: set[str] = field(default_factory=set)


class FailedSignIns:
    """Tries that wait to be written. Threads share one.

    Parameters
    ----------
    audit : AuditLog
        Where they are written.
    clock : callable
        Returns now, epoch seconds.
    ticks : callable
        Returns seconds of a clock that never goes back.

    Attributes
    ----------
    pause : float
        Seconds that tries are summed up now.
    """

    def __init__(
        self,
        audit: AuditLog,
        clock: Callable[[], float] = time.time,
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:
        self._audit, self._clock, self._ticks = audit, clock, ticks
        self._lines = Limiter(LINES_PER_SECOND, LINES_AT_ONCE)
        self._held: dict[tuple[str, str], Tries] = {}
        self._lock = threading.Lock()
        self._timer: threading.Timer | None = None
        self.pause, self._written_at = FIRST, -math.inf
        self._is_closed = False

    def count(self, name: str, by: str, address: str) -> None:
        """Count a try.

        Parameters
        ----------
        name : str
            Of the person whose name was given; empty where it is nobody's.
        by : str
            In which way: a password, a link, a proxy.
        address : str
            From where.
        """
        with self._lock:
            if not self._lines.wait("", self._ticks()):
                facts = {"name": name, "by": by, "address": address}
                log.warning("a try to sign in failed", extra={"facts": facts})
            names = {held for held, _ in self._held}
            known = name if name in names or len(names) < MOST_NAMES else ""
            tries = self._held.setdefault((known, by), Tries())
            tries.count, tries.at = tries.count + 1, int(self._clock())
            if len(tries.addresses) < MOST_ADDRESSES:
                tries.addresses.add(address)
            self._begin()

    def write(self) -> None:
        """Write what is held to the audit log; where that cannot be, it stays held."""
        with self._lock:
            held, self._held, self._timer = self._held, {}, None
            self._written_at = self._ticks()
        if not held:
            return
        entries = [_entry(name, by, tries) for (name, by), tries in held.items()]
        _, error = attempt(lambda: self._audit.add(entries))
        if error is None:
            return
        log.warning("failed tries to sign in wait until they can be written: %s", told(error))
        with self._lock:
            for key, tries in held.items():
                later = self._held.setdefault(key, Tries())
                later.count, later.at = later.count + tries.count, max(later.at, tries.at)
                later.addresses |= tries.addresses
            self._begin()

    def close(self) -> None:
        """Write what is held; where that cannot be, it is lost."""
        with self._lock:
            self._is_closed, timer = True, self._timer
        if timer is not None:
            timer.cancel()
            timer.join()
        self.write()

    def _begin(self) -> None:
        """Have what is held written later, unless that is so."""
        if self._timer is not None or self._is_closed:
            return
        is_quiet = self._ticks() - self._written_at > LONGEST
        self.pause = FIRST if is_quiet else min(self.pause * 2, LONGEST)
        self._timer = threading.Timer(self.pause, self.write)
        self._timer.daemon = True
        self._timer.start()


def _entry(name: str, by: str, tries: Tries) -> Entry:
    first = min(tries.addresses)
    times = "1 try" if tries.count == 1 else f"{tries.count:,} tries"
    many = len(tries.addresses)
    most = " or more" if many == MOST_ADDRESSES else ""
    others = f", from {many} addresses{most}" if many > 1 else ""
    return Entry(tries.at, ACT, name, "", first, f"{times} by {by}{others}")
