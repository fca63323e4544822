"""What is done to many blocks at once: what it would be, how far it came, and taking it back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.responses import Response

from recommender.catalog.bulk_acts import BulkActRow, BulkBlockRow
from recommender.desk.desk import Desk
from recommender.desk.page import Visit
from recommender.engine import listing
from recommender.engine.listing import Visibility
from recommender.engine.requested_filters import AnswerFilter
from recommender.errors import QuestionError
from recommender.newsroom.bulk import MOST_BLOCKS, BulkKind, BulkPlan
from recommender.service import problems
from recommender.story.story import Story

PATH = "/desk/bulk"
LISTED = 60  # blocks that are named
ACTS = 30  # that are listed
_LONGEST = 18  # digits of a number


@dataclass(frozen=True, slots=True)
class Doing:
    """An act as its page shows it."""

    act: BulkActRow
    blocks: list[BulkBlockRow]
    undone_by: int | None
    names: Mapping[str, Story]


async def show(desk: Desk, visit: Visit) -> Response:
    """Show what would be done where the address asks for something, else what was done of late."""
    kind = visit.asked("kind")
    if kind:
        plan = await desk.read(_planned, desk, visit.asked)
        return await _show_plan(desk, visit, plan, visit.asked)
    acts = await desk.read(desk.newsroom.bulk.latest, ACTS)
    now = desk.service.clock()
    today = f"{datetime.fromtimestamp(now, desk.newsroom.settings.timezone or UTC):%Y-%m-%d}"
    return desk.page(visit, "bulk.html", acts=acts, now=now, today=today, most=MOST_BLOCKS)


async def begin(desk: Desk, visit: Visit) -> Response:
    """Begin what was shown; the worker does it, block after block. What it would be by now is shown first."""
    begun = await desk.write(_begun, desk, visit)
    if isinstance(begun, BulkPlan):
        return await _show_plan(desk, visit, begun, visit.sent, is_late=True)
    return desk.to(f"{PATH}/{begun}")


async def show_one(desk: Desk, visit: Visit) -> Response:
    """Show how far an act came, and what came of it."""
    num = _number(visit.request.path_params["num"])
    doing = await desk.read(_doing, desk, num)
    if doing.act.done < doing.act.blocks:
        desk.service.worker.wake()
    return desk.page(visit, "bulk_act.html", doing=doing, act=doing.act, now=desk.service.clock())


async def _show_plan(
    desk: Desk, visit: Visit, plan: BulkPlan, read: Callable[[str], str], *, is_late: bool = False
) -> Response:
    names = await desk.read(_names, desk, list(plan.blocks)[:LISTED])
    fields = {name: read(name) for name in ("kind", "day", "change", "act") if read(name)}
    fields["version"] = version_of(plan)
    status = 409 if is_late else 200
    return desk.page(visit, "bulk_plan.html", status, plan=plan, names=names, fields=fields, late=is_late)


def _begun(desk: Desk, visit: Visit) -> int | BulkPlan:
    """Begin what is planned and return its number; where that is not what was shown, return it instead."""
    plan = _planned(desk, visit.sent)
    if not plan.blocks or visit.sent("version") != version_of(plan):
        return plan
    return desk.newsroom.bulk.begin(plan, visit.who.name)


def version_of(plan: BulkPlan) -> str:
    """Return what changes with the blocks of a plan and what they are to show, and with nothing else."""
    told = repr([plan.kind.value, plan.about, sorted(plan.blocks.items())])
    return hashlib.blake2b(told.encode(), digest_size=8).hexdigest()


def _planned(desk: Desk, read: Callable[[str], str]) -> BulkPlan:
    """Return what a link or a form asks for."""
    kind, bulk = read("kind"), desk.newsroom.bulk
    match kind:
        case BulkKind.APPROVE | BulkKind.REDO:
            day = read("day")
            return bulk.planned(BulkKind(kind), day, _of_day(desk, day))
        case BulkKind.PUT_BACK:
            return bulk.putting_back(_number(read("change")))
        case BulkKind.UNDO:
            return bulk.undoing(_number(read("act")))
        case _:
            raise problems.invalid("kind", kind, "is nothing that can be done", "choose it on the page again")


def _of_day(desk: Desk, day: str) -> list[str]:
    """Return the ids of the stories of a day that readers see, the newest first."""
    try:
        if not day or len(day) > len("2026-01-01"):
            raise QuestionError("no day is given; choose one")
        only = AnswerFilter.of({"since": day, "until": day}, desk.newsroom.settings.timezone)
    except QuestionError as error:
        raise problems.invalid("day", day, "is none", "choose another") from error
    archive, now = desk.newsroom.archive, int(desk.service.clock())
    nums = listing.seen_as(archive.view.store, listing.held(archive, only), Visibility.PUBLIC, now)
    if len(nums) > MOST_BLOCKS:
        words = f"has {len(nums):,} stories, more than {MOST_BLOCKS:,}"
        raise problems.invalid("day", day, words, "choose another")
    ids = archive.catalog.ids_of(nums.tolist())
    return [ids[num] for num in reversed(nums.tolist()) if num in ids]


def _doing(desk: Desk, num: int) -> Doing:
    bulk = desk.newsroom.bulk
    act, blocks = bulk.act(num), bulk.blocks(num, LISTED)
    return Doing(act, blocks, bulk.undone_by(num), _names(desk, [each.source for each in blocks]))


def _names(desk: Desk, ids: Iterable[str]) -> dict[str, Story]:
    catalog = desk.newsroom.archive.catalog
    held = catalog.by_nums(list(catalog.nums_of(ids).values()))
    return {story.id: story for story in held.values()}


def _number(text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) <= _LONGEST:
        return int(text)
    raise problems.invalid("number", text, "is none", "follow a link of the desk")
