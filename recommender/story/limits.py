"""How much one story may hold. Knows no fields and reads nothing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much one story may hold. Sizes are in characters but for the last two, which are in bytes.

    The numbers are far above what a newsroom writes (the longest of 2,970 seed stories has 104,182
    characters) and below what would let one story starve the others.
    """

    id: int = 512
    url: int = 4_096
    headline: int = 1_000
    deck: int = 10_000
    body: int = 2_000_000
    name: int = 1_000  # one tag, author, section, anchor
    entries: int = 200  # tags, and authors
    links: int = 2_000
    translations: int = 100  # the largest sites have some 60 editions
    depth: int = 32
    earliest_year: int = 1600  # the first newspaper came out in 1605
    days_ahead: int = 366
    extra: int = 100_000
    line: int = 16 * 1024 * 1024


DEFAULT_LIMITS = Limits()
