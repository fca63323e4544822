"""Small sources of several kinds."""

from __future__ import annotations

from pathlib import Path

import pyarrow as arrow
from pyarrow import parquet
from wxr import END, HEAD, item

_TEXT = "The {name} council voted on part {number} of the harbour plan, and asked for {number} more surveys."


def wxr_of(count: int) -> str:
    """Return an export of WordPress with so many posts."""
    posts = (
        item(
            number,
            headline=f"Harbour plan, part {number}",
            deck="A vote",
            body=f"<p>{_TEXT.format(name='town', number=number)}</p>",
            link=f"https://news.example/w{number}",
            guid=f"w-{number}",
            time="2024-03-01 10:00:00",
        )
        for number in range(1, count + 1)
    )
    return f"{HEAD}{''.join(posts)}{END}"


def parquet_of(count: int, path: Path) -> None:
    """Write a table with so many rows."""
    numbers = range(count)
    table = {
        "guid": [f"p-{number}" for number in numbers],
        "title": [f"Survey {number} of the shore" for number in numbers],
        "body": [_TEXT.format(name="county", number=number) for number in numbers],
        "date": ["2024-04-01T08:00:00Z" for _ in numbers],
        "url": [f"https://news.example/p{number}" for number in numbers],
    }
    parquet.write_table(arrow.table(table), path)
