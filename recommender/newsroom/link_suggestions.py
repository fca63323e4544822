"""Links to set in a draft's text, by the newsroom's exclusions and rules. Writes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from recommender.engine.question import slots_of
from recommender.engine.requested_filters import EVERYTHING, AnswerFilter
from recommender.errors import QuestionError, shown
from recommender.newsroom.dry_run import rehearsed
from recommender.newsroom.state import NewsroomState
from recommender.story.hashes import content_hash
from recommender.story.markup import headings_of, read_body
from recommender.story.story import Story
from recommender.story.text_safety import without_bidi
from recommender.story.timestamps import format_time
from recommender.suggestions.answer import Suggestions
from recommender.suggestions.suggester import DraftQuestion, Suggester
from recommender.suggestions.weights import SuggestionWeights

LINKS = 5
"""Links that are proposed unless more are asked for."""

Draft = str | Story | Mapping[str, Any]
"""A draft: its text, plain or HTML; or a story; or the fields of one, of which only ``body`` is needed."""

_HEADLINE = 200  # characters of a text's first line that stand for its headline


@dataclass(frozen=True, slots=True)
class _ReadDraft:
    story: Story
    headings: tuple[str, ...] = ()


class LinkSuggestions:
    """Proposes links for drafts of one newsroom. Threads share one."""

    def __init__(self, state: NewsroomState, weights: SuggestionWeights | None = None) -> None:
        self._state, self._weights = state, weights

    @cached_property
    def _suggester(self) -> Suggester:
        return Suggester(self._state.engine, self._weights)

    def suggest(self, draft: Draft, k: int = LINKS, *, only: AnswerFilter = EVERYTHING) -> Suggestions:
        """Return the links that should be set in a draft's text; see `Newsroom.suggest`."""
        most, state, read = slots_of(k), self._state, self._read(draft)
        self._suggester.read_anchors()
        with rehearsed(state.archive, read.story) as known:
            drafts = {read.story.id: known}
            context = replace(state.context(preview=True), drafts=drafts, only=only)
            source = context.source(known, context.decisions(known))
            if source.set_aside or source.gone(context.now):
                return Suggestions(read.story.body, ())
            asked = DraftQuestion(
                num=known.num, story=read.story, source=source, headings=read.headings, only=only
            )
            steering = context.steering.at(context.now)
            return self._suggester.suggest(asked, most, rules=context.rules, steering=steering)

    def _read(self, draft: Draft) -> _ReadDraft:
        settings = self._state.settings
        if isinstance(draft, Story):
            return _ReadDraft(draft.checked(limits=settings.limits))
        fields: dict[str, Any] = {"body": draft} if isinstance(draft, str) else {**draft}
        body = fields.get("body")
        if not isinstance(body, str) or not any(map(str.isalnum, body)):
            raise QuestionError(f"the draft's body is {shown(body)}; give its text, plain or HTML")
        is_plain = fields.get("content_type") == "text"
        if not fields.get("headline"):
            text = body if is_plain else read_body(body).text
            first = text.strip().partition("\n")[0][:_HEADLINE]
            fields["headline"] = without_bidi(first).strip() or "Draft"  # or the cut may leave one open
        fields.setdefault("published", format_time(datetime.fromtimestamp(self._state.engine.clock(), UTC)))
        fields.setdefault("id", "draft")
        story = Story.from_json(fields, zone=settings.timezone, limits=settings.limits, where="draft")
        if "id" not in draft or isinstance(draft, str):  # no story that is held has this one
            story = replace(story, id=f"draft {content_hash(story)}")
        return _ReadDraft(story, () if is_plain else headings_of(body))
