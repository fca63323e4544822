"""What a newsroom is told of a running story. Knows no archive."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from recommender.engine.render import card
from recommender.story.language_tags import tag_of
from recommender.story.story import Story
from recommender.story.timestamps import format_time


class ThreadState(StrEnum):
    """How a running story goes on."""

    RISING = "rising"
    STEADY = "steady"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Report:
    """A step of a running story.

    Attributes
    ----------
    story : Story
        The first that told it.
    versions : tuple of Story
        Others of the same text, and translations, oldest first.
    """

    story: Story
    versions: tuple[Story, ...] = ()

    def to_dict(self) -> dict[str, object]:
        """Return the report as JSON objects."""
        return {"story": card(self.story), "versions": [card(each) for each in self.versions]}


@dataclass(frozen=True, kw_only=True)
class Thread:
    """A running story.

    Attributes
    ----------
    about : tuple of str
        Names and words that most of its reports hold, the rarest first.
    state : ThreadState
    reports : tuple of Report
        Oldest first, one or more.
    """

    about: tuple[str, ...]
    state: ThreadState
    reports: tuple[Report, ...]

    @property
    def id(self) -> str:
        """The id of its first story."""
        return self.first.id

    @property
    def first(self) -> Story:
        """The story that began it."""
        return self.reports[0].story

    @property
    def latest(self) -> Story:
        """Its newest report."""
        return self.reports[-1].story

    @property
    def title(self) -> str:
        """The latest headline."""
        return self.latest.headline

    @cached_property
    def stories(self) -> tuple[Story, ...]:
        """All stories that tell it, versions and translations among them."""
        return tuple(story for each in self.reports for story in (each.story, *each.versions))

    @cached_property
    def languages(self) -> tuple[str, ...]:
        """The languages of its stories, the most frequent first."""
        tags = [tag for story in self.stories if (tag := tag_of(story))]
        return tuple(sorted(set(tags), key=lambda tag: (-tags.count(tag), tag)))

    def to_dict(self, *, timeline: bool = True) -> dict[str, object]:
        """Return the thread as JSON objects, with all of its reports or the first and the latest alone."""
        told: dict[str, object] = {
            "id": self.id,
            "title": self.title,
            "about": list(self.about),
            "state": self.state.value,
            "reports": len(self.reports),
            "stories": len(self.stories),
            "languages": list(self.languages),
            "began": format_time(self.first.published),
            "last_report": format_time(self.latest.published),
            "first": card(self.first),
            "latest": card(self.latest),
        }
        return told | {"timeline": [each.to_dict() for each in self.reports]} if timeline else told
