"""Names of earlier versions stand for what they stood for, and say what the new one is."""

from __future__ import annotations

import pytest

import recommender.newsroom
from recommender.newsroom import Newsroom

RENAMED = {
    "Act": "EditorAct",
    "ArchivePass": "Rebuild",
    "Event": "EditorEvent",
    "Hand": "EditorDecisions",
    "PassReport": "RebuildReport",
}


@pytest.mark.parametrize("old", RENAMED)
def test_an_earlier_name_is_the_new_one(old: str) -> None:
    with pytest.warns(DeprecationWarning, match=f"{old} is {RENAMED[old]} now"):
        assert getattr(recommender.newsroom, old) is getattr(recommender.newsroom, RENAMED[old])


def test_a_name_that_never_was_is_none() -> None:
    with pytest.raises(AttributeError, match="nothing_like_it"):
        recommender.newsroom.nothing_like_it  # noqa: B018


def test_hand_is_decisions(full: Newsroom) -> None:
    full.pin("flood0", "vote1", 1, "ann")
    with pytest.warns(DeprecationWarning, match="decisions"):
        assert full.hand("flood0") == full.decisions("flood0")
