"""Tokens for the sidebar of a CMS, made with its key. The sidebar itself is of the desk."""

from __future__ import annotations

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import Response

from recommender.service import request_parsing
from recommender.service.answer_schemas import SidebarTokenOut
from recommender.service.auth import Caller
from recommender.service.keys import Right
from recommender.service.operations import JSON, Operation, RequestBody, ResponseSpec
from recommender.service.reading import admit_preview
from recommender.service.service import Service
from recommender.service.sidebar_schemas import SidebarEditor
from recommender.service.writing import answered
from recommender.story.timestamps import format_time


async def make_token(service: Service, request: Request, caller: Caller) -> Response:
    """Make a token for an editor, as the caller's key may see drafts."""
    admit_preview(caller)
    by = request_parsing.editor(request_parsing.json_body(request, SidebarEditor).by)
    if not service.admission.can_seal:
        await service.work.write(service.admission.make_secret)
    text, expires = service.admission.sidebar_token(caller, by)
    return answered({"token": text, "expires": format_time(datetime.fromtimestamp(int(expires), UTC))})


SIDEBAR = (
    Operation(
        method="POST",
        path="/sidebar/tokens",
        name="sidebarToken",
        summary="A token with which an editor's page opens the sidebar",
        details="Good for `sidebar_minutes`, and for nothing but the proposals of drafts. It ends with the "
        "key that it was made with. The key needs what a preview needs, too.",
        handler=make_token,
        right=Right.READ,
        costly=True,
        body=RequestBody(content={JSON: (SidebarEditor,)}, example={"by": "night-desk"}),
        answers={
            200: ResponseSpec(
                words="The token.",
                content={JSON: (SidebarTokenOut,)},
                headers=("cache-control",),
                example={"token": "rels.WzEsIm5pZ2h0LWRlc2siLDFd.0f", "expires": "2026-03-03T04:12:00Z"},
            )
        },
    ),
)
