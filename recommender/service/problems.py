"""Errors as RFC 9457 problem details: which domain error is which HTTP answer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from http import HTTPStatus

import msgspec
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from recommender.errors import (
    ArchiveBusyError,
    ArchiveError,
    ConflictError,
    HiddenError,
    ModelError,
    NotFoundError,
    RelatedError,
    StoryError,
    shown,
)

MEDIA_TYPE = "application/problem+json"
TYPE = "urn:related-stories:problem:"
HUNG_UP = 499  # of nginx: the client closed the connection before its answer; no fault of the service
BUSY_SECONDS = 1  # when to try again after a full queue or a writer that took too long


class Problem(Exception):
    """An answer that is an error.

    Parameters
    ----------
    status : int
        Of HTTP.
    kind : str
        A word that clients may depend on; the last part of the problem's type.
    detail : str
        What is wrong and the way out, in words.
    headers : mapping, optional
        More headers.
    extra : mapping, optional
        More members of the problem.
    """

    def __init__(
        self,
        status: int,
        kind: str,
        detail: str,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, object] | None = None,
    ) -> None:
        self.status, self.kind, self.detail = status, kind, detail
        self.headers, self.extra = dict(headers or {}), dict(extra or {})
        super().__init__(detail)

    def to_dict(self) -> dict[str, object]:
        """Return the problem as JSON objects."""
        return {
            "type": f"{TYPE}{self.kind}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            **self.extra,
        }

    def response(self) -> Response:
        """Return the problem as an answer."""
        headers = {"cache-control": "no-store", **self.headers}
        return Response(msgspec.json.encode(self.to_dict()), self.status, headers, MEDIA_TYPE)


def busy(detail: str) -> Problem:
    """Return the answer to what cannot be done just now."""
    return Problem(503, "busy", detail, {"retry-after": str(BUSY_SECONDS)})


def too_many(seconds: float, because: str = "this key has used up its rate") -> Problem:
    """Return the answer to a caller who, or all of whom, used up the limit for `seconds` more."""
    return Problem(
        429,
        "too-many-requests",
        f"{because}; wait as long as Retry-After says",
        {"retry-after": str(max(1, math.ceil(seconds)))},
    )


def too_large(limit: int, setting: str) -> Problem:
    """Return the answer to a body of more than `limit` bytes, which a setting says. Its rest is not read."""
    return Problem(
        413,
        "body-too-large",
        f"the body has more than {limit:,} bytes; send less at once, or raise service.{setting}",
        {"connection": "close"},
    )


def invalid(field: str, value: object, problem: str, way_out: str) -> Problem:
    """Return the answer to a parameter that cannot be what it is."""
    return Problem(
        422,
        "invalid",
        f"{field} {problem}: {shown(value)}; {way_out}",
        extra={"field": field, "value": shown(value), "problem": problem, "way_out": way_out},
    )


def withdrawn(error: HiddenError, detail: str, story: str = "") -> Problem:
    """Return the answer to who asks for a story that is gone; with its id, where that is no secret."""
    named = {"story": story, "successor": error.successor}
    return Problem(410, "withdrawn", detail, extra={name: id for name, id in named.items() if id})


def of_error(error: RelatedError) -> Problem:
    """Return the answer to a domain error."""
    match error:
        case StoryError():
            return Problem(422, "story-refused", error.plain, extra=of_story(error))
        case HiddenError(gone=True):
            return withdrawn(error, error.plain, error.id)
        case NotFoundError():
            return Problem(404, "not-found", error.plain)
        case ConflictError():
            return Problem(409, "conflict", error.plain)
        case ArchiveBusyError():
            return busy(error.plain)
        case ArchiveError() | ModelError():
            return Problem(503, "archive", error.plain, {"retry-after": str(BUSY_SECONDS)})
        case _:
            return Problem(422, "invalid", error.plain)


def of_story(error: StoryError) -> dict[str, object]:
    """Return what is wrong with a story, part by part."""
    return {
        "story": error.story,
        "field": error.field,
        "value": shown(error.value),
        "problem": error.problem,
        "way_out": error.way_out,
    }


async def on_domain_error(_: Request, error: Exception) -> Response:
    """Answer a domain error."""
    if not isinstance(error, RelatedError):
        raise error
    return of_error(error).response()


async def on_problem(_: Request, error: Exception) -> Response:
    """Answer a problem that a handler raised."""
    if not isinstance(error, Problem):
        raise error
    return error.response()


async def on_http_error(_: Request, error: Exception) -> Response:
    """Answer what the framework found wrong: no such path, method not allowed."""
    if not isinstance(error, HTTPException):
        raise error
    kind = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
    detail = f"{error.detail}; /openapi.json lists all paths and methods"
    return Problem(error.status_code, kind, detail, error.headers).response()


async def on_hang_up(_: Request, error: Exception) -> Response:
    """Note that a client did not wait for its answer, which is sent to nobody."""
    if not isinstance(error, ClientDisconnect):
        raise error
    return Response(status_code=HUNG_UP)


async def on_bug(_: Request, __: Exception) -> Response:
    """Answer an error that is ours; the log has its traceback under the request's id."""
    detail = "the service failed on this request; its log has the reason under the answer's x-request-id"
    return Problem(500, "internal", detail).response()
