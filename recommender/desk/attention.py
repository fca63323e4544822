"""What needs a person: lists of stories to look at, and what the last changes did to blocks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response

from recommender.catalog.refusals import DAYS, Refusals, RefusedRow
from recommender.desk.desk import Desk
from recommender.desk.held_worklists import Held
from recommender.desk.page import Visit
from recommender.desk.wording import N_
from recommender.newsroom import Purge
from recommender.newsroom.worklists import Worklist
from recommender.story.story import Story

CHANGES = 60  # of blocks, that are told
TOLD_SECONDS = 3600.0  # that the front tells how long the lists were
REFUSED = 25  # stories that were refused, that are told

TITLES: Mapping[str, tuple[str, str]] = {
    "unshown": (N_("Pins that are not shown"), N_("The link policy refuses what an editor pinned.")),
    "short": (N_("Short blocks"), N_("Too little is related enough: pin a story, or leave it so.")),
    "orphaned": (N_("Linked to by no block"), N_("Nobody finds these from another story.")),
    "over_exposed": (N_("In most blocks"), N_("Readers meet these again and again.")),
    "waiting": (N_("Waiting to be made anew"), N_("The service works on them, the newest first.")),
    "set_aside": (N_("Set aside"), N_("Something fails on these; no reader is shown them.")),
}


@dataclass(frozen=True, slots=True)
class Changes:
    """What one publish, or another reason, changed: the last changes of blocks for it, newest first."""

    reason: str
    purges: list[Purge] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Attention:
    """What is on the page; no lists where they were never made."""

    lists: list[tuple[str, str, str, Worklist]]
    changes: list[Changes]
    refused: list[RefusedRow]
    refused_total: int
    names: Mapping[str, Story]


async def show(desk: Desk, visit: Visit) -> Response:
    """Show the lists, and the last changes."""
    held, waiting = await desk.worklists.look()
    found = await desk.read(_look, desk, held)
    values: dict[str, Any] = {"found": found, "held": held, "waiting": waiting, "days": DAYS}
    values |= {"problem": desk.worklists.problem, "now": desk.service.clock()}
    return desk.page(visit, "attention.html", **values)


def due(desk: Desk) -> list[tuple[str, str, int]]:
    """Return the lists that are not empty, as they were made of late: name, title, how many. Makes none."""
    held = desk.worklists.held
    if held is None or not 0 <= desk.service.clock() - held.made < TOLD_SECONDS:
        return []
    totals = ((name, title, getattr(held.lists, name).total) for name, (title, _) in TITLES.items())
    return [each for each in totals if each[2]]


def _look(desk: Desk, held: Held | None) -> Attention:
    newsroom, catalog = desk.newsroom, desk.newsroom.archive.catalog
    told = [(name, *words, getattr(held.lists, name)) for name, words in TITLES.items()] if held else []
    changes = newsroom.latest_purges(CHANGES)
    ids = {entry.id for *_, each in told for entry in each.entries}
    for purge in changes:
        change = purge.change
        ids |= {change.source, *(set(change.before) ^ set(change.after))}
    stories = catalog.by_nums(list(catalog.nums_of(ids).values()))
    total, refused = Refusals(catalog).latest(REFUSED, desk.service.clock())
    named = {story.id: story for story in stories.values()}
    return Attention(told, _by_reason(changes), refused, total, named)


def _by_reason(purges: list[Purge]) -> list[Changes]:
    found: dict[str, Changes] = {}
    for purge in purges:
        reason = purge.change.reason
        found.setdefault(reason, Changes(reason)).purges.append(purge)
    return list(found.values())
