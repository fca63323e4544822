"""The outermost layer: request ids, the log line and the metrics of every answer, paths as they were sent."""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections.abc import MutableMapping
from typing import Any, Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger("related.access")

ROUTE, CALLER, REQUEST_ID = "related.route", "related.caller", "related.request_id"
UNKNOWN = "(unknown)"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_FAIR_ID = re.compile(rb"[A-Za-z0-9._~:/+=-]{1,128}")
_SAFE = (
    (b"x-content-type-options", b"nosniff"),
    (
        b"content-security-policy",
        b"default-src 'none'; style-src 'self' 'unsafe-inline'; img-src https: http:",
    ),
)


class Answers(Protocol):
    """What counts answers."""

    def answered(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count one."""


class RequestMiddleware:
    """Wraps the application.

    A story's id may hold a slash, sent as %2F. ASGI decodes paths before they are routed, so the encoded path
    is put in its place here; each parameter is decoded after routing.
    """

    def __init__(self, app: ASGIApp, metrics: Answers) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begin = time.perf_counter()
        request_id = _request_id(scope)
        scope[REQUEST_ID], scope[ROUTE], scope[CALLER] = request_id, UNKNOWN, ""
        scope["path"] = (scope.get("raw_path") or scope["path"].encode()).decode("ascii", "replace")
        answer = {"status": 500, "bytes": 0}

        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                answer["status"] = message["status"]
                own = {name for name, _ in message["headers"]}
                safe = (header for header in _SAFE if header[0] not in own)
                message["headers"] = [*message["headers"], *safe, (b"x-request-id", request_id)]
            else:
                answer["bytes"] += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, send_on)
        finally:
            self._note(scope, answer, time.perf_counter() - begin)

    def _note(self, scope: MutableMapping[str, Any], answer: dict[str, int], seconds: float) -> None:
        method = scope["method"] if scope["method"] in _METHODS else UNKNOWN
        self._metrics.answered(scope[ROUTE], method, answer["status"], seconds)
        if log.isEnabledFor(logging.INFO):
            facts = {
                "request_id": scope[REQUEST_ID].decode(),
                "method": method,
                "route": scope[ROUTE],
                "status": answer["status"],
                "bytes": answer["bytes"],
                "ms": round(seconds * 1000, 3),
                "key": scope[CALLER],
            }
            log.info("answered", extra={"facts": facts})


def _request_id(scope: Scope) -> bytes:
    """Return the id that came with the request, when it is one that a log can hold, or a new one."""
    for name, value in scope["headers"]:
        if name == b"x-request-id" and _FAIR_ID.fullmatch(value):
            return bytes(value)
    return secrets.token_hex(8).encode()
