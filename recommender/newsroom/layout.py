"""Which stories are in a block, in which order: frozen before pins before engine, past the link policy.

Knows no SQL and computes no score: it is given what is known of the stories.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain

from recommender.catalog.block_records import SlotRow
from recommender.newsroom.events import EditorDecisions
from recommender.story.hashes import words_hash
from recommender.story.link_policy import Reason, Rules, Standing, may_link
from recommender.story.story import Story

SAID_BYTES = 8  # of a hash that tells a story's versions apart: one in 10^19 passes for another


@dataclass(frozen=True, eq=False)
class CachedStory:
    """A held story: its num, the story and what the link policy reads of it."""

    num: int
    story: Story
    standing: Standing

    @cached_property
    def words(self) -> bytes:
        """A hash of all that the story says, whatever its standing."""
        return words_hash(self.story)


def said_of(source: bytes, target: bytes) -> str:
    """Return by what is known whether something was said of two stories with these words."""
    return hashlib.blake2b(source + target, digest_size=SAID_BYTES).hexdigest()


@dataclass(frozen=True, slots=True)
class PlacedStory:
    """A story in its place, and what the engine said of it.

    Attributes
    ----------
    known : CachedStory
        Who is shown.
    pick : SlotRow
        What the engine said of this story as it is; of one that only an editor chose, that stands in for
        another or that has changed since, nothing.
    pinned : bool
        An editor put it there.
    timeline : tuple of CachedStory
        Who else tells of the same, folded into the slot.
    """

    known: CachedStory
    pick: SlotRow
    pinned: bool
    timeline: tuple[CachedStory, ...] = ()


Find = Callable[[str], CachedStory | None]
SaidOf = Callable[[CachedStory], str]


def _of_nothing(_: CachedStory) -> str:
    return ""


def stand_in(
    source: Standing | None,
    wanted: str,
    find: Find,
    now: int,
    rules: Rules,
    refused: Counter[Reason] | None = None,
) -> CachedStory | None:
    """Return the story that the link policy lets stand where `wanted` was to be: itself, or who succeeded it.

    Only a retracted story has a successor, who may have been retracted in turn; a circle leads nowhere.
    What is refused is counted in `refused`.
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
        if refused is not None:
            refused[refusal.reason] += 1
        id = known.standing.successor if refusal.reason is Reason.GONE else None
    return None


def arrange(
    decisions: EditorDecisions, picks: Sequence[SlotRow], k: int, allowed: Find, said: SaidOf = _of_nothing
) -> list[PlacedStory]:
    """Return at most `k` places in order: the frozen block alone, or pins with the rest around them.

    Parameters
    ----------
    decisions : EditorDecisions
        What editors decided.
    picks : sequence of SlotRow
        What the engine chose, best first, some more than `k`.
    k : int
        Slots.
    allowed : callable
        Returns who may stand where the story of an id was to be, or None (see `stand_in`).
    said : callable
        Returns the hash that stands beside what was said of a story as it is (see `said_of`).
    """
    table = _Table({pick.target: pick for pick in picks}, allowed, said)
    if decisions.frozen is not None:
        return [place for id in decisions.frozen for place in table.chosen(id)][:k]
    pinned = {at: place for at, id in sorted(decisions.pins.items()) for place in table.chosen(id)}
    rest = chain(
        (place for id in decisions.curated for place in table.chosen(id)),
        (place for pick in picks for place in table.proposed(pick)),
    )
    places = (pinned.get(position) or next(rest, None) for position in range(1, k + 1))
    return [place for place in places if place is not None]


class _Table:
    """The places that are given out; a story stands in a block once, whether shown or folded.

    Here alone a story meets what was said: of it, in the words that both stories have now, or nothing is.
    """

    def __init__(self, picks: Mapping[str, SlotRow], allowed: Find, said: SaidOf) -> None:
        self._picks, self._allowed, self._said = picks, allowed, said
        self._taken: set[str] = set()

    def chosen(self, id: str) -> Iterator[PlacedStory]:
        """Yield the place of a story that an editor chose, unless it is refused or has one."""
        known = self._allowed(id)
        if known is not None and self._take(known):
            yield self._place(known, SlotRow(id), pinned=True)

    def proposed(self, pick: SlotRow) -> Iterator[PlacedStory]:
        """Yield the place of what the engine chose: the first version that may be shown, the others folded.

        None where any version has a place already: one happening takes one slot.
        """
        if self._taken.intersection((pick.target, *pick.timeline)):
            return
        for id in (pick.target, *pick.timeline):
            known = self._allowed(id)
            if known is not None and self._take(known):
                yield self._place(known, pick, pinned=False)
                return

    def _place(self, known: CachedStory, pick: SlotRow, *, pinned: bool) -> PlacedStory:
        """Return the place of a story, with what was said of it."""
        own = self._picks.get(known.story.id)
        if own is not None and self._holds(own, own.target, known):
            return PlacedStory(known, own, pinned, self._folded(own))
        silent = SlotRow(known.story.id, fallback=pick.fallback)
        if any(self._holds(pick, id, known) for id in pick.timeline):
            return PlacedStory(known, silent, pinned, self._folded(pick))
        return PlacedStory(known, silent, pinned)

    def _folded(self, pick: SlotRow) -> tuple[CachedStory, ...]:
        found = ((id, self._allowed(id)) for id in pick.timeline)
        return tuple(
            known
            for id, known in found
            if known is not None and self._holds(pick, id, known) and self._take(known)
        )

    def _holds(self, pick: SlotRow, id: str, known: CachedStory) -> bool:
        """Return whether what a pick says of the version `id` is said of this story as it is."""
        if known.story.id != id:  # it stands in for the version
            return False
        place = (pick.target, *pick.timeline).index(id)
        return (pick.said_of[place] if place < len(pick.said_of) else "") == self._said(known)

    def _take(self, known: CachedStory) -> bool:
        if known.story.id in self._taken:
            return False
        self._taken.add(known.story.id)
        return True
