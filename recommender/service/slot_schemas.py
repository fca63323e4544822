"""A slot of a block, and the card of a story, as they are answered over HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import UNSET, Meta, Struct, UnsetType

from recommender.service.request_schemas import Timestamp


class Card(Struct):
    """What a link to a story shows."""

    id: str
    headline: str
    published: Timestamp
    url: str | UnsetType = UNSET
    deck: str | UnsetType = UNSET
    updated: str | UnsetType = UNSET
    language: str | UnsetType = UNSET
    section: str | UnsetType = UNSET
    kind: str | UnsetType = UNSET
    authors: list[str] | UnsetType = UNSET
    image: dict[str, Any] | UnsetType = UNSET


class PassageOut(Struct):
    """What in a story bears on the text that was asked about; `marks` are spans of characters in it."""

    text: str
    marks: list[tuple[int, int]]


class TitleOut(Struct):
    """Another title of the group, whose story stands in a slot."""

    publisher: str
    id: Annotated[str, Meta(description="The story's there; that of the card is no story's of this archive.")]
    name: str
    address: Annotated[str, Meta(description="Of its home page; may be empty.")]


class SlotOut(Struct):
    """One related story in its place."""

    position: int
    story: Card
    score: float
    role: str
    reasons: list[str]
    timeline: list[Card]
    pinned: bool
    fallback: bool
    language: Annotated[str, Meta(description="Where it is not the block's.")] | UnsetType = UNSET
    age_label: (
        Annotated[str, Meta(description="What tells that the story is old beside the block's.")] | UnsetType
    ) = UNSET
    passage: Annotated[PassageOut, Meta(description="Of an answer to a text only.")] | UnsetType = UNSET
    title: (
        Annotated[TitleOut, Meta(description="Where it is a story of another title of a group.")] | UnsetType
    ) = UNSET
