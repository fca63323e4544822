"""What a page of the desk is, a row of the table of pages; and a visit to one, as its function sees it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from recommender.desk.roles import Person, Role
from recommender.service import problems

if TYPE_CHECKING:
    from recommender.desk.desk import Desk

FIELDS = 500  # of one form; none of ours has more

Show = Callable[["Desk", "Visit"], Coroutine[Any, Any, Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page, or one thing that is done there.

    Parameters
    ----------
    path : str
        With names in braces.
    show : callable
        Answers a visit.
    role : Role or None
        What a person must at least be; None: anybody is let in, signed in or not.
    method : str
        GET shows something and changes nothing; POST takes a form of ours.
    link : str
        What the page is called in the bar at the top; empty: it does not stand there.
    """

    path: str
    show: Show
    role: Role | None
    method: str = "GET"
    link: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A request of somebody who may make it.

    Attributes
    ----------
    request : Request
        As it came.
    person : Person or None
        Who asks; None on pages that anybody may see.
    token : str
        Proves that a form is ours; the macro `form` of `macros.html` puts it there.
    secure : bool
        Whether it came by HTTPS.
    address : str
        Whose it is, to be counted by.
    form : mapping
        What was sent, a list of values a name.
    """

    request: Request
    person: Person | None
    token: str
    secure: bool
    address: str
    form: Mapping[str, list[str]] = field(default_factory=dict)

    @property
    def who(self) -> Person:
        """The person, on pages that need one."""
        if self.person is None:
            raise problems.Problem(403, "forbidden", "sign in first")
        return self.person

    def may(self, role: str) -> bool:
        """Return whether the person may do what needs a role."""
        return self.person is not None and self.person.role.allows(Role(role))

    @property
    def here(self) -> str:
        """The address that was asked for, within the service."""
        url = self.request.url
        return f"{url.path}?{url.query}" if url.query else url.path

    def sent(self, name: str, otherwise: str = "") -> str:
        """Return a field of the form; of several values the last."""
        values = self.form.get(name)
        return values[-1] if values else otherwise

    def asked(self, name: str, otherwise: str = "") -> str:
        """Return a parameter of the address."""
        return self.request.query_params.get(name, otherwise)


def parse_form(body: bytes) -> dict[str, list[str]]:
    """Read a form as browsers send it; raise a 422 `Problem` where it is none."""
    try:
        pairs = parse_qsl(
            body.decode("ascii"), keep_blank_values=True, strict_parsing=bool(body), encoding="utf-8",
            errors="strict", max_num_fields=FIELDS,
        )  # fmt: skip
    except (UnicodeDecodeError, ValueError) as error:
        raise problems.invalid(
            "form", body[:100], f"cannot be read ({error})", "send it once more"
        ) from error
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append(value)
    return found
