"""The engine as a system under test: the product's own candidates, features and ranking."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from recommender.evaluation.case import Case
from recommender.evaluation.metrics import BLOCK, DEPTH
from recommender.query import Recommender
from recommender.ranking import diversity, features
from recommender.ranking.model import ranked
from recommender.ranking.pool import Nums, Pool


class Ours:
    """The engine on a case whose stories are all in its archive. Calling it ranks them.

    Parameters
    ----------
    case : Case
        The stories.
    recommender : Recommender
        Its archive holds exactly these, without a single link.
    """

    def __init__(self, case: Case, recommender: Recommender) -> None:
        self.case, self.recommender = case, recommender
        self.view = recommender.archive.catch_up()
        nums = recommender.archive.catalog.nums_of([story.id for story in case.stories])
        self._nums = np.array([nums[story.id] for story in case.stories], np.int64)
        self._place = np.full(self._nums.max() + 1, -1)
        self._place[self._nums] = np.arange(len(self._nums))
        self._now = int(case.published.max()) + 1

    def candidates(self, story: int, past_only: bool = True) -> NDArray[np.int64]:
        """Return which stories enter the ranking, in no order."""
        return self._place[self._proposed(story, past_only)]

    def __call__(self, story: int, past_only: bool = True) -> NDArray[np.int64]:
        """Return the `DEPTH` best stories, best first."""
        return self._ranked(story, self._proposed(story, past_only))

    def of_all(self, story: int) -> NDArray[np.int64]:
        """Return the `DEPTH` best when every earlier story is scored: what the choice of candidates costs."""
        return self._ranked(story, self._nums[self.case.earlier(story)])

    def _proposed(self, story: int, past_only: bool) -> Nums:
        num = int(self._nums[story])
        before = int(self.case.published[story]) if past_only else None
        return self.recommender.propose(self.view, self.view.store.item(num), self._now, before, without=num)

    def _ranked(self, story: int, nums: Nums) -> NDArray[np.int64]:
        if self.view.hybrid is None or not len(nums):
            return np.zeros(0, np.int64)
        model = self.recommender.model
        pool = Pool(self.view.store.item(int(self._nums[story])), nums, self.view.store, self.view.hybrid)
        order = ranked(model.scores(features.matrix(pool, model.features)))
        return self._place[nums[diversity.without_copies(pool, order, BLOCK)[:DEPTH]]]


def candidate_recall(ours: Ours, queries: Sequence[int]) -> float:
    """Return the mean share of a query's links that are among its candidates."""
    relevant = ours.case.relevant
    found = [len(relevant[query].intersection(ours.candidates(query).tolist())) for query in queries]
    return float(np.mean([hits / len(relevant[query]) for hits, query in zip(found, queries, strict=True)]))
