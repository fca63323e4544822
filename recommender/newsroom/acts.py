"""What editors' acts on one block add up to. Knows no SQL and no gate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from recommender.catalog.hands import HandRow
from recommender.newsroom.records import Act, Event, Hand


def event_of(row: HandRow) -> Event:
    """Return an act as editors are told of it."""
    return Event(
        num=row.num,
        source=row.source,
        act=Act(row.act),
        targets=row.targets,
        position=row.position,
        by=row.by,
        at=datetime.fromtimestamp(row.at, UTC),
        undone_by=row.undone_by,
        undone_at=None if row.undone_at is None else datetime.fromtimestamp(row.undone_at, UTC),
    )


def hand_of(events: Iterable[Event]) -> Hand:
    """Return what the acts that stand add up to, oldest first; an undone act is as if it had never been."""
    hand = Hand()
    for event in events:
        if event.undone_at is None:
            hand = after(hand, event)
    return hand


def after(hand: Hand, event: Event) -> Hand:
    """Return the hand after one more act."""
    first = event.targets[0] if event.targets else ""
    match event.act:
        case Act.PIN:
            pins = _without(hand, first) | {event.position or 1: first}
            return replace(hand, pins=pins, excluded=hand.excluded - {first})
        case Act.UNPIN:
            return replace(hand, pins=_without(hand, first))
        case Act.EXCLUDE:
            return replace(hand, pins=_without(hand, first), excluded=hand.excluded | {first})
        case Act.INCLUDE:
            return replace(hand, excluded=hand.excluded - {first})
        case Act.FREEZE:
            return replace(hand, frozen=event.targets)
        case Act.UNFREEZE:
            return replace(hand, frozen=None)
        case Act.IMPORT:
            return replace(hand, curated=event.targets)


def _without(hand: Hand, target: str) -> dict[int, str]:
    """Return the pins but the one of `target`: a story stands in a block once."""
    return {position: pinned for position, pinned in hand.pins.items() if pinned != target}
