"""An index on a server, beside a feature store on this machine: the server proposes, the store has the say.

What the server could not be told is told later, before the next search. What it holds is compared with the
store where this process has not met it yet, where it was away, and where others have put the rows elsewhere.
Knows no SQL.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

import numpy as np

from index import Columns, Figures, Filter, Hits, Ids, IndexSlow, IndexUnavailable, VectorIndex, Vectors
from index.storage.background import Check
from recommender.archive.index_columns import STAMP, columns_of, stamped, stamps_of
from recommender.errors import VectorsAwayError
from recommender.features.feature_store import Store
from recommender.features.hybrid_vectors import HybridModel

log = logging.getLogger(__name__)

TOGETHER = 4096  # stories whose vectors are made and sent at once
TURNS = 5  # searches that find the rows elsewhere than before, one after the other, and are given up then


class Use(Protocol):
    """Says in the catalog that vectors are used, now and then."""

    def note(self) -> bool:
        """Say it, at once and without waiting; return whether they may have been deleted meanwhile."""

    def close(self) -> None:
        """Say nothing more."""


class SharedIndex:
    """The vectors of a store's stories on a server (see `index.base.VectorIndex`).

    Several processes write the same rows there, each as it follows the log; that changes nothing. One that
    is behind may write what another has removed already, so what is found is looked up in the store: a story
    that is not held, or does not pass by what is known here, is left out.

    Parameters
    ----------
    index : VectorIndex
        On the server.
    store : Store
        The stories, as of this process.
    hybrid : HybridModel
        Makes their vectors.
    to_follow : callable
        Which stories were changed that the store does not have yet: the server may hold them as they are now.
        They are told it as the store follows, and not before.
    use : Use, optional
        Says that these vectors are used.

    Attributes
    ----------
    trouble : str
        Why the last call failed; "" where it did not, and before the first.
    """

    def __init__(
        self,
        index: VectorIndex,
        store: Store,
        hybrid: HybridModel,
        to_follow: Callable[[Store], Iterable[int]] = lambda _: (),
        use: Use | None = None,
    ) -> None:
        self._use = use
        self.dimension, self.fields = index.dimension, index.fields
        self._index, self._store, self._hybrid, self._to_follow = index, store, hybrid, to_follow
        self._untold: set[int] = set()
        self._times_away = 0
        self._met = ("", -1)  # where the rows were when they were compared, and how often it had been away
        self.trouble = ""
        self._comparing = threading.Lock()  # taken first: it takes long, and writes do not wait for it
        self._lock = threading.Lock()  # of writes: what is told late must be as the store has it then

    def upsert(self, ids: Ids, vectors: Vectors, columns: Columns) -> None:
        """Add or replace, by the columns of the store; where the server is away, later."""
        self._note_use()
        with self._lock:
            if not self._untold:
                try:
                    self._index.upsert(ids, vectors, stamped(self._store, ids))
                    return
                except IndexUnavailable as error:
                    self._note_away(error)
                    log.warning("vectors are sent later: %s", error)
            self._untold.update(ids.tolist())

    def remove(self, ids: Ids) -> int:
        """Forget these ids; where the server is away, later. Searches leave them out from now on."""
        with self._lock:
            if not self._untold:
                try:
                    return self._index.remove(ids)
                except IndexUnavailable as error:
                    self._note_away(error)
                    log.warning("removals are sent later: %s", error)
            self._untold.update(ids.tolist())
            return 0

    def _note_away(self, error: IndexUnavailable) -> None:
        self.trouble = str(error)
        if not isinstance(error, IndexSlow):
            self._times_away += 1  # it may come back as a copy of yesterday

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Keep in `trouble` how a call went; raise `VectorsAwayError` where the server does not answer."""
        try:
            yield
        except IndexUnavailable as error:
            self._note_away(error)
            raise VectorsAwayError(self.trouble) from error
        self.trouble = ""

    def search(self, queries: Vectors, k: int, where: Filter | None = None) -> list[Hits]:
        """Return the ``k`` best for each query.

        Raises
        ------
        VectorsAwayError
            When the server does not answer, or its rows are another's each time it does.
        """
        with self._asking():
            met = self._tell()
            for _ in range(TURNS):
                found = self._index.search(queries, k, where)
                if (place := self._index.held_in()) == met:
                    return [self._known(hits, where) for hits in found]
                met = self._tell(place)  # what was found there was not compared
            raise IndexUnavailable("others exchange the rows of the vectors' server again and again")

    def _known(self, hits: Hits, where: Filter | None) -> Hits:
        held = np.fromiter((num in self._store for num in hits.ids.tolist()), np.bool_, len(hits))
        if where is not None:
            held[held] = where.mask(columns_of(self._store, hits.ids[held]))
        return hits if held.all() else Hits(hits.ids[held], hits.scores[held])

    def _tell(self, place: str | None = None) -> str:
        """Send what the server lacks, and return where it has all rows then."""
        self._note_use()
        if not self._is_met(place):
            with self._comparing:
                if not self._is_met(place):  # by another thread meanwhile
                    self._compare()
        met, _ = self._met
        if self._untold:
            with self._lock:
                self._send()
        return met

    def _note_use(self) -> None:
        if self._use is not None and self._use.note():
            self._times_away += 1  # what was not used for so long may have been deleted

    def _is_met(self, place: str | None) -> bool:
        met, times = self._met
        return times == self._times_away and place in (None, met)

    def _compare(self) -> None:
        """Find out what the server lacks, and send it.

        In this order: it may be put elsewhere while it is read; what others write after it was read is in the
        log when that is asked what is still to follow.
        """
        times = self._times_away
        met = self._index.held_in()
        there, said = self._index.values(STAMP)
        differing = self._differing(there, said)
        with self._lock:
            self._untold.update(differing)
            self._send()
        self._met = met, times

    def _send(self) -> None:
        # What is to follow is kept: it may have been told already, by who follows it just now.
        while due := self._untold.difference(self._to_follow(self._store)):
            some = sorted(due)[:TOGETHER]
            held = np.array([num for num in some if num in self._store], np.int64)
            vectors = self._hybrid.vectors(self._store, held)
            self._index.upsert(held, vectors, stamped(self._store, held))
            self._index.remove(np.setdiff1d(np.array(some, np.int64), held))
            self._untold.difference_update(some)

    def _differing(self, there: Ids, said: Ids) -> list[int]:
        """Return which stories the server lacks or has otherwise, and which of its rows are of none.

        A row beyond all stories that were ever put here is of one that another process has seen already.
        """
        nums = self._store.nums
        ours = stamps_of(self._store, nums)
        places = np.minimum(np.searchsorted(there, nums), max(len(there) - 1, 0))
        same = (there[places] == nums) & (said[places] == ours) if len(there) else np.zeros(len(nums), bool)
        stale = np.setdiff1d(there[there < self._store.size], nums)
        if len(there) and (stale.size or not same.all()):
            log.info("the vectors' server: %d rows differ, %d are of no story", (~same).sum(), stale.size)
        return [*nums[~same].tolist(), *stale.tolist()]

    def problem(self) -> str:
        """Return why the server cannot be asked now, "" where it can; sends it nothing that it lacks."""
        with suppress(VectorsAwayError), self._asking():
            self._index.search(np.zeros((1, self.dimension), np.float32), 1)
        return self.trouble

    def __len__(self) -> int:
        return len(self._store)

    def values(self, field: str) -> tuple[Ids, Ids]:
        """Return what the server holds (see `VectorIndex.values`); raises as `search`."""
        with self._asking():
            return self._index.values(field)

    def held_in(self) -> str:
        """Return where it holds that; raises as `search`."""
        with self._asking():
            return self._index.held_in()

    def save(self, directory: Path) -> None:
        """Write where the vectors are, once the server has all of them.

        Raises
        ------
        VectorsAwayError
            When the server does not answer: a snapshot says that nothing before it has to be told again.
        """
        with self._asking():
            self._tell()
        self._index.save(directory)

    def improve(self, check: Check = lambda: None) -> bool:
        """Let the server do what makes later searches faster; where it is away, another time."""
        try:
            self._tell()
            return self._index.improve(check)
        except IndexUnavailable as error:
            self._note_away(error)
            log.warning("the vectors' server is not told to build: %s", error)
            return False

    def measured_recall(self, sample: int = 50, k: int = 200, where: Filter | None = None) -> float:
        """Return the part of the exact ``k`` nearest that is found; raises as `search`."""
        with self._asking():
            return self._index.measured_recall(sample, k, where)

    def figures(self) -> Figures:
        """Return what the index is made of; raises as `search`."""
        with self._asking():
            return self._index.figures()

    def close(self) -> None:
        """End what is waited for in the background. The index stays usable."""
        self._index.close()
        if self._use is not None:
            self._use.close()


def problem_of(index: VectorIndex | None) -> str:
    """Return why the server that holds an index cannot be asked now, "" where it can, or where none does."""
    return index.problem() if isinstance(index, SharedIndex) else ""
