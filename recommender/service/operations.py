"""What an operation is: a row of the table that both the routes and the OpenAPI document are made from."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response

from recommender.service.keys import Right

if TYPE_CHECKING:
    from recommender.service.auth import Caller
    from recommender.service.service import Service
    from recommender.service.settings import ServiceSettings

JSON, HTML, TEXT, CSS = "application/json", "text/html", "text/plain", "text/css"
JSON_LINES = ("application/x-ndjson", "application/jsonl")

Kinds = tuple[type[Struct], ...]  # a body is one of them; of none, it is a text
Unread = Callable[["Service", Request], Response | None]
Handler = Callable[["Service", Request, "Caller"], Coroutine[Any, Any, Response]]


def media_type(content_type: str) -> str:
    """Return what a Content-Type says without its parameters."""
    return content_type.partition(";")[0].strip().lower()


@dataclass(frozen=True, kw_only=True)
class ResponseSpec:
    """One way in which an operation is answered.

    Parameters
    ----------
    words : str
        What it means.
    content : mapping
        What the body may be, by media type.
    headers : tuple of str
        Headers that it always has.
    example : object
        Of a JSON body.
    """

    words: str
    content: Mapping[str, Kinds] = field(default_factory=dict)
    headers: tuple[str, ...] = ()
    example: Any = None


@dataclass(frozen=True, kw_only=True)
class RequestBody:
    """What a request may carry: what the body may be by media type, and an example of the first.

    Parameters
    ----------
    content : mapping
        By media type.
    example : object
        Of the first.
    required : bool
        Whether there has to be one.
    limit : str
        The setting that says how long it may be.
    of_one : str
        The setting that says how long one JSON text may be, where JSON Lines may be longer.
    """

    content: Mapping[str, Kinds]
    example: Any
    required: bool = True
    limit: str = "max_question"
    of_one: str = ""

    def limit_of(self, content_type: str, settings: ServiceSettings) -> tuple[int, str]:
        """Return how many bytes a body of a type may have, and the setting that says so."""
        is_one = self.of_one and media_type(content_type) not in JSON_LINES
        names = (self.limit, self.of_one) if is_one else (self.limit,)
        return min((getattr(settings, name), name) for name in names)


@dataclass(frozen=True, kw_only=True)
class Operation:
    """One thing that the service can be asked.

    Parameters
    ----------
    method, path : str
        `path` with names in braces.
    name : str
        The operation's id in the OpenAPI document.
    summary : str
        One line.
    details : str
        What it refuses and what a second call does, in words; the rest follows from the types.
    handler : callable
        Answers it.
    right : Right or None
        What a key must be allowed to; None needs no key.
    costly : bool
        Counts against the rate of writes though it writes nothing, and needs a key whoever may read blocks.
    proof : callable, optional
        Tells of a request that it brings something else than a key, which the handler checks.
    unread : callable, optional
        Looks at a request of anybody's before its body is read, and may answer it as it is. The body has its
        own room.
    query : type, optional
        The query's parameters.
    body : RequestBody, optional
        What the request carries.
    answers : mapping
        By status, without those that many operations share.
    errors : tuple of int
        The problems it may answer with, without those that follow from the rest.
    """

    method: str
    path: str
    name: str
    summary: str
    handler: Handler
    right: Right | None
    answers: Mapping[int, ResponseSpec]
    details: str = ""
    costly: bool = False
    proof: Callable[[Service, Request], bool] | None = None
    unread: Unread | None = None
    query: type[Struct] | None = None
    body: RequestBody | None = None
    errors: tuple[int, ...] = ()

    @property
    def problems(self) -> tuple[int, ...]:
        """All statuses that it answers with a problem."""
        found = set(self.errors)
        if self.right is not None:
            found |= {401, 403, 429, 503}
        if self.body is not None:
            found |= {413, 415, 422}
        if self.query is not None or "{" in self.path:
            found.add(422)
        if self.query is not None:
            found.add(431)
        return tuple(sorted(found))
