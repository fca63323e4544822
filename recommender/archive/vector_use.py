"""Says which vectors on a server are used; deletes those that nobody uses any more.

Each fit of the lexical model makes vectors of its own, under a name of its own. Who uses them says so each
hour; who has not for a day takes them for deleted, and compares them before it finds anything by them.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from index import BackgroundJob, Check, IndexUnavailable, Stock
from recommender.catalog import Catalog
from recommender.catalog.vector_uses import LAPSED, Said, VectorUses
from recommender.errors import ArchiveError, VectorsAwayError

log = logging.getLogger(__name__)

EACH = 3600.0  # seconds between two notes of one process
AGAIN = 20.0  # seconds after which one that was not kept is tried again


class VectorUse:
    """Says that vectors are used (see `recommender.archive.shared_index.Use`).

    In a thread of its own: who searches may hold a lock that a write would wait for.

    Parameters
    ----------
    catalog : Catalog
        Where it is said; one that cannot be written is told nothing.
    name : str
        By which the server has them.
    clock : callable
        Returns now, epoch seconds.
    """

    def __init__(self, catalog: Catalog, name: str, clock: Callable[[], float] = time.time) -> None:
        self._catalog, self._name, self._clock = catalog, name, clock
        self._lock, self._job = threading.Lock(), BackgroundJob()
        # Monotonic: the next note, and the last one that was kept.
        self._due, self._kept = float("-inf"), float("inf")
        self._is_first, self._may_lack = True, False

    def note(self) -> bool:
        """Say it where that is due; return whether they may have been deleted since the last time."""
        now = time.monotonic()
        with self._lock:
            has_lapsed = now - self._kept > LAPSED
            may_lack, self._may_lack = self._may_lack or has_lapsed, False
            if has_lapsed:
                self._kept = now  # said once
            is_due = now >= self._due and not self._catalog.read_only
            if is_due:
                self._due = now + AGAIN
        if is_due:
            self._job.start(self._say)
        return may_lack

    def _say(self, _: Check) -> None:
        # Once it was tried they may be compared, and deleted before the next time: that is not the first.
        is_first, self._is_first = self._is_first, False
        try:
            said = VectorUses(self._catalog).say(self._name, self._clock(), is_first=is_first)
        except ArchiveError as error:
            log.info("it is said later that vectors are used: %s", error)
            return
        with self._lock:
            self._may_lack |= said is not Said.KEPT
            if said is not Said.REFUSED:
                self._kept = time.monotonic()
                self._due = self._kept + EACH

    def close(self) -> None:
        """Say nothing more."""
        self._job.stop()


@dataclass(frozen=True)
class HeldVectors:
    """Vectors of one fit on a server.

    Attributes
    ----------
    name : str
        By which the server has them.
    rows : int
        How many.
    used : float or None
        When somebody said last that they are used, epoch seconds.
    is_deleted : bool
        Whether they are now, or would be.
    """

    name: str
    rows: int
    used: float | None
    is_deleted: bool = False


def held_vectors(catalog: Catalog, stock: Stock, prefix: str) -> list[HeldVectors]:
    """Return what a server has of an archive's vectors, the last used first.

    Parameters
    ----------
    catalog : Catalog
        Of the archive.
    stock : Stock
        The server.
    prefix : str
        With which all names of the archive's vectors begin.

    Raises
    ------
    VectorsAwayError
        When the server does not answer.
    """
    used = VectorUses(catalog).all()
    try:
        names = {*used, *stock.publishers(prefix)}
        found = [HeldVectors(name, stock.rows(name), used.get(name)) for name in names]
    except IndexUnavailable as error:
        raise VectorsAwayError(str(error)) from error
    return sorted(found, key=lambda each: (-(each.used or 0.0), each.name))


def delete_unused(
    catalog: Catalog, stock: Stock, prefix: str, now: float, seconds: float, *, dry_run: bool = False
) -> Iterator[HeldVectors]:
    """Delete vectors that nobody has used for so many seconds; yield all, each once it is dealt with.

    A day at least, whatever is asked for: a process that lives says each hour what it uses. What a run that
    was killed leaves half deleted is deleted by the next one. Raises as `held_vectors`.
    """
    for each in held_vectors(catalog, stock, prefix):
        is_unused = each.used is None or now - each.used > max(seconds, LAPSED)
        if is_unused and not dry_run:
            is_unused = _delete(VectorUses(catalog), stock, each, now)
        yield replace(each, is_deleted=is_unused)


def _delete(uses: VectorUses, stock: Stock, unused: HeldVectors, now: float) -> bool:
    """Delete vectors unless they are used again; who comes to use them meanwhile compares them afterwards."""
    if not uses.begin_deletion(unused.name, unused.used, now):
        return False
    is_done = False
    try:
        stock.forget(unused.name)
        is_done = not stock.rows(unused.name)
    except IndexUnavailable as error:
        raise VectorsAwayError(str(error)) from error
    finally:
        uses.end_deletion(unused.name, is_done=is_done)
    return is_done
