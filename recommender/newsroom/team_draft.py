"""One block out of two: each slot is drafted by one of two teams, the settings that hold and those compared.

Team-draft interleaving (Radlinski, Kurup and Joachims, CIKM 2008): in each round a coin says who picks first,
and each team picks the best story of its own block that is not taken. The coins of a story are thrown anew
each day, and the same in every process. Knows no catalog and no click.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from recommender.catalog.block_records import SlotRow
from recommender.catalog.comparisons import NOW, TRIED
from recommender.settings import Settings

DAYS = 14
"""How old a story may be whose block takes part: older pages are looked at too seldom to be drafted daily."""


@dataclass(frozen=True)
class Comparison:
    """A comparison that runs: its number, the settings that are tried, and the zone of its days."""

    num: int
    tried: Settings
    zone: tzinfo

    def takes_part(self, published: int, now: int) -> bool:
        """Return whether the block of a story is drafted by two."""
        return published >= now - DAYS * 86_400

    def day(self, now: int) -> str:
        """Return the day of a moment."""
        return datetime.fromtimestamp(now, self.zone).date().isoformat()

    def ends(self, now: int) -> int:
        """Return when the day of a moment is over, epoch seconds: the coins are thrown anew."""
        today = datetime.fromtimestamp(now, self.zone)
        tomorrow = (today + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        return int(tomorrow.timestamp())

    def coins(self, id: str, now: int) -> Callable[[int], bool]:
        """Return the coins of a story's block today: whether what is tried picks first in a round."""
        of = f"{self.num} {self.day(now)} {id}".encode()
        thrown = int.from_bytes(hashlib.blake2b(of, digest_size=32).digest())
        return lambda round: bool(thrown >> (round % 256) & 1)


def drafted(
    held: Sequence[SlotRow], tried: Sequence[SlotRow], coins: Callable[[int], bool]
) -> tuple[list[SlotRow], Mapping[str, str]]:
    """Return the slots that two teams draft, and who drafted each, by the id of what is shown there.

    What is left once a team has no more to pick is of no team: the longer block would win by its length.

    Parameters
    ----------
    held, tried : sequence of SlotRow
        The block of each team, best first.
    coins : callable
        Returns whether what is tried picks first in a round, from 0.
    """
    left = {NOW: list(held), TRIED: list(tried)}
    found: list[SlotRow] = []
    teams: dict[str, str] = {}
    taken: set[str] = set()

    def first(team: str) -> SlotRow | None:
        while left[team] and not taken.isdisjoint((left[team][0].target, *left[team][0].timeline)):
            left[team].pop(0)
        return left[team][0] if left[team] else None

    round, both = 0, True
    while any(map(first, (NOW, TRIED))):
        for team in (TRIED, NOW) if coins(round) else (NOW, TRIED):
            both = both and first(NOW) is not None and first(TRIED) is not None
            if (pick := first(team)) is not None:
                found.append(pick)
                taken.update((pick.target, *pick.timeline))
                if both:
                    teams[pick.target] = team
        round += 1
    return found, teams
