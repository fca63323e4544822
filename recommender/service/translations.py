"""Answers with the stories that tell in other languages what one story tells."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from recommender.engine.render import card
from recommender.errors import HiddenError, shown
from recommender.service import examples, request_parsing
from recommender.service.answer_schemas import TranslationsOut
from recommender.service.auth import Caller
from recommender.service.keys import Right
from recommender.service.operations import JSON, Operation, ResponseSpec
from recommender.service.reading import told_hidden
from recommender.service.service import Service


async def translations(service: Service, request: Request, caller: Caller) -> Response:
    """Answer with a story's translations."""
    id = request_parsing.path_id(request, "id")
    try:
        found = await service.work.read_behind(service.newsroom.translations, id)
    except HiddenError as error:
        raise told_hidden(error, caller, id, f"story {shown(id)}") from error
    answer = msgspec.json.encode({"translations": [card(story) for story in found]})
    # One that is withdrawn is gone at once.
    return Response(answer, headers={"cache-control": "no-store"}, media_type=JSON)


TRANSLATIONS = (
    Operation(
        method="GET",
        path="/stories/{id}/translations",
        name="translations",
        summary="The stories that tell in other languages what a story tells",
        details="Told by figures, names by their sound, pictures, days, and by vectors where the model knows "
        "both languages. None of them has a slot in the story's block.",
        handler=translations,
        right=Right.READ,
        costly=True,
        answers={
            200: ResponseSpec(
                words="Their cards, the newest first.",
                content={JSON: (TranslationsOut,)},
                example={"translations": [examples.CARD | {"language": "bn"}]},
            )
        },
        errors=(404, 410),
    ),
)
