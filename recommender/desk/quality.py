"""The page of quality: how well blocks agree with the newsroom's own links, measured in the background."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from starlette.responses import Response

from recommender.archive.weights_journal import in_words
from recommender.desk.desk import Desk
from recommender.desk.page import Visit
from recommender.evaluation import quality
from recommender.evaluation.quality import NEWEST, OURS, START, WORDS, Period, Worst
from recommender.newsroom import Newsroom
from recommender.story.story import Story

PATH = "/desk/quality"
WIDTH, HEIGHT = 640, 220  # of a chart, in its own units
SQUARE = 220


@dataclass(frozen=True, slots=True)
class Point:
    """A period on the chart: where it stands, the mean and the ends of its interval, from the top."""

    x: float
    y: float
    low: float
    high: float
    period: Period


@dataclass(frozen=True, slots=True)
class Weak:
    """A story that agrees least, with what its writer linked and what is ranked first."""

    story: Story
    agreement: float
    links: Sequence[Story]
    ranked: Sequence[Story]


async def show(desk: Desk, visit: Visit) -> Response:
    """Show what was measured last; where an editor looks and it is a day old, have it measured anew."""
    was_running = desk.measuring.running  # asked first: what ends meanwhile may not be in what is read below
    found = await desk.read(quality.load, desk.newsroom.archive.path)
    values: dict[str, Any] = {"found": found, "measuring": desk.measuring}
    if found is not None:
        if visit.may("editor"):
            desk.measuring.start_again(found.made)
        values |= {
            "charts": {name: line(found.periods, name) for name in (OURS, WORDS, NEWEST)},
            "ours": OURS, "systems": (OURS, START, WORDS, NEWEST), "weights": in_words(found.weights),
            "worst": await desk.read(_weak, desk.newsroom, found.worst),
            "square": SQUARE, "made": datetime.fromisoformat(found.made), "width": WIDTH, "height": HEIGHT,
            "learned": _day(found.learned_until) if found.learned_until else None,
            "calibration": calibration(found.reliability),
            "unknown": share([month.unknown for month in found.months]),
            "scores": share([month.score for month in found.months]),
            "days": [(_day(each.first), _day(each.last)) for each in found.periods],
        }  # fmt: skip
    running = was_running or desk.measuring.running
    return desk.page(visit, "quality.html", running=running, **values)


async def start(desk: Desk, visit: Visit) -> Response:
    """Begin to measure, and show the page again."""
    desk.measuring.start()
    return desk.to(PATH)


def line(periods: Sequence[Period], name: str) -> list[Point]:
    """Return a system's means over time on the chart, from 0 at its foot to 1 at its head."""
    step = WIDTH / max(len(periods), 1)
    points = []
    for place, period in enumerate(periods):
        mean = period.means[name]
        x = step * (place + 0.5)
        y, low, high = (HEIGHT * (1 - value) for value in (mean.mean, mean.low, mean.high))
        points.append(Point(x, y, low, high, period))
    return points


def calibration(rows: Sequence[Mapping[str, float]]) -> list[tuple[float, float]]:
    """Return what was said and what was so on a square of `SQUARE`; its diagonal says that both are one."""
    most = max((row[name] for row in rows for name in ("said", "so")), default=0.0) or 1.0
    return [(SQUARE * row["said"] / most, SQUARE * (1 - row["so"] / most)) for row in rows]


def share(values: Sequence[float | None]) -> list[tuple[float, float]]:
    """Return values on a chart whose head is the largest; those that are not known are left out."""
    most = max((value for value in values if value is not None), default=0.0) or 1.0
    step = WIDTH / max(len(values), 1)
    return [
        (step * (place + 0.5), HEIGHT * (1 - value / most))
        for place, value in enumerate(values)
        if value is not None
    ]


def _day(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).date().isoformat()


def _weak(newsroom: Newsroom, worst: Sequence[Worst]) -> list[Weak]:
    catalog = newsroom.archive.catalog
    nums = catalog.nums_of({id for each in worst for id in (each.id, *each.links, *each.ranked)})
    held = {story.id: story for story in catalog.by_nums(nums.values()).values()}

    def named(ids: Sequence[str]) -> list[Story]:
        return [held[id] for id in ids if id in held]

    return [
        Weak(held[each.id], each.agreement, named(each.links), named(each.ranked))
        for each in worst
        if each.id in held
    ]
