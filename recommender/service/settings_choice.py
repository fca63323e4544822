"""Settings of blocks that are chosen over those of the file, over HTTP: told, chosen, put back."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.requests import Request
from starlette.responses import Response

from recommender.archive.live_settings import CHOOSABLE
from recommender.newsroom.settings_choice import LONGEST_NOTE, MOST_SLOTS
from recommender.service import problems, request_parsing
from recommender.service.auth import Caller
from recommender.service.editing import who
from recommender.service.keys import Right
from recommender.service.operations import JSON, Operation, RequestBody, ResponseSpec
from recommender.service.request_schemas import CHOICE, NO_CONTROLS, ChoiceNumber, Editor
from recommender.service.service import Service
from recommender.service.writing import answered

PATH = "/settings"

Choosable = Literal["slots", "least_score", "recency", "diversity", "event_likeness", "event_days"]


class ComparedSettings(Struct, forbid_unknown_fields=True, kw_only=True):
    """Settings of blocks that two may draft together; see docs/settings.md."""

    least_score: Annotated[float, Meta(ge=0, le=1)] | UnsetType = UNSET
    recency: Annotated[float, Meta(ge=-3, le=3)] | UnsetType = UNSET
    diversity: Annotated[float, Meta(ge=0, le=1)] | UnsetType = UNSET
    event_likeness: Annotated[float, Meta(ge=0, le=1)] | UnsetType = UNSET
    event_days: Annotated[int, Meta(ge=0, le=36_500)] | UnsetType = UNSET

    def given(self) -> dict[str, object]:
        """Return those that are named."""
        return {name: value for name in CHOOSABLE if (value := getattr(self, name, UNSET)) is not UNSET}


class BlockSettings(ComparedSettings, forbid_unknown_fields=True, kw_only=True):
    """Settings of blocks; see docs/settings.md."""

    slots: Annotated[int, Meta(ge=1, le=MOST_SLOTS)] | UnsetType = UNSET


class ChoiceIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """A choice."""

    values: BlockSettings
    as_file: Annotated[
        tuple[Choosable, ...], Meta(description="Settings that are as the file has them again.")
    ] = ()
    note: Annotated[str, Meta(max_length=LONGEST_NOTE, pattern=NO_CONTROLS, description="Why.")] = ""
    by: Editor = ""


class ChoiceOut(Struct):
    """A choice as it is kept."""

    num: int
    values: Annotated[BlockSettings, Meta(description="All that is chosen from then on.")]
    by: str
    note: str
    at: str
    puts_back: Annotated[int | None, Meta(description="The choice that this one took back.")]


class SettingsOut(Struct):
    """The settings that hold, and all choices, oldest first: the last one holds."""

    holds: BlockSettings
    by_environment: Annotated[
        dict[str, str], Meta(description="Variables that count before any choice, by setting.")
    ]
    choices: list[ChoiceOut]


async def settings(service: Service, _: Request, __: Caller) -> Response:
    """Tell the settings that hold."""
    newsroom = service.newsroom
    choices = await service.work.read(newsroom.settings_desk.choices)
    holds = {name: getattr(newsroom.settings, name) for name in CHOOSABLE}
    fixed = newsroom.archive.live_settings.by_environment
    told = {"holds": holds, "by_environment": fixed, "choices": [choice.to_dict() for choice in choices]}
    return answered(told)


async def choose(service: Service, request: Request, caller: Caller) -> Response:
    """Choose settings."""
    asked = request_parsing.json_body(request, ChoiceIn)
    choose = service.newsroom.settings_desk.choose
    as_file: dict[str, object] = dict.fromkeys(asked.as_file)
    values = asked.values.given() | as_file
    made = await service.work.write(choose, values, who(caller, asked.by), asked.note)
    service.worker.wake()
    return answered(made.to_dict(), 201)


async def put_back(service: Service, request: Request, caller: Caller) -> Response:
    """Put back what held before a choice."""
    name = request_parsing.path_id(request, CHOICE)
    try:
        num = msgspec.convert(name, ChoiceNumber, strict=False)
    except msgspec.ValidationError as error:
        raise problems.invalid(CHOICE, name, "is no number", "GET /settings has the numbers") from error
    made = await service.work.write(service.newsroom.settings_desk.put_back, num, who(caller))
    service.worker.wake()
    return answered(made.to_dict())


_CHOICE = ResponseSpec(words="The choice, as it is kept.", content={JSON: (ChoiceOut,)})

SETTINGS = (
    Operation(
        method="GET",
        path=PATH,
        name="settings",
        summary="The settings of blocks that hold, and who chose them",
        details="Does nothing else.",
        handler=settings,
        right=Right.EDIT,
        answers={200: ResponseSpec(words="The settings.", content={JSON: (SettingsOut,)})},
    ),
    Operation(
        method="POST",
        path=PATH,
        name="chooseSettings",
        summary="Choose settings of blocks over those of the file",
        details="Those that are not named stay as they are; what holds already does nothing. Every process "
        "goes by them at once; blocks are made anew in the background.",
        handler=choose,
        right=Right.ADMIN,
        body=RequestBody(content={JSON: (ChoiceIn,)}, example={"values": {"slots": 4}, "note": "a new page"}),
        answers={201: _CHOICE},
        errors=(409,),
    ),
    Operation(
        method="DELETE",
        path=f"{PATH}/{{{CHOICE}}}",
        name="putBackSettings",
        summary="Put back the settings that held before a choice",
        details="It is a choice of its own, to be taken back like any. Does nothing where they hold already.",
        handler=put_back,
        right=Right.ADMIN,
        answers={200: _CHOICE},
        errors=(404, 409),
    ),
)
