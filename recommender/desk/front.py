"""The front of the desk: the latest stories."""

from __future__ import annotations

from starlette.responses import Response

from recommender.desk.desk import Desk
from recommender.desk.page import Visit
from recommender.engine import listing
from recommender.engine.requested_filters import EVERYTHING

LATEST = 40  # stories on the page


async def show(desk: Desk, visit: Visit) -> Response:
    """Show the latest stories."""
    return desk.page(visit, "front.html", found=await desk.read(_latest, desk))


def _latest(desk: Desk) -> listing.Listed:
    archive = desk.newsroom.archive
    return listing.newest(archive, listing.held(archive, EVERYTHING), LATEST)
