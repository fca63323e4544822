"""Which stories tell one event as it goes on: each joins, in its turn, what it is most alike. Knows no texts.

Single-pass clustering in order of publication, as in topic detection and tracking (Allan, Papka and Lavrenko
1998): a story that comes later never moves an earlier one, so an event keeps its name as long as it runs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import pairwise

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
    earlier, likeness, starts = _neighbours(nums[order], published[order], pairs)
    members: list[list[int]] = []  # of each event, places in the order
    event_of = np.full(len(nums), -1, np.int64)
    for place, (start, end) in enumerate(pairwise(starts)):
        alike = zip(earlier[start:end], likeness[start:end], strict=True)
        chosen = _chosen(place, alike, members, event_of, spoken, times)
        if not chosen:
            chosen = [len(members)]
            members.append([])
        first, *others = chosen  # a story and its translation bring two events together
        for other in others:
            members[first] = sorted(members[first] + members[other])
            event_of[members[other]] = first
            members[other] = []
        members[first].append(place)
        event_of[place] = first
    return [nums[order[each]] for each in members if each]


def _neighbours(nums: Nums, published: Nums, pairs: Pairs) -> tuple[list[int], list[float], list[int]]:
    """Return the pairs of stories in order: the earlier one's place, its faded likeness, by the later one.

    Those of the story at place ``i`` are ``starts[i]:starts[i + 1]``.
    """
    among, sorter = pairs.among(nums), np.argsort(nums, kind="stable")
    one, other = (sorter[np.searchsorted(nums, some, sorter=sorter)] for some in (among.one, among.other))
    later, earlier = np.maximum(one, other), np.minimum(one, other)
    likeness = among.likeness * np.exp((published[earlier] - published[later]) / FADES)
    by_later = np.argsort(later, kind="stable")
    starts = np.searchsorted(later[by_later], np.arange(len(nums) + 1))
    return earlier[by_later].tolist(), likeness[by_later].tolist(), starts.tolist()


def _chosen(
    place: int,
    alike: Iterable[tuple[int, float]],
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
