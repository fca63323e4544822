"""Hooks for schemathesis: most paths name stories that are held, since others answer 404 and no more.

What the service does behind is ended or left out: no answer may depend on how fast the machine is.
"""

from __future__ import annotations

import re
import zlib
from typing import Any

import httpx
import msgspec
import schemathesis
from schemathesis import Case
from schemathesis.core.transport import Response

from recommender.service.request_schemas import NO_CONTROLS
from recommender.service.settings_choice import ChoiceIn

KEPT = [f"held-{n}" for n in range(6)]
SPARE = [f"spare-{n}" for n in range(40)]  # to be deleted
RULES = ["1", "2"]  # the first that are made
JOBS = [f"job-{n}" for n in range(4)]
LEFT_EVERY = 4  # each such path is left as it was made


@schemathesis.hook
def map_path_parameters(context: schemathesis.HookContext, path_parameters: dict[str, Any]) -> dict[str, Any]:
    """Put ids of held stories in the place of most, the same for the same."""
    operation = context.operation
    deletes = operation is not None and (operation.method.upper(), operation.path) == (
        "DELETE",
        "/stories/{id}",
    )
    numbers = dict.fromkeys(("rule", "choice", "comparison"), RULES)
    held = numbers | {"job": JOBS, "id": SPARE if deletes else KEPT}
    return {name: _held(value, held.get(name, KEPT)) for name, value in (path_parameters or {}).items()}


@schemathesis.hook
def map_body(context: schemathesis.HookContext, body: Any) -> Any:
    """Put ids of held stories in the place of most that are rated; what is none is left to be refused."""
    operation = context.operation
    if operation is not None and operation.path == "/settings" and is_choice(body):
        return body | {"values": {}}  # each other one would have all blocks made anew beside what is tried
    if operation is None or operation.path != "/ratings" or not isinstance(body, dict):
        return body
    ratings = body.get("ratings")
    if not isinstance(ratings, list) or not all(isinstance(each, dict) for each in ratings):
        return body
    sides = {"source": KEPT[:3], "target": KEPT[3:]}
    return body | {
        "ratings": [
            each | {name: _held(each[name], ids) for name, ids in sides.items() if _is_id(each.get(name))}
            for each in ratings
        ]
    }


@schemathesis.hook
def after_call(context: schemathesis.HookContext, case: Case, response: Response) -> None:
    """Cancel each job that was begun: how many are at work, and so refused, would depend on the machine.

    End each comparison: no settings are chosen while one runs.
    """
    if response.status_code == 202 and case.operation.path == "/jobs/{job}":
        headers = {"authorization": response.request.headers["authorization"]}
        httpx.delete(str(response.request.url), headers=headers).raise_for_status()
    if response.status_code == 201 and case.operation.path == "/comparisons":
        headers = {"authorization": response.request.headers["authorization"]}
        httpx.delete(f"{response.request.url}/{response.json()['num']}", headers=headers).raise_for_status()


@schemathesis.serializer("application/x-ndjson", "application/jsonl")
def lines(_: object, value: object) -> bytes:
    """Send a text as it is, which has to be lines of JSON."""
    return str(value).encode("utf-8", "replace")


def is_choice(body: object) -> bool:
    try:
        msgspec.convert(body, ChoiceIn)
    except (msgspec.ValidationError, UnicodeError):
        return False
    return isinstance(body, dict)


def _is_id(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= 512 and re.fullmatch(NO_CONTROLS, value) is not None


def _held(value: object, ids: list[str]) -> object:
    if ids is RULES and not (isinstance(value, int) and 0 < value < 2**31):
        return value  # no number of a rule, which is to be refused
    mark = zlib.crc32(str(value).encode("utf-8", "replace"))
    return value if mark % LEFT_EVERY == 0 else ids[mark // LEFT_EVERY % len(ids)]
