"""The page of the audit log: who changed or used what lets somebody in, chose settings. Admins alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

from recommender.catalog.audit import BLOCK, AuditLog, Entry
from recommender.desk.desk import Desk
from recommender.desk.page import Visit
from recommender.desk.people import normal
from recommender.desk.wording import N_

SHOWN = 200  # entries; `related audit` has all
KINDS: Mapping[str, str] = {
    "key": N_("API keys"),
    "person": N_("people"),
    "session": N_("signing in and out"),
    "settings": N_("settings"),
    "comparison": N_("comparisons"),
    "block": N_("blocks"),
}
ACTS: Mapping[str, str] = {
    "key.add": N_("API key made"),
    "key.rotate": N_("API key renewed"),
    "key.remove": N_("API key removed"),
    "key.end-tokens": N_("tokens of the sidebar ended"),
    "person.add": N_("person added"),
    "person.role": N_("role changed"),
    "person.password": N_("password set"),
    "person.remove": N_("person removed"),
    "person.link": N_("link to sign in made"),
    "session.begin": N_("signed in"),
    "session.end": N_("signed out"),
    "session.end-all": N_("signed out everywhere"),
    "session.refused": N_("sign-in refused"),
    "settings.choose": N_("settings chosen"),
    "settings.put-back": N_("settings put back"),
    "comparison.start": N_("comparison begun"),
    "comparison.stop": N_("comparison ended"),
    "block.pin": N_("story pinned"),
    "block.unpin": N_("pin taken out"),
    "block.exclude": N_("story excluded"),
    "block.include": N_("story let in again"),
    "block.freeze": N_("block frozen"),
    "block.unfreeze": N_("block let loose"),
    "block.import": N_("block taken over"),
}
"""What acts are called; the log itself, and `related audit`, have their codes."""


async def show(desk: Desk, visit: Visit) -> Response:
    """Show the newest entries, of one kind or about one name where the form asks for that."""
    kind, about = visit.asked("kind"), normal(visit.asked("about"))
    log = AuditLog(desk.newsroom.archive.catalog)
    act = kind if kind in KINDS else ""
    entries = await desk.read(log.latest, SHOWN, act=act, about=about)
    shown: dict[str, Any] = {
        "entries": [entry._replace(note=_stories(entry)) for entry in entries],
        "kind": act,
        "about": about,
        "now": int(desk.service.clock()),
    }
    return desk.page(visit, "audit.html", kinds=KINDS, acts=ACTS, most=SHOWN, **shown)


def _stories(entry: Entry) -> str:
    """Return the note of an entry as it is read; the stories of an act on a block are kept as a list."""
    if not entry.act.startswith(f"{BLOCK}."):
        return entry.note
    return ", ".join(msgspec.json.decode(entry.note, type=list[str]))
