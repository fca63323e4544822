"""Links to set in the text of a draft, as the newsroom would have it: its exclusions, its rules. Writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from recommender.engine.question import slots_of
from recommender.engine.requested_filters import EVERYTHING, AnswerFilter
from recommender.newsroom.dry_run import rehearsed
from recommender.newsroom.state import NewsroomState
from recommender.story.story import Story
from recommender.suggestions.answer import Suggestions
from recommender.suggestions.suggester import DraftQuestion, Suggester
from recommender.suggestions.weights import SuggestionWeights

LINKS = 5
"""Links that are proposed unless more are asked for."""


class LinkSuggestions:
    """Proposes links for drafts of one newsroom. Threads share one."""

    def __init__(self, state: NewsroomState, weights: SuggestionWeights | None = None) -> None:
        self._state, self._weights = state, weights

    @cached_property
    def _suggester(self) -> Suggester:
        return Suggester(self._state.engine, self._weights)

    def suggest(
        self, story: Story, k: int = LINKS, *, headings: Sequence[str] = (), only: AnswerFilter = EVERYTHING
    ) -> Suggestions:
        """Return the links that should be set in a story's text; see `Newsroom.suggest`."""
        most, state = slots_of(k), self._state
        with rehearsed(state.archive, story) as known:
            context = replace(state.context(preview=True), drafts={story.id: known}, only=only)
            source = context.source(known, context.decisions(known))
            if source.set_aside or source.gone(context.now):
                return Suggestions(story.body, ())
            taken = (*(link.anchor for link in story.links if link.anchor), *headings)
            asked = DraftQuestion(num=known.num, story=story, source=source, taken=taken, only=only)
            steering = context.steering.at(context.now)
            return self._suggester.suggest(asked, most, rules=context.rules, steering=steering)
