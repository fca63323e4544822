"""Links to set in a draft's text, by the newsroom's exclusions and rules. Writes nothing."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property

from recommender.engine.question import slots_of
from recommender.engine.requested_filters import EVERYTHING, AnswerFilter
from recommender.newsroom.drafts import Draft, DraftProposals, ReadDraft, read_draft
from recommender.newsroom.dry_run import DryRun, rehearsed
from recommender.newsroom.layout import CachedStory
from recommender.newsroom.state import NewsroomState
from recommender.suggestions import LINKS
from recommender.suggestions.answer import Suggestions
from recommender.suggestions.suggester import DraftQuestion, Suggester
from recommender.suggestions.weights import SuggestionWeights


class LinkSuggestions:
    """Proposes links for drafts of one newsroom, and their blocks beside them. Threads share one."""

    def __init__(
        self, state: NewsroomState, dry_run: DryRun, weights: SuggestionWeights | None = None
    ) -> None:
        self._state, self._dry_run, self._weights = state, dry_run, weights

    @cached_property
    def _suggester(self) -> Suggester:
        return Suggester(self._state.engine, self._weights)

    def read_anchors(self) -> None:
        """Read the words of all links, for which the first draft would have to wait."""
        self._suggester.read_anchors()

    def suggest(self, draft: Draft, k: int = LINKS, *, only: AnswerFilter = EVERYTHING) -> Suggestions:
        """Return the links that should be set in a draft's text; see `Newsroom.suggest`."""
        most, read = slots_of(k), read_draft(draft, self._state.settings, self._state.engine.clock())
        self._suggester.read_anchors()
        with rehearsed(self._state.archive, read.story) as known:
            return self._links(read, known, most, only)

    def propose(self, draft: Draft) -> DraftProposals:
        """Return a draft's block and its links, read and embedded once; see `Newsroom.propose`."""
        state = self._state
        read = read_draft(draft, state.settings, state.engine.clock(), needs_body=False)
        self._suggester.read_anchors()
        with rehearsed(state.archive, read.story) as known:
            block = self._dry_run.block_as(known, None, EVERYTHING)
            links = self._links(read, known, LINKS, EVERYTHING)
        return DraftProposals(read.story, block, links)

    def _links(self, read: ReadDraft, known: CachedStory, most: int, only: AnswerFilter) -> Suggestions:
        drafts = {read.story.id: known}
        context = replace(self._state.context(preview=True), drafts=drafts, only=only)
        source = context.source(known, context.decisions(known))
        if source.set_aside or source.gone(context.now):
            return Suggestions(read.story.body, ())
        asked = DraftQuestion(
            num=known.num, story=read.story, source=source, headings=read.headings, only=only
        )
        steering = context.steering.at(context.now)
        return self._suggester.suggest(asked, most, rules=context.rules, steering=steering)
