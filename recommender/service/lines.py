"""The lines of a bulk load: how many may be, some at a time, and what became of them. Knows no service."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from recommender.service import problems

LINES_AT_ONCE = 8  # between which others get their turn: some tenths of a second of embedding
MOST_LINES = 20_000  # of one request

Line = tuple[int, bytes]  # its number and what it holds


@dataclass
class LineResults:
    """What became of some lines, as JSON texts, so that thousands take no more room than their bytes."""

    stories: list[bytes] = field(default_factory=list)
    refused: list[bytes] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)


Publish = Callable[[list[Line], LineResults], None]


def counted(raw: bytes) -> int:
    """Return how many lines a body has; raise a 413 `Problem` for more than may be."""
    count = raw.count(b"\n") + 1
    if count > MOST_LINES:
        raise problems.Problem(
            413, "body-too-large", f"the body has more than {MOST_LINES:,} lines; send fewer at once"
        )
    return count


def batched(raw: bytes) -> Iterator[list[Line]]:
    """Yield the lines that hold anything, a few at a time."""
    batch: list[Line] = []
    begin, number = 0, 0
    while begin <= len(raw):
        end = raw.find(b"\n", begin)
        end = len(raw) if end < 0 else end
        number += 1
        if line := raw[begin:end].strip():
            batch.append((number, line))
        begin = end + 1
        if len(batch) == LINES_AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch
