"""Which stories stand in a block and in which order: frozen before pins before engine, each past the gate.

Knows no SQL and computes no score: it is given what is known of the stories.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from recommender.catalog.block_records import SlotRow
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
    """A story in its place, and what the engine said of it.

    Attributes
    ----------
    known : Known
        Who is shown.
    pick : SlotRow
        What the engine said; of a story that only an editor chose, nothing.
    pinned : bool
        An editor put it there.
    timeline : tuple of Known
        Who else tells of the same, folded into the slot.
    """

    known: Known
    pick: SlotRow
    pinned: bool
    timeline: tuple[Known, ...] = ()


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
    picks : sequence of SlotRow
        What the engine chose, best first, some more than `k`.
    k : int
        Slots.
    allowed : callable
        Returns who may stand where the story of an id was to be, or None (see `stand_in`).
    """
    table = _Table({pick.target: pick for pick in picks}, allowed)
    if hand.frozen is not None:
        return [place for id in hand.frozen for place in table.chosen(id)][:k]
    pinned = {at: place for at, id in sorted(hand.pins.items()) for place in table.chosen(id)}
    rest = chain(
        (place for id in hand.curated for place in table.chosen(id)),
        (place for pick in picks for place in table.proposed(pick)),
    )
    places = (pinned.get(position) or next(rest, None) for position in range(1, k + 1))
    return [place for place in places if place is not None]


class _Table:
    """The places that are given out; a story stands in a block once, whether shown or folded."""

    def __init__(self, said: Mapping[str, SlotRow], allowed: Find) -> None:
        self._said, self._allowed = said, allowed
        self._taken: set[str] = set()

    def chosen(self, id: str) -> Iterator[Place]:
        """Yield the place of a story that an editor chose, unless it is refused or has one."""
        known = self._allowed(id)
        if known is not None and self._take(known):
            said = self._said.get(known.story.id) or self._said.get(id) or SlotRow(id)
            yield Place(known, said, True, self._folded(said))

    def proposed(self, pick: SlotRow) -> Iterator[Place]:
        """Yield the place of what the engine chose: the first version that may be shown, the others folded.

        None where any version has a place already: one happening takes one slot.
        """
        if self._taken.intersection((pick.target, *pick.timeline)):
            return
        for id in (pick.target, *pick.timeline):
            known = self._allowed(id)
            if known is not None and self._take(known):
                yield Place(known, pick, False, self._folded(pick))
                return

    def _folded(self, pick: SlotRow) -> tuple[Known, ...]:
        found = (self._allowed(id) for id in pick.timeline)
        return tuple(known for known in found if known is not None and self._take(known))

    def _take(self, known: Known) -> bool:
        if known.story.id in self._taken:
            return False
        self._taken.add(known.story.id)
        return True
