"""The engine as a system under test: the product's own candidates, features and ranking."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from recommender.evaluation.case import Case
from recommender.evaluation.metrics import BLOCK, DEPTH
from recommender.query import Recommender
from recommender.ranking import diversity, features
from recommender.ranking.calibration import REACH, WITNESSES, standing
from recommender.ranking.history import LinkGraph
from recommender.ranking.model import LinearModel
from recommender.ranking.pool import Nums, Pool
from recommender.ranking.training import Question


class Ours:
    """The engine on a case whose stories are all in its archive. Calling it ranks them.

    Parameters
    ----------
    case : Case
        The stories.
    recommender : Recommender
        Its archive holds exactly these, without a single link.
    model : LinearModel, optional
        Other weights than those of the recommender.
    history : bool
        Whether the links of earlier stories may be read, as of the time of the story that is asked about.
    strength : float
        How much variety counts in the block (see `diversity.events`).
    """

    def __init__(
        self,
        case: Case,
        recommender: Recommender,
        model: LinearModel | None = None,
        *,
        history: bool = False,
        strength: float = diversity.STRENGTH,
    ) -> None:
        self.strength = strength
        self.case, self.recommender, self.model = case, recommender, model or recommender.model
        self.view = recommender.archive.catch_up()
        nums = recommender.archive.catalog.nums_of([story.id for story in case.stories])
        self._nums = np.array([nums[story.id] for story in case.stories], np.int64)
        self._place = np.full(self._nums.max() + 1, -1)
        self._place[self._nums] = np.arange(len(self._nums))
        self._now = int(case.published.max()) + 1
        self._links = self._graph() if history else None

    def candidates(self, story: int, past_only: bool = True) -> NDArray[np.int64]:
        """Return which stories enter the ranking, in no order."""
        return self._place[self._proposed(story, past_only)]

    def __call__(self, story: int, past_only: bool = True) -> NDArray[np.int64]:
        """Return the `DEPTH` best stories, best first."""
        return self._ranked(story, self._proposed(story, past_only))

    def of_all(self, story: int) -> NDArray[np.int64]:
        """Return the `DEPTH` best when every earlier story is scored: what the choice of candidates costs."""
        return self._ranked(story, self._nums[self.case.earlier(story)])

    def question(self, story: int, hidden: frozenset[int] = frozenset()) -> Question:
        """Return a query's candidates but the ``hidden`` stories, and which of them its writer linked."""
        nums = self._proposed(story, past_only=True)
        nums = nums[~np.isin(self._place[nums], list(hidden))]
        return Question.of(self._pool(story, nums), self._nums[list(self.case.relevant[story])])

    def standings(self, stories: Iterable[int]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Return how far the best candidates of stories stand out, and which are linked: what calibrates.

        Stories without a link are among them, or any slot would seem likelier than it is; those with a long
        list of links are passed over.
        """
        found: list[NDArray[np.float64]] = [np.zeros(0)]
        linked: list[NDArray[np.bool_]] = [np.zeros(0, np.bool_)]
        for story in stories:
            nums = self._proposed(story, past_only=True)
            if story in self.case.lists or len(nums) < WITNESSES:
                continue
            scores = self.model.scores(features.matrix(self._pool(story, nums), self.model.features))
            best = np.argsort(-scores, kind="stable")[:REACH]
            found.append(standing(scores)[best])
            right = self.case.relevant.get(story, frozenset())
            linked.append(np.isin(self._place[nums[best]], list(right)))
        return np.concatenate(found), np.concatenate(linked)

    def _graph(self) -> LinkGraph:
        # In the two files a link has no time of its own: it was set when its story was published.
        sources, targets = self.case.links.T
        return LinkGraph(
            self.view.store, self._nums[sources], self._nums[targets], self.case.published[sources]
        )

    def _pool(self, story: int, nums: Nums) -> Pool:
        if self.view.hybrid is None:
            raise RuntimeError("an archive of no stories has no questions")
        source = self.view.store.item(int(self._nums[story]))
        return Pool(source, nums, self.view.store, self.view.hybrid, self._links)

    def _proposed(self, story: int, past_only: bool) -> Nums:
        num = int(self._nums[story])
        before = int(self.case.published[story]) if past_only else None
        return self.recommender.propose(self.view, self.view.store.item(num), self._now, before, without=num)

    def _ranked(self, story: int, nums: Nums) -> NDArray[np.int64]:
        if not len(nums):
            return np.zeros(0, np.int64)
        pool = self._pool(story, nums)
        scores = self.model.scores(features.matrix(pool, self.model.features))
        return self._place[nums[diversity.diverse(pool, scores, BLOCK, self.strength)[:DEPTH]]]


def candidate_recall(ours: Ours, queries: Sequence[int]) -> float:
    """Return the mean share of a query's links that are among its candidates."""
    relevant = ours.case.relevant
    found = [len(relevant[query].intersection(ours.candidates(query).tolist())) for query in queries]
    return float(np.mean([hits / len(relevant[query]) for hits, query in zip(found, queries, strict=True)]))
