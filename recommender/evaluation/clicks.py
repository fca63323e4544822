"""What clicks tell of slots: which share of readers clicked, by position, role and reason. Knows no archive.

Readers look at the first slot more than at the last, whatever stands there. How much more is estimated on
stories that stood at two neighbouring places of the same page: the Mantel-Haenszel ratio of their clicks,
stratified by page and story (Mantel and Haenszel 1959; as an intervention: Agarwal et al., WSDM 2019).
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from recommender.analysis.wording import PLAIN, Wording
from recommender.catalog.clicks import SlotClicks

Z = 1.959964  # of a normal distribution, 95 %
LEAST_BOTH = 20
"""Clicks at two places together, by stories that stood at both, from which their ratio is told."""

_REASONS = {
    "both name": ("Both name {things}", "things"),
    "both speak of": ("Both speak of {things}", "things"),
    "both under a tag": ("Both under {tags}", "tags"),
    "of the same column": ("Of the same column, {column}", "column"),
    "by the same author": ("Also by {author}", "author"),
    "its author linked to it before": ("The author has linked to it before",),
    "stories like this one link to it": ("Stories like this one link to it",),
    "often linked": ("Often linked in earlier stories",),
    "on a similar subject": ("On a similar subject",),
}
"""Kinds of reasons, each as it is told and what is put into it; a slot's first words tell its role."""
_ANY = "\ufffc"  # in the place of what is put into a message


@dataclass(frozen=True, slots=True)
class ClickRate:
    """How often slots of one kind were clicked.

    Attributes
    ----------
    name : str
        The position, the role or the reason.
    shown, clicked : int
        Counts.
    low, high : float
        95 % interval of the share, by Wilson's score.
    corrected : float or None
        The share if all had stood first; None where it is not known how much less their places are looked at.
    """

    name: str
    shown: int
    clicked: int
    low: float
    high: float
    corrected: float | None

    @property
    def share(self) -> float:
        """The share of readers who clicked."""
        return self.clicked / self.shown if self.shown else 0.0


@dataclass(frozen=True, slots=True)
class ClickReport:
    """Shares by position, by role and by reason, each the most shown first; positions in order.

    `looks` is how much a position is looked at beside the first, as far as it is known.
    """

    positions: Sequence[ClickRate]
    roles: Sequence[ClickRate]
    reasons: Sequence[ClickRate]
    looks: Mapping[int, float]


def report(rows: Sequence[SlotClicks], say: Wording = PLAIN) -> ClickReport:
    """Return what was clicked; slots that stand in no block any more count for their positions alone.

    `say` has the words in which reasons were given.
    """
    kinds = _kinds(say)
    looks = position_looks(rows)
    roles = ((row.role, row) for row in rows if row.role)
    reasons = ((reason, row) for row in rows if row.reasons for reason in _reasons(row.reasons, kinds))
    positions = sorted(
        _rates(((str(row.position), row) for row in rows), looks), key=lambda one: int(one.name)
    )
    return ClickReport(positions, _rates(roles, looks), _rates(reasons, looks), looks)


def position_looks(rows: Iterable[SlotClicks]) -> dict[int, float]:
    """Return how much each position is looked at, beside the first, as far as clicks tell."""
    strata: dict[tuple[str, str], dict[int, tuple[int, int]]] = defaultdict(dict)
    for row in rows:
        if row.shown:
            shown, clicked = strata[row.source, row.target].get(row.position, (0, 0))
            strata[row.source, row.target][row.position] = shown + row.shown, clicked + row.clicked
    looks, place = {1: 1.0}, 1
    while (ratio := _ratio(strata.values(), place)) is not None:
        looks[place + 1] = looks[place] * ratio
        place += 1
    return looks


def _ratio(strata: Iterable[Mapping[int, tuple[int, int]]], place: int) -> float | None:
    """Return how much more the next place is looked at than one, by what stood at both; None: not known."""
    above = below = 0.0
    clicks = 0
    for places in strata:
        if place in places and place + 1 in places:
            (shown, clicked), (shown_next, clicked_next) = places[place], places[place + 1]
            above += clicked_next * shown / (shown + shown_next)
            below += clicked * shown_next / (shown + shown_next)
            clicks += clicked + clicked_next
    return above / below if clicks >= LEAST_BOTH and above and below else None


def _rates(named: Iterable[tuple[str, SlotClicks]], looks: Mapping[int, float]) -> list[ClickRate]:
    counts: dict[str, list[SlotClicks]] = defaultdict(list)
    for name, row in named:
        counts[name].append(row)
    rates = [_rate(name, rows, looks) for name, rows in counts.items()]
    return sorted(rates, key=lambda one: (-one.shown, one.name))


def _rate(name: str, rows: Sequence[SlotClicks], looks: Mapping[int, float]) -> ClickRate:
    shown, clicked = sum(row.shown for row in rows), sum(row.clicked for row in rows)
    looked = sum(row.shown * looks.get(row.position, math.nan) for row in rows)
    corrected = None if not looked or math.isnan(looked) else clicked / looked
    return ClickRate(name, shown, clicked, *wilson(clicked, shown), corrected)


def wilson(clicked: int, shown: int) -> tuple[float, float]:
    """Return the 95 % interval of a share by Wilson's score (1927); all of 0 to 1 where nothing was shown."""
    if not shown:
        return 0.0, 1.0
    share, weight = min(clicked / shown, 1.0), Z * Z / shown
    middle = (share + weight / 2) / (1 + weight)
    half = Z / (1 + weight) * math.sqrt(share * (1 - share) / shown + weight / (4 * shown))
    return max(middle - half, 0.0), min(middle + half, 1.0)


def _reasons(text: str, kinds: Mapping[str, re.Pattern[str]]) -> list[str]:
    """Return the kinds of a slot's reasons, which are JSON."""
    said = msgspec.json.decode(text, type=list[str])
    return [kind for kind, pattern in kinds.items() if any(map(pattern.fullmatch, said))]


def _kinds(say: Wording) -> dict[str, re.Pattern[str]]:
    """Return how a reason of each kind reads in the words of a page."""
    return {
        kind: re.compile(".+".join(map(re.escape, say(told, **dict.fromkeys(fields, _ANY)).split(_ANY))))
        for kind, (told, *fields) in _REASONS.items()
    }
