"""Which candidates are chosen for a question: by score, one an event, unlike each other, above the floor.

Knows no link policy and no editor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from index.storage.memory_maps import release_pages
from recommender.analysis.encoded import Encoded
from recommender.archive.archive import Archive
from recommender.archive.view import View
from recommender.engine.question import ChosenStory, Clock
from recommender.engine.retrieval import Retriever
from recommender.engine.search_scope import Scope
from recommender.engine.steering import steered
from recommender.features.feature_store import Store
from recommender.ranking import diversity, features, time_features
from recommender.ranking.appeal import Appeal
from recommender.ranking.diversity import Event, OneEvent
from recommender.ranking.link_history import LinkGraph
from recommender.ranking.model import Scale, Weight, standardised, usual
from recommender.ranking.pool import Floats, Nums, Pool
from recommender.ranking.probability import ProbabilityModel
from recommender.ranking.time_features import DAY
from recommender.ranking.weights import Ranker
from recommender.settings import Settings

ASKED = (Weight("said", 8.0, Scale.NONE), Weight("passage_to_text", 1.0, Scale.DEVIATION))
"""What counts besides where a text is asked about (docs/ranking.md)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What stories are chosen for.

    Attributes
    ----------
    source : Encoded
        A story, or a free text.
    scope : Scope
        What may come up.
    most : int
        How many events are looked at.
    enough : int, optional
        How many are returned at most; all of those by default.
    lifts : callable, optional
        Returns of nums in the store how far the newsroom moves each; see `Steering.lifts`.
    """

    source: Encoded
    scope: Scope
    most: int
    enough: int | None = None
    lifts: Callable[[Store, Nums], Floats | None] | None = None


class Selector:
    """Chooses among the stories of one archive.

    Parameters
    ----------
    archive : Archive
        The stories, and the links between them.
    ranker : callable
        Returns the weights as of now, and what a score is worth by them.
    retriever : Retriever
        Proposes the candidates.
    settings : callable
        Returns the settings as of now.
    clock : callable
        Returns now, epoch seconds.
    appeal : callable
        Returns what readers' clicks add to scores, or None.
    """

    def __init__(
        self,
        archive: Archive,
        ranker: Callable[[], Ranker],
        retriever: Retriever,
        settings: Callable[[], Settings],
        clock: Clock,
        appeal: Callable[[], Appeal | None],
    ) -> None:
        self._archive, self._ranker, self._settings = archive, ranker, settings
        self._retriever, self._clock, self._appeal = retriever, clock, appeal

    def choose(
        self, view: View, searches: Sequence[Search], links: LinkGraph | None = None
    ) -> list[list[ChosenStory]]:
        """Return the stories of each search, best first, without near-copies of its source or of each other.

        Those of another language come last, and where they may at all.

        Parameters
        ----------
        view : View
            Where to look.
        searches : sequence of Search
            Their candidates are looked for together.
        links : LinkGraph, optional
            In place of those of the archive.
        """
        found = self._choose(view, searches, links)
        further = [_elsewhere(search, chosen) for search, chosen in zip(searches, found, strict=True)]
        more = iter(self._choose(view, [each for each in further if each], links))
        return [chosen + (next(more) if each else []) for chosen, each in zip(found, further, strict=True)]

    def _choose(
        self, view: View, searches: Sequence[Search], links: LinkGraph | None
    ) -> list[list[ChosenStory]]:
        if not searches:
            return []
        sources, scopes = [each.source for each in searches], [each.scope for each in searches]
        proposed = self._retriever.propose(view, sources, scopes)
        ranker = self._ranker()  # one for all: the file may change meanwhile
        return [
            self._chosen(view, each, nums, links, ranker)
            for each, nums in zip(searches, proposed, strict=True)
        ]

    def _chosen(
        self, view: View, search: Search, nums: Nums, links: LinkGraph | None, ranker: Ranker
    ) -> list[ChosenStory]:
        release_pages()  # of pages that earlier questions read
        if view.hybrid is None or not len(nums):
            return []
        links, now = links or self._archive.link_graph(), int(self._clock())
        encoder = self._archive.encoder
        declared = self._archive.translations.of(view)
        pool = Pool(search.source, nums, view.store, view.hybrid, links, now, view.lengths, encoder, declared)
        model = ranker.model.with_weights(*ASKED) if search.source.published is None else ranker.model
        matrix = features.matrix(pool, model.features, model.weightless)
        parts = model.contributions(matrix, pool.known_links)
        scores, expected = parts.sum(axis=1), usual(parts)
        worth = ProbabilityModel(ranker, pool, scores)
        floor = search.scope.least if worth.known else -np.inf
        lifts = None if search.lifts is None else search.lifts(view.store, nums)
        order = scores if lifts is None else _moved(scores, lifts, worth, floor)
        found = self._events(pool, order, search.most, lambda places: worth.scores(places) >= floor)
        chosen = (
            ChosenStory(
                num=int(nums[event.shown]),
                score=value.score,
                others=tuple(nums[list(event.others)].tolist()),
                signals=dict(zip(model.features, (parts[event.best] - expected).tolist(), strict=True)),
                related=value.related,
            )
            for event, value in ((event, worth(event.best)) for event in found)
        )
        return list(islice(chosen, search.most if search.enough is None else search.enough))

    def _events(
        self, pool: Pool, order: Floats, most: int, may_show: Callable[[Nums], NDArray[np.bool_]]
    ) -> Iterator[Event]:
        """Yield the events of a pool, the best first, as the settings want them."""
        settings = self._settings()
        if pool.source.published is None:  # a text: who searches by it wants all reports, of whatever day
            return diversity.each_event(pool, order, most, settings.diversity, may_show=may_show)
        one = OneEvent(settings.event_likeness, settings.event_days * DAY)
        if settings.recency:
            order = _by_age(pool, order, settings.recency)
        if (appeal := self._appeal()) is not None:
            order = _by_clicks(pool, order, appeal)
        if settings.recency or appeal is not None or settings.diversity > diversity.STRENGTH:
            most = max(most, diversity.REACH)  # what is too improbable comes forward, and must use up no slot
        return diversity.each_event(pool, order, most, settings.diversity, one, may_show)


def _moved(scores: Floats, lifts: Floats, worth: ProbabilityModel, floor: float) -> Floats:
    """Return the scores as the newsroom moves them: what is not related enough is not put forward."""
    up = np.flatnonzero(lifts > 0)
    lifts[up[worth.scores(up) < floor]] = 0
    return steered(scores, lifts)


def _by_age(pool: Pool, scores: Floats, recency: float) -> Floats:
    """Return the scores with the best of them moved by how near in time each is to the source.

    What is further down is not worth its date.
    """
    best = np.argsort(-scores, kind="stable")[: diversity.REACH]
    lifts = np.zeros(len(scores), np.float32)
    lifts[best] = recency * standardised(time_features.recency(pool)[:, None])[best, 0]
    return steered(scores, lifts)


def _by_clicks(pool: Pool, scores: Floats, appeal: Appeal) -> Floats:
    """Return the scores with the best of them moved by how much readers click each."""
    best = np.argsort(-scores, kind="stable")[: diversity.REACH]
    moved = scores.copy()
    moved[best] += appeal.of(pool.nums[best])
    return moved


def _elsewhere(search: Search, chosen: Sequence[ChosenStory]) -> Search | None:
    """Return the search in other languages for what was left free; None where nothing was, or may be."""
    free = (search.most if search.enough is None else search.enough) - len(chosen)
    if search.scope.elsewhere is None or free <= 0:
        return None
    without = search.scope.without | {num for one in chosen for num in one.versions}
    scope = replace(
        search.scope,
        where=search.scope.elsewhere,
        elsewhere=None,
        without=without,
        drafts=search.scope.drafts_elsewhere,
    )
    return replace(search, scope=scope, enough=free)
