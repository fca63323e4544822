"""Many stories in one request: a few lines at a time, so that others get their turn and memory stays small.

Knows lines and answers; how a line is published it is told.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field

import msgspec
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from recommender.errors import RelatedError
from recommender.service import asking, problems
from recommender.service.operations import JSON
from recommender.service.service import Service

LINES_AT_ONCE = 8  # between which others get their turn: some tenths of a second of embedding
WHOLE_LINES = 64  # up to so many, an answer is sent as one, and may be sent again
MOST_LINES = 20_000  # of one request

Line = tuple[int, bytes]  # its number and what it holds
_HEADERS = {"cache-control": "no-store"}


@dataclass
class Told:
    """What became of some lines, as JSON texts, so that thousands take no more room than their bytes."""

    stories: list[bytes] = field(default_factory=list)
    refused: list[bytes] = field(default_factory=list)


Publish = Callable[[list[Line], Told], None]


async def published(service: Service, request: Request, publish: Publish) -> Response:
    """Publish the lines of a request's body; a refused one is reported and does not stop the rest.

    The answer to many is sent as it comes. What stops them half way is told at its end: `problem`.

    Parameters
    ----------
    service : Service
        Its writing thread does the work, a few lines at a time and behind whoever publishes one story.
    request : Request
        Its body has been read.
    publish : callable
        Publishes a few lines and tells what became of them.
    """
    raw = asking.body(request)
    count = raw.count(b"\n") + 1
    if count > MOST_LINES:
        raise problems.Problem(
            413, "body-too-large", f"the body has more than {MOST_LINES:,} lines; send fewer at once"
        )
    if count > WHOLE_LINES and request.headers.get(asking.IDEMPOTENCY_KEY) is not None:
        way_out = "send fewer lines, or no key: no line does anything twice"
        raise problems.invalid(asking.IDEMPOTENCY_KEY, count, f"is for {WHOLE_LINES} lines at most", way_out)
    batches = _batches(raw)
    first = next(batches, None)
    if first is None:
        raise problems.invalid("body", raw, "holds no story", "send one JSON object a line")
    told = Told()
    await service.work.write_behind(publish, first, told)
    if count <= WHOLE_LINES:
        for batch in batches:
            await service.work.write_behind(publish, batch, told)
        return Response(b"".join(_whole(told)), headers=_HEADERS, media_type=JSON)
    return StreamingResponse(_streamed(service, batches, publish, told), headers=_HEADERS, media_type=JSON)


def _batches(raw: bytes) -> Iterator[list[Line]]:
    """Yield the lines that hold anything, a few at a time."""
    batch: list[Line] = []
    begin, number = 0, 0
    while begin <= len(raw):
        end = raw.find(b"\n", begin)
        end = len(raw) if end < 0 else end
        number += 1
        if line := raw[begin:end].strip():
            batch.append((number, line))
        begin = end + 1
        if len(batch) == LINES_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch


async def _streamed(
    service: Service, batches: Iterator[list[Line]], publish: Publish, told: Told
) -> AsyncIterator[bytes]:
    """Yield the answer in pieces. A client that hangs up ends it between two of them."""
    yield b'{"stories":['
    separator, problem = b"", None
    while True:
        if told.stories:
            yield separator + b",".join(told.stories)
            separator = b","
            told.stories.clear()
        batch = next(batches, None)
        if batch is None:
            break
        if service.is_stopping:
            problem = problems.busy("the service stops; send again the lines that are not told of here")
            break
        try:
            await service.work.write_behind(publish, batch, told)
        except problems.Problem as error:
            problem = error
            break
        except RelatedError as error:
            problem = problems.of_error(error)
            break
    yield b'],"refused":[' + b",".join(told.refused) + b"]"
    if problem is not None:
        yield b',"problem":' + msgspec.json.encode(problem.to_dict())
    yield b"}"


def _whole(told: Told) -> Iterator[bytes]:
    yield b'{"stories":[' + b",".join(told.stories) + b'],"refused":[' + b",".join(told.refused) + b"]}"
