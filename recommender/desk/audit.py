"""The page of the audit log: who changed or used what lets somebody in, chose settings. Admins alone."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from recommender.catalog.audit import AuditLog
from recommender.desk.desk import Desk
from recommender.desk.page import Visit
from recommender.desk.people import normal

SHOWN = 200  # entries; `related audit` has all
KINDS = ("key", "person", "session", "settings", "comparison", "block")


async def show(desk: Desk, visit: Visit) -> Response:
    """Show the newest entries, of one kind or about one name where the form asks for that."""
    kind, about = visit.asked("kind"), normal(visit.asked("about"))
    log = AuditLog(desk.newsroom.archive.catalog)
    act = kind if kind in KINDS else ""
    entries = await desk.read(log.latest, SHOWN, act=act, about=about)
    shown: dict[str, Any] = {
        "entries": entries,
        "kind": act,
        "about": about,
        "now": int(desk.service.clock()),
    }
    return desk.page(visit, "audit.html", kinds=KINDS, most=SHOWN, **shown)
