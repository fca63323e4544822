"""What editors think of slots, over HTTP: all that counts, and more of it. Who rated: the key, and a name."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from recommender.service import request_parsing
from recommender.service.auth import Caller
from recommender.service.editing import who
from recommender.service.keys import Right
from recommender.service.operations import JSON, Operation, RequestBody, ResponseSpec
from recommender.service.rating_schemas import RatedOut, RatingsIn, RatingsOut
from recommender.service.service import Service
from recommender.service.writing import answered

PATH = "/ratings"
_EXAMPLE: Mapping[str, object] = {
    "ratings": [{"source": "story-17", "target": "story-4", "grade": 2}],
    "by": "sports-desk",
}


async def ratings(service: Service, _: Request, __: Caller) -> Response:
    """Answer with what counts of each editor on each slot."""
    found = await service.work.read(service.newsroom.ratings)
    return answered({"ratings": [rating.to_dict() for rating in found]})


async def rate(service: Service, request: Request, caller: Caller) -> Response:
    """Keep ratings, all or none."""
    asked = request_parsing.json_body(request, RatingsIn)
    return answered(await service.work.write(_kept, service, asked, who(caller, asked.by)), 201)


def _kept(service: Service, asked: RatingsIn, by: str) -> dict[str, object]:
    newsroom = service.newsroom
    by_source: dict[str, dict[str, int]] = {}
    for one in asked.ratings:
        by_source.setdefault(newsroom.id_of(one.source), {})[one.target] = one.grade
    # Every name is looked up before the first is kept.
    return {"kept": sum(1 for num in newsroom.rate_all(by_source, by) if num), "by": by}


RATINGS = (
    Operation(
        method="GET",
        path=PATH,
        name="ratings",
        summary="What editors think of slots: the newest of each editor on each slot, the oldest first",
        details="Does nothing else.",
        handler=ratings,
        right=Right.EDIT,
        answers={200: ResponseSpec(words="The ratings.", content={JSON: (RatingsOut,)})},
    ),
    Operation(
        method="POST",
        path=PATH,
        name="rate",
        summary="Say what an editor thinks of slots of blocks",
        details="All are kept, or none. What the editor said before of a slot counts no more; "
        "to say the same again does nothing to it.",
        handler=rate,
        right=Right.EDIT,
        body=RequestBody(content={JSON: (RatingsIn,)}, example=_EXAMPLE, limit="max_story"),
        answers={201: ResponseSpec(words="How many were kept.", content={JSON: (RatedOut,)})},
        errors=(404,),
    ),
)
