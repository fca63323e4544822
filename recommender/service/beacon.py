"""What readers' browsers tell of blocks: which slots they were shown and clicked. Keeps nothing of a reader.

Where the setting is off, nothing is counted; pages in caches, whose script goes on to tell, get no error.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Annotated

from crawleruseragents import is_crawler
from msgspec import UNSET, Meta, Struct, UnsetType
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response

from recommender.catalog.comparisons import NOW, TRIED
from recommender.service import request_parsing
from recommender.service.auth import Caller
from recommender.service.operations import JSON, TEXT, Operation, RequestBody, ResponseSpec
from recommender.service.request_schemas import MOST_SLOTS, Id, Slots
from recommender.service.service import BEACON_SCRIPT, Service

PATH = "/beacon"
JAVASCRIPT = "text/javascript"
SCRIPT_SECONDS = 3600
_LONGEST_AGENT = 500  # characters that are looked at
_FILE = Path(__file__).parent.parent / "templates" / "beacon.js"

SeenSlot = tuple[Id, Slots]


class ComparedSlots(Struct, forbid_unknown_fields=True):
    """Which slots of a block were put there by the settings that hold, and by those that are compared."""

    num: Annotated[int, Meta(ge=1, le=2**31 - 1, description="The comparison's number.")]
    now: Annotated[list[Id], Meta(max_length=MOST_SLOTS)] = []
    tried: Annotated[list[Id], Meta(max_length=MOST_SLOTS)] = []


class BeaconIn(Struct, forbid_unknown_fields=True):
    """What a reader saw of a block: the targets of slots and their positions."""

    source: Id
    shown: Annotated[list[SeenSlot], Meta(max_length=MOST_SLOTS)] = []
    clicked: Annotated[list[SeenSlot], Meta(max_length=MOST_SLOTS)] = []
    compared: ComparedSlots | UnsetType = UNSET


async def script(_: Service, __: Request, ___: Caller) -> Response:
    """Answer with the script that counts, which blocks name while the setting is on."""
    headers = {
        "cache-control": f"public, max-age={SCRIPT_SECONDS}",
        "cross-origin-resource-policy": "cross-origin",
    }
    return Response(_script(), headers=headers, media_type=JAVASCRIPT)


async def count(service: Service, request: Request, _: Caller) -> Response:
    """Count what a browser tells. The reader does not wait until that is written."""
    asked = request_parsing.json_body(request, BeaconIn, known=(TEXT, JSON))
    runs = service.newsroom.archive.live_settings.compared
    if not isinstance(compared := asked.compared, UnsetType) and runs and compared.num == runs[0]:
        teams = {team: ids for team, ids in ((NOW, compared.now), (TRIED, compared.tried)) if ids}
        service.clicks.count_teams(compared.num, asked.source, teams, (asked.shown, asked.clicked))
    if service.clicks.count(asked.source, asked.shown, asked.clicked):
        service.work.write_by_itself(service.clicks.write)
    return _nothing()


def pass_over(service: Service, request: Request) -> Response | None:
    """Count the request; answer it unread where none are wanted, its reader asks for that, or it is none."""
    service.admission.count_reader(request)
    return None if service.settings.beacon and _counts(request.headers) else _nothing()


def _nothing() -> Response:
    return Response(status_code=204, headers={"cache-control": "no-store"})


def _counts(headers: Headers) -> bool:
    """Return whether a reader may be counted: of a browser, and not asking to be left alone."""
    asks_not = headers.get("dnt") == "1" or headers.get("sec-gpc") == "1"
    agent = headers.get("user-agent", "")[:_LONGEST_AGENT]
    return not asks_not and bool(agent) and not _is_crawler(agent)


@functools.lru_cache(4096)
def _is_crawler(agent: str) -> bool:
    return bool(is_crawler(agent))


@functools.cache
def _script() -> str:
    return _FILE.read_text("utf-8")


BEACON = (
    Operation(
        method="POST",
        path=PATH,
        name="beacon",
        summary="Count the slots of a block that a reader was shown and clicked",
        details="Where `service.beacon` is off, nothing is counted. Nothing of the reader is kept; crawlers "
        "and who asks not to be tracked (DNT, Sec-GPC) are not counted. It may be sent as plain text, as "
        "browsers do without asking first.",
        handler=count,
        right=None,
        unread=pass_over,
        body=RequestBody(
            limit="max_beacon",
            content={JSON: (BeaconIn,), TEXT: ()},
            example={"source": "story-17", "shown": [["story-9", 1]], "clicked": []},
        ),
        answers={204: ResponseSpec(words="It was counted, or not.")},
        errors=(429, 503),
    ),
    Operation(
        method="GET",
        path=BEACON_SCRIPT,
        name="beaconScript",
        summary="The script of blocks that counts",
        handler=script,
        right=None,
        answers={
            200: ResponseSpec(words="The script.", content={JAVASCRIPT: ()}, headers=("cache-control",))
        },
    ),
)
