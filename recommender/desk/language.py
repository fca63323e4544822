"""In which language a person reads the desk: what they choose is kept in their browser."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.responses import Response

from recommender.desk import safety
from recommender.desk.desk import Desk
from recommender.desk.page import Visit
from recommender.desk.signing_in import within
from recommender.desk.wording import COOKIE, languages

PATH = "/desk/language"
_SECONDS = 365 * 86_400


async def choose(desk: Desk, visit: Visit) -> Response:
    """Keep what was chosen, and go back to the page on which it was."""
    answer = desk.to(
        within(_page_of(visit.request.headers.get("referer", "")).removeprefix(desk.service.root))
    )
    chosen = visit.sent("language")
    if chosen in languages():
        safety.set_cookie(answer, COOKIE, chosen, _SECONDS, secure=visit.secure)
    else:
        safety.drop_cookie(answer, COOKIE, secure=visit.secure)
    return answer


def _page_of(referer: str) -> str:
    """Return where on its site a page stands; empty for what is no address."""
    try:
        came = urlsplit(referer)
    except ValueError:
        return ""
    return f"{came.path}?{came.query}" if came.query else came.path
