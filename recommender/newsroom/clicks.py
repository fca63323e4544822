"""Clicks of a newsroom: those that were measured elsewhere come in, and what was counted of late is told."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from recommender.catalog.clicks import ClickRow, ClicksTable, SlotClicks
from recommender.newsroom.newsroom import Newsroom

DAYS = 28
"""Of counts that are told: four weeks hold each weekday alike."""


def take(newsroom: Newsroom, rows: Sequence[ClickRow]) -> int:
    """Keep counts in the place of those of their days and slots; return how many are of held stories.

    Stories may be named by their addresses; of lines on one slot and day the last counts.
    """
    names = {name: newsroom.id_of(name) for row in rows for name in (row.source, row.target)}
    named = [row._replace(source=names[row.source], target=names[row.target]) for row in rows]
    return ClicksTable(newsroom.archive.catalog).add(named, replacing=True)


def of_late(newsroom: Newsroom, days: int = DAYS) -> list[SlotClicks]:
    """Return what was counted in so many days up to today, in the zone of the archive."""
    today = datetime.fromtimestamp(newsroom.engine.clock(), newsroom.settings.timezone or UTC).date()
    return ClicksTable(newsroom.archive.catalog).since((today - timedelta(days - 1)).isoformat())
