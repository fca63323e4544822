"""Which of the best stories stand together: one slot an event, and no five of one kind. Knows no weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.ranking.copies import copies_among, copies_of, may_be_copies
from recommender.ranking.pool import Floats, Nums, Pool

STRENGTH = 0.1
"""How much the likeness to a slot above counts against the score (MMR, Carbonell and Goldstein 1998)."""

REACH = 50
"""Of so many of the best the slots are chosen: what is further down is not worth its variety."""

SPARE = 1
"""Of so many more than there are slots copies are looked for at once: variety lets some pass others."""


@dataclass(frozen=True, slots=True)
class Event:
    """A slot: the story that is shown, and others that tell the same.

    Attributes
    ----------
    shown : int
        Position in the pool.
    others : tuple of int
        Positions of its other versions, newest first.
    best : int
        Position of the version that scored best, for which the slot is here.
    """

    shown: int
    others: tuple[int, ...]
    best: int


@dataclass(frozen=True, slots=True)
class OneEvent:
    """From when on two stories that are no copies of each other tell of one event.

    Attributes
    ----------
    likeness : float
        Least cosine of their dense means, on the default encoder's scale; none are at 1.
    seconds : int
        How far apart they may be at most.
    """

    likeness: float
    seconds: int

    def of(self, pool: Pool, place: int, among: Nums, cosines: Floats | None = None) -> Nums:
        """Return which of some positions of a pool tell of the event that the candidate at `place` tells.

        The cosines of its dense mean with theirs are found where they are not given.
        """
        if self.likeness >= 1:
            return among[:0]
        published = pool.column("published")
        alike = pool.on_one_scale(pool.alike(place, among) if cosines is None else cosines) >= self.likeness
        near = np.abs(published[among] - published[place]) <= self.seconds
        return np.asarray(among[alike & near], np.int64)


COPIES_ALONE = OneEvent(1, 0)
"""Stories that are no copies of each other tell of two events."""


def events(pool: Pool, scores: Floats, slots: int, strength: float = STRENGTH) -> list[Event]:
    """Return at most ``slots`` events, the best first; see `each_event`."""
    return list(each_event(pool, scores, slots, strength))


def each_event(
    pool: Pool,
    scores: Floats,
    slots: int,
    strength: float = STRENGTH,
    one: OneEvent = COPIES_ALONE,
    may_show: Callable[[Nums], NDArray[np.bool_]] | None = None,
) -> Iterator[Event]:
    """Yield those of at most ``slots`` events that may be shown, the best first, none the source's own.

    Each is found when it is asked for: who needs fewer than ``slots`` in the end does not pay for them, and
    nobody for what comes after the last that may be shown.

    Parameters
    ----------
    pool : Pool
        The candidates.
    scores : (n,) float32
    slots : int
    strength : float
        0: by score alone; 1: by variety alone.
    one : OneEvent
        What besides copies has one slot: its best story's.
    may_show : callable, optional
        Returns of which of some positions (k,) the events may be shown whose best versions are there; all by
        default. Of others, versions that could come up later are looked for, and no more.
    """
    free = ~_copies_of_source(pool)
    reach = np.argsort(-scores, kind="stable")
    reach = reach[free[reach]][: max(REACH, slots)]
    shown = np.ones(len(reach), np.bool_) if may_show is None else may_show(reach)
    if not shown.any():
        return
    relevance = (1 - strength) * _unit_range(scores[reach])
    means = pool.means.of(reach).floats()
    vectors = pool.hybrid.languages.centred(means, pool.column("language")[reach])
    first = slice(slots + SPARE)
    pool.expect(reach[first][shown[first]])
    nearest = np.zeros(len(reach), np.float32)  # likeness to the nearest slot above
    open_, found = np.ones(len(reach), np.bool_), 0
    while found < slots and (open_ & shown).any():
        i = int(np.where(open_, relevance - strength * nearest, -np.inf).argmax())
        best, cosines = int(reach[i]), means @ means[i]
        if shown[i]:
            event = _event(pool, best, free)
            yield event
        elif not pool.is_of_one_language or np.count_nonzero(open_ & may_be_copies(pool, cosines)) > 1:
            in_reach = np.full(len(pool), -1, np.float32)
            in_reach[reach] = cosines
            event = _event(pool, best, free, in_reach)
        else:
            event = Event(best, (), best)
        found += 1
        free[[event.shown, *event.others]] = False
        free[one.of(pool, event.shown, reach, cosines if event.shown == best else None)] = False
        open_ = free[reach]
        nearest = np.maximum(nearest, vectors @ vectors[i])


def _copies_of_source(pool: Pool) -> NDArray[np.bool_]:
    """Return which candidates (n,) are the source itself; none for a text: who asks by it looks for them."""
    if pool.source.published is None:
        return np.zeros(len(pool), np.bool_)
    return copies_of(pool, pool.source)


def _event(pool: Pool, best: int, free: NDArray[np.bool_], cosines: Floats | None = None) -> Event:
    """Fold the free copies of a candidate into one slot that shows the newest; see `copies_among`."""
    places = np.flatnonzero(copies_among(pool, best, free, cosines))
    if len(places) == 1:
        return Event(best, (), best)
    newest = places[np.argsort(-pool.column("published")[places], kind="stable")].tolist()
    return Event(newest[0], tuple(newest[1:]), best)


def _unit_range(scores: Floats) -> Floats:
    if not len(scores):
        return scores
    low, high = float(scores.min()), float(scores.max())
    return np.asarray((scores - low) / (high - low or 1), np.float32)


def diverse(pool: Pool, scores: Floats, slots: int, strength: float = STRENGTH) -> Nums:
    """Return the positions of all candidates that may be shown, best first, the ``slots`` of `events` first.

    Below the slots only what is a copy of the source or of a slot is missing.
    """
    found = events(pool, scores, slots, strength)
    gone = _copies_of_source(pool)
    for event in found:
        gone[[event.shown, *event.others]] = True
    rest = np.argsort(-scores, kind="stable")
    shown = np.array([event.shown for event in found], np.int64)
    return np.concatenate([shown, rest[~gone[rest]]])
