"""What a story is, and how one is read from JSON. Knows nothing of archives, vectors or ranking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Status(StrEnum):
    """Where a story stands in its life. Readers may see only `PUBLISHED` and `CORRECTED`."""

    DRAFT = "draft"
    EMBARGOED = "embargoed"
    PUBLISHED = "published"
    CORRECTED = "corrected"
    RETRACTED = "retracted"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A story's picture. Either part may be unknown."""

    url: str | None = None
    caption: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link that stands in a story's text: `target` is the id or the URL of the other story."""

    target: str
    anchor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One article. Times are timezone-aware and in UTC. `extra` keeps the fields that we do not know."""

    id: str
    headline: str
    published: datetime
    url: str | None = None
    deck: str = ""
    body: str = ""
    updated: datetime | None = None
    language: str | None = None
    section: str | None = None
    tags: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    kind: str = "news"
    image: Image | None = None
    status: Status = Status.PUBLISHED
    embargo_until: datetime | None = None
    expires: datetime | None = None
    successor: str | None = None
    canonical_url: str | None = None
    links: tuple[Link, ...] = ()
    sensitive: bool = False
    never_link_from: bool = False
    never_link_to: bool = False
    extra: Mapping[str, object] = field(default_factory=dict)
