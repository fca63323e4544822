"""Which stories are clicked more than their places explain, and whether that foretells the newest clicks.

Arrays only. All is said given how many clicks a page had on a day: which of its slots they fell on. So a page
that is clicked more than others lends nothing to the stories on it, as it lends nothing to their order. How
much a place is looked at is taken from stories that stood at several (`evaluation.clicks`).

A story's appeal is shrunk as by a gamma prior whose variance is that of all stories (empirical Bayes, by
moments): few clicks say little, and where stories differ by no more than chance, all have none. Its strength
is chosen on later clicks than it was learned from, and tried on later ones still, by the bets of `guard`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.catalog.clicks import MOST_POSITION, Counts, SlotClicks
from recommender.evaluation import guard
from recommender.evaluation.clicks import position_looks

LEAST_CLICKS = 200
"""Fewer say nothing: a quarter of them has to tell more than chance."""

LEARNED, CHOSEN = 0.5, 0.75
"""Shares of the clicks, the oldest: what appeal is learned from, and up to where its strength is chosen."""

STRENGTHS = (0.25, 0.5, 0.75, 1.0)
MOST_APPEAL = 1.0
"""No story is said to be clicked more than e times as often as others, or less."""

LEAST_APPEAL = 0.02  # below it no order changes
ROUNDS = 10
"""Each takes into account how much the stories beside are clicked: the MM algorithm of the model of Plackett
and Luce (Hunter 2004), near its end by then."""

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Slots:
    """Slots of pages on days, each (n,), of such as had a click.

    Attributes
    ----------
    page : ints
        Which page on which day, from 0 without gaps.
    target : ints
        The num of the story.
    looked : floats
        How often the slot was looked at, as if all stood first.
    clicked : floats
    """

    page: Ints
    target: Ints
    looked: Floats
    clicked: Floats

    @property
    def page_clicks(self) -> Floats:
        """How often each page was clicked, (p,)."""
        return np.asarray(np.bincount(self.page, self.clicked), np.float64)

    @property
    def shares(self) -> Floats:
        """Which share of its page's clicks each slot would have by its place alone, (n,)."""
        return np.asarray(self.looked / np.bincount(self.page, self.looked)[self.page])


@dataclass(frozen=True)
class ClickTrial:
    """What came of it: all clicks, the appeal by num, the strength that was tried, the gain a click."""

    clicks: int
    appeal: Mapping[int, float]
    strength: float = 0.0
    gain: float = 0.0
    won: bool = False
    problem: str = ""


def tried(rows: Counts) -> ClickTrial:
    """Learn appeal from clicks, and try it on the newest quarter; what won is learned from all of them."""
    clicks = int(rows["clicked"].sum())
    if clicks < LEAST_CLICKS:
        return ClickTrial(clicks, {}, problem=f"{clicks:,} clicks are too few: {LEAST_CLICKS} are needed")
    days, day = np.unique(rows["day"], return_inverse=True)
    upto = np.cumsum(np.bincount(day, rows["clicked"], len(days))) / clicks
    early, older = (upto <= share for share in (LEARNED, CHOSEN))
    looks = position_looks(_by_slot(rows[older[day]]))
    if len(looks) < 2:
        problem = "too few stories stood at two places of one page, so that looks are not known from appeal"
        return ClickTrial(clicks, {}, problem=problem)
    first, middle, newest = (slots_of(rows[part[day]], looks) for part in (early, older & ~early, ~older))
    if not (strength := best_strength(middle, appeal_of(first))):
        return ClickTrial(clicks, {})
    ratios = ratios_of(newest, appeal_of(slots_of(rows[older[day]], looks)), strength)
    gain = _gain(newest, ratios)
    won = gain > 0 and wins(newest, ratios)
    looks = position_looks(_by_slot(rows))
    return ClickTrial(clicks, appeal_of(slots_of(rows, looks)) if won else {}, strength, gain, won)


def slots_of(rows: Counts, looks: Mapping[int, float]) -> Slots:
    """Return the slots that stood at places of which it is known how much they are looked at."""
    look = np.zeros(MOST_POSITION + 1)
    look[list(looks)] = list(looks.values())
    rows = rows[(look[rows["position"]] > 0) & (rows["shown"] > 0)]
    _, day = np.unique(rows["day"], return_inverse=True)
    key = day * (rows["source"].max(initial=0) + 1) + rows["source"]
    _, page = np.unique(key, return_inverse=True)
    told = np.bincount(page, rows["clicked"])[page] > 0
    _, page = np.unique(page[told], return_inverse=True)
    rows = rows[told]
    looked = rows["shown"] * look[rows["position"]]
    return Slots(page, rows["target"], looked, rows["clicked"].astype(np.float64))


def appeal_of(slots: Slots) -> dict[int, float]:
    """Return each story's appeal by its num, where it is not about 0: a logarithm, shrunk."""
    if not len(slots.page):
        return {}
    clicks, shares = slots.page_clicks[slots.page], slots.shares
    nums, target = np.unique(slots.target, return_inverse=True)
    clicked, usual = np.bincount(target, slots.clicked), np.bincount(target, clicks * shares)
    chance = np.bincount(target, clicks * shares * (1 - shares))  # variance of what is clicked, by chance
    variance = ((clicked - usual) ** 2 - chance).sum() / max((chance**2).sum(), 1e-9)
    if variance <= 0:
        return {}
    times, prior = np.ones(len(nums)), 1 / variance
    for _ in range(ROUNDS):
        whole = np.bincount(slots.page, slots.looked * times[target])[slots.page]
        times = (clicked + prior) / (np.bincount(target, clicks * slots.looked / whole) + prior)
    appeal = np.log(times).clip(-MOST_APPEAL, MOST_APPEAL)
    told = np.abs(appeal) >= LEAST_APPEAL
    return dict(zip(nums[told].tolist(), appeal[told].tolist(), strict=True))


def ratios_of(slots: Slots, appeal: Mapping[int, float], strength: float) -> Floats:
    """Return how many times as probable a click of its page is to fall on each slot as by its place alone."""
    nums, target = np.unique(slots.target, return_inverse=True)
    times = np.exp(strength * np.array([appeal.get(num, 0.0) for num in nums.tolist()]))[target]
    return np.asarray(times / np.bincount(slots.page, slots.shares * times)[slots.page])


def best_strength(slots: Slots, appeal: Mapping[int, float]) -> float:
    """Return the strength by which appeal foretells clicks best; 0 where it does not."""
    gains = {each: _gain(slots, ratios_of(slots, appeal, each)) for each in STRENGTHS}
    best = max(gains, key=gains.__getitem__)
    return best if gains[best] > 0 else 0.0


def wins(slots: Slots, ratios: Floats) -> bool:
    """Return whether clicks are foretold better than by their places, beyond what chance would do.

    Where places alone decide, the mean ratio of a page's clicks is 1 as a rule, whatever was learned and
    however they hang together: who bets on more does not grow rich.
    """
    means = np.bincount(slots.page, slots.clicked * ratios) / slots.page_clicks
    return guard.lost(guard.bet((), 1 - means))


def _gain(slots: Slots, ratios: Floats) -> float:
    """Return by how much the logarithm of a click's probability rises."""
    return float(slots.clicked @ np.log(ratios) / max(slots.clicked.sum(), 1))


def _by_slot(rows: Counts) -> list[SlotClicks]:
    """Return the counts of stories that stood at several places of one page, summed over days."""
    _, pair = np.unique(np.stack([rows["source"], rows["target"]]), axis=1, return_inverse=True)
    slots, slot = np.unique(np.stack([pair.ravel(), rows["position"]]), axis=1, return_inverse=True)
    several = np.bincount(slots[0])[slots[0]] > 1
    sums = (np.bincount(slot.ravel(), rows[name]).astype(int) for name in ("shown", "clicked"))
    shown, clicked = (each[several].tolist() for each in sums)
    pairs, positions = slots[:, several].tolist()
    counts = zip(pairs, positions, shown, clicked, strict=True)
    return [
        SlotClicks("", str(pair), position, seen, taken, "", "") for pair, position, seen, taken in counts
    ]
