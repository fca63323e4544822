"""Which of two teams wins more often, told at each look without being wrong more often. Knows no archive.

A fair coin says who wins each unit where neither is better. The confidence sequence is Robbins' normal
mixture for sub-Gaussian increments: valid at all times at once, however often it is looked at and whenever
one stops (Robbins 1970; Howard, Ramdas, McAuliffe and Sekhon, Annals of Statistics 2021, section 3.2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

ALPHA = 0.05
"""How probable it is at most that the truth is ever outside."""

RHO = 30.0
"""Where the sequence is narrowest: after some hundreds of units (Howard et al. 2021, equation 14)."""


class Verdict(StrEnum):
    """What is known by now."""

    TRIED = "tried"
    NOW = "now"
    OPEN = "open"


WORDS = {
    Verdict.TRIED: "what is tried is better",
    Verdict.NOW: "what holds now is better",
    Verdict.OPEN: "not decided yet",
}
"""The verdicts, as they are told."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How often what is tried won, of all units that one of the two won, with a 95 % confidence sequence."""

    units: int
    wins: int
    share: float
    low: float
    high: float

    @property
    def verdict(self) -> Verdict:
        """Who is better, once that is sure."""
        if self.low > 0.5:
            return Verdict.TRIED
        return Verdict.NOW if self.high < 0.5 else Verdict.OPEN


def standing(wins: int, losses: int) -> Standing:
    """Return what so many units that were won and lost tell; ties tell nothing."""
    units = wins + losses
    if not units:
        return Standing(0, 0, 0.5, 0.0, 1.0)
    # Won or lost is 1 or -1, which has a variance proxy of 1; a share is half as wide.
    half = math.sqrt((units + RHO) * math.log((units + RHO) / (RHO * ALPHA**2))) / units / 2
    share = wins / units
    return Standing(units, wins, share, max(share - half, 0.0), min(share + half, 1.0))
