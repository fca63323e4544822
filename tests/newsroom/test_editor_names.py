"""Whoever does something gives a name on one line: names stand on pages, in logs and in files."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from recommender.errors import EditError
from recommender.newsroom import Newsroom
from recommender.newsroom.bulk import BulkKind, BulkPlan
from recommender.newsroom.editor_names import LONGEST_NAME, check_name


def pinned(room: Newsroom) -> int:
    """Return the number of an act that stands."""
    return room.pin("flood3", "vote1", 1, "sports-desk").event or room.history("flood3")[-1].num


ACTS: dict[str, Callable[[Newsroom, str], object]] = {
    "pin": lambda room, by: room.pin("flood0", "vote1", 1, by),
    "exclude": lambda room, by: room.exclude("flood0", "flood3", by),
    "freeze": lambda room, by: room.freeze("flood0", by),
    "undo": lambda room, by: room.undo(pinned(room), by),
    "steer": lambda room, by: room.steer("boost", by, section=["News"]),
    "end a rule": lambda room, by: room.end_steering(
        room.steer("bury", "sports-desk", section=["X"]).num, by
    ),
    "rate": lambda room, by: room.rate("flood0", {"flood3": 2}, by),
    "many": lambda room, by: room.bulk.begin(
        BulkPlan(BulkKind.APPROVE, "2025-01-01", {"flood0": ()}, frozenset()), by
    ),
}


NONE = ("", " ", "a\nb", "a\x00b", "a\u202eb", "n" * (LONGEST_NAME + 1))


@pytest.mark.parametrize("act", ACTS)
def test_nothing_is_done_but_in_a_name(full: Newsroom, act: str) -> None:
    before = full.block("flood0").slots
    for by in NONE:
        with pytest.raises(EditError, match="editor"):
            ACTS[act](full, by)
    assert (full.block("flood0").slots, full.history("flood0")) == (before, [])
    ACTS[act](full, "রাতের ডেস্ক (wire)")
    check_name("n" * LONGEST_NAME)
