"""Many stories in one request: a few lines at a time, so that others get their turn and memory stays small.

Knows lines and answers; how a line is published it is told.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from recommender.errors import RelatedError
from recommender.service import problems, request_parsing
from recommender.service.lines import Line, LineResults, Publish, batched, counted
from recommender.service.operations import JSON
from recommender.service.service import Service

LOOK_SECONDS = 0.5  # between looks, while lines wait for their turn, whether the service stops
WHOLE_LINES = 64  # up to so many, an answer is sent as one, and may be sent again
_HEADERS = {"cache-control": "no-store"}


async def published(service: Service, request: Request, publish: Publish) -> Response:
    """Publish the lines of a request's body; a refused one is reported and does not stop the rest.

    The answer to many is sent as it comes. What stops them half way is told at its end: `problem`.

    Parameters
    ----------
    service : Service
        Its writing thread does the work, a few lines at a time and behind those who publish one story.
    request : Request
        Its body has been read.
    publish : callable
        Publishes a few lines and tells what became of them.
    """
    raw = request_parsing.body(request)
    count = counted(raw)
    if count > WHOLE_LINES and request.headers.get(request_parsing.IDEMPOTENCY_KEY) is not None:
        way_out = "send fewer lines, or no key: no line does anything twice"
        raise problems.invalid(
            request_parsing.IDEMPOTENCY_KEY, count, f"is for {WHOLE_LINES} lines at most", way_out
        )
    batches = batched(raw)
    first = next(batches, None)
    if first is None:
        raise problems.invalid("body", raw, "holds no story", "send one JSON object a line")
    told = LineResults()
    await _turn(service, first)
    await service.work.write_behind(publish, first, told)
    if count <= WHOLE_LINES:
        for batch in batches:
            await _turn(service, batch)
            await service.work.write_behind(publish, batch, told)
        return Response(b"".join(_whole(told)), headers=_HEADERS, media_type=JSON)
    return StreamingResponse(_streamed(service, batches, publish, told), headers=_HEADERS, media_type=JSON)


async def worked(
    service: Service, batches: Iterator[list[Line]], publish: Publish, told: LineResults
) -> AsyncIterator[problems.Problem | None]:
    """Publish batch after batch, behind single stories; yield after each, at last what ended it early."""
    for batch in batches:
        await _turn(service, batch)
        if service.is_stopping:
            yield problems.busy("the service stops; send again the lines that are not told of here")
            return
        try:
            await service.work.write_behind(publish, batch, told)
        except problems.Problem as error:
            yield error
            return
        except RelatedError as error:
            yield problems.of_error(error)
            return
        yield None


async def _turn(service: Service, batch: list[Line]) -> None:
    """Return when some lines may be loaded: each counts as a request of all, and none is refused for that."""
    while (seconds := service.admission.wait_behind(len(batch))) and not service.is_stopping:
        await asyncio.sleep(min(seconds, LOOK_SECONDS))


async def _streamed(
    service: Service, batches: Iterator[list[Line]], publish: Publish, told: LineResults
) -> AsyncIterator[bytes]:
    """Yield the answer in pieces. A client that hangs up ends it between two of them."""
    yield b'{"stories":['
    separator = b""
    problem: problems.Problem | None = None
    if told.stories:
        yield b",".join(told.stories)
        separator = b","
        told.stories.clear()
    async for ended in worked(service, batches, publish, told):
        problem = ended
        if told.stories:
            yield separator + b",".join(told.stories)
            separator = b","
            told.stories.clear()
    yield b'],"refused":[' + b",".join(told.refused) + b"]"
    if problem is not None:
        yield b',"problem":' + msgspec.json.encode(problem.to_dict())
    yield b"}"


def _whole(told: LineResults) -> Iterator[bytes]:
    yield b'{"stories":[' + b",".join(told.stories) + b'],"refused":[' + b",".join(told.refused) + b"]}"
