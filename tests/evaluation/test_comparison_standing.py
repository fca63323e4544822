"""What a comparison is told as: what is kept of it, and what its clicks tell."""

from __future__ import annotations

from datetime import UTC, datetime

from recommender.evaluation.comparison_standing import told
from recommender.newsroom.comparing import ComparisonEntry

ENTRY = ComparisonEntry(
    num=3,
    values={"recency": 0.5},
    by="sports-desk",
    note="",
    at=datetime(2024, 5, 1, tzinfo=UTC),
    ended_by=None,
    ended_at=None,
    wins=260,
    losses=140,
    ties=9,
    clicks=700,
    clicks_now=500,
)


def test_it_is_told_with_its_share_and_verdict() -> None:
    found = told(ENTRY)
    assert ENTRY.to_dict().items() <= found.items()
    assert (found["units"], found["share"], found["verdict"]) == (400, 0.65, "tried")
    assert 0.5 < float(str(found["low"])) < 0.65 < float(str(found["high"]))
