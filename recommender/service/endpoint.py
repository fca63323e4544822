"""The way of one request: who asks, its body, its answer while the client waits for it, once a key."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping
from contextlib import AsyncExitStack
from typing import Any

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from recommender.service.auth import NOBODY, Caller
from recommender.service.bodies import Room
from recommender.service.middleware import ROUTE
from recommender.service.operations import Operation
from recommender.service.request_parsing import BODY, IDEMPOTENCY_KEY
from recommender.service.service import Service


class Endpoint:
    """All operations on one path, as an ASGI application.

    Parameters
    ----------
    service : Service
        What they work on.
    path : str
        With names in braces.
    by_method : mapping
        The operations.
    """

    def __init__(self, service: Service, path: str, by_method: Mapping[str, Operation]) -> None:
        self._service, self._path, self._by_method = service, path, by_method

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. Its body is held until the answer is sent."""
        scope[ROUTE] = self._path
        request = Request(scope, receive, send)
        operation = self._by_method["GET" if request.method == "HEAD" else request.method]
        caller = NOBODY
        has_proof = operation.proof is not None and operation.proof(self._service, request)
        if operation.right is not None and not has_proof:
            costly = operation.costly or operation.method != "GET"
            caller = self._service.admission.admit(request, operation.right, costly=costly)
        if operation.unread is not None and (told := operation.unread(self._service, request)) is not None:
            await told(scope, receive, send)
            return
        async with AsyncExitStack() as held:
            if (body := operation.body) is not None:
                kind = request.headers.get("content-type", "")
                room = Room.READERS if operation.unread else Room.STRANGERS if has_proof else Room.SHORT
                limit, setting = body.limit_of(kind, self._service.settings)
                reading = self._service.bodies.read(request, limit, setting, room)
                scope[BODY] = await held.enter_async_context(reading)
            answer = await self._answer(operation, request, caller)
            await answer(scope, receive, send)

    async def _answer(self, operation: Operation, request: Request, caller: Caller) -> Response:
        if operation.method == "GET":  # pages do not wait long enough for it to matter that one hung up
            return await operation.handler(self._service, request, caller)
        key = request.headers.get(IDEMPOTENCY_KEY)
        if key is None:
            return await while_heard(request, operation.handler(self._service, request, caller))
        what = (operation.name, request.url.path, request.url.query, request.scope.get(BODY, b""))
        return await self._service.idempotency.answer(
            (caller.account, key), what, lambda: operation.handler(self._service, request, caller)
        )


async def while_heard(request: Request, work: Coroutine[Any, Any, Response]) -> Response:
    """Return what `work` comes to, and cancel it when the client hangs up.

    Raises
    ------
    ClientDisconnect
        When nobody waits for the answer any more.
    """
    working, waiting = asyncio.ensure_future(work), asyncio.ensure_future(_hung_up(request))
    try:
        await asyncio.wait((working, waiting), return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        raise ClientDisconnect
    finally:
        working.cancel()
        waiting.cancel()


async def _hung_up(request: Request) -> None:
    """Return when the client hangs up. The body, if any, has been read, or nobody wants it."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
