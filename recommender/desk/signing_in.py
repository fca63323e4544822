"""Signing in and out: by a password, or by a personal link that is good once."""

from __future__ import annotations

from collections.abc import Callable

from starlette.responses import Response

from recommender.desk import safety
from recommender.desk.desk import Desk
from recommender.desk.endpoint import SIGN_IN, too_many
from recommender.desk.page import Visit
from recommender.desk.people import normal
from recommender.desk.roles import Person
from recommender.service import problems

PASSWORD, LINK = "password", "link"  # the ways, as metrics and the audit log call them
_DAY = 86_400  # seconds
_LONGEST_ADDRESS = 2_000  # characters of a page to go on to


async def ask(desk: Desk, visit: Visit) -> Response:
    """Show the form; on an archive without people, the command that lets the first one in."""
    if visit.person is not None:
        return desk.to("/desk")
    return _form(desk, visit, visit.asked("to"))


async def by_password(desk: Desk, visit: Visit) -> Response:
    """Sign in who has the name and the password."""
    _only_here(desk)
    name, to = visit.sent("name"), visit.sent("to")
    _wait(desk, visit, PASSWORD, normal(name))
    person = await desk.aside(desk.people.by_password, name, visit.sent("password"))
    if person is None:
        await desk.refuse(visit, PASSWORD, name)
        return _form(desk, visit, to, name=name, wrong=True)
    return await _signed_in(desk, visit, person, to, PASSWORD)


async def ask_by_link(desk: Desk, visit: Visit) -> Response:
    """Ask whether to use the link: what looks at links in messages beforehand does not use it up."""
    _only_here(desk)
    person = await _tried(desk, visit, desk.people.of_link)
    return desk.page(visit, "link.html", 200 if person else 410, person=person)


async def by_link(desk: Desk, visit: Visit) -> Response:
    """Use a personal link up."""
    _only_here(desk)
    person = await _tried(desk, visit, desk.people.by_link)
    if person is None:
        return desk.page(visit, "link.html", 410, person=None)
    return await _signed_in(desk, visit, person, "/desk", LINK)


async def sign_out(desk: Desk, visit: Visit) -> Response:
    """End the session."""
    if token := visit.request.cookies.get(safety.SESSION):
        await desk.aside(desk.people.end_session, token, visit.address)
    answer = desk.to(SIGN_IN)
    safety.drop_cookie(answer, safety.SESSION, secure=visit.secure)
    return answer


def _only_here(desk: Desk) -> None:
    if desk.settings.header:
        raise problems.Problem(
            404, "not-found", "nobody signs in here: the proxy before this desk says who it is"
        )


async def _tried(desk: Desk, visit: Visit, read: Callable[[str], Person | None]) -> Person | None:
    _wait(desk, visit, LINK)
    person = await desk.aside(read, visit.request.path_params["secret"])
    if person is None:
        await desk.refuse(visit, LINK)
    return person


def _wait(desk: Desk, visit: Visit, by: str, name: str | None = None) -> None:
    """Count a try; raise the 429 `Problem` where it comes too soon."""
    if seconds := desk.sign_ins.wait(visit.address, name):
        desk.service.metrics.sign_ins.labels(by, "too-many").inc()
        raise too_many(seconds)


def _form(desk: Desk, visit: Visit, to: str, *, name: str = "", wrong: bool = False) -> Response:
    is_first = not desk.settings.header and not desk.people.list()
    values = {"to": within(to), "name": name, "wrong": wrong, "is_first": is_first}
    return desk.page(visit, "sign_in.html", 401 if wrong else 200, **values)


async def _signed_in(desk: Desk, visit: Visit, person: Person, to: str, by: str) -> Response:
    if old := visit.request.cookies.get(safety.SESSION):
        await desk.aside(desk.people.end_session, old, visit.address)
    days = desk.settings.session_days
    token = await desk.aside(desk.people.begin_session, person, days, visit.address, by)
    if token is None:
        raise problems.Problem(403, "forbidden", "you were taken from the list of people just now")
    desk.service.metrics.sign_ins.labels(by, "let-in").inc()
    answer = desk.to(within(to))
    seconds = int(days * _DAY)
    safety.set_cookie(answer, safety.SESSION, token, seconds, secure=visit.secure)
    return answer


def within(address: str) -> str:
    """Return an address of the desk to go on to, its front for any other one."""
    plain = address.isascii() and address.isprintable() and "\\" not in address
    inside = address == "/desk" or address.startswith(("/desk/", "/desk?"))
    return address if plain and inside and len(address) <= _LONGEST_ADDRESS else "/desk"
