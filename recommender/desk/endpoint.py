"""The way of one visit: who comes, whether they may, their form, the page; errors as pages."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import quote

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from recommender.desk import safety
from recommender.desk.desk import Desk
from recommender.desk.identity import Identity, identity, nobodys
from recommender.desk.page import Page, Visit, parse_form
from recommender.desk.placing import placed
from recommender.desk.wording import N_
from recommender.errors import RelatedError
from recommender.service import problems
from recommender.service.bodies import Room
from recommender.service.middleware import CALLER, REQUEST_ID, ROUTE

FRONT = "/desk"
NO_SUCH_PAGE = "there is no such page at the desk; start at its front"
SIGN_IN = "/desk/sign-in"
_FORM = "application/x-www-form-urlencoded"


class DeskEndpoint:
    """All pages on one path, as an ASGI application.

    Parameters
    ----------
    desk : Desk
        What they share.
    path : str
        With names in braces.
    by_method : mapping
        The pages.
    """

    def __init__(self, desk: Desk, path: str, by_method: Mapping[str, Page]) -> None:
        self._desk, self._path, self._by_method = desk, path, by_method
        self._other = Page(path=path, show=self._not_so, role=None)  # what there is by any other method

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one visit."""
        scope[ROUTE] = self._path
        request = Request(scope, receive)
        page = self._by_method.get("GET" if request.method == "HEAD" else request.method, self._other)
        visit = nobodys(request)
        try:
            known = identity(self._desk, request)
            visit = known.visit
            if visit.person is not None:
                scope[CALLER] = visit.person.name
            answer = await self._answer(page, known)
            if known.fresh_cookie:
                safety.set_cookie(answer, safety.FORM, known.fresh_cookie, None, secure=visit.secure)
        except RelatedError as error:  # before anybody is known
            answer = problem_page(self._desk, visit, problems.of_error(error))
        except ClientDisconnect:
            raise
        except Exception:  # ours: who looks after the service finds it in the log, as of every other call
            id = request.scope[REQUEST_ID].decode()
            await self._placed(problem_page(self._desk, visit, bug(id)))(scope, receive, send)
            raise
        await self._placed(answer)(scope, receive, send)

    async def _not_so(self, _: Desk, __: Visit) -> Response:
        methods = [*self._by_method, *(["HEAD"] if "GET" in self._by_method else [])]
        raise problems.Problem(405, "method-not-allowed", NO_SUCH_PAGE, {"allow": ", ".join(methods)})

    def _placed(self, answer: Response) -> Response:
        return placed(safety.secured(answer), self._desk.service.root)

    async def _answer(self, page: Page, known: Identity) -> Response:
        visit = known.visit
        try:
            if known.stranger and page.role is not None:
                await self._desk.refuse(visit, "proxy")
            if page.role is not None and (refused := self._refused(page, known)) is not None:
                return refused
            if page.method == "GET":
                return await page.show(self._desk, visit)
            request, limit = visit.request, self._desk.service.settings.max_question
            room = Room.STRANGERS if visit.person is None else Room.SHORT
            async with self._desk.service.bodies.read(request, limit, "max_question", room) as body:
                return await page.show(self._desk, self._with_form(visit, body))
        except problems.Problem as problem:
            return problem_page(self._desk, visit, problem, self._back(page, visit))
        except RelatedError as error:
            return problem_page(self._desk, visit, problems.of_error(error), self._back(page, visit))

    def _back(self, page: Page, visit: Visit) -> str:
        """Return where to go on: where a form stood, else the page of the bar that the address is under."""
        path = visit.request.url.path
        if page.method == "POST" and "GET" in self._by_method:
            return path
        above = (one.path for one in self._desk.links if one.role is not None and visit.may(one.role))
        return next((each for each in above if each != FRONT and f"{path}/".startswith(f"{each}/")), "")

    def _refused(self, page: Page, known: Identity) -> Response | None:
        """Return the answer to who may not see a page, or None."""
        visit = known.visit
        if visit.person is None:
            if known.stranger:
                raise problems.Problem(
                    403, "forbidden", f"{known.stranger} is not among the people of this desk; an operator "
                    "lets them in with: related people add NAME --role editor",
                )  # fmt: skip
            if page.method != "GET":
                raise problems.Problem(
                    403, "forbidden", "you are not signed in any more; sign in and do it again"
                )
            came = visit.here
            return self._desk.to(f"{SIGN_IN}?to={quote(came, safe='')}" if came != "/desk" else SIGN_IN)
        if page.role is not None and not visit.person.role.allows(page.role):
            role = visit.person.role
            raise problems.Problem(
                403,
                "forbidden",
                f"this needs the role {page.role}, and you are {role}; ask an operator for it",
            )
        return None

    def _with_form(self, visit: Visit, body: bytes) -> Visit:
        kind = visit.request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != _FORM:
            raise problems.Problem(415, "unsupported-media-type", f"send a form, of type {_FORM}")
        visit = replace(visit, form=parse_form(body))
        if not safety.is_genuine(visit.request, visit.sent(safety.TOKEN), visit.token):
            raise problems.Problem(
                403, "forged", "this form was not sent from a page of yours that is still right; nothing was "
                "done. Go back, load the page again and repeat it",
            )  # fmt: skip
        return visit


TITLES = {
    401: N_("Sign in"),
    403: N_("Not allowed"),
    404: N_("Not found"),
    405: N_("Not allowed"),
    409: N_("It does not fit what was done before"),
    410: N_("No longer there"),
    413: N_("Too large"),
    422: N_("It cannot be done like this"),
    429: N_("Too many tries"),
    503: N_("Not just now"),
}
"""What a page that is an error is called, by its status."""


def problem_page(desk: Desk, visit: Visit, problem: problems.Problem, back: str = "") -> Response:
    """Return a page that says what is wrong and the way out; `back`: the page from which it was asked for."""
    wrong = problem.extra if "way_out" in problem.extra and problem.kind == "invalid" else None
    title = TITLES.get(problem.status, N_("Something went wrong"))
    values = {"title": title, "detail": problem.detail, "wrong": wrong, "back": back}
    answer = desk.page(visit, "problem.html", problem.status, **values)
    answer.headers.update(problem.headers)
    return answer


def bug(id: str) -> problems.Problem:
    """Return the answer to an error of ours, with nothing of it but where it is found."""
    detail = f"the service failed on this; try again, or tell its operator: the log has the reason under {id}"
    return problems.Problem(500, "internal", detail)


def too_many(seconds: float) -> problems.Problem:
    """Return the answer to who has tried too often."""
    wait = max(1, math.ceil(seconds))
    return problems.Problem(
        429,
        "too-many-requests",
        f"too many tries to sign in; wait {wait} seconds",
        {"retry-after": str(wait)},
    )
