"""Every operation of the service, as one table. The order is that in which paths are tried."""

from __future__ import annotations

from recommender.service import editing, examples, operating, reading, writing
from recommender.service.keys import Right
from recommender.service.operations import CSS, HTML, JSON, JSON_LINES, TEXT, Answer, Body, Operation
from recommender.service.service import STYLESHEET
from recommender.service.wire import (
    Amendment,
    BlockOut,
    BlockQuery,
    EditedOut,
    Hand,
    HealthOut,
    ManyOut,
    Pinning,
    PublishedOut,
    PublishQuery,
    Question,
    ReadyOut,
    StoryIn,
    UrlQuery,
    WriteQuery,
)

_BLOCK = Answer(
    words="The block.",
    content={JSON: (BlockOut,), HTML: ()},
    headers=("etag", "cache-control", "vary"),
    example=examples.BLOCK,
)
_UNCHANGED = Answer(words="The block that you hold is still right.", headers=("etag", "cache-control"))
_BLOCK_ANSWERS = {200: _BLOCK, 304: _UNCHANGED}
_PUBLISHED = Answer(
    words="The story's block, and the older blocks that changed.",
    content={JSON: (PublishedOut,)},
    example=examples.PUBLISHED,
)
_ONE_OR_MANY = Answer(
    words="What became of the story; of each line, for JSON Lines.",
    content={JSON: (PublishedOut, ManyOut)},
    example=examples.PUBLISHED,
)
_EDITED = Answer(words="The block as it is now.", content={JSON: (EditedOut,)}, example=examples.EDITED)
_HAND = Body(content={JSON: (Hand,)}, example={"by": "desk"}, required=False)
_PIN = Body(content={JSON: (Pinning,)}, example={"position": 1, "by": "desk"}, required=False)
_STORIES = Body(
    content={JSON: (StoryIn,), **dict.fromkeys(JSON_LINES, ())}, example=examples.STORY, limit="max_request"
)

OPERATIONS = (
    Operation(
        method="GET",
        path="/stories/{id}/related",
        name="related",
        summary="The related stories of a story",
        handler=reading.related,
        right=Right.READ,
        query=BlockQuery,
        answers=_BLOCK_ANSWERS,
        errors=(404, 410),
    ),
    Operation(
        method="GET",
        path="/related",
        name="relatedByUrl",
        summary="The related stories of the story at an address",
        handler=reading.related_by_url,
        right=Right.READ,
        query=UrlQuery,
        answers=_BLOCK_ANSWERS,
        errors=(404, 410),
    ),
    Operation(
        method="POST",
        path="/similar",
        name="similar",
        summary="The stories nearest to a text",
        handler=reading.similar,
        right=Right.READ,
        costly=True,
        body=Body(content={JSON: (Question,)}, example=examples.QUESTION),
        answers={200: Answer(words="The nearest stories.", content=_BLOCK.content, example=examples.BLOCK)},
    ),
    Operation(
        method="POST",
        path="/stories",
        name="publish",
        summary="Publish a story, or many as JSON Lines: added, or updated where an older version is held",
        handler=writing.publish,
        right=Right.PUBLISH,
        query=PublishQuery,
        body=_STORIES,
        answers={200: _ONE_OR_MANY, 201: _PUBLISHED},
        errors=(409,),
    ),
    Operation(
        method="PATCH",
        path="/stories/{id}",
        name="amend",
        summary="Change a story's status, embargo, expiry or successor; `retracted` withdraws it",
        handler=writing.amend,
        right=Right.PUBLISH,
        query=WriteQuery,
        body=Body(content={JSON: (Amendment,)}, example=examples.AMENDMENT),
        answers={200: _PUBLISHED},
        errors=(404,),
    ),
    Operation(
        method="DELETE",
        path="/stories/{id}",
        name="delete",
        summary="Delete a story",
        handler=writing.delete,
        right=Right.PUBLISH,
        query=WriteQuery,
        answers={200: _PUBLISHED},
        errors=(404,),
    ),
    Operation(
        method="PUT",
        path="/stories/{id}/pins/{target}",
        name="pin",
        summary="Put a story at a position of a block",
        handler=editing.pin,
        right=Right.EDIT,
        body=_PIN,
        answers={200: _EDITED},
        errors=(404,),
    ),
    Operation(
        method="DELETE",
        path="/stories/{id}/pins/{target}",
        name="unpin",
        summary="Take a pin away",
        handler=editing.unpin,
        right=Right.EDIT,
        answers={200: _EDITED},
        errors=(404,),
    ),
    Operation(
        method="PUT",
        path="/stories/{id}/exclusions/{target}",
        name="exclude",
        summary="Keep a story out of a block for good",
        handler=editing.exclude,
        right=Right.EDIT,
        body=_HAND,
        answers={200: _EDITED},
        errors=(404,),
    ),
    Operation(
        method="DELETE",
        path="/stories/{id}/exclusions/{target}",
        name="include",
        summary="Take an exclusion away",
        handler=editing.include,
        right=Right.EDIT,
        answers={200: _EDITED},
        errors=(404,),
    ),
    Operation(
        method="PUT",
        path="/stories/{id}/freeze",
        name="freeze",
        summary="Keep a block as it is now",
        handler=editing.freeze,
        right=Right.EDIT,
        body=_HAND,
        answers={200: _EDITED},
        errors=(404, 410),
    ),
    Operation(
        method="DELETE",
        path="/stories/{id}/freeze",
        name="unfreeze",
        summary="Let the engine at a frozen block again",
        handler=editing.unfreeze,
        right=Right.EDIT,
        answers={200: _EDITED},
        errors=(404,),
    ),
    Operation(
        method="GET",
        path="/health",
        name="health",
        summary="Whether the process answers",
        handler=operating.health,
        right=None,
        answers={200: Answer(words="It does.", content={JSON: (HealthOut,)}, example={"status": "ok"})},
    ),
    Operation(
        method="GET",
        path="/ready",
        name="ready",
        summary="Whether the archive can be used and the model is loaded",
        handler=operating.ready,
        right=None,
        answers={
            200: Answer(words="It is ready.", content={JSON: (ReadyOut,)}),
            503: Answer(words="Not yet, or not any more.", content={JSON: (ReadyOut,)}),
        },
    ),
    Operation(
        method="GET",
        path="/metrics",
        name="metrics",
        summary="Metrics for Prometheus",
        handler=operating.metrics,
        right=None,
        answers={200: Answer(words="The metrics.", content={TEXT: ()})},
    ),
    Operation(
        method="GET",
        path="/openapi.json",
        name="openapi",
        summary="This document",
        handler=operating.openapi,
        right=None,
        answers={200: Answer(words="The document.", content={JSON: ()})},
    ),
    Operation(
        method="GET",
        path=STYLESHEET,
        name="stylesheet",
        summary="The style of blocks, under the address that HTML fragments name",
        handler=operating.style,
        right=None,
        answers={200: Answer(words="The stylesheet.", content={CSS: ()}, headers=("cache-control",))},
    ),
)
