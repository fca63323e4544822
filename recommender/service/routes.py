"""Every operation of the service, as one table; hence the length. In its order paths are tried."""

from __future__ import annotations

from recommender.export.formats import FORMATS
from recommender.service import editing, examples, operating, reading, writing
from recommender.service.answer_schemas import (
    BlockOut,
    DocumentOut,
    EditedOut,
    HealthOut,
    JobOut,
    ManyOut,
    PublishedOut,
    ReadyOut,
    RulesOut,
    SteeringOut,
    SuggestionsOut,
)
from recommender.service.beacon import BEACON
from recommender.service.comparisons import COMPARISONS
from recommender.service.incoming_webhooks import HOOKS
from recommender.service.keys import Right
from recommender.service.operations import (
    CSS,
    HTML,
    JSON,
    JSON_LINES,
    TEXT,
    Operation,
    RequestBody,
    ResponseSpec,
)
from recommender.service.ratings import RATINGS
from recommender.service.reembedding import REEMBEDDING
from recommender.service.request_schemas import (
    Amendment,
    BlockQuery,
    EditorName,
    LinksQuestion,
    Pinning,
    PublishQuery,
    Question,
    SteeringIn,
    UrlQuery,
    WriteQuery,
)
from recommender.service.service import STYLESHEET
from recommender.service.settings_choice import SETTINGS
from recommender.service.sidebar import SIDEBAR
from recommender.service.threads import THREADS
from recommender.service.translations import TRANSLATIONS
from recommender.story.json_types import StoryIn

HEALTH = "/health"
OTHERS = [each for each in FORMATS.values() if each.media_type != JSON]
_BLOCK = ResponseSpec(
    words="The block.",
    content={JSON: (BlockOut, DocumentOut), **{each.media_type: () for each in OTHERS}},
    headers=("etag", "cache-control", "vary"),
    example=examples.BLOCK,
)
_UNCHANGED = ResponseSpec(words="The block that you hold is still right.", headers=("etag", "cache-control"))
_BLOCK_ANSWERS = {200: _BLOCK, 304: _UNCHANGED}
_PUBLISHED = ResponseSpec(
    words="The story's block, and the older blocks that changed.",
    content={JSON: (PublishedOut,)},
    example=examples.PUBLISHED,
)
_ONE_OR_MANY = ResponseSpec(
    words="What became of the story; of each line, for JSON Lines.",
    content={JSON: (PublishedOut, ManyOut)},
    example=examples.PUBLISHED,
)
_EDITED = ResponseSpec(words="The block as it is now.", content={JSON: (EditedOut,)}, example=examples.EDITED)
_RULE = ResponseSpec(words="The rule as it is kept.", content={JSON: (SteeringOut,)})
_EDITOR = RequestBody(content={JSON: (EditorName,)}, example={"by": "desk"}, required=False)
_PIN = RequestBody(content={JSON: (Pinning,)}, example={"position": 1, "by": "desk"}, required=False)
_STORIES = RequestBody(
    content={JSON: (StoryIn,), **dict.fromkeys(JSON_LINES, ())},
    example=examples.STORY,
    limit="max_request",
    of_one="max_story",
)

_JOB = ResponseSpec(words="How the job stands.", content={JSON: (JobOut,)}, example=examples.JOB)

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
        body=RequestBody(content={JSON: (Question,)}, example=examples.QUESTION),
        answers={
            200: ResponseSpec(
                words="The nearest stories.", content={JSON: (BlockOut,), HTML: ()}, example=examples.BLOCK
            )
        },
    ),
    Operation(
        method="POST",
        path="/suggestions",
        name="suggestions",
        summary="Links to set in a draft: phrases, each with the earlier story that it should lead to",
        details="Nothing is written. At most one link a story and one a phrase; none on a heading or a link "
        "that is there, none to what the text links to.",
        handler=reading.suggestions,
        right=Right.READ,
        costly=True,
        body=RequestBody(content={JSON: (LinksQuestion,)}, example=examples.DRAFT),
        answers={
            200: ResponseSpec(
                words="The links.", content={JSON: (SuggestionsOut,)}, example=examples.SUGGESTIONS
            )
        },
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
        errors=(409, 507),
    ),
    Operation(
        method="PUT",
        path="/jobs/{job}",
        name="startJob",
        summary="Publish many stories under a name while nobody waits; the same lines join the job at work",
        handler=writing.start_job,
        right=Right.PUBLISH,
        query=PublishQuery,
        body=RequestBody(content=dict.fromkeys(JSON_LINES, ()), example=examples.LINES, limit="max_request"),
        answers={202: _JOB, 200: _JOB},
        errors=(409,),
    ),
    Operation(
        method="GET",
        path="/jobs/{job}",
        name="job",
        summary="How far a job came",
        handler=writing.look_at_job,
        right=Right.PUBLISH,
        answers={200: _JOB},
        errors=(404,),
    ),
    Operation(
        method="DELETE",
        path="/jobs/{job}",
        name="cancelJob",
        summary="Let a job begin nothing more",
        handler=writing.cancel_job,
        right=Right.PUBLISH,
        answers={200: _JOB},
        errors=(404,),
    ),
    Operation(
        method="PATCH",
        path="/stories/{id}",
        name="amend",
        summary="Change a story's status, embargo, expiry or successor; `retracted` withdraws it",
        handler=writing.amend,
        right=Right.PUBLISH,
        query=WriteQuery,
        body=RequestBody(content={JSON: (Amendment,)}, example=examples.AMENDMENT),
        answers={200: _PUBLISHED},
        errors=(404,),
    ),
    Operation(
        method="DELETE",
        path="/stories/{id}",
        name="delete",
        summary="Delete a story",
        details="One that was deleted already is answered with the outcome `deleted` and what its "
        "deletion changed.",
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
        details="A story cannot be pinned to its own block (422). A pin that stands there already does "
        "nothing; one elsewhere in the block is moved, and an exclusion of the story is taken "
        "back.",
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
        details="Does nothing where there is none.",
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
        details="A pin of the story is taken out. Does nothing where it is excluded already.",
        handler=editing.exclude,
        right=Right.EDIT,
        body=_EDITOR,
        answers={200: _EDITED},
        errors=(404,),
    ),
    Operation(
        method="DELETE",
        path="/stories/{id}/exclusions/{target}",
        name="include",
        summary="Take an exclusion away",
        details="Does nothing where there is none.",
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
        details="Only the link policy takes stories out then. Does nothing where the block is frozen so; "
        "a story that is gone has none (410).",
        handler=editing.freeze,
        right=Right.EDIT,
        body=_EDITOR,
        answers={200: _EDITED},
        errors=(404, 410),
    ),
    Operation(
        method="DELETE",
        path="/stories/{id}/freeze",
        name="unfreeze",
        summary="Let the engine at a frozen block again",
        details="Does nothing where the block is not frozen.",
        handler=editing.unfreeze,
        right=Right.EDIT,
        answers={200: _EDITED},
        errors=(404,),
    ),
    Operation(
        method="GET",
        path="/steering",
        name="steering",
        summary="The rules that hold for all blocks",
        details="Does nothing else.",
        handler=editing.steering,
        right=Right.EDIT,
        answers={200: ResponseSpec(words="The rules.", content={JSON: (RulesOut,)})},
    ),
    Operation(
        method="POST",
        path="/steering",
        name="steer",
        summary="Steer all blocks by a rule, until a day or until it is ended",
        details="All blocks follow at once. `boost` and `bury` need a section, tag, kind, language or story, "
        "`limit-age` its `days`, `ignore-tag` tags alone. A rule that holds already does nothing.",
        handler=editing.steer,
        right=Right.EDIT,
        body=RequestBody(content={JSON: (SteeringIn,)}, example=examples.STEERING),
        answers={201: _RULE},
        errors=(404,),
    ),
    Operation(
        method="DELETE",
        path="/steering/{rule}",
        name="endSteering",
        summary="End a rule now",
        details="Does nothing where it was ended before.",
        handler=editing.end_steering,
        right=Right.EDIT,
        answers={200: _RULE},
        errors=(404,),
    ),
    Operation(
        method="GET",
        path=HEALTH,
        name="health",
        summary="Whether the process answers",
        handler=operating.health,
        right=None,
        answers={200: ResponseSpec(words="It does.", content={JSON: (HealthOut,)}, example={"status": "ok"})},
    ),
    Operation(
        method="GET",
        path="/ready",
        name="ready",
        summary="Whether the archive can be used and the model is loaded",
        handler=operating.ready,
        right=None,
        answers={
            200: ResponseSpec(words="It is ready.", content={JSON: (ReadyOut,)}),
            503: ResponseSpec(words="Not yet, or not any more.", content={JSON: (ReadyOut,)}),
        },
    ),
    Operation(
        method="GET",
        path="/metrics",
        name="metrics",
        summary="Metrics for Prometheus",
        handler=operating.metrics,
        right=None,
        answers={200: ResponseSpec(words="The metrics.", content={TEXT: ()})},
    ),
    Operation(
        method="GET",
        path="/openapi.json",
        name="openapi",
        summary="This document",
        handler=operating.openapi,
        right=None,
        answers={200: ResponseSpec(words="The document.", content={JSON: ()})},
    ),
    Operation(
        method="GET",
        path=STYLESHEET,
        name="stylesheet",
        summary="The style of blocks, under the address that HTML fragments name",
        handler=operating.style,
        right=None,
        answers={200: ResponseSpec(words="The stylesheet.", content={CSS: ()}, headers=("cache-control",))},
    ),
    *TRANSLATIONS,
    *REEMBEDDING,
    *THREADS,
    *RATINGS,
    *SETTINGS,
    *COMPARISONS,
    *SIDEBAR,
    *BEACON,
    *HOOKS,
)
