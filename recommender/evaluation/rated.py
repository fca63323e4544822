"""What editors' ratings teach: a story that they would have set as a link, one that is unrelated as none.

Knows no doors. A slot that several editors rated has the mean of their grades.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from recommender.archive.archive import Archive
from recommender.catalog.ratings import RatingsTable
from recommender.newsroom.ratings import Grade, Rating, counting
from recommender.ranking.link_history import LinkGraph
from recommender.ranking.training import ACCEPTABLE, UNRELATED, LabelledQuestion

Grades = Mapping[int, Mapping[int, float]]
"""Mean grades by the nums of source and target."""

CHOSEN_FROM, ACCEPTABLE_FROM = 1.5, 0.5  # mean grades: the nearest whole grade


@dataclass(frozen=True)
class RatedSlots:
    """What editors said of the slots of an archive.

    Attributes
    ----------
    grades : mapping
        Mean grades by the nums of source and target.
    count : int
        Of the ratings.
    """

    grades: Grades
    count: int

    def chosen(self, source: int) -> list[int]:
        """Return the stories that editors would have set in a story's block."""
        some = self.grades.get(source, {})
        return [target for target, grade in some.items() if grade >= CHOSEN_FROM]

    @property
    def chosen_count(self) -> int:
        """How many slots hold what editors would have set."""
        return sum(len(self.chosen(source)) for source in self.grades)


NOTHING_RATED = RatedSlots({}, 0)


def rankable(archive: Archive) -> tuple[list[Rating], dict[str, int]]:
    """Return what counts of each editor on each slot whose two stories can be ranked; and their nums."""
    ratings = counting(RatingsTable(archive.catalog).all())
    nums = archive.catalog.nums_of({id for each in ratings for id in (each.source, each.target)})
    held = {id: num for id, num in nums.items() if num in archive.view.store}
    return [each for each in ratings if each.source in held and each.target in held], held


def rated_slots(archive: Archive) -> RatedSlots:
    """Return what editors said of the slots of an archive, as far as their stories can be ranked."""
    ratings, nums = rankable(archive)
    return RatedSlots(
        {
            nums[source]: {nums[target]: float(np.mean(grades)) for target, grades in some.items()}
            for source, some in by_slot(ratings).items()
        },
        len(ratings),
    )


def by_slot(ratings: Iterable[Rating]) -> dict[str, dict[str, list[Grade]]]:
    """Return all grades by source and target."""
    found: dict[str, dict[str, list[Grade]]] = {}
    for each in ratings:
        found.setdefault(each.source, {}).setdefault(each.target, []).append(each.grade)
    return found


def taught(
    right: Mapping[int, Sequence[int]], rated: RatedSlots, graph: LinkGraph, published: NDArray[np.int64]
) -> dict[int, list[int]]:
    """Return the links of stories together with what editors would have set, in order of time.

    Only earlier stories are candidates of a story as on its day. A story that links and is not among `right`
    stays out: its links are a long list, or too old to be asked about.
    """
    both = defaultdict(list, {source: list(targets) for source, targets in right.items()})
    linking: Collection[int] = set(graph.sources.tolist())
    for source in rated.grades:
        if source in right or source not in linking:
            earlier = [each for each in rated.chosen(source) if published[each] <= published[source]]
            if earlier:
                both[source] += [each for each in earlier if each not in both[source]]
    return {num: both[num] for num in sorted(both, key=lambda num: (published[num], num))}


def marked(
    question: LabelledQuestion, nums: NDArray[np.int64], grades: Mapping[int, float]
) -> LabelledQuestion:
    """Return a question with what editors said of its candidates (n,)."""
    if not grades:
        return question
    against = np.ones(len(nums), np.float32)
    for place in np.flatnonzero(np.isin(nums, list(grades))).tolist():
        grade = grades[int(nums[place])]
        against[place] = UNRELATED if grade < ACCEPTABLE_FROM else ACCEPTABLE
    return replace(question, against=against)
