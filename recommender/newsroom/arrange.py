"""Which stories stand in a block and in which order: frozen before pins before engine, each past the gate.

Knows no SQL and computes no score: it is given what is known of the stories.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from recommender.catalog.blocks import SlotRow
from recommender.newsroom.records import Hand
from recommender.publish import Reason, Rules, Standing, may_link
from recommender.story import Story


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """A held story: its num, the story and what the gate reads of it."""

    num: int
    story: Story
    standing: Standing


@dataclass(frozen=True, slots=True)
class Place:
    """A story in its place: who it is, what the engine said of it, and whether an editor put it there."""

    known: Known
    pick: SlotRow
    pinned: bool


Find = Callable[[str], Known | None]


def stand_in(source: Standing | None, wanted: str, find: Find, now: int, rules: Rules) -> Known | None:
    """Return the story that the gate lets stand where `wanted` was to be: itself, or who succeeded it.

    Only a retracted story has a successor, who may have been retracted in turn; a circle leads nowhere.
    """
    seen: set[str] = set()
    id: str | None = wanted
    while id is not None and id not in seen:
        seen.add(id)
        known = find(id)
        if known is None:
            return None
        refusal = may_link(source, known.standing, now, rules)
        if refusal is None:
            return known
        id = known.standing.successor if refusal.reason is Reason.GONE else None
    return None


def arrange(hand: Hand, picks: Sequence[SlotRow], k: int, allowed: Find) -> list[Place]:
    """Return at most `k` places in order: the frozen block alone, or pins with the rest around them.

    Parameters
    ----------
    hand : Hand
        What editors decided.
    picks : sequence of Pick
        What the engine chose, best first, some more than `k`.
    k : int
        Slots.
    allowed : callable
        Returns who may stand where the story of an id was to be, or None (see `stand_in`).
    """
    said = {pick.target: pick for pick in picks}
    if hand.frozen is not None:
        return list(_places(hand.frozen, said, allowed, set(), pinned=True))[:k]
    pinned: dict[int, Place] = {}
    taken: set[str] = set()
    for position, id in sorted(hand.pins.items()):
        for place in _places([id], said, allowed, taken, pinned=True):
            pinned[position] = place
    return _filled(pinned, _rest(hand, picks, said, allowed, taken), k)


def _rest(
    hand: Hand, picks: Sequence[SlotRow], said: Mapping[str, SlotRow], allowed: Find, taken: set[str]
) -> Iterator[Place]:
    """Yield what stands around the pins: an imported block, then the engine's."""
    yield from _places(hand.curated, said, allowed, taken, pinned=True)
    yield from _places((pick.target for pick in picks), said, allowed, taken, pinned=False)


def _places(
    ids: Iterable[str], said: Mapping[str, SlotRow], allowed: Find, taken: set[str], *, pinned: bool
) -> Iterator[Place]:
    """Yield a place for each story that may be shown and is not yet."""
    for id in ids:
        known = allowed(id)
        if known is not None and known.story.id not in taken:
            taken.add(known.story.id)
            yield Place(known, said.get(known.story.id) or said.get(id) or SlotRow(id), pinned)


def _filled(pinned: Mapping[int, Place], rest: Iterator[Place], k: int) -> list[Place]:
    """Return the pins at their positions and the others between them; a gap closes up."""
    places = (pinned.get(position) or next(rest, None) for position in range(1, k + 1))
    return [place for place in places if place is not None]
