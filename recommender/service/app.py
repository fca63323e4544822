"""The ASGI application: routes from the table of operations, errors as problems, start and stop."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.metadata import version

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp

from recommender.errors import RelatedError
from recommender.newsroom import Newsroom
from recommender.service import problems
from recommender.service.background import ServiceThreads
from recommender.service.endpoint import Endpoint
from recommender.service.middleware import RequestMiddleware
from recommender.service.openapi import document
from recommender.service.operations import Operation
from recommender.service.routes import OPERATIONS
from recommender.service.service import Service
from recommender.service.settings import ServiceSettings
from recommender.story.limits import Limits

TITLE = "Related stories"


def create_app(newsroom: Newsroom, settings: ServiceSettings | None = None) -> ASGIApp:
    """Return the application over a newsroom, which it does not close.

    Parameters
    ----------
    newsroom : Newsroom
        An open archive with its embedder.
    settings : ServiceSettings, optional
        The operator's choices.
    """
    return app_of(Service(newsroom, settings or ServiceSettings()))


def app_of(service: Service, pages: Sequence[BaseRoute] = ()) -> ASGIApp:
    """Return the application over a service, and pages beside its calls."""
    app = Starlette(
        routes=[*_routes(service), *pages],
        exception_handlers={
            RelatedError: problems.on_domain_error,
            problems.Problem: problems.on_problem,
            HTTPException: problems.on_http_error,
            ClientDisconnect: problems.on_hang_up,
            500: problems.on_bug,
        },
        lifespan=_lifespan(service),
    )
    app.router.redirect_slashes = False
    limits = service.newsroom.settings.limits
    app.state.document = _document(limits)
    app.state.service = service
    return RequestMiddleware(app, service.metrics)


@functools.lru_cache(maxsize=8)
def _document(limits: Limits) -> dict[str, object]:
    """Return the OpenAPI document, which takes longer to make than all else here: once for many archives."""
    return document(OPERATIONS, TITLE, version("related-stories"), limits)


def _routes(service: Service) -> list[Route]:
    """Return one route a path, so that a wrong method is told all that are right."""
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in OPERATIONS:
        by_path.setdefault(operation.path, {})[operation.method] = operation
    return [
        Route(path, Endpoint(service, path, by_method), methods=list(by_method))
        for path, by_method in by_path.items()
    ]


def _lifespan(service: Service) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        background = ServiceThreads(service)
        background.start()
        try:
            yield
        finally:
            await asyncio.to_thread(background.stop)

    return lifespan
