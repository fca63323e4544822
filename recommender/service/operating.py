"""What machines ask: is it alive, is it ready, its metrics, its OpenAPI document, its style. Needs no key."""

from __future__ import annotations

from contextlib import suppress

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from recommender.engine.render import stylesheet, stylesheet_version
from recommender.errors import ArchiveError
from recommender.service import request_parsing
from recommender.service.auth import Caller
from recommender.service.operations import CSS, JSON
from recommender.service.problems import Problem
from recommender.service.service import Service
from recommender.service.writing import answered

_FOR_EVER = "public, max-age=31536000, immutable"
_FOR_A_WHILE = "public, max-age=300"
OK = "ok"
VECTORS = "vectors"
READ_ONLY = "read-only"  # a medium or a directory that is not to be written is no fault


async def health(_: Service, __: Request, ___: Caller) -> Response:
    """Say that the process answers."""
    return answered({"status": "ok"})


async def ready(service: Service, _: Request, __: Caller) -> Response:
    """Say whether it can do its work; 503 while it cannot."""
    checks = await service.work.check(_checks, service)
    # While the vectors' server is away, stored blocks are served: another copy could do no better.
    is_ready = all(found in (OK, READ_ONLY) for name, found in checks.items() if name != VECTORS)
    return answered({"ready": is_ready, "checks": checks}, 200 if is_ready else 503)


def _checks(service: Service) -> dict[str, str]:
    catalog = service.newsroom.archive.catalog
    try:
        catalog.last_seq()
        if catalog.regain():
            catalog.check_place()
        archive = OK
    except ArchiveError as error:
        archive = str(error)
    threads = {name: str(thread.trouble or OK) for name, thread in service.threads.items()}
    if not service.is_warm and threads.get("model", OK) == OK:
        threads["model"] = "loading"
    vectors = service.newsroom.archive.engine_trouble or OK  # of the last calls: a probe asks nobody
    return {"archive": archive, "storing": _storing(service), VECTORS: vectors, **threads}


def _storing(service: Service) -> str:
    """Say whether what is written is kept, as tried now; blocks are served in any case."""
    catalog = service.newsroom.archive.catalog
    if catalog.read_only:
        return READ_ONLY if catalog.is_unwritable else catalog.why_read_only
    catalog.try_writing()
    return catalog.write_problem or OK


async def metrics(service: Service, _: Request, __: Caller) -> Response:
    """Answer in Prometheus' text format; where the archive cannot be read, with its last figures."""
    with suppress(ArchiveError, OSError, Problem):
        await service.work.check(service.figures.refresh)
    return Response(generate_latest(service.metrics.registry), headers={"content-type": CONTENT_TYPE_LATEST})


async def openapi(service: Service, request: Request, __: Caller) -> Response:
    """Answer with the document."""
    document = request.app.state.document
    if service.root:
        document = document | {"servers": [{"url": service.root}]}
    return Response(msgspec.json.encode(document), media_type=JSON)


async def style(_: Service, request: Request, __: Caller) -> Response:
    """Answer with the stylesheet of blocks; who names an older one, as a kept page does, gets ours."""
    is_ours = request_parsing.path_id(request, "version") == stylesheet_version()
    headers = {"cache-control": _FOR_EVER if is_ours else _FOR_A_WHILE}
    return Response(stylesheet(), headers=headers, media_type=CSS)
