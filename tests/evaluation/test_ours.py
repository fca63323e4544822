"""No ranking reads the links of the story that it is for; what is said of a slot is what the curve says."""

from __future__ import annotations

import weakref
from dataclasses import replace

import numpy as np
import pytest

from recommender.engine.engine import Engine
from recommender.evaluation.case import Case
from recommender.evaluation.ours import Ours
from recommender.ranking.calibration import WITNESSES
from recommender.ranking.model import HAND_SET
from recommender.ranking.pool import Nums, Pool

QUERIES = (20, 41, 60, 95)


@pytest.mark.parametrize("query", QUERIES)
def test_a_story_is_ranked_as_if_its_own_links_were_not(
    query: int, case: Case, engine: Engine, history: Ours
) -> None:
    others = replace(case, links=case.links[case.links[:, 0] != query], weights=None)
    without = Ours(others, engine, history=True)
    assert len(others.links) < len(case.links)
    np.testing.assert_array_equal(without(query), history(query))
    np.testing.assert_array_equal(
        without.contributions(without.pool(query)), history.contributions(history.pool(query))
    )


def test_earlier_links_are_read(case: Case, ours: Ours, history: Ours) -> None:
    assert any((ours(query)[:5] != history(query)[:5]).any() for query in QUERIES)
    nothing = Ours(replace(case, links=case.links[:0], weights=None), ours.engine, history=True)
    for query in QUERIES:
        np.testing.assert_array_equal(nothing(query), ours(query))


def test_the_block_is_the_head_of_the_answer(history: Ours) -> None:
    for query in QUERIES:
        found, block = history.answer(query), history.block(query)
        np.testing.assert_array_equal(found.order, history(query))
        assert found.order[: len(block)].tolist() == [shown.story for shown in block]
        assert found.said is not None
        assert found.said.tolist() == [shown.score for shown in block]


def test_of_few_candidates_nothing_is_said(ours: Ours) -> None:
    assert ours.answer(WITNESSES - 1).said is None
    assert ours.answer(WITNESSES).said is not None


def test_of_other_weights_nothing_is_said(case: Case, engine: Engine) -> None:
    assert Ours(case, engine, HAND_SET).answer(60).said is None


def test_the_first_story_has_an_empty_answer(ours: Ours) -> None:
    assert len(ours.answer(0).order) == len(ours.block(0)) == 0


def test_no_pool_outlives_its_answer(case: Case, engine: Engine) -> None:
    class Watched(Ours):
        pools: list[weakref.ref[Pool]]

        def _pool(self, story: int, nums: Nums) -> Pool:
            pool = super()._pool(story, nums)
            self.pools.append(weakref.ref(pool))
            return pool

    watched = Watched(case, engine, history=True)
    watched.pools = []
    for query in QUERIES:
        for ask in (watched, watched.answer, watched.block, watched.question):
            ask(query)
    assert len(watched.pools) == 4 * len(QUERIES)
    assert all(pool() is None for pool in watched.pools)
