"""Reading requests: query, body, path and Accept, each with a limit and a clear refusal."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from functools import cache
from typing import TypeVar
from urllib.parse import unquote_to_bytes

import msgspec
from msgspec import UNSET, UnsetType
from starlette.datastructures import Headers
from starlette.requests import Request

from recommender.export.formats import FORMATS
from recommender.service import operations, problems
from recommender.service.operations import JSON
from recommender.story.json_safety import repeated_name
from recommender.story.text_safety import forbidden_character, line_break, markup_in, unbalanced_bidi

T = TypeVar("T", bound=msgspec.Struct)

BODY = "related.body"  # where in a request's scope its body is
IDEMPOTENCY_KEY = "idempotency-key"
MOST_WORDS = 200  # characters of a library's words on what was sent

_LONGEST_ID = 512
_LONGEST_NAME = 60  # characters of a field that nobody knows
# How msgspec names a field that is wrong: where, and which is unknown or missing.
_FIELD = re.compile(r"\.([^.\[`]+)")
_NAMED = re.compile(r"(?:unknown|required) field `(.*)`")
_USUAL, _HTML = "json", "html"
_NEGOTIATED = (_HTML, "atom", "rss", "jsonld", "csv")  # formats that have a media type to themselves
BY_MEDIA_TYPE = {FORMATS[name].media_type: name for name in _NEGOTIATED}


def path_id(request: Request, name: str) -> str:
    """Return a story's id from the path, decoded.

    Raises
    ------
    Problem
        422 when it is no text that an id can be.
    """
    raw = request.path_params[name]
    try:
        id = unquote_to_bytes(raw).decode()
    except UnicodeDecodeError as error:
        raise problems.invalid(
            name, raw, "is not UTF-8", "encode the id as UTF-8, then with percent signs"
        ) from error
    if forbidden_character(id) or not 0 < len(id) <= _LONGEST_ID:
        raise problems.invalid(name, id, "is no id", f"give 1 to {_LONGEST_ID} printable characters")
    return id


def query(request: Request, kind: type[T]) -> T:
    """Return the query's parameters; raise a 422 `Problem` for one that is unknown or wrong.

    What `kind` holds a list of may be given again and again, anything else once.
    """
    given = request.query_params.multi_items() if request.scope["query_string"] else []
    many = _lists(kind)
    values: dict[str, object] = dict(given)
    values |= {name: [value for other, value in given if other == name] for name in many & values.keys()}
    if len([name for name, _ in given if name not in many]) > len(values.keys() - many):
        raise problems.invalid("query", request.url.query, "names a parameter twice", "give each once")
    return _converted(values, kind, "query", strict=False)


@cache
def _lists(kind: type[msgspec.Struct]) -> frozenset[str]:
    """Return the names of what `kind` holds lists of; reading its annotations takes longer than a request."""
    return frozenset(each.name for each in msgspec.structs.fields(kind) if each.default_factory is list)


def body(request: Request) -> bytes:
    """Return the body, which was read before the request was handed on."""
    raw: bytes = request.scope[BODY]
    return raw


def media_type(request: Request, *known: str) -> str:
    """Return the body's media type, one of `known`; raise a 415 `Problem` for another."""
    kind = operations.media_type(request.headers.get("content-type", ""))
    if kind not in known:
        detail = f"a body of type {kind or 'unknown'} is not read here; send {' or '.join(known)}"
        raise problems.Problem(415, "unsupported-media-type", detail)
    return kind


def json_body(
    request: Request, kind: type[T], *, optional: bool = False, known: tuple[str, ...] = (JSON,)
) -> T:
    """Return a body of JSON as `kind`; with `optional`, an empty body is its defaults.

    `known` are the media types that it may be sent as.

    Nothing is built but what `kind` holds, so that a body of a million brackets costs no more than its bytes.

    Raises
    ------
    Problem
        415 another type, 422 not JSON or not as it should be.
    """
    raw = body(request)
    if optional and not raw:
        return kind()
    media_type(request, *known)
    try:
        values = msgspec.json.decode(raw, type=kind)
        if name := repeated_name(raw):
            raise problems.invalid("body", name, "holds a name twice", "send each field once")
        return values
    except msgspec.ValidationError as error:
        raise _wrong("body", _fields(raw), error) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise problems.invalid(
            "body", raw, f"is not JSON ({error})", "send one JSON object in UTF-8"
        ) from error


def _fields(raw: bytes) -> object:
    """Return the fields of a JSON object as they were sent, unread; the whole text where it is none."""
    try:
        fields = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return raw
    return {name: bytes(value).decode(errors="replace") for name, value in fields.items()}


def editor(name: str) -> str:
    """Return an editor's name, which is kept and shown; raise a 422 `Problem` for one that would mislead."""
    found = forbidden_character(name) or line_break(name) or unbalanced_bidi(name, lone_closers=False)
    if found or (found := markup_in(name)):
        raise problems.invalid("by", name, f"holds {found}", "give a name in plain text, on one line")
    return name


def _converted(values: object, kind: type[T], where: str, *, strict: bool) -> T:
    try:
        return msgspec.convert(values, kind, strict=strict)
    except msgspec.ValidationError as error:
        raise _wrong(where, values, error) from error


def _wrong(where: str, values: object, error: msgspec.ValidationError) -> problems.Problem:
    """Return the answer to what is not of its type: about the field, where one is at fault.

    The words may hold what was sent, and are cut.
    """
    words, _, path = str(error).partition(" - at `$")
    found = _FIELD.match(path) or _NAMED.search(words)
    field = found.group(1) if found else where
    value = values.get(field, "") if isinstance(values, Mapping) else values
    words = textwrap.shorten(words, MOST_WORDS, placeholder=" ...")
    name = field[:_LONGEST_NAME]
    return problems.invalid(name, value, f"is wrong ({words})", "see /openapi.json for what it may hold")


def wanted_format(headers: Headers, named: str | UnsetType = UNSET) -> str:
    """Return the format that is asked for by its name, else the one that Accept prefers; of equals JSON.

    Raises
    ------
    Problem
        422 when there is none of that name.
    """
    if named is not UNSET:
        if named not in FORMATS:
            raise problems.invalid("format", named, "is no format", f"give one of {', '.join(FORMATS)}")
        return named
    accept = headers.get("accept")
    if accept is None or not any(kind in accept for kind in BY_MEDIA_TYPE):
        return _USUAL
    weights = dict(map(_weighed, accept.split(",")))
    usual = weights.get(JSON, weights.get("application/*", weights.get("*/*", 0.0)))
    best = max(BY_MEDIA_TYPE, key=lambda kind: weights.get(kind, 0.0))
    return BY_MEDIA_TYPE[best] if weights.get(best, 0.0) > usual else _USUAL


def wants_html(headers: Headers) -> bool:
    """Return whether Accept prefers HTML to JSON; who accepts both alike gets JSON."""
    return wanted_format(headers) == _HTML


def _weighed(part: str) -> tuple[str, float]:
    """Return a media range and its weight; RFC 9110 section 12.5.1."""
    kind, *parameters = (piece.strip().lower() for piece in part.split(";"))
    weight = next((text.removeprefix("q=") for text in parameters if text.startswith("q=")), "1")
    try:
        return kind, float(weight)
    except ValueError:
        return kind, 0.0
