"""What is answered over HTTP, as types: schemas of the OpenAPI document, and what the client reads."""

from __future__ import annotations

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType, field

from recommender.service.request_schemas import Timestamp
from recommender.service.slot_schemas import Card, SlotOut


class SuggestionOut(Struct):
    """A link to set: the phrase `text[start:end]`, and the story that it should lead to."""

    phrase: str
    start: Annotated[int, Meta(description="In characters of the answer's `text`.")]
    end: int
    paragraph: Annotated[int, Meta(description="Which of the text's paragraphs, from 0.")]
    before: Annotated[str, Meta(description="What stands before the phrase in its paragraph.")]
    after: str
    story: Card
    probability: float
    reasons: list[str]


class SuggestionsOut(Struct):
    """Links to set in a draft, the likeliest first."""

    text: Annotated[str, Meta(description="The body as paragraphs without markup; a plain one is as it was.")]
    suggestions: list[SuggestionOut]


class ProvenanceOut(Struct):
    """What made the block."""

    model: str
    weights: str
    generation: int
    ranker: str
    settings: str
    time: Timestamp


class TranslationOut(Struct):
    """A story that tells in another language what the block's story tells."""

    id: str
    url: str | None
    headline: str
    language: Annotated[str, Meta(description="Its tag.")]


class BlockOut(Struct):
    """The related stories of one story; `id` is null for a text."""

    id: str | None
    headline: str
    slots: list[SlotOut]
    provenance: ProvenanceOut
    translations: Annotated[
        list[TranslationOut], Meta(description="In other languages the same, the newest first; in no slot.")
    ] = field(default_factory=list)


class DocumentOut(Struct):
    """A block in another format that is JSON, as `format` asks for it."""


class ChangeOut(Struct):
    """A block that shows other stories than before: purge its page."""

    source: str
    url: str | None
    before: list[str]
    after: list[str]
    reason: str


class PublishedOut(Struct):
    """What became of a story."""

    id: str
    outcome: Annotated[str, Meta(description="added, updated, unchanged, older, deleted or removed")]
    block: BlockOut
    changed: list[ChangeOut]
    stale: Annotated[int, Meta(description="Blocks left to the background worker.")]
    dry_run: bool
    set_aside: Annotated[
        str, Meta(description="Why the story is kept and not shown; empty when all is well.")
    ]
    taken: Annotated[bool, Meta(description="Whether anything was written, or would be in a dry run.")]
    note: Annotated[str, Meta(description="Why it was not taken as it was sent; empty where it was.")]
    notes: Annotated[
        list[str], Meta(description="What was read otherwise than it was sent: a body as HTML, tags dropped.")
    ] = field(default_factory=list)


class Accepted(PublishedOut, kw_only=True):
    """What became of one line."""

    line: Annotated[int, Meta(ge=1)]


class RefusedOut(Struct):
    """A line that was refused."""

    line: Annotated[int, Meta(ge=1)]
    story: str
    field: str
    value: str
    problem: str
    way_out: str
    detail: str


class ManyOut(Struct):
    """What became of many stories: those that were taken, and those that were not."""

    stories: list[Accepted]
    refused: list[RefusedOut]
    problem: Annotated[ProblemOut, Meta(description="What ended it before the last line.")] | UnsetType = (
        UNSET
    )


class JobOut(Struct):
    """How a bulk load stands that goes on by itself."""

    name: str
    state: Annotated[
        str,
        Meta(
            description="working; done; cancelled; or stopped, by what `problem` says. What was published "
            "stays, and the same lines may be sent again."
        ),
    ]
    lines: Annotated[int, Meta(description="That hold anything.")]
    done: Annotated[int, Meta(description="Lines that were published or refused.")]
    outcomes: Annotated[dict[str, int], Meta(description="How many stories were added, updated, and so on.")]
    refused: Annotated[int, Meta(description="Lines that were refused.")]
    refusals: Annotated[list[RefusedOut], Meta(description="The first thousand of them.")]
    problem: ProblemOut | UnsetType = UNSET


class RefusalOut(Struct):
    """Why the link policy does not show a pinned story now."""

    reason: str
    words: str


class EditedOut(Struct):
    """What an editor's act did."""

    event: Annotated[int, Meta(description="For undoing it; 0 when it changed nothing.")]
    block: BlockOut
    changed: list[ChangeOut]
    refusal: RefusalOut | None


class SteeringOut(Struct):
    """A rule for all blocks as it is kept."""

    num: Annotated[int, Meta(description="For ending it.")]
    act: str
    by: str
    at: str
    ends: Annotated[str | None, Meta(description="Its last moment.")]
    ended_by: str | None
    ended_at: str | None
    section: list[str] | UnsetType = UNSET
    tag: list[str] | UnsetType = UNSET
    kind: list[str] | UnsetType = UNSET
    language: list[str] | UnsetType = UNSET
    story: list[str] | UnsetType = UNSET
    strength: float | UnsetType = UNSET
    days: int | UnsetType = UNSET


class RulesOut(Struct):
    """The rules that hold, oldest first."""

    rules: list[SteeringOut]


class ProblemOut(Struct):
    """RFC 9457 problem details."""

    type: Annotated[str, Meta(examples=["urn:related-stories:problem:not-found"])]
    title: str
    status: int
    detail: str
    story: str | UnsetType = UNSET
    field: str | UnsetType = UNSET
    value: str | UnsetType = UNSET
    problem: str | UnsetType = UNSET
    way_out: str | UnsetType = UNSET
    successor: str | UnsetType = UNSET


class HealthOut(Struct):
    """That the process answers."""

    status: str


class ReadyOut(Struct):
    """Whether the service can do its work, check by check."""

    ready: bool
    checks: dict[str, str]


class ThreadSummary(Struct, kw_only=True):
    """A running story; `id` is that of its first story, and `title` the latest headline."""

    id: str
    title: str
    about: Annotated[list[str], Meta(description="Names and words that most of its reports hold.")]
    state: Annotated[str, Meta(description="rising, steady or over")]
    reports: Annotated[int, Meta(description="Its stories, those of one text or translated as one.")]
    stories: int
    languages: list[str]
    began: Timestamp
    last_report: Timestamp
    first: Card
    latest: Card


class ReportOut(Struct):
    """A step of a running story, and others that tell the same: reprints, updates, translations."""

    story: Card
    versions: list[Card]


class ThreadOut(ThreadSummary, kw_only=True):
    """A running story with its timeline, oldest first."""

    timeline: list[ReportOut]


class ThreadsOut(Struct):
    """The running stories of the last weeks."""

    threads: list[ThreadSummary]


class TranslationsOut(Struct):
    """The stories that tell in other languages what a story tells."""

    translations: list[Card]


class SidebarTokenOut(Struct):
    """What opens the sidebar for an editor."""

    token: Annotated[str, Meta(description="Good for the proposals of drafts, and for nothing else.")]
    expires: Timestamp
