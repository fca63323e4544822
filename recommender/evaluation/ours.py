"""The engine as a system under test: the product's own candidates, features and ranking."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from recommender.engine.engine import Engine
from recommender.engine.search_scope import Scope
from recommender.evaluation.beliefs import Beliefs
from recommender.evaluation.case import Case
from recommender.evaluation.metrics import BLOCK, DEPTH
from recommender.ranking import diversity, features
from recommender.ranking.calibration import REACH, WITNESSES, standing
from recommender.ranking.candidates import united
from recommender.ranking.link_history import LinkGraph
from recommender.ranking.model import LinearModel, usual
from recommender.ranking.pool import Floats, Nums, Pool
from recommender.ranking.probability import ProbabilityModel
from recommender.ranking.training import LabelledQuestion, teachable


@dataclass(frozen=True, eq=False)
class SystemAnswer:
    """What a system says of a story.

    Attributes
    ----------
    order : (m,) int64
        Stories, best first.
    said : (k,) float64 or None
        How probable a link to each story of the block is said to be; None where nothing is.
    """

    order: Nums
    said: NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """One slot of a block.

    Attributes
    ----------
    story : int
    score : float
        How probable the link is, where the ranker is calibrated; else its score.
    signals : mapping of str to float
        What each feature added to its score beyond what is usual in the pool.
    """

    story: int
    score: float
    signals: Mapping[str, float] = field(hash=False)


class Ours:
    """The engine on a case whose stories are all in its archive. Calling it ranks them.

    Parameters
    ----------
    case : Case
        The stories.
    engine : Engine
        Its archive holds exactly these, without a single link.
    model : LinearModel, optional
        Other weights than those of the engine.
    history : bool
        Whether the links of earlier stories may be read, as of the time of the story that is asked about.
    strength : float
        How much variety counts in the block (see `diversity.events`).
    learns : bool
        Whether the links are believed as far as they had told later ones until then, as a running archive
        finds out; every question is looked at for that once.

    Attributes
    ----------
    nums : (n,) int64
        The archive's num of each story of the case.
    place : (m,) int64
        The other way round; -1 for a num that is none of them.
    now : int
        Epoch seconds, after all of them.
    links : LinkGraph or None
        The links that may be read.
    """

    def __init__(
        self,
        case: Case,
        engine: Engine,
        model: LinearModel | None = None,
        *,
        history: bool = False,
        strength: float = diversity.STRENGTH,
        learns: bool = False,
    ) -> None:
        self.case, self.engine, self.model = case, engine, model or engine.model
        self.strength, self._learns = strength, learns and teachable(self.model)
        # What a score means is known of the engine's own weights only.
        self.ranker = engine.ranker if model is None else None
        self.view = engine.archive.catch_up()
        nums = engine.archive.catalog.nums_of([story.id for story in case.stories])
        self.nums = np.array([nums[story.id] for story in case.stories], np.int64)
        self.place = np.full(self.nums.max() + 1, -1)
        self.place[self.nums] = np.arange(len(self.nums))
        self.now = int(case.published.max()) + 1
        self.links = self._graph() if history else None

    def candidates(self, story: int, past_only: bool = True) -> NDArray[np.int64]:
        """Return which stories enter the ranking, in no order."""
        return self.place[self._proposed(story, past_only)]

    def __call__(self, story: int, past_only: bool = True) -> NDArray[np.int64]:
        """Return the `DEPTH` best stories, best first."""
        return self._ranked(self._pool(story, self._proposed(story, past_only)))

    def among(self, story: int, stories: Nums) -> NDArray[np.int64]:
        """Return the `DEPTH` best of other candidates than the engine proposes."""
        first = self._proposed(story, past_only=True)  # what is usual among candidates is told by these
        nums = self.nums[stories]
        return self._ranked(self._pool(story, united(first[np.isin(first, nums)], nums)))

    def answer(self, story: int) -> SystemAnswer:
        """Return the `DEPTH` best of the earlier stories, and how probable each slot is said to be."""
        pool = self.pool(story)
        scores = self.contributions(pool).sum(axis=1)
        order = self.order(pool, scores)
        if self.ranker is None or self.ranker.calibration is None or len(pool) < WITNESSES:
            return SystemAnswer(order)
        worth = ProbabilityModel(self.ranker, pool, scores)
        best = [event.best for event in diversity.events(pool, scores, BLOCK, self.strength)]
        return SystemAnswer(order, worth.scores(np.array(best, np.int64)))

    def block(self, story: int) -> list[Shown]:
        """Return a story's block with what speaks for each slot."""
        pool = self.pool(story)
        parts = self.contributions(pool)
        scores = parts.sum(axis=1)
        if not len(pool):
            return []
        worth = None if self.ranker is None else ProbabilityModel(self.ranker, pool, scores)
        events, expected = diversity.events(pool, scores, BLOCK, self.strength), usual(parts)
        best = np.array([event.best for event in events], np.int64)
        said = (scores[best] if worth is None else worth.scores(best)).tolist()
        return [
            Shown(
                int(self.place[pool.nums[event.shown]]),
                score,
                dict(zip(self.model.features, (parts[event.best] - expected).tolist(), strict=True)),
            )
            for event, score in zip(events, said, strict=True)
        ]

    # The parts of one answer

    def pool(self, story: int) -> Pool:
        """Return what the engine scores for a story: earlier stories, with what it knows of each."""
        return self._pool(story, self._proposed(story, past_only=True))

    def contributions(self, pool: Pool) -> Floats:
        """Return what each feature adds to each candidate's score, (n, F)."""
        if not len(pool):
            return np.zeros((0, len(self.model.features)), np.float32)
        model = self.beliefs.at(self.model, pool.source.published) if self._learns else self.model
        return model.contributions(features.matrix(pool, model.features), pool.known_links)

    @cached_property
    def beliefs(self) -> Beliefs:
        """How far the links were to be believed, day by day."""
        by_time = sorted(self.case.relevant, key=lambda query: (self.case.published[query], query))
        asked = ((int(self.case.published[query]), self.question(query)) for query in by_time)
        return Beliefs.of(asked, self.model)

    def order(self, pool: Pool, scores: Floats) -> NDArray[np.int64]:
        """Return the `DEPTH` best stories of a pool by these scores (n,), best first."""
        if not len(pool):
            return np.zeros(0, np.int64)
        return self.place[pool.nums[diversity.diverse(pool, scores, BLOCK, self.strength)[:DEPTH]]]

    def question(self, story: int, hidden: frozenset[int] = frozenset()) -> LabelledQuestion:
        """Return a query's candidates but the ``hidden`` stories, and which of them its writer linked."""
        nums = self._proposed(story, past_only=True)
        nums = nums[~np.isin(self.place[nums], list(hidden))]
        return LabelledQuestion.of(self._pool(story, nums), self.nums[list(self.case.relevant[story])])

    def standings(
        self, stories: Iterable[int], models: Sequence[LinearModel]
    ) -> list[tuple[NDArray[np.float64], NDArray[np.bool_]]]:
        """Return how far the best candidates of stories stand out, and which are linked: what calibrates.

        Stories without a link are among them, or any slot would seem likelier than it is; those with a long
        list of links are passed over.

        Parameters
        ----------
        stories : iterable of int
        models : sequence of LinearModel
            Each is told of by itself; all have the same features.
        """
        names = models[0].features
        found: list[list[NDArray[np.float64]]] = [[np.zeros(0)] for _ in models]
        linked: list[list[NDArray[np.bool_]]] = [[np.zeros(0, np.bool_)] for _ in models]
        for story in stories:
            nums = self._proposed(story, past_only=True)
            if story in self.case.lists or len(nums) < WITNESSES:
                continue
            pool = self._pool(story, nums)
            right, rows = self.case.relevant.get(story, frozenset()), features.matrix(pool, names)
            for model, standings, hits in zip(models, found, linked, strict=True):
                scores = model.scores(rows, pool.known_links)
                best = np.argsort(-scores, kind="stable")[:REACH]
                standings.append(standing(scores)[best])
                hits.append(np.isin(self.place[nums[best]], list(right)))
        return [
            (np.concatenate(each), np.concatenate(hits)) for each, hits in zip(found, linked, strict=True)
        ]

    def _graph(self) -> LinkGraph:
        # In the two files a link has no time of its own: it was set when its story was published.
        sources, targets = self.case.links.T
        return LinkGraph(
            self.view.store,
            self.nums[sources],
            self.nums[targets],
            self.case.published[sources],
            self.case.weights,
        )

    def _pool(self, story: int, nums: Nums) -> Pool:
        view = self.view
        if view.hybrid is None:
            raise RuntimeError("an archive of no stories has no questions")
        source = view.store.item(int(self.nums[story]))
        encoder = self.engine.archive.encoder
        return Pool(source, nums, view.store, view.hybrid, self.links, lengths=view.lengths, encoder=encoder)

    def _proposed(self, story: int, past_only: bool) -> Nums:
        num = int(self.nums[story])
        before = int(self.case.published[story]) if past_only else None
        source, scope = self.view.store.item(num), Scope.at(self.now, before, [num])
        (nums,) = self.engine.retriever.propose(self.view, [source], [scope])
        return nums

    def _ranked(self, pool: Pool) -> NDArray[np.int64]:
        return self.order(pool, self.contributions(pool).sum(axis=1))
