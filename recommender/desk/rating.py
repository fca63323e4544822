"""The sheet on which an editor rates twenty blocks a day: one block a page, kept as one goes."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from starlette.responses import Response

from recommender.desk.acts import numbers_of
from recommender.desk.desk import Desk
from recommender.desk.page import Visit
from recommender.desk.wording import N_
from recommender.engine.block import Block
from recommender.errors import NotFoundError
from recommender.evaluation import quality
from recommender.newsroom.rating_sheet import SHEET, EntryState, RatingSheet
from recommender.newsroom.ratings import Grade
from recommender.service import problems
from recommender.story.story import Story

PATH = "/desk/rating"
GRADES = {
    Grade.UNRELATED: N_("Unrelated"),
    Grade.ACCEPTABLE: N_("Acceptable"),
    Grade.CHOSEN: N_("What I would have set"),
}
MOST_UNDONE = 50  # ratings of one block


@dataclass(frozen=True, slots=True)
class Looked:
    """What is on the page: the sheet, and one block of it with its place, None where there is none."""

    sheet: RatingSheet | None
    place: int | None = None
    story: Story | None = None
    block: Block | None = None


async def show(desk: Desk, visit: Visit) -> Response:
    """Show a block of today's sheet: the one that is asked for, else the next that nothing was said of."""
    looked = await desk.read(_look, desk, visit.who.name, visit.asked("at"), visit.asked("after"))
    sheet = looked.sheet
    slots = [slot for slot in looked.block.slots if not slot.pinned] if looked.block else []
    return desk.page(
        visit,
        "rating.html",
        **{name: getattr(looked, name) for name in ("sheet", "place", "story")},
        slots=slots,
        grades=GRADES,
        open_=EntryState.OPEN,
        done=sum(entry.state is not EntryState.OPEN for entry in sheet.entries) if sheet else 0,
        undo=visit.asked("done"),
        undone=bool(visit.asked("undone")),
        at=PATH,
        most=SHEET,
    )


async def act(desk: Desk, visit: Visit) -> Response:
    """Draw the sheet, keep what was said of a block, pass over it, or take that back."""
    match visit.sent("act"):
        case "begin":
            await desk.write(_begin, desk, visit.who.name)
            return desk.to(PATH)
        case "save" | "skip":
            return desk.to(await desk.write(_said, desk, visit))
        case "undo":
            return desk.to(await desk.write(_undo, desk, visit))
        case other:
            raise problems.invalid("act", other, "is nothing that can be done", "choose it on the page again")


def _look(desk: Desk, by: str, at: str, after: str) -> Looked:
    sheet = desk.newsroom.rating_sheet(by)
    place = None
    if sheet is not None:
        asked = _place(sheet, at)
        before = _place(sheet, after)
        place = sheet.next_open(-1 if before is None else before) if asked is None else asked
    if sheet is None or place is None:
        return Looked(sheet)
    id = sheet.entries[place].id
    held = desk.newsroom.archive.catalog.get(id)
    try:
        block = desk.newsroom.block(id, preview=True)
    except NotFoundError:  # withdrawn or deleted since the sheet was drawn
        block = None
    return Looked(sheet, place, held[1] if held else None, block)


def _place(sheet: RatingSheet, number: str) -> int | None:
    """Return which entry a number from 1 up names, from 0; None where it names none."""
    if number.isascii() and number.isdigit() and len(number) < 4 and 0 < int(number) <= len(sheet.entries):
        return int(number) - 1
    return None


def _begin(desk: Desk, by: str) -> None:
    found = quality.load(desk.newsroom.archive.path)
    desk.newsroom.begin_rating(by, [weak.id for weak in found.worst] if found else [])


def _said(desk: Desk, visit: Visit) -> str:
    """Keep the grades of a form, or that the block is passed over; return where to go on."""
    source, by = visit.sent("source"), visit.who.name
    targets = visit.form.get("target", [])
    if visit.sent("act") == "skip":
        if not targets:
            desk.newsroom.pass_over(source, by)
            return f"{PATH}?{urlencode({'after': visit.sent('place')})}"
        grades: dict[str, int | None] = dict.fromkeys(targets)
    else:
        chosen = {target: visit.sent(f"grade-{place}") for place, target in enumerate(targets, 1)}
        grades = {target: _grade(grade) for target, grade in chosen.items() if grade}
    if not grades:
        raise problems.invalid("grade", "", "is chosen for no story", "rate one, or skip the block")
    kept = [str(num) for num in desk.newsroom.rate(source, grades, by) if num]
    return f"{PATH}?{urlencode({'after': visit.sent('place'), 'done': ','.join(kept)})}"


def _grade(text: str) -> int:
    if text not in {str(int(grade)) for grade in GRADES}:
        raise problems.invalid("grade", text, "is none", "give 0, 1 or 2")
    return int(text)


def _undo(desk: Desk, visit: Visit) -> str:
    """Take back what was said last; return the address of its block."""
    by = visit.who.name
    sources = desk.newsroom.unrate(numbers_of(visit.sent("events"))[:MOST_UNDONE], by)
    sheet = desk.newsroom.rating_sheet(by)
    places = [place for place, entry in enumerate(sheet.entries, 1) if entry.id in sources] if sheet else []
    if not places:
        return PATH
    return f"{PATH}?{urlencode({'at': places[0], 'undone': 1})}"
