"""The newsroom's front door: publish, change, withdraw, edit, and the blocks that pages show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from recommender.block import Block, Slot
from recommender.catalog import Outcome
from recommender.catalog.hands import Hands
from recommender.embedding import Embedder
from recommender.errors import HiddenError, NotFoundError, QuestionError, shown
from recommender.newsroom.acts import event_of, hand_of
from recommender.newsroom.arrange import Known, Pick, Place, arrange, stand_in
from recommender.newsroom.records import Act, BlockChange, Edited, Event, Exposure, Hand, Published, Purge
from recommender.publish import Rules, Standing, may_link
from recommender.query import Clock, Recommender
from recommender.settings import Settings
from recommender.story import Status, Story


class Newsroom:
    """What a CMS and its editors call, over a `Recommender`. Threads share one; each process has its own."""

    def __init__(self, recommender: Recommender) -> None:
        self.recommender = recommender
        self.archive, self.settings = recommender.archive, recommender.settings
        self._hands = Hands(self.archive.catalog)

    @classmethod
    def open(
        cls,
        path: Path | str,
        settings: Settings | None = None,
        embedder: Embedder | None = None,
        clock: Clock | None = None,
    ) -> Self:
        """Open an archive; see `Recommender.open`."""
        more = {} if clock is None else {"clock": clock}
        return cls(Recommender.open(path, settings, embedder, **more))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the archive."""
        self.recommender.close()

    @property
    def now(self) -> int:
        """The present, epoch seconds."""
        return int(self.recommender.clock())

    # Stories

    def publish(self, story: Story, *, dry_run: bool = False) -> Published:
        """Add or update a story."""
        story = story.checked(limits=self.settings.limits)
        if dry_run:
            return Published(id=story.id, outcome=Outcome.UNCHANGED, block=self._empty(story), dry_run=True)
        (outcome,) = self.archive.write([story])
        self.archive.catch_up()
        self.archive.save_when_due()
        return Published(id=story.id, outcome=outcome, block=self._block_or_empty(story))

    def publish_many(self, stories: Iterable[Story]) -> list[Published]:
        """Add or update stories."""
        return [self.publish(story) for story in stories]

    def amend(
        self,
        id: str,
        *,
        status: Status | None = None,
        embargo_until: datetime | None = None,
        expires: datetime | None = None,
        successor: str | None = None,
        dry_run: bool = False,
    ) -> Published:
        """Change a held story's status, embargo, expiry or successor."""

        def change(story: Story) -> Story:
            return replace(
                story,
                status=status or story.status,
                embargo_until=embargo_until or story.embargo_until,
                expires=expires or story.expires,
                successor=successor or story.successor,
            ).checked(limits=self.settings.limits)

        outcome = Outcome.UNCHANGED
        if not dry_run:
            outcome = self.archive.catalog.amend(id, change, self.recommender.clock())
        self.archive.catch_up()
        known = self._known(id)
        return Published(id=id, outcome=outcome, block=self._block_or_empty(known.story), dry_run=dry_run)

    def withdraw(self, id: str, successor: str | None = None, *, dry_run: bool = False) -> Published:
        """Retract a story: no reader in any process is shown it once this returns."""
        return self.amend(id, status=Status.RETRACTED, successor=successor, dry_run=dry_run)

    def restore(self, id: str, *, dry_run: bool = False) -> Published:
        """Bring a retracted story back."""
        return self.amend(id, status=Status.PUBLISHED, dry_run=dry_run)

    def merge(self, id: str, into: str, *, dry_run: bool = False) -> Published:
        """Let a story become another: its place in other blocks, and its pins, go to that one."""
        self._known(into)
        return self.withdraw(id, successor=into, dry_run=dry_run)

    def delete(self, id: str, *, dry_run: bool = False) -> Published:
        """Delete a story."""
        known = self._known(id)
        if not dry_run:
            self.archive.remove([id])
        return Published(id=id, outcome=Outcome.UPDATED, block=self._empty(known.story), dry_run=dry_run)

    # Blocks

    def block(self, id: str, k: int | None = None, *, preview: bool = False) -> Block:
        """Return the block of a story.

        Raises
        ------
        HiddenError
            When readers may not see the story and this is no preview.
        NotFoundError
            When there is no such story.
        """
        self.archive.catch_up()
        known = self._known(id)
        if not preview and not known.standing.public(self.now):
            gone = known.standing.gone(self.now)
            raise HiddenError(id, gone=gone, successor=self._public_successor(known))
        return self._compose(known, k or self.settings.slots, preview=preview)

    def block_by_url(self, url: str, k: int | None = None, *, preview: bool = False) -> Block:
        """Return the block of the story at an address, however spelt. Raises as `block` does."""
        found = self.archive.catalog.by_url(url)
        if found is None:
            raise NotFoundError(f"no story at {shown(url)}; publish it first")
        return self.block(found[1].id, k, preview=preview)

    def similar(self, text: str, k: int = 10) -> Block:
        """Return the stories nearest to any text."""
        return self.recommender.similar(text, k)

    # The editors' hand

    def pin(self, source: str, target: str, position: int, by: str) -> Edited:
        """Put a story at a position of a block, from 1."""
        if source == target or position < 1:
            raise QuestionError(f"cannot pin {shown(target)} at {position} of {shown(source)}")
        self._known(target)
        return self._edit(source, Act.PIN, [target], by, position)

    def unpin(self, source: str, target: str, by: str) -> Edited:
        """Take a pin out."""
        return self._edit(source, Act.UNPIN, [target], by)

    def exclude(self, source: str, target: str, by: str) -> Edited:
        """Keep a story out of a block for good."""
        return self._edit(source, Act.EXCLUDE, [target], by)

    def include(self, source: str, target: str, by: str) -> Edited:
        """Take an exclusion back."""
        return self._edit(source, Act.INCLUDE, [target], by)

    def freeze(self, source: str, by: str) -> Edited:
        """Keep the block as it is now."""
        known = self._known(source)
        block = self._compose(known, self.settings.slots, preview=True)
        return self._edit(source, Act.FREEZE, [slot.story.id for slot in block.slots], by)

    def unfreeze(self, source: str, by: str) -> Edited:
        """Let the engine at a frozen block again."""
        return self._edit(source, Act.UNFREEZE, [], by)

    def import_curated(self, source: str, targets: Sequence[str], by: str) -> Edited:
        """Take a block that editors chose elsewhere: its stories come first, in this order."""
        return self._edit(source, Act.IMPORT, targets, by)

    def undo(self, event: int, by: str) -> Edited:
        """Take an act back, whatever came after it."""
        row = self._hands.undo(event, by, self.now)
        if row is None:
            raise NotFoundError(f"no act {event} that stands; see the block's history")
        return Edited(event=event, block=self.block(row.source, preview=True))

    def hand(self, source: str) -> Hand:
        """Return what editors decided about a block."""
        return hand_of(self.history(source))

    def history(self, source: str) -> list[Event]:
        """Return what editors did to a block, oldest first."""
        return [event_of(row) for row in self._hands.of(source)]

    def _edit(
        self, source: str, act: Act, targets: Sequence[str], by: str, position: int | None = None
    ) -> Edited:
        known = self._known(source)
        event = self._hands.add(source, act, list(targets), position, by, self.now)
        refusal = None
        if act is Act.PIN:
            rules = Rules.of(self.settings, preview=True)
            refusal = may_link(known.standing, self._known(targets[0]).standing, self.now, rules)
        block = self._compose(known, self.settings.slots, preview=True)
        return Edited(event=event, block=block, refusal=refusal)

    # Upkeep

    def refresh(self, limit: int = 100, seconds: float = 1.0) -> list[BlockChange]:
        """Make stale blocks anew, at most `limit` of them in about `seconds`."""
        return []

    def run_due(self, now: int | None = None) -> list[BlockChange]:
        """Do what embargo ends and expiries that have come ask for."""
        return []

    def next_due(self) -> int | None:
        """Return when the next embargo ends or the next story expires, epoch seconds."""
        return None

    def purges(self, after: int = 0, limit: int = 1000) -> list[Purge]:
        """Return the outbox: changes of blocks numbered above `after`, oldest first."""
        return []

    def exposure(self) -> Exposure:
        """Return how the blocks stand."""
        return Exposure(blocks=0, missing=0, stale=0, short=0, orphaned=0, frozen=0, curated=0, pinned=0,
                        most_linked=(), over_exposed=0)  # fmt: skip

    # Inside

    def _known(self, id: str) -> Known:
        known = self._find(id)
        if known is None:
            raise NotFoundError(f"no story {shown(id)} in {self.archive.path}; publish it first")
        return known

    def _find(self, id: str) -> Known | None:
        found = self.archive.catalog.get(id)
        return None if found is None else Known(found[0], found[1], Standing.of(found[1]))

    def _public_successor(self, known: Known) -> str | None:
        if known.standing.successor is None:
            return None
        found = stand_in(None, known.standing.successor, self._find, self.now, Rules())
        return found.story.id if found else None

    def _compose(self, known: Known, k: int, *, preview: bool) -> Block:
        hand = self.hand(known.story.id)
        source = replace(known.standing, excluded=hand.excluded)
        rules, now = Rules.of(self.settings, preview=preview), self.now
        past_only = not self.settings.follow_ups
        engine = self.recommender.block_of(
            known.num, source, known.story.headline, k, rules=rules, past_only=past_only
        )
        picks = [
            Pick(id=s.story.id, score=s.score, role=s.role, reasons=s.reasons, fallback=s.fallback)
            for s in engine.slots
        ]

        def allowed(id: str) -> Known | None:
            return stand_in(source, id, self._find, now, rules)

        places = arrange(hand, picks, k, allowed)
        return replace(engine, slots=tuple(_slot(n, place) for n, place in enumerate(places, 1)))

    def _block_or_empty(self, story: Story) -> Block:
        return self.block(story.id, preview=True)

    def _empty(self, story: Story) -> Block:
        now = datetime.fromtimestamp(self.now, UTC)
        return Block(id=story.id, headline=story.headline, slots=(),
                     provenance=replace(self.recommender.provenance(), time=now))  # fmt: skip


def _slot(position: int, place: Place) -> Slot:
    pick = place.pick
    return Slot(position=position, story=place.known.story, score=pick.score, role=pick.role,
                reasons=pick.reasons, pinned=place.pinned, fallback=pick.fallback)  # fmt: skip
