"""What is asked over HTTP, as types: read from requests with msgspec, and schemas of the OpenAPI document.

A story itself is read by `Story.from_json`, and its type made from what that reads by: `story/json_types.py`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Any, cast

from msgspec import NODEFAULT, UNSET, Meta, Struct, UnsetType, structs, to_builtins

from recommender.engine.requested_filters import AnswerFilter, FilterFields
from recommender.engine.steering import SteeringAct
from recommender.export.formats import FORMATS
from recommender.newsroom.steering import MOST_DAYS, MOST_STRENGTH, SteeringFields
from recommender.story.story import ContentType, Status
from recommender.story.timestamps import format_time

MOST_SLOTS = 50  # slots that a block may be asked for: no page shows more
MOST_TEXT = 200_000  # characters of a text query; the model reads the first few thousand words

# What no text may hold, and what no line may: see `text_safety.py`.
NO_CONTROLS = r"^[^\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202d\u202e]*$"
NO_BREAKS = r"^[^\u0000-\u001f\u007f-\u009f\u2028\u2029\u202d\u202e]*$"

Id = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=512,
        pattern=NO_CONTROLS,
        description="A story's id, or its address where it is held.",
        examples=["story-17"],
    ),
]
RULE = "rule"  # in paths
RuleNumber = Annotated[
    int, Meta(ge=1, le=2**31 - 1, description="A rule's number, as `GET /steering` has it.")
]
COMPARISON = "comparison"  # in paths
ComparisonNumber = Annotated[
    int, Meta(ge=1, le=2**31 - 1, description="A comparison's number, as `GET /comparisons` has it.")
]
CHOICE = "choice"  # in paths
ChoiceNumber = Annotated[
    int, Meta(ge=1, le=2**31 - 1, description="A choice's number, as `GET /settings` has it.")
]
Time = Annotated[
    str, Meta(description="RFC 3339 with an offset.", examples=["2022-10-13T17:47:00+06:00"], max_length=1000)
]
Timestamp = Annotated[Time, Meta(extra_json_schema={"format": "date-time"})]
Url = Annotated[str, Meta(description="An absolute http or https URL.", max_length=4096)]
Line = Annotated[str, Meta(description="Plain text without markup.", max_length=1000)]
Editor = Annotated[
    str,
    Meta(
        max_length=200,
        description="An editor's name, plain text on one line; the key's name is kept too.",
        extra_json_schema={"pattern": NO_BREAKS},
    ),
]
Slots = Annotated[int, Meta(ge=1, le=MOST_SLOTS, description="Slots at most.")]
DryRun = Annotated[bool, Meta(description="Only say what would happen; nothing is written.")]
Undelete = Annotated[
    bool, Meta(description="Take stories that were deleted, too; without it they stay deleted.")
]
Day = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=100,
        description="A day, as 2024-05-01, or a time in RFC 3339. Published then, both ends included.",
    ),
]
Preview = Annotated[
    bool, Meta(description="Also of a story that is not public yet; needs the right `publish` or `edit`.")
]


FormatName = Annotated[
    str,
    Meta(
        description="The format of the answer, whatever Accept says.",
        extra_json_schema={"enum": [*FORMATS]},
    ),
]


class Narrowed(Struct, forbid_unknown_fields=True, kw_only=True):
    """Which stories an answer may hold. Of one name any value may hold, of several names all."""

    section: Annotated[list[Line], Meta(max_length=50, description="Only of these sections.")] = []
    tag: Annotated[list[Line], Meta(max_length=50, description="Only with one of these tags.")] = []
    kind: Annotated[list[Line], Meta(max_length=50, description="Only of these kinds.")] = []
    language: Annotated[list[Line], Meta(max_length=50, description="Only in these languages (BCP 47).")] = []
    since: Day | UnsetType = UNSET
    until: Day | UnsetType = UNSET
    without: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=4096, pattern=NO_CONTROLS)]],
        Meta(max_length=200, description="Ids or addresses of stories to leave out: what is on the page."),
    ] = []
    picture: Annotated[bool, Meta(description="Only stories with a picture.")] = False
    least_score: Annotated[float, Meta(ge=0, le=1, description="In place of the setting.")] | UnsetType = (
        UNSET
    )

    @staticmethod
    def asking(filters: FilterFields) -> dict[str, Any]:
        """Return filters as they are sent: what `filters` reads from a request again.

        Raises
        ------
        QuestionError
            For a name that is none, or a value that cannot be.
        """
        given = {name: _sent(value) for name, value in filters.items() if value is not None}
        AnswerFilter.of(cast("FilterFields", given))  # here in UTC; there a day is one of the archive's zone
        many = {field.name for field in structs.fields(Narrowed) if field.default is NODEFAULT}
        return {
            name: [value] if name in many and isinstance(value, str) else value
            for name, value in given.items()
        }

    def filters(self) -> FilterFields:
        """Return what is asked for; nothing where it is everything, as of nearly every page."""
        named = ((name, getattr(self, name)) for name in Narrowed.__struct_fields__)
        asked = {  # a least score of 0, which equals False, asks for something
            name: value for name, value in named if value is not UNSET and value is not False and value != []
        }
        return cast("FilterFields", asked)


def _sent(value: object) -> object:
    """Return a filter's value in JSON; what is none is left for `AnswerFilter` to refuse."""
    if isinstance(value, datetime) and value.tzinfo:
        return format_time(value)
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, Iterable) and not isinstance(value, str) else value


class BlockQuery(Narrowed, forbid_unknown_fields=True, kw_only=True):
    """Which block."""

    k: Slots | UnsetType = UNSET
    preview: Preview = False
    format: FormatName | UnsetType = UNSET


class UrlQuery(Narrowed, forbid_unknown_fields=True, kw_only=True):
    """Which block, by the address of its page."""

    url: Annotated[
        Url,
        Meta(
            min_length=1,
            description="The page's address; `www.`, `/amp`, `utm_` and the like do not count.",
        ),
    ]
    k: Slots | UnsetType = UNSET
    preview: Preview = False
    format: FormatName | UnsetType = UNSET


class WriteQuery(Struct, forbid_unknown_fields=True):
    """Whether a write is meant."""

    dry_run: DryRun = False


class PublishQuery(Struct, forbid_unknown_fields=True):
    """How stories are taken."""

    dry_run: DryRun = False
    undelete: Undelete = False
    content_type: Annotated[
        ContentType,
        Meta(description="What bodies are where a story does not say; auto tells it by their tags."),
    ] = ContentType.AUTO


class Amendment(Struct, forbid_unknown_fields=True):
    """What changes in a story's standing. What is left out stays; null takes a time or a successor away."""

    status: Status | UnsetType = UNSET
    embargo_until: Time | UnsetType | None = UNSET
    expires: Time | UnsetType | None = UNSET
    successor: Id | UnsetType | None = UNSET


class Question(Narrowed, forbid_unknown_fields=True, kw_only=True):
    """A text, to which the nearest stories are wanted."""

    text: Annotated[str, Meta(min_length=1, max_length=MOST_TEXT)]
    k: Slots = 10


class DraftIn(Struct, omit_defaults=True):
    """A draft, by the fields of a story; `body` alone is needed, other fields are read as a story's are."""

    body: Annotated[
        str, Meta(min_length=1, max_length=MOST_TEXT, description="Its text, plain or HTML, with its links.")
    ]
    id: Annotated[Id, Meta(description="Where it is held: editors' exclusions count.")] | UnsetType = UNSET
    url: Url | UnsetType = UNSET
    headline: Annotated[Line, Meta(description="Else the text's first line.")] | UnsetType = UNSET
    deck: Annotated[str, Meta(max_length=MOST_TEXT)] | UnsetType = UNSET
    published: (
        Annotated[Time, Meta(description="Only earlier stories are linked to; else now.")] | UnsetType
    ) = UNSET
    language: Annotated[Line, Meta(description="BCP 47; else detected.")] | UnsetType = UNSET
    section: Line | UnsetType = UNSET
    kind: Annotated[str, Meta(max_length=1000, description="Its form: news, opinion, ...")] | UnsetType = (
        UNSET
    )
    authors: Annotated[list[Line], Meta(max_length=50)] | UnsetType = UNSET
    tags: Annotated[list[Line], Meta(max_length=200)] | UnsetType = UNSET
    links: (
        Annotated[list[dict[str, Any]], Meta(max_length=2000, description="What it links to already.")]
        | UnsetType
    ) = UNSET
    image: Annotated[dict[str, Any], Meta(description="Its picture.")] | UnsetType = UNSET
    image_caption: Annotated[str, Meta(max_length=MOST_TEXT)] | UnsetType = UNSET
    sensitive: bool = False
    never_link_from: bool = False
    content_type: Annotated[ContentType, Meta(description="What the body is.")] = ContentType.AUTO


class LinksQuestion(Narrowed, forbid_unknown_fields=True, kw_only=True):
    """A draft, in whose text links are to be set. Filters are of what is linked to."""

    draft: DraftIn
    k: Annotated[Slots, Meta(description="Links at most.")] = 5

    def fields(self) -> dict[str, Any]:
        """Return the draft's fields as a story's JSON has them."""
        given: dict[str, Any] = to_builtins(self.draft)
        return given


class Pinning(Struct, forbid_unknown_fields=True):
    """Where a story is pinned, and by whom."""

    position: Annotated[Slots, Meta(description="From 1 to the setting `slots`.")] = 1
    by: Editor = ""


Names = Annotated[list[Annotated[str, Meta(min_length=1, max_length=1000)]], Meta(max_length=50)]


class SteeringIn(Struct, forbid_unknown_fields=True, kw_only=True):
    """A rule for all blocks. Of one name any value may hold, of several names all."""

    act: Annotated[SteeringAct, Meta(description="What is done to the stories that the rule is about.")]
    section: Names = []
    tag: Names = []
    kind: Names = []
    language: Names = []
    story: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=4096, pattern=NO_CONTROLS)]],
        Meta(max_length=50, description="Ids or addresses."),
    ] = []
    strength: (
        Annotated[float, Meta(gt=0, le=MOST_STRENGTH, description="Of boost and bury: 3 by default.")]
        | UnsetType
    ) = UNSET
    days: Annotated[int, Meta(ge=1, le=MOST_DAYS, description="Of limit-age.")] | UnsetType = UNSET
    until: Day | UnsetType = UNSET
    by: Editor = ""

    @staticmethod
    def asking(fields: SteeringFields) -> dict[str, Any]:
        """Return a rule as it is sent."""
        given = {name: _sent(value) for name, value in fields.items() if value is not None}
        many = {field.name for field in structs.fields(SteeringIn) if field.default is NODEFAULT}
        return {
            name: [value] if name in many and isinstance(value, str) else value
            for name, value in given.items()
        }

    def fields(self) -> SteeringFields:
        """Return what the rule says."""
        named = {name: getattr(self, name) for name in SteeringFields.__annotations__}
        given = {name: value for name, value in named.items() if value is not UNSET and value != []}
        return cast("SteeringFields", given)


class EditorName(Struct, forbid_unknown_fields=True):
    """Who did it."""

    by: Editor = ""
