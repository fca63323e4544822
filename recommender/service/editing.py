"""The editors' hand over HTTP: pins, exclusions, frozen blocks. Who did it: the key and the name it gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from functools import partial

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from recommender.newsroom import Edited
from recommender.service import problems, request_parsing
from recommender.service.auth import Caller
from recommender.service.request_schemas import RULE, EditorName, Pinning, RuleNumber, SteeringIn
from recommender.service.service import Service
from recommender.service.writing import answered


async def pin(service: Service, request: Request, caller: Caller) -> Response:
    """Put a story at a position of a block."""
    asked = request_parsing.json_body(request, Pinning, optional=True)
    source, target = _pair(request)
    return await _done(service, service.newsroom.pin, source, target, asked.position, who(caller, asked.by))


async def unpin(service: Service, request: Request, caller: Caller) -> Response:
    """Take a pin away."""
    return await _done(service, service.newsroom.unpin, *_pair(request), who(caller))


async def exclude(service: Service, request: Request, caller: Caller) -> Response:
    """Keep a story out of a block."""
    asked = request_parsing.json_body(request, EditorName, optional=True)
    return await _done(service, service.newsroom.exclude, *_pair(request), who(caller, asked.by))


async def include(service: Service, request: Request, caller: Caller) -> Response:
    """Take an exclusion away."""
    return await _done(service, service.newsroom.include, *_pair(request), who(caller))


async def freeze(service: Service, request: Request, caller: Caller) -> Response:
    """Keep a block as it is."""
    asked = request_parsing.json_body(request, EditorName, optional=True)
    return await _done(
        service, service.newsroom.freeze, request_parsing.path_id(request, "id"), who(caller, asked.by)
    )


async def unfreeze(service: Service, request: Request, caller: Caller) -> Response:
    """Let the engine choose again."""
    return await _done(
        service, service.newsroom.unfreeze, request_parsing.path_id(request, "id"), who(caller)
    )


async def steering(service: Service, request: Request, _: Caller) -> Response:
    """Tell the rules that hold for all blocks."""
    now, entries = service.newsroom.engine.clock(), await service.work.read(service.newsroom.steering)
    return answered({"rules": [entry.to_dict() for entry in entries if entry.holds(now)]})


async def steer(service: Service, request: Request, caller: Caller) -> Response:
    """Make a rule for all blocks."""
    asked = request_parsing.json_body(request, SteeringIn)
    make = partial(service.newsroom.steer, asked.act.value, who(caller, asked.by), **asked.fields())
    entry = await service.work.write(make)
    service.worker.wake()
    return answered(entry.to_dict(), 201)


async def end_steering(service: Service, request: Request, caller: Caller) -> Response:
    """End a rule."""
    name = request_parsing.path_id(request, RULE)
    try:
        num = msgspec.convert(name, RuleNumber, strict=False)
    except msgspec.ValidationError as error:
        raise problems.invalid(RULE, name, "is no number", "GET /steering has the numbers") from error
    entry = await service.work.write(service.newsroom.end_steering, num, who(caller))
    service.worker.wake()
    return answered(entry.to_dict())


async def _done(service: Service, act: Callable[..., Edited], *arguments: object) -> Response:
    edited = await service.work.write(act, *arguments)
    service.metrics.changed.inc(len(edited.changed))
    return answered(
        {
            "event": edited.event,
            "block": edited.block.to_dict(),
            "changed": [asdict(change) for change in edited.changed],
            "refusal": None
            if edited.refusal is None
            else {"reason": edited.refusal.reason.value, "words": edited.refusal.words},
        }
    )


def _pair(request: Request) -> tuple[str, str]:
    return request_parsing.path_id(request, "id"), request_parsing.path_id(request, "target")


def who(caller: Caller, name: str = "") -> str:
    """Return who does it: the name that is given, and the key's."""
    return f"{request_parsing.editor(name)} ({caller.name})" if name else caller.name
