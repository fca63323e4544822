"""The OpenAPI 3.1 document, made from the table of operations and the types on the wire."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from msgspec import Struct

from recommender.service.answer_schemas import ProblemOut
from recommender.service.operations import Kinds, Operation, RequestBody, ResponseSpec
from recommender.service.problems import MEDIA_TYPE, TYPE
from recommender.service.request_schemas import CHOICE, RULE, ChoiceNumber, Id, RuleNumber
from recommender.story.json_types import StoryIn, type_of
from recommender.story.limits import Limits
from recommender.story.schema import STORY

_REF = "#/components/schemas/{name}"
_NAMES = re.compile(r"{(\w+)}")
_HEADERS = {
    "etag": "Changes when the answer does; send it back in If-None-Match.",
    "cache-control": "How long a cache may show the block without asking again.",
    "retry-after": "Seconds.",
    "www-authenticate": "Bearer",
    "vary": "The representation depends on Accept.",
}
_PROBLEM_HEADERS = {401: ("www-authenticate",), 429: ("retry-after",), 503: ("retry-after",)}
_WORDS = {
    401: "No key, or one that is not known.",
    403: "The key has not the right that is needed.",
    404: "There is no such story, or readers may not see it yet; or no such job.",
    409: "The story was deleted, and the call does not say that it is to come back; "
    "or a job of this name is at work on other lines; or it does not fit what was chosen before.",
    410: "The story was withdrawn, or has expired.",
    413: "The body is too large.",
    415: "The body is of a type that is not read here.",
    422: "Something in the request cannot be what it is; the answer names field, value and way out.",
    429: "The key, or all who ask together, have used up their rate.",
    431: "The address and the headers are longer than the setting `max_head` allows.",
    503: "Too much waits, or the archive cannot be used just now.",
    507: "No more stories may be held: the setting `most_stories`.",
}
_EXAMPLE_ID = "story-17"
_LINES = {"description": "JSON Lines: one story a line, each as StoryIn says. Lines are refused one by one."}


def document(operations: Sequence[Operation], title: str, version: str, limits: Limits) -> dict[str, Any]:
    """Return the document as JSON objects; a story may be as long as `limits` say."""
    story = type_of(STORY, limits)
    types = [story if each is StoryIn else each for each in dict.fromkeys(_types(operations))]
    _, components = msgspec.json.schema_components(types, ref_template=_REF)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation(operation, components)
    return {
        "openapi": "3.1.0",
        "info": {"title": title, "version": version, "license": {"name": "MIT", "identifier": "MIT"}},
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "bearerFormat": "related keys add"}
            },
        },
    }


def _types(operations: Iterable[Operation]) -> Iterable[type[Struct]]:
    yield ProblemOut
    for operation in operations:
        if operation.query is not None:
            yield operation.query
        contents = [operation.body.content if operation.body else {}]
        contents += [answer.content for answer in operation.answers.values()]
        for content in contents:
            yield from (kind for kinds in content.values() for kind in kinds)


def _operation(operation: Operation, components: dict[str, Any]) -> dict[str, Any]:
    answers = {str(status): _answer(answer) for status, answer in operation.answers.items()}
    answers |= {str(status): _problem(status) for status in operation.problems}
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": [*_path_parameters(operation.path), *_query_parameters(operation.query, components)],
        "responses": dict(sorted(answers.items())),
        "security": [{"key": []}] if operation.right else [],
    }
    needed = f"Needs a key with the right `{operation.right}`." if operation.right else ""
    if words := " ".join(filter(None, (operation.details, needed))):
        described["description"] = words
    if operation.body is not None:
        described["requestBody"] = _body(operation.body)
    return described


def _path_parameters(path: str) -> list[dict[str, Any]]:
    (id, *numbers), _ = msgspec.json.schema_components([Id, RuleNumber, ChoiceNumber], ref_template=_REF)
    numbered = dict(zip((RULE, CHOICE), numbers, strict=True))
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": numbered.get(name, id),
            "example": 1 if name in numbered else _EXAMPLE_ID,
        }
        for name in _NAMES.findall(path)
    ]


def _query_parameters(query: type[Struct] | None, components: dict[str, Any]) -> list[dict[str, Any]]:
    if query is None:
        return []
    schema = components[query.__name__]
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": part}
        for name, part in schema["properties"].items()
    ]


def _body(body: RequestBody) -> dict[str, Any]:
    content = {
        media: {"schema": _schema(kinds) if kinds else dict(_LINES)} for media, kinds in body.content.items()
    }
    next(iter(content.values()))["example"] = body.example
    return {"required": body.required, "content": content}


def _schema(kinds: Kinds) -> dict[str, Any]:
    parts = [{"$ref": _REF.format(name=kind.__name__)} for kind in kinds]
    if not parts:
        return {"type": "string"}
    return parts[0] if len(parts) == 1 else {"anyOf": parts}


def _schema_of(media: str, kinds: Kinds) -> dict[str, Any]:
    """Return the schema of an answer; what is JSON of another standard is an object, and no more is said."""
    return _schema(kinds) if kinds or not media.endswith("json") else {"type": ["object", "array"]}


def _answer(answer: ResponseSpec) -> dict[str, Any]:
    described: dict[str, Any] = {"description": answer.words}
    if answer.content:
        described["content"] = {
            media: {"schema": _schema_of(media, kind)} for media, kind in answer.content.items()
        }
        if answer.example is not None:
            next(iter(described["content"].values()))["example"] = answer.example
    if answer.headers:
        described["headers"] = _headers(answer.headers)
    return described


def _problem(status: int) -> dict[str, Any]:
    example = {
        "type": f"{TYPE}...",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": _WORDS[status],
    }
    described: dict[str, Any] = {
        "description": _WORDS[status],
        "content": {MEDIA_TYPE: {"schema": _schema((ProblemOut,)), "example": example}},
    }
    if status in _PROBLEM_HEADERS:
        described["headers"] = _headers(_PROBLEM_HEADERS[status])
    return described


def _headers(names: Iterable[str]) -> dict[str, Any]:
    return {name: {"description": _HEADERS[name], "schema": {"type": "string"}} for name in names}
