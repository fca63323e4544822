"""The page of clicks: which share of readers clicked, by position, role and reason."""

from __future__ import annotations

from starlette.responses import Response

from recommender.desk.desk import Desk
from recommender.desk.page import Visit
from recommender.desk.what_if import compared
from recommender.evaluation.clicks import ClickReport, report
from recommender.newsroom import clicks


async def show(desk: Desk, visit: Visit) -> Response:
    """Show what was counted in the last four weeks."""
    found = await desk.service.work.read_behind(_report, desk)
    on = desk.service.settings.beacon
    told = await compared(desk)
    return desk.page(visit, "clicks.html", found=found, days=clicks.DAYS, on=on, may_save=False, **told)


def _report(desk: Desk) -> ClickReport:
    return report(clicks.of_late(desk.newsroom), desk.look.say)
