"""The pages of running stories: those of the last weeks, and one with its timeline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from starlette.responses import Response

from recommender.desk.desk import Desk
from recommender.desk.page import Visit
from recommender.engine import listing
from recommender.engine.listing import Visibility
from recommender.engine.requested_filters import EVERYTHING
from recommender.newsroom import Thread
from recommender.service import problems, request_parsing

FEWEST = (2, 3, 5, 10)  # reports that may be asked for
FEWEST_BARS, BARS = 14, 60  # days of a strip: fewer are wide as slabs, more no wider than a hair
_LONGEST = 4  # digits of a number of reports
HEIGHT = 24  # of a strip, in its own units


@dataclass(frozen=True, slots=True)
class Bar:
    """A day of a strip: where it stands, how high, and what it says."""

    x: int
    y: float
    height: float
    day: date
    reports: int


@dataclass(frozen=True, slots=True)
class Strip:
    """The reports of a thread by day, as bars."""

    bars: tuple[Bar, ...]
    days: int

    @classmethod
    def of(cls, thread: Thread, zone: ZoneInfo) -> Strip:
        """Count a thread's reports by day, up to its last one."""
        counts = Counter(each.story.published.astimezone(zone).date() for each in thread.reports)
        last = max(counts)
        days = min(max((last - min(counts)).days + 1, FEWEST_BARS), BARS)
        first, most = last - timedelta(days - 1), max(counts.values())
        bars = []
        for x in range(days):
            count = counts[first + timedelta(x)]
            height = HEIGHT * count / most
            bars.append(Bar(x, HEIGHT - height, height, first + timedelta(x), count))
        return cls(tuple(bar for bar in bars if bar.reports), days)


async def show_all(desk: Desk, visit: Visit) -> Response:
    """Show the running stories of the last weeks."""
    at, least = visit.asked("at") or None, _least(visit.asked("least"))
    found = await desk.soon.of(("threads", at, least), lambda: desk.newsroom.threads(at, least))
    if found is None:
        return desk.page(visit, "threads_soon.html")
    rows = [(thread, Strip.of(thread, desk.look.timezone)) for thread in found]
    least = least or desk.newsroom.thread_settings.least
    newest = None if rows else await desk.read(_newest_day, desk)
    newest = newest if newest != at else None
    choices = _choices(least)
    return desk.page(visit, "threads.html", rows=rows, at=at, least=least, fewest=choices, newest=newest)


async def show_one(desk: Desk, visit: Visit) -> Response:
    """Show one with its timeline, by any of its stories."""
    at, id = visit.asked("at") or None, request_parsing.path_id(visit.request, "id")
    thread = await desk.soon.of(("thread", id, at), lambda: desk.newsroom.thread(id, at))
    if thread is None:
        return desk.page(visit, "threads_soon.html")
    strip = Strip.of(thread, desk.look.timezone)
    return desk.page(visit, "thread.html", thread=thread, strip=strip, at=at)


def _newest_day(desk: Desk) -> str | None:
    """Return the day of the newest story that readers see."""
    archive, now = desk.newsroom.archive, int(desk.service.clock())
    nums = listing.seen_as(archive.view.store, listing.held(archive, EVERYTHING), Visibility.PUBLIC, now)
    stories = listing.newest(archive, nums, 1).stories
    return f"{stories[0].published.astimezone(desk.look.timezone):%Y-%m-%d}" if stories else None


def _least(text: str) -> int | None:
    if not text:
        return None
    is_number = text.isascii() and text.isdigit() and len(text) <= _LONGEST
    if not is_number or not 1 <= int(text) <= 1000:
        raise problems.invalid("least", text, "is none", "give one from 1 to 1000")
    return int(text)


def _choices(least: int) -> Sequence[int]:
    return sorted({*FEWEST, least})
