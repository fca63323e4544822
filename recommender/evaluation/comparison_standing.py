"""What a comparison of two settings is told as, outside: with what its clicks tell. Knows no archive."""

from __future__ import annotations

from dataclasses import asdict

from recommender.evaluation.sequential import standing
from recommender.newsroom.comparing import ComparisonEntry


def told(entry: ComparisonEntry) -> dict[str, object]:
    """Return a comparison as JSON objects, with what its clicks tell."""
    found = standing(entry.wins, entry.losses)
    return entry.to_dict() | asdict(found) | {"verdict": found.verdict.value}
