"""Who comes: by the cookie of a session, or by the header of a proxy that is believed."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from recommender.desk import safety
from recommender.desk.desk import Desk
from recommender.desk.page import Visit
from recommender.desk.people import LONGEST_NAME
from recommender.desk.roles import Person
from recommender.service.client_addresses import parsed, site
from recommender.service.proxies import peer_of

_LONGEST = 200  # characters of a cookie of ours


@dataclass(frozen=True, slots=True)
class Identity:
    """What is known of who comes.

    Attributes
    ----------
    visit : Visit
        With the person, if any is known.
    fresh_cookie : str
        What the browser is to keep for its next form; empty where it has that.
    stranger : str
        Whom a proxy names who is not among the people.
    """

    visit: Visit
    fresh_cookie: str = ""
    stranger: str = ""


def identity(desk: Desk, request: Request) -> Identity:
    """Return who comes."""
    person, secret, stranger = None, "", ""
    if desk.settings.header:
        person, stranger = _named_by_proxy(desk, request)
    else:
        secret = request.cookies.get(safety.SESSION, "")[:_LONGEST]
        person = desk.people.of_session(secret) if secret else None
    fresh = ""
    if person is None or desk.settings.header:
        secret = request.cookies.get(safety.FORM, "")[:_LONGEST]
        if not secret:
            secret = fresh = safety.new_secret()
    visit = Visit(
        request=request,
        person=person,
        token=safety.form_token(secret),
        secure=_is_secure(desk, request),
        address=site(request.client.host) if request.client else "",
    )
    return Identity(visit, fresh, stranger)


def nobodys(request: Request) -> Visit:
    """Return a request of which nothing is known."""
    return Visit(request=request, person=None, token="", secure=False, address="")


def _named_by_proxy(desk: Desk, request: Request) -> tuple[Person | None, str]:
    """Return whom a believed proxy says that the request is of: a person, or the name of nobody we know."""
    peer = parsed(peer_of(request.scope))
    if peer is None or not any(peer in network for network in desk.service.settings.proxy_networks):
        return None, ""
    named = request.headers.getlist(desk.settings.header)
    if len(named) != 1 or not named[0]:
        return None, ""
    try:
        name = named[0].encode("latin-1").decode()  # ASGI's headers are Latin-1, a proxy's names UTF-8
    except UnicodeError:
        name = named[0]
    person = desk.people.find(name)
    return person, "" if person else name[:LONGEST_NAME]


def _is_secure(desk: Desk, request: Request) -> bool:
    """Return whether the browser speaks HTTPS: a proxy that does not say so is taken to."""
    if request.url.scheme == "https":
        return True
    return (
        bool(desk.service.settings.proxies)
        and "x-forwarded-proto" not in request.headers
        and _is_forwarded(request)
    )


def _is_forwarded(request: Request) -> bool:
    return "x-forwarded-for" in request.headers
