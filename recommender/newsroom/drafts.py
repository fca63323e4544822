"""Drafts as callers have them, read into stories; what is proposed for one. Writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from recommender.engine.block import Block
from recommender.errors import QuestionError, shown
from recommender.settings import Settings
from recommender.story.hashes import content_hash
from recommender.story.markup import headings_of, read_body
from recommender.story.story import Story
from recommender.story.text_safety import without_bidi
from recommender.story.timestamps import format_time
from recommender.suggestions.answer import Suggestions

Draft = str | Story | Mapping[str, Any]
"""A draft: its text, plain or HTML; or a story; or the fields of one, of which only ``body`` is needed."""

_HEADLINE = 200  # characters of a text's first line that stand for its headline


@dataclass(frozen=True, slots=True)
class ReadDraft:
    """A draft as a story, and the lines of its text that are headings."""

    story: Story
    headings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DraftProposals:
    """What is proposed for a draft.

    Attributes
    ----------
    story : Story
        The draft, as it was read.
    block : Block
        What would stand on its page.
    links : Suggestions
        Links to set in its text.
    """

    story: Story
    block: Block
    links: Suggestions


def read_draft(draft: Draft, settings: Settings, now: float, *, needs_body: bool = True) -> ReadDraft:
    """Return a draft as a story that is published now.

    Parameters
    ----------
    draft : str, Story or mapping
    settings : Settings
        Has the zone of its times, and how long it may be.
    now : float
        Epoch seconds.
    needs_body : bool
        Whether a headline or a deck alone is no draft.

    Raises
    ------
    StoryError
        When it has a field that `Story.from_json` would refuse.
    QuestionError
        When its text holds no word.
    """
    if isinstance(draft, Story):
        return ReadDraft(draft.checked(limits=settings.limits))
    fields: dict[str, Any] = {"body": draft} if isinstance(draft, str) else {**draft}
    body = fields.get("body") if needs_body else fields.get("body", "")
    if not isinstance(body, str) or not _has_words(fields, needs_body):
        raise QuestionError(f"the draft's body is {shown(body)}; give its text, plain or HTML")
    is_plain = fields.get("content_type") == "text"
    if not fields.get("headline"):
        text = body or str(fields.get("deck", ""))
        text = text if is_plain else read_body(text).text
        first = text.strip().partition("\n")[0][:_HEADLINE]
        fields["headline"] = without_bidi(first).strip() or "Draft"  # or the cut may leave one open
    fields.setdefault("published", format_time(datetime.fromtimestamp(now, UTC)))
    fields.setdefault("id", "draft")
    story = Story.from_json(fields, zone=settings.timezone, limits=settings.limits, where="draft")
    if "id" not in draft or isinstance(draft, str):  # no story that is held has this one
        story = replace(story, id=f"draft {content_hash(story)}")
    return ReadDraft(story, () if is_plain else headings_of(body))


def _has_words(fields: Mapping[str, Any], needs_body: bool) -> bool:
    names = ("body",) if needs_body else ("body", "headline", "deck")
    return any(any(map(str.isalnum, text)) for name in names if isinstance(text := fields.get(name), str))
