"""Whom a request comes from: the client that a believed proxy names, and beside it who really connected."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any, cast

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

PEER = "related.peer"


class BehindProxies:
    """Wraps an application: notes who connected, then believes what proxies of a list say of the client.

    Parameters
    ----------
    app : ASGI application
    proxies : str
        Addresses or networks, separated by commas.
    """

    def __init__(self, app: ASGIApp, proxies: str) -> None:
        self._app = cast("ASGIApp", ProxyHeadersMiddleware(cast("Any", app), proxies)) if proxies else app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        client = scope.get("client")
        scope[PEER] = client[0] if client else ""
        await self._app(scope, receive, send)


def peer_of(scope: MutableMapping[str, Any]) -> str:
    """Return the address that connected; empty where that was not noted."""
    return str(scope.get(PEER, ""))
