"""What editors think of slots: grades by source, target and editor; the newest of an editor on a slot counts.

Learns nothing from them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum

from recommender.catalog.ratings import RatingRow, RatingsTable
from recommender.errors import EditError, NotFoundError, shown
from recommender.newsroom.editor_names import check_name
from recommender.newsroom.state import NewsroomState
from recommender.story.timestamps import format_time


class Grade(IntEnum):
    """What an editor thinks of a story in another one's block."""

    UNRELATED = 0
    ACCEPTABLE = 1
    CHOSEN = 2  # what they would have set themselves


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """What one editor thinks of one slot.

    Attributes
    ----------
    source, target : str
        Ids: whose block it is, and which story stands in it.
    grade : Grade
    by : str
        Who says so.
    at : datetime
    ranker, recipe : str
        Version of the weights, and hash of all else that made blocks then; empty where it is not known.
    """

    source: str
    target: str
    grade: Grade
    by: str
    at: datetime
    ranker: str = ""
    recipe: str = ""

    def to_dict(self) -> dict[str, object]:
        """Return it as a JSON object."""
        return {
            "source": self.source,
            "target": self.target,
            "grade": int(self.grade),
            "by": self.by,
            "at": format_time(self.at),
            "ranker": self.ranker,
            "recipe": self.recipe,
        }


class Ratings:
    """The ratings of one archive.

    Parameters
    ----------
    state : NewsroomState
    recipe : callable
        Returns the hash of all that decides what stands in a block now.
    """

    def __init__(self, state: NewsroomState, recipe: Callable[[], str]) -> None:
        self._state, self._recipe = state, recipe
        self._table = RatingsTable(state.catalog)

    def rate(
        self, grades: Mapping[str, Mapping[str, int | None]], by: str, since: Mapping[str, int]
    ) -> list[int]:
        """Keep what an editor thinks of slots, by source and target; None where they pass over one.

        To say the same again does nothing, unless the last time was before what `since` has for the source.
        """
        check_name(by)
        ranker, recipe = self._state.engine.ranker.model.version, self._recipe()
        now = int(self._state.engine.clock())
        rows = [
            RatingRow(source, target, by, grade, now, ranker, recipe)
            for source, some in grades.items()
            for target, grade in some.items()
        ]
        held = self._state.catalog.nums_of({id for row in rows for id in (row.source, row.target)})
        for row in rows:
            _check(row.source, row.target, row.grade)
            for id in (row.source, row.target):
                if id not in held:
                    raise NotFoundError(f"there is no story {shown(id)}; name one that the archive holds")
        return self._table.say(rows, since)

    def take_over(self, ratings: Iterable[Rating]) -> list[bool]:
        """Keep ratings that were made elsewhere, or before; return which are new here.

        Those on stories that are not held are passed over.
        """
        rows = []
        for one in ratings:
            check_name(one.by)
            _check(one.source, one.target, one.grade)
            at = int(one.at.timestamp())
            rows.append(RatingRow(one.source, one.target, one.by, int(one.grade), at, one.ranker, one.recipe))
        return [num > 0 for num in self._table.add(rows)]

    def take_back(self, nums: Collection[int], by: str) -> list[str]:
        """Take an editor's own ratings back; return the ids of the stories whose slots they were of."""
        return list(dict.fromkeys(row.source for row in self._table.remove(nums, by)))

    def all(self) -> list[Rating]:
        """Return what counts of each editor on each slot, the oldest first."""
        return counting(self._table.all())

    def rows(self, sources: Collection[str], by: str) -> list[RatingRow]:
        """Return an editor's rows on some stories' slots, passed over and replaced ones too, newest last."""
        return [row for row in self._table.of(sources) if row.by == by]


def counting(rows: Sequence[RatingRow]) -> list[Rating]:
    """Return the newest rating of each editor on each slot; rows are in order of time."""
    newest: dict[tuple[str, str, str], RatingRow] = {}
    for row in rows:
        key = row.source, row.target, row.by
        if row.grade is not None:
            newest.pop(key, None)
            newest[key] = row
    return [
        Rating(
            source=row.source,
            target=row.target,
            grade=Grade(row.grade or 0),
            by=row.by,
            at=datetime.fromtimestamp(row.at, UTC),
            ranker=row.ranker,
            recipe=row.recipe,
        )
        for row in newest.values()
    ]


def _check(source: str, target: str, grade: int | None) -> None:
    if source == target:
        raise EditError(f"story {shown(source)} stands in no block of its own; rate another story there")
    if grade is not None and (isinstance(grade, bool) or grade not in set(Grade)):
        raise EditError(
            f"grade {shown(grade)} of {shown(target)} is none; give 0 (unrelated), 1 (acceptable) or "
            "2 (what you would have set)"
        )
