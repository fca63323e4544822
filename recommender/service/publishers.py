"""Many publishers in one process: ``/p/NAME/...``, or a host of its own, leads to one archive's application.

That sees its own archive and nothing else: what names it in the path is taken off before it is asked.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from recommender.concurrency.whose import PUBLISHER
from recommender.service import problems
from recommender.service.guest_slots import GuestSlots
from recommender.service.held_publishers import HeldPublishers
from recommender.service.middleware import CALLER, REQUEST_ID, ROUTE, RequestMiddleware
from recommender.service.operations import JSON
from recommender.service.problems import Problem
from recommender.service.publisher import Shared
from recommender.service.publisher_rounds import PublisherRounds
from recommender.service.publishers_settings import PublishersSettings
from recommender.service.titles import load_titles

PREFIX = "/p/"
_NAMED = re.compile(rb"/p/([^/]+)(/.*)?", re.DOTALL)
_NOTED = (ROUTE, CALLER, REQUEST_ID)  # what is noted of a request for those around the application


class Publishers:
    """The application.

    Parameters
    ----------
    directory : Path
        Each directory in it is the archive of a publisher, by its name.
    settings : PublishersSettings
        How many may be open, and their hosts.
    shared : Shared
        What all of them share.
    """

    def __init__(self, directory: Path, settings: PublishersSettings, shared: Shared) -> None:
        self._by_host = settings.by_host
        self._with_host = frozenset(settings.by_host.values())
        self.held = HeldPublishers(directory, settings, shared, self._root_of)
        self.rounds = PublisherRounds(self.held)
        self.guests = GuestSlots(self.held, load_titles(directory))
        self.held.on_open = self.guests.welcome
        self.settings, self._is_stopping = shared.settings, False
        routes = [Route("/health", _health), Route("/ready", self._ready), Route("/metrics", self._metrics)]
        handlers: Any = {Problem: problems.on_problem, HTTPException: _nowhere, 500: problems.on_bug}
        app = Starlette(routes=routes, exception_handlers=handlers, lifespan=self._lifespan)
        self._app = RequestMiddleware(app, self.held.metrics)

    @property
    def is_stopping(self) -> bool:
        """Whether it is to end: bulk loads stop between two lines."""
        return self._is_stopping

    @is_stopping.setter
    def is_stopping(self, value: bool) -> None:
        self._is_stopping = value
        for one in self.held.all_open:
            one.service.is_stopping = value

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        found = self._asked(scope) if scope["type"] == "http" else None
        if found is None:
            await self._app(scope, receive, send)
            return
        name, path = found
        try:
            async with self.held.held(name) as one:
                inner = {**scope, "raw_path": path, "path": unquote(path.decode("latin-1")), "root_path": ""}
                token = PUBLISHER.set(name)
                try:
                    await one.app(inner, receive, self._counted(name, send))
                finally:
                    PUBLISHER.reset(token)
                    scope.update({key: inner[key] for key in _NOTED if key in inner})
        except Problem as problem:  # of its opening; what is asked is answered by its own application
            await RequestMiddleware(problem.response(), self.held.metrics)(scope, receive, send)

    def _asked(self, scope: MutableMapping[str, Any]) -> tuple[str, bytes] | None:
        """Return whose a request is, and the path within; None for one that is nobody's."""
        raw = scope.get("raw_path") or scope["path"].encode()
        if self._by_host and (name := self._by_host.get(_host(scope))):
            return name, raw
        named = _NAMED.fullmatch(raw)
        if named is None:
            return None
        name = named[1].decode("latin-1")
        return ("" if name in self._with_host else name), named[2] or b"/"

    def _root_of(self, name: str) -> str:
        return "" if name in self._with_host else f"{PREFIX}{name}"

    def _counted(self, name: str, send: Send) -> Send:
        async def send_on(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.held.metrics.asked(name, message["status"])
            await send(message)

        return send_on

    @asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        rounds = asyncio.create_task(self.rounds.run())
        try:
            yield
        finally:
            rounds.cancel()
            with suppress(asyncio.CancelledError):
                await rounds
            await self.guests.close()
            await self.held.close_all()

    async def _ready(self, _: Request) -> Response:
        trouble = self.rounds.trouble
        body = {"ready": not trouble, "checks": {"publishers": trouble or "ok"}}
        return _answered(body, 503 if trouble else 200)

    async def _metrics(self, _: Request) -> Response:
        text = generate_latest(self.held.metrics.registry)
        return Response(text, headers={"content-type": CONTENT_TYPE_LATEST})


def _host(scope: MutableMapping[str, Any]) -> str:
    for name, value in scope["headers"]:
        if name == b"host":
            host: str = value.decode("latin-1").lower()
            return host if host.endswith("]") else re.sub(r":\d*$", "", host).rstrip(".")
    return ""


async def _health(_: Request) -> Response:
    return _answered({"status": "ok"}, 200)


async def _nowhere(_: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    detail = (
        f"there is nothing here; a publisher is at {PREFIX}NAME/..., and what is asked of all at /health, "
        "/ready and /metrics"
    )
    return Problem(error.status_code, "not-found", detail, error.headers).response()


def _answered(value: object, status: int) -> Response:
    return Response(msgspec.json.encode(value), status, {"cache-control": "no-store"}, JSON)
