"""What carried a story is told by all that the ranking weighs."""

from __future__ import annotations

from collections import Counter

from recommender.desk.explaining import GROUPS, LABELS
from recommender.ranking.features import FEATURES


def test_every_feature_is_in_one_group_that_has_a_label() -> None:
    named = Counter(feature for features in GROUPS.values() for feature in features)
    assert named == Counter(dict.fromkeys(FEATURES, 1))
    assert set(GROUPS) == set(LABELS)
