"""What editors' acts on one block add up to. Knows no SQL and no link policy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime

from recommender.catalog.editor_actions import EditorActionRow
from recommender.newsroom.events import EditorAct, EditorDecisions, EditorEvent


def event_of(row: EditorActionRow) -> EditorEvent:
    """Return an act as editors are told of it."""
    return EditorEvent(
        num=row.num,
        source=row.source,
        act=EditorAct(row.act),
        targets=row.targets,
        position=row.position,
        by=row.by,
        at=datetime.fromtimestamp(row.at, UTC),
        undone_by=row.undone_by,
        undone_at=None if row.undone_at is None else datetime.fromtimestamp(row.undone_at, UTC),
    )


def decisions_from(events: Iterable[EditorEvent]) -> EditorDecisions:
    """Return what the acts that stand add up to, oldest first; an undone act is as if it had never been."""
    decisions = EditorDecisions()
    for event in events:
        if event.undone_at is None:
            decisions = after(decisions, event.act, event.targets, event.position)
    return decisions


def after(
    decisions: EditorDecisions, act: EditorAct, targets: tuple[str, ...], position: int | None = None
) -> EditorDecisions:
    """Return what is decided after one more act."""
    first = targets[0] if targets else ""
    match act:
        case EditorAct.PIN:
            pins = _without(decisions, first) | {position or 1: first}
            return replace(decisions, pins=pins, excluded=decisions.excluded - {first})
        case EditorAct.UNPIN:
            return replace(decisions, pins=_without(decisions, first))
        case EditorAct.EXCLUDE:
            return replace(decisions, pins=_without(decisions, first), excluded=decisions.excluded | {first})
        case EditorAct.INCLUDE:
            return replace(decisions, excluded=decisions.excluded - {first})
        case EditorAct.FREEZE:
            return replace(decisions, frozen=targets)
        case EditorAct.UNFREEZE:
            return replace(decisions, frozen=None)
        case EditorAct.IMPORT:
            return replace(decisions, curated=targets)


def _without(decisions: EditorDecisions, target: str) -> dict[int, str]:
    """Return the pins but the one of `target`: a story stands in a block once."""
    return {position: pinned for position, pinned in decisions.pins.items() if pinned != target}
