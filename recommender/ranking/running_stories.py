"""Which stories tell one event as it goes on: each joins, in its turn, what it is most alike. Knows no texts.

Single-pass clustering in order of publication, as in topic detection and tracking (Allan, Papka and Lavrenko
1998): a story that comes later never moves an earlier one, so an event keeps its name as long as it runs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from recommender.ranking.event_pairs import PATIENCE, Nums, Pairs

ALIKE = 0.75
"""Mean likeness, to the nearest reports of an event, from which on a story is a report of it: see
docs/threads.md for what others would do."""

WITNESSES = 3
"""Reports that have to be alike, where an event has so many: else it wanders from one subject to the next."""

FADES = 60 * 24 * 3600
"""Seconds in which a likeness fades to a third: what is alike and far apart is the next event of its kind."""


def running_stories(nums: Nums, published: Nums, languages: NDArray[np.uint32], pairs: Pairs) -> list[Nums]:
    """Return the events that stories tell, each as its nums in order of publication; of one story, too.

    Parameters
    ----------
    nums, published : (n,) int64
        The stories, and when each was published, epoch seconds.
    languages : (n,) uint32
        The languages as which they are read.
    pairs : Pairs
        How alike they are.
    """
    order = np.lexsort((nums, published))
    times, spoken = published[order].tolist(), languages[order].tolist()
    neighbours = _neighbours(nums[order], pairs)
    members: list[list[int]] = []  # of each event, places in the order
    event_of = np.full(len(nums), -1, np.int64)
    for place in range(len(nums)):
        alike = [
            (other, value * float(np.exp((times[other] - times[place]) / FADES)))
            for other, value in neighbours.get(place, ())
            if other < place
        ]
        chosen = _chosen(place, alike, members, event_of, spoken, times)
        if not chosen:
            chosen = [len(members)]
            members.append([])
        first, *others = chosen  # a story and its translation bring two events together
        for other in others:
            members[first] = sorted(members[first] + members[other])
            members[other] = []
        members[first].append(place)
        event_of[members[first]] = first
    return [nums[order[each]] for each in members if each]


def _neighbours(nums: Nums, pairs: Pairs) -> dict[int, list[tuple[int, float]]]:
    """Return by place in an order of nums which others it is alike, and how much."""
    among = pairs.among(nums)
    place = {num: i for i, num in enumerate(nums.tolist())}
    found: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for one, other, value in zip(
        among.one.tolist(), among.other.tolist(), among.likeness.tolist(), strict=True
    ):
        found[place[one]].append((place[other], value))
        found[place[other]].append((place[one], value))
    return found


def _chosen(
    place: int,
    alike: list[tuple[int, float]],
    members: list[list[int]],
    event_of: Nums,
    spoken: list[int],
    times: list[int],
) -> list[int]:
    """Return the events that a story is a report of, the earliest first: one at most by its likeness."""
    values: Mapping[int, list[float]] = defaultdict(list)
    same = set[int]()
    for other, value in alike:
        event = int(event_of[other])
        if spoken[other] != spoken[place]:
            same.add(event)
        elif times[place] - times[members[event][-1]] <= PATIENCE:
            values[event].append(value)
    worth = {event: _mean(some, members[event], place, spoken) for event, some in values.items()}
    best = max(worth, key=lambda event: (worth[event], -event), default=None)
    if best is not None and worth[best] >= ALIKE:
        same.add(best)
    return sorted(same)


def _mean(values: list[float], members: list[int], place: int, spoken: list[int]) -> float:
    """Return the mean of the largest likenesses; who is not near at all counts for 0."""
    reports = sum(spoken[member] == spoken[place] for member in members[-WITNESSES * 4 :])
    witnesses = min(WITNESSES, max(reports, len(values), 1))
    return sum(sorted(values)[-witnesses:]) / witnesses
