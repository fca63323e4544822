"""What other titles have for the free slots of a block: proposed by each, each text once, the best first.

Blocks: the event loop has it done in a thread.
"""

from __future__ import annotations

import logging
import time
import weakref
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from recommender.analysis.encoded import Encoded
from recommender.concurrency.retries import attempt, told
from recommender.concurrency.whose import PUBLISHER
from recommender.engine.block import Block
from recommender.newsroom import Newsroom
from recommender.newsroom.guest_records import RESERVE, AsOf, Guest, Host, Proposal
from recommender.newsroom.guests import ids_of
from recommender.story.story import ALWAYS_UNTIL, Story

log = logging.getLogger("related.publishers")

T = TypeVar("T")

MOST_AGE = 3600.0  # seconds after which all is looked for anew
FAILED = "stories could not be proposed to another title: %s"


@dataclass(frozen=True, slots=True)
class Wanted:
    """For which block of which title guests are looked for, and how many."""

    name: str
    block: Block
    most: int


@dataclass(frozen=True, slots=True, eq=False)
class Seated:
    """A block with guests, and what it was put together from."""

    own: weakref.ref[Block]
    k: int
    guests: tuple[tuple[str, Guest, Story], ...]
    block: Block


@dataclass(slots=True, eq=False)
class Known:
    """What others have for a block.

    Attributes
    ----------
    words : bytes
        What its story said.
    beside : frozenset of str
        Ids of the stories in it that no guest is a copy of.
    guests : tuple of (str, Guest)
        With the names of their homes, best first.
    as_of : dict
        How far each home had come.
    until : int
        When time changes it (epoch seconds).
    found_at, looked_at : float
        When it was found, and when it was last looked at whether something came (monotonic).
    seated : Seated or None
        The last answer.
    """

    words: bytes
    beside: frozenset[str]
    guests: tuple[tuple[str, Guest], ...] = ()
    as_of: dict[str, AsOf] = field(default_factory=dict)
    until: int = ALWAYS_UNTIL
    found_at: float = field(default_factory=time.monotonic)
    looked_at: float = field(default_factory=time.monotonic)
    seated: Seated | None = None

    def fits(self, host: Host, block: Block) -> bool:
        """Return whether it is of the story as it is, and of all that stands in the block."""
        return self.words == host.known.words and self.beside.issuperset(ids_of(block))


class GuestSearch:
    """Looks for guests. Threads share one."""

    def __init__(self) -> None:
        self._incomparable: set[tuple[str, str]] = set()

    def found(
        self, wanted: Wanted, newsroom: Newsroom, homes: Mapping[str, Newsroom], last: Known | None
    ) -> Known | None:
        """Return what others have for a block; None where its story is gone."""
        block, most = wanted.block, wanted.most
        host = newsroom.guests.host(block, at_hand=False)
        if host is None:
            return None
        known = Known(host.known.words, frozenset(ids_of(block)))
        if last is not None and last.fits(host, block) and self._is_same(last, homes, host):
            last.looked_at = time.monotonic()
            return last
        page = newsroom.guests.page(host, block)
        if page is None:
            return known
        proposals = dict[str, Proposal]()
        for home, other in homes.items():
            call = partial(other.guests.propose, page, most, partial(guest_id, home))
            proposal, error = attempt(partial(as_work_of, home, call))
            if proposal is None:
                as_work_of(home, partial(log.warning, FAILED, error and told(error)))
                as_of, _ = attempt(other.guests.as_of)  # until something comes there
                proposal = Proposal((), as_of or ())
            if not proposal.is_comparable and (wanted.name, home) not in self._incomparable:
                self._incomparable.add((wanted.name, home))
                log.warning("its stories and those of %s have different models: none is linked to", home)
            proposals[home] = proposal
        known.guests = _chosen(newsroom, homes, proposals, list(page.held), most + RESERVE)
        known.as_of = {home: proposal.as_of for home, proposal in proposals.items()}
        known.until = min((each.until for each in proposals.values()), default=ALWAYS_UNTIL)
        return known

    def _is_same(self, last: Known, homes: Mapping[str, Newsroom], host: Host) -> bool:
        """Return whether nothing came meanwhile: what was committed was something else. Blocks."""
        if host.context.now >= last.until or time.monotonic() - last.found_at > MOST_AGE:
            return False
        return last.as_of == {home: other.guests.looked() for home, other in homes.items()}


def guest_id(home: str, id: str) -> str:
    """Return what a story of another title is called in a block: no story of the block's own archive."""
    return f"/p/{home}/stories/{id}"


def _chosen(
    newsroom: Newsroom,
    homes: Mapping[str, Newsroom],
    proposals: Mapping[str, Proposal],
    texts: list[Encoded],
    most: int,
) -> tuple[tuple[str, Guest], ...]:
    """Return the best of what homes propose, each text once: wherever it stands, it has one slot. Blocks."""
    found = [(home, guest) for home, proposal in proposals.items() for guest in proposal.guests]
    chosen: list[tuple[str, Guest]] = []
    for home, guest in sorted(found, key=lambda one: -one[1].slot.score):
        guests = homes[home].guests
        text = guests.text(guest)
        if text is None or guests.is_copy(guest, texts) or newsroom.guests.has(guest.slot.story.id):
            continue
        chosen.append((home, guest))
        texts.append(text)
        if len(chosen) == most:
            break
    return tuple(chosen)


def as_work_of(home: str, work: Callable[[], T]) -> T:
    """Do something for a publisher, so that lines of the log have its name."""
    token = PUBLISHER.set(home)
    try:
        return work()
    finally:
        PUBLISHER.reset(token)
