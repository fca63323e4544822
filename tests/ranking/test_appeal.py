"""What clicks add is 0 for all stories but those that they are about."""

from __future__ import annotations

import numpy as np

from recommender.ranking.appeal import Appeal


def test_each_story_has_its_own_and_others_have_none() -> None:
    appeal = Appeal({7: 0.5, 3: -0.25})
    assert appeal.of(np.array([9, 7, 1, 3, 5])).tolist() == [0, 0.5, 0, -0.25, 0]
    assert Appeal({}).of(np.array([1, 2])).tolist() == [0, 0]
    assert appeal.of(np.array([], np.int64)).tolist() == []


def test_the_digest_is_that_of_what_is_added() -> None:
    digests = {Appeal(lifts).digest for lifts in ({1: 0.5}, {2: 0.5}, {1: 0.25}, {})}
    assert len(digests) == 4
    assert Appeal({1: 0.5, 2: 1.0}).digest == Appeal({2: 1.0, 1: 0.5}).digest
