"""Tables and times as commands print them. Knows nothing of what stands in them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from rich.table import Table
from rich.text import Text

from recommender.cli.app import out
from recommender.story.timestamps import format_time

_LAST_TIME = 253_402_300_799  # the last second of 9999: an earlier version kept what it was told


def shown_time(at: int) -> str:
    """Return a time in epoch seconds as RFC 3339."""
    return format_time(datetime.fromtimestamp(min(at, _LAST_TIME), UTC))


def say_table(rows: Sequence[Mapping[str, object]], empty: str) -> None:
    """Print rows as a table, or what to say where there are none."""
    if not rows:
        out.print(empty)
        return
    table = Table(box=None)
    for name in rows[0]:
        table.add_column(name)
    for row in rows:
        table.add_row(*(Text(_cell(value)) for value in row.values()))
    out.print(table)


def _cell(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return "" if value is None else str(value)
