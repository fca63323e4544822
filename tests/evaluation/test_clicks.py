"""What clicks tell: shares with intervals, and how much a place is looked at whatever stands there."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.catalog.clicks import SlotClicks
from recommender.evaluation.clicks import position_looks, report, wilson

LOOKS = {1: 1.0, 2: 0.6, 3: 0.3}


def reader_clicks(rng: np.random.Generator, swaps: bool) -> list[SlotClicks]:
    """Return clicks of readers who look at lower places less; background, twice as good, stands lower."""
    rows = []
    for page in range(60):
        for place in LOOKS:
            role, good = ("background", 0.2) if place > 1 else ("update", 0.1)
            for position in {place, place % 3 + 1} if swaps else {place}:
                shown = 1000
                clicked = int(rng.binomial(shown, good * LOOKS[position]))
                rows.append(SlotClicks(f"s{page}", f"t{place}", position, shown, clicked, role, "[]"))
    return rows


def test_how_much_a_place_is_looked_at_is_found_where_stories_moved() -> None:
    rows = reader_clicks(np.random.default_rng(0), swaps=True)
    assert position_looks(rows) == pytest.approx(LOOKS, rel=0.05)
    told = {rate.name: rate for rate in report(rows).roles}
    assert told["background"].corrected == pytest.approx(0.2, rel=0.05)
    assert told["update"].corrected == pytest.approx(0.1, rel=0.05)


def test_where_no_story_moved_nothing_is_corrected() -> None:
    rows = reader_clicks(np.random.default_rng(0), swaps=False)
    assert position_looks(rows) == {1: 1.0}
    told = {rate.name: rate for rate in report(rows).roles}
    assert told["background"].corrected is None
    assert told["update"].corrected == pytest.approx(told["update"].share)
    assert [rate.name for rate in report(rows).positions] == ["1", "2", "3"]


@given(st.integers(0, 10_000), st.integers(1, 10_000))
def test_an_interval_holds_its_share(clicked: int, shown: int) -> None:
    share = min(clicked, shown) / shown
    low, high = wilson(min(clicked, shown), shown)
    assert 0 <= low <= share + 1e-12
    assert share - 1e-12 <= high <= 1


def test_reasons_are_told_by_kind() -> None:
    said = msgspec.json.encode(["On ferries", "Both name Bhola and Dhaka", "Also by the night desk"]).decode()
    told = report([SlotClicks("a", "b", 1, 10, 1, "update", said), SlotClicks("a", "c", 9, 10, 1, "", "")])
    assert [(rate.name, rate.shown) for rate in told.reasons] == [
        ("both name", 10),
        ("by the same author", 10),
    ]
    assert [rate.shown for rate in told.positions] == [10, 10]
    assert report([]).positions == []
