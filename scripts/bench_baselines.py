"""What `bench_service.py` measures beside the service: a constant answer, and blocks made on each request.

Usage: python scripts/bench_baselines.py ARCHIVE; serves on a free loopback port until told to stop.
"""

from __future__ import annotations

import sys
from urllib.parse import unquote

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from recommender import Recommender

BLOCK_BYTES = 3000  # about what a block of five slots takes as JSON


def main() -> None:
    """Serve."""
    constant = b'"' + b"x" * (BLOCK_BYTES - 2) + b'"'
    with Recommender.open(sys.argv[1]) as recommender:

        async def same(_: Request) -> Response:
            return Response(constant, media_type="application/json")

        async def made(request: Request) -> Response:
            block = await run_in_threadpool(recommender.engine.related, unquote(request.path_params["id"]))
            return Response(block.to_json(), media_type="application/json")

        routes = [Route("/constant", same), Route("/made/stories/{id}/related", made)]
        uvicorn.run(Starlette(routes=routes), port=0, access_log=False)


if __name__ == "__main__":
    main()
