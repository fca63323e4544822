"""The page "What if": settings of blocks as sliders, what they would do, and saving or putting them back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from starlette.responses import Response

from recommender.catalog.setting_rows import plain
from recommender.desk.desk import Desk
from recommender.desk.explaining import Explained, explained
from recommender.desk.page import Visit
from recommender.desk.wording import N_, Words
from recommender.engine import listing
from recommender.engine.block import Block
from recommender.engine.requested_filters import EVERYTHING
from recommender.errors import HiddenError, RelatedError
from recommender.evaluation.sequential import WORDS, standing
from recommender.evaluation.settings_sample import SampleFigures, SettingsSample
from recommender.newsroom.answer_context import nobody
from recommender.service import problems
from recommender.settings import Settings
from recommender.story.story import Story

PATH = "/desk/what-if"
SHOWN = 100  # choices, the newest; `related choose list` has all
SHORT = 8  # characters of a number that is chosen


@dataclass(frozen=True, slots=True)
class Slider:
    """A setting that is chosen: its name in words, what its ends say, its bounds and its steps."""

    name: str
    label: str
    low: str
    high: str
    least: float
    most: float
    step: float


_EVENT = N_("One slot an event, from likeness")
SLIDERS = (
    Slider("recency", N_("Age"), N_("older stories"), N_("of the same days"), -2, 2, 0.1),
    Slider("diversity", N_("Variety"), N_("by score alone"), N_("all different"), 0, 0.8, 0.05),
    Slider("least_score", N_("Least probability"), N_("more slots"), N_("only the likeliest"), 0, 0.3, 0.005),
    Slider("event_likeness", _EVENT, N_("many in one"), N_("copies"), 0.5, 1, 0.01),
    Slider("event_days", N_("Days between two reports of an event"), N_("a day"), N_("two months"), 1, 60, 1),
    Slider("slots", N_("Slots"), N_("one"), N_("twelve"), 1, 12, 1),
)  # fmt: skip
"""What can be moved, in the order of the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """A story's block as it is, and under the settings that are tried; what comes and goes."""

    story: Story | None
    block: Block | None = None
    rows: Sequence[Explained] = ()
    coming: frozenset[str] = frozenset()
    going: Sequence[Story] = ()


async def show(desk: Desk, visit: Visit) -> Response:
    """Show what other settings would do; a part of the page alone where a script asks for it."""
    settings, problem = _tried(desk, visit)
    part, is_tried = visit.asked("part"), settings != desk.newsroom.settings
    values: dict[str, Any] = {"found": None, "busy": False, "sample": None, "is_tried": is_tried}
    if is_tried and part != "block":
        values |= await _figures(desk, settings)
    if part == "figure":
        return desk.page(visit, "what_if_figure.html", **values)
    looked = await desk.service.work.read_behind(
        _look, desk, visit.asked("story"), settings, desk.words(visit)
    )
    if part == "block":
        return desk.page(visit, "what_if_block.html", looked=looked, is_tried=is_tried)
    return await _page(desk, visit, looked, settings, problem, **values)


async def act(desk: Desk, visit: Visit) -> Response:
    """Save what was tried, or put back what held before."""
    after = _number("after", visit.sent("after", "0"))
    chooses = desk.newsroom.settings_desk
    if visit.sent("act") == "end":
        await desk.write(desk.newsroom.comparison_desk.stop, visit.who.name)
        return desk.to(f"{PATH}?{urlencode({'story': visit.sent('story')})}#comparison")
    if visit.sent("act") == "put-back":
        done = await desk.write(chooses.put_back, _number("num", visit.sent("num")), visit.who.name, after)
    else:
        fixed = desk.newsroom.archive.live_settings.by_environment
        names = [each.name for each in SLIDERS if each.name not in fixed]
        values = {name: value for name in names if (value := visit.sent(name))}
        note = visit.sent("note").strip()
        if visit.sent("act") == "compare":
            await desk.write(desk.newsroom.comparison_desk.start, values, visit.who.name, note)
            return desk.to(f"{PATH}?{urlencode({'story': visit.sent('story')})}#comparison")
        done = await desk.write(chooses.choose, values, visit.who.name, note, after)
    return desk.to(f"{PATH}?{urlencode({'story': visit.sent('story'), 'saved': done.num})}")


async def _page(
    desk: Desk,
    visit: Visit,
    looked: Looked,
    settings: Settings,
    problem: str,
    **values: Any,  # noqa: ANN401
) -> Response:
    choices = await desk.read(desk.newsroom.settings_desk.choices, SHOWN)
    saved = visit.asked("saved")
    return desk.page(
        visit,
        "what_if.html",
        422 if problem else 200,
        **values,
        looked=looked,
        problem=problem,
        settings=settings,
        held=desk.newsroom.settings,
        sliders=SLIDERS,
        fixed=desk.newsroom.archive.live_settings.by_environment,
        choices=choices[::-1],
        saved=next((each for each in choices if str(each.num) == saved), None),
        may_save=visit.may("admin"),
        counts=desk.service.settings.beacon,
        **await compared(desk),
        at=PATH,
        now=desk.service.clock(),
    )


async def compared(desk: Desk) -> dict[str, Any]:
    """Return what a page tells of the comparison that runs, or ran last."""
    entry = await desk.read(desk.newsroom.comparison_desk.latest)
    found = standing(entry.wins, entry.losses) if entry else None
    told = {"labels": {each.name: each.label for each in SLIDERS}, "plain": plain}
    return told | {"comparison": entry, "standing": found, "verdict": found and WORDS[found.verdict]}


async def _figures(desk: Desk, settings: Settings) -> dict[str, Any]:
    sample: SettingsSample | None = None
    found: SampleFigures | None = None
    try:
        sample, found = await desk.trying.figures(settings)
    except problems.Problem as problem:
        if problem.status != 503:
            raise
    return {"found": found, "busy": found is None, "sample": sample}


def _tried(desk: Desk, visit: Visit) -> tuple[Settings, str]:
    """Return the settings that are tried, and what is wrong with them: then those that hold."""
    fixed = desk.newsroom.archive.live_settings.by_environment
    moved = {each.name: _moved(visit, each) for each in SLIDERS if each.name not in fixed}
    given = {name: value for name, value in moved.items() if value}
    try:
        return desk.newsroom.settings_desk.read(given), ""
    except RelatedError as error:
        return desk.newsroom.settings, error.plain


def _moved(visit: Visit, slider: Slider) -> str:
    """Return what is asked of a setting: the slider's value where that was moved, else the number beside it.

    A script keeps the two the same; without one whichever was touched counts.
    """
    number, slid = visit.asked(slider.name)[:40], visit.asked(f"{slider.name}-slider")[:40]
    if slid and slid != visit.asked(f"{slider.name}-was"):
        return slid[:SHORT]
    return number


def _look(desk: Desk, id: str, settings: Settings, words: Words) -> Looked:
    newsroom = desk.newsroom
    story = _story(desk, id)
    if story is None:
        return Looked(story=None)
    try:
        tried = newsroom.what_if.block(story.id, settings)
        held = newsroom.block(story.id, preview=True)
    except HiddenError:
        return Looked(story=story)
    before, after = ({slot.story.id: slot.story for slot in each.slots} for each in (held, tried))
    return Looked(
        story=story,
        block=tried,
        rows=explained(tried.slots, {}, story, 0.0, newsroom.engine.page_style, words=words),
        coming=frozenset(after.keys() - before.keys()),
        going=[before[id] for id in before if id not in after],
    )


def _story(desk: Desk, id: str) -> Story | None:
    """Return a story, by default the newest that readers see; None where there is none of these."""
    archive = desk.newsroom.archive
    if id:
        found = archive.catalog.get(desk.newsroom.id_of(id))
        if found is None:
            raise nobody(id)
        return found[1]
    nums = listing.held(archive, EVERYTHING)
    nums = listing.seen_as(archive.view.store, nums, listing.Visibility.PUBLIC, int(desk.service.clock()))
    return next(iter(listing.newest(archive, nums, 1).stories), None)


def _number(name: str, text: str) -> int:
    if text.isascii() and text.isdigit() and len(text) < 9:
        return int(text)
    raise problems.invalid(name, text, "is none", "choose it on the page again")
