"""The page of drafts: a text is pasted, and what is proposed for it is shown. Nothing of it is kept."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.responses import Response

from recommender.desk.desk import Desk
from recommender.desk.page import Visit
from recommender.desk.proposals import Proposals, propose
from recommender.desk.wording import N_
from recommender.errors import QuestionError, StoryError

FIELDS: Mapping[str, str] = {"headline": N_("Headline"), "deck": N_("Deck"), "body": N_("Text")}


async def ask(desk: Desk, visit: Visit) -> Response:
    """Show the form."""
    return _page(desk, visit, dict.fromkeys(FIELDS, ""))


async def show(desk: Desk, visit: Visit) -> Response:
    """Show what is proposed for what was pasted, with the form above."""
    draft = {name: visit.sent(name).replace("\r\n", "\n").strip() for name in FIELDS}
    try:
        found = await propose(desk, {name: text for name, text in draft.items() if text}, desk.words(visit))
    except QuestionError as error:
        return _page(desk, visit, draft, problem=error.plain)
    except StoryError as error:
        return _page(desk, visit, draft, wrong=error)
    return _page(desk, visit, draft, found)


def _page(
    desk: Desk,
    visit: Visit,
    draft: Mapping[str, str],
    found: Proposals | None = None,
    problem: str = "",
    wrong: StoryError | None = None,
) -> Response:
    values = {"draft": draft, "found": found, "problem": problem, "wrong": wrong, "inserts": False}
    return desk.page(visit, "draft.html", 422 if problem or wrong else 200, fields=FIELDS, **values)
