"""Readers' clicks compare two settings, over HTTP: begun, told of, ended. An admin's, as at the desk."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct
from starlette.requests import Request
from starlette.responses import Response

from recommender.evaluation.comparison_standing import told
from recommender.newsroom.settings_choice import LONGEST_NOTE
from recommender.service import problems, request_parsing
from recommender.service.auth import Caller
from recommender.service.editing import who
from recommender.service.keys import Right
from recommender.service.operations import JSON, Operation, RequestBody, ResponseSpec
from recommender.service.request_schemas import COMPARISON, NO_CONTROLS, ComparisonNumber, Editor
from recommender.service.service import Service
from recommender.service.settings_choice import ComparedSettings
from recommender.service.writing import answered

PATH = "/comparisons"


class ComparisonIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """What readers are to compare with the settings that hold."""

    values: ComparedSettings
    note: Annotated[str, Meta(max_length=LONGEST_NOTE, pattern=NO_CONTROLS, description="Why.")] = ""
    by: Editor = ""


class ComparisonOut(Struct):
    """A comparison, with what was counted by now; its share has a 95 % interval that holds at every look."""

    num: int
    values: Annotated[ComparedSettings, Meta(description="What is chosen in what is tried.")]
    by: str
    note: str
    at: str
    ended_by: Annotated[str | None, Meta(description="Null while it runs.")]
    ended_at: str | None
    wins: Annotated[int, Meta(description="Blocks and days on which what is tried was clicked more often.")]
    losses: Annotated[int, Meta(description="Those on which it was clicked less often.")]
    ties: int
    clicks: Annotated[int, Meta(description="On slots of what is tried.")]
    clicks_now: Annotated[int, Meta(description="On slots of what holds.")]
    units: Annotated[int, Meta(description="Wins and losses.")]
    share: Annotated[float, Meta(description="Of these, won.")]
    low: float
    high: float
    verdict: Literal["tried", "now", "open"]


class ComparisonsOut(Struct):
    """All comparisons, oldest first: the last one runs, unless it is ended."""

    comparisons: list[ComparisonOut]
    counts: Annotated[bool, Meta(description="Whether readers' clicks are counted: `service.beacon`.")]


async def comparisons(service: Service, _: Request, __: Caller) -> Response:
    """Tell of all comparisons."""
    entries = await service.work.read(service.newsroom.comparison_desk.entries)
    return answered({"comparisons": [told(entry) for entry in entries], "counts": service.settings.beacon})


async def start(service: Service, request: Request, caller: Caller) -> Response:
    """Let readers compare settings with those that hold."""
    asked = request_parsing.json_body(request, ComparisonIn)
    begin = service.newsroom.comparison_desk.start
    begun = await service.work.write(begin, asked.values.given(), who(caller, asked.by), asked.note)
    service.worker.wake()
    return answered(told(begun), 201)


async def stop(service: Service, request: Request, caller: Caller) -> Response:
    """End a comparison; one that has ended stays as it is."""
    name = request_parsing.path_id(request, COMPARISON)
    try:
        num = msgspec.convert(name, ComparisonNumber, strict=False)
    except msgspec.ValidationError as error:
        raise problems.invalid(COMPARISON, name, "is no number", "GET /comparisons has them") from error
    ended = await service.work.write(service.newsroom.comparison_desk.stop, who(caller), num)
    service.worker.wake()
    return answered(told(ended))


_COMPARISON = ResponseSpec(words="The comparison as it stands.", content={JSON: (ComparisonOut,)})

COMPARISONS = (
    Operation(
        method="GET",
        path=PATH,
        name="comparisons",
        summary="The settings that readers' clicks compare and compared, and how each stands",
        details="Does nothing else.",
        handler=comparisons,
        right=Right.EDIT,
        answers={200: ResponseSpec(words="The comparisons.", content={JSON: (ComparisonsOut,)})},
    ),
    Operation(
        method="POST",
        path=PATH,
        name="startComparison",
        summary="Let readers' clicks compare settings of blocks with those that hold",
        details="Blocks of the last two weeks are drafted by both until it is ended. One runs at a time; "
        "settings cannot be chosen meanwhile.",
        handler=start,
        right=Right.ADMIN,
        body=RequestBody(
            content={JSON: (ComparisonIn,)}, example={"values": {"recency": 0.5}, "note": "fresher"}
        ),
        answers={201: _COMPARISON},
        errors=(409,),
    ),
    Operation(
        method="DELETE",
        path=f"{PATH}/{{{COMPARISON}}}",
        name="stopComparison",
        summary="End a comparison: all blocks are those of the settings that hold again",
        details="One that has ended stays as it is.",
        handler=stop,
        right=Right.ADMIN,
        answers={200: _COMPARISON},
        errors=(404,),
    ),
)
