"""Which stories are worth scoring for a question, of those that may come up: near, new, or of the same words.

Knows no score and no link policy.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from index.filters import Field
from recommender.analysis.encoded import Encoded
from recommender.archive.view import View
from recommender.engine.question import ChosenStory, Clock
from recommender.engine.search_scope import Scope
from recommender.ranking import candidates
from recommender.ranking.pool import Nums
from recommender.settings import Settings


class Retriever:
    """Looks for candidates.

    Parameters
    ----------
    settings : callable
        Returns the settings as of now: how many the ways of looking return.
    clock : callable
        Returns now, epoch seconds.
    """

    def __init__(self, settings: Callable[[], Settings], clock: Clock) -> None:
        self._settings, self._clock = settings, clock

    def propose(self, view: View, sources: Sequence[Encoded], scopes: Sequence[Scope]) -> list[Nums]:
        """Return the candidates of each source, the likeliest first; they are searched for together."""
        near = self._nearest(view, sources, scopes)
        return [
            candidates.in_order(nums, self._besides(view, source, scope))
            for source, scope, nums in zip(sources, scopes, near, strict=True)
        ]

    def _besides(self, view: View, source: Encoded, scope: Scope) -> Nums:
        """Return more candidates: the newest for a story, and those that say its words for a text.

        One vector a story tells what it is about, and not what is said once, late in a transcript.
        """
        if source.published is not None:
            return self._recent(view, source, scope)
        sharing = view.sharing_words(source)
        return scope.first(sharing[scope.passing(view.store, sharing)], candidates.SHARING)

    def _nearest(self, view: View, sources: Sequence[Encoded], scopes: Sequence[Scope]) -> list[Nums]:
        count = self._settings().candidates
        most = count + max((len(scope.without) for scope in scopes), default=0)
        found = view.nearest_of_each(sources, most, [scope.where for scope in scopes])
        return [
            scope.with_drafts(scope.first(nums, count), partial(view.nearness, source))[:count]
            for source, scope, nums in zip(sources, scopes, found, strict=True)
        ]

    def _recent(self, view: View, source: Encoded, scope: Scope) -> Nums:
        count, day, published = self._settings().recent, self._day(source), view.store.column("published")
        found = scope.with_drafts(newest(view, day, count, scope), published.__getitem__)
        return found[published[found] <= day][:count]

    def latest(self, view: View, source: Encoded, count: int, scope: Scope) -> list[ChosenStory]:
        """Return the newest stories of the source's section, for slots that would stay free."""
        of_section = replace(scope, where=scope.where & (Field("section") == source.section))
        found = newest(view, self._day(source), count, of_section)
        return [ChosenStory(int(num), 0.0, fallback=True) for num in found]

    def _day(self, source: Encoded) -> int:
        return int(self._clock()) if source.published is None else source.published


def newest(view: View, before: int, count: int, scope: Scope) -> Nums:
    """Return the newest stories that may come up, published by `before` (epoch seconds), newest first."""
    most = count + len(scope.without)
    found = view.store.recent(before, most, lambda nums: scope.passing(view.store, nums))
    return scope.first(found, count)
