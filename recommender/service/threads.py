"""Answers with the running stories of the last weeks: all of them, and the one that a story is part of."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.requests import Request
from starlette.responses import Response

from recommender.newsroom import Thread
from recommender.service import examples, request_parsing
from recommender.service.answer_schemas import ThreadOut, ThreadsOut
from recommender.service.auth import Caller
from recommender.service.keys import Right
from recommender.service.operations import JSON, Operation, ResponseSpec
from recommender.service.request_schemas import Day
from recommender.service.service import Service

MOST_REPORTS = 1000


class ThreadQuery(Struct, forbid_unknown_fields=True, kw_only=True):
    """As of when."""

    at: Annotated[Day, Meta(description="As of that day or time; now by default.")] | UnsetType = UNSET


class ThreadsQuery(ThreadQuery, forbid_unknown_fields=True, kw_only=True):
    """Which threads."""

    least: (
        Annotated[int, Meta(ge=1, le=MOST_REPORTS, description="In place of the setting `threads.least`.")]
        | UnsetType
    ) = UNSET


async def threads(service: Service, request: Request, _: Caller) -> Response:
    """Answer with all running stories."""
    asked = request_parsing.query(request, ThreadsQuery)
    least = None if asked.least is UNSET else asked.least
    found = await service.work.read_behind(service.newsroom.threads, _at(asked), least)
    return _sent({"threads": [thread.to_dict(timeline=False) for thread in found]})


async def thread(service: Service, request: Request, _: Caller) -> Response:
    """Answer with the running story that a story is part of."""
    asked = request_parsing.query(request, ThreadQuery)
    id = request_parsing.path_id(request, "id")
    found: Thread = await service.work.read_behind(service.newsroom.thread, id, _at(asked))
    return _sent(found.to_dict())


def _at(asked: ThreadQuery) -> str | None:
    return None if isinstance(asked.at, UnsetType) else asked.at


def _sent(answer: dict[str, object]) -> Response:
    """Answer with what may be another in a minute: a story that is withdrawn is gone at once."""
    return Response(msgspec.json.encode(answer), headers={"cache-control": "no-store"}, media_type=JSON)


THREADS = (
    Operation(
        method="GET",
        path="/threads",
        name="threads",
        summary="The events of the last weeks as running stories, the newest report first",
        handler=threads,
        right=Right.READ,
        costly=True,
        query=ThreadsQuery,
        answers={
            200: ResponseSpec(
                words="The threads, without their timelines.",
                content={JSON: (ThreadsOut,)},
                example={"threads": [examples.THREAD]},
            )
        },
    ),
    Operation(
        method="GET",
        path="/threads/{id}",
        name="thread",
        summary="The running story that a story is part of, with its timeline",
        details="Any of its stories names it. A story that readers may not see has none.",
        handler=thread,
        right=Right.READ,
        costly=True,
        query=ThreadQuery,
        answers={
            200: ResponseSpec(
                words="The thread.",
                content={JSON: (ThreadOut,)},
                example=examples.THREAD | {"timeline": [{"story": examples.CARD, "versions": []}]},
            )
        },
        errors=(404,),
    ),
)
