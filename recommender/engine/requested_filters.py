"""What a caller asks of an answer: stories of some sections, tags, kinds, languages, days. Knows no SQL.

One value for the library, the command line and HTTP. It becomes a part of the filter of every search, so that
an answer is as full as there are stories that pass, and is asked again of each story that is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import reduce
from operator import and_
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from index.filters import Field, Filter
from recommender.analysis.words import code
from recommender.errors import QuestionError, shown
from recommender.features.feature_store import Store
from recommender.features.tag_index import carrying
from recommender.story.languages import language_key, language_of
from recommender.story.story import Story
from recommender.story.timestamps import parse_time

Names = str | Iterable[str]
When = str | date | datetime

_DAY = 10  # characters of a date without a time
_TO_ITS_END = timedelta(days=1, seconds=-1)


class FilterFields(TypedDict, total=False):
    """What may be asked, by name. Of one name any may hold, of several names all.

    Attributes
    ----------
    section, tag, kind : str or iterable of str
        Letter case does not count.
    language : str or iterable of str
        BCP 47 tags; regions do not count.
    since, until : str, date or datetime
        Published then, both ends included: RFC 3339, or a day. Without an offset in the archive's zone,
        in UTC where it has none.
    without : str or iterable of str
        Ids or addresses of stories to leave out, such as those that stand on the page already.
    picture : bool
        Only stories with a picture.
    least_score : float
        In place of the setting.
    """

    section: Names
    tag: Names
    kind: Names
    language: Names
    since: When
    until: When
    without: Names
    picture: bool
    least_score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerFilter:
    """What `FilterFields` ask for, read and checked. Empty fields ask for nothing."""

    sections: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()
    kinds: frozenset[str] = frozenset()
    languages: frozenset[str] = frozenset()
    since: int | None = None
    until: int | None = None
    without: frozenset[str] = frozenset()
    picture: bool = False
    least_score: float | None = None

    @classmethod
    def of(cls, filters: FilterFields, zone: tzinfo | None = None) -> AnswerFilter:
        """Read what is asked.

        Raises
        ------
        QuestionError
            For a name that is none, or a value that cannot be.
        """
        known = FilterFields.__annotations__
        for name in filters:
            if name not in known:
                raise QuestionError(f"there is no filter {shown(name)}; filters are {', '.join(known)}")
        least = filters.get("least_score")
        if least is not None and not (isinstance(least, int | float) and 0 <= least <= 1):
            raise QuestionError(f"least_score is {shown(least)}; give a probability, 0 to 1")
        picture = filters.get("picture", False)
        if not isinstance(picture, bool):
            raise QuestionError(f"picture is {shown(picture)}; give True or False")
        return cls(
            sections=_folded("section", filters.get("section", ())),
            tags=_folded("tag", filters.get("tag", ())),
            kinds=_folded("kind", filters.get("kind", ())),
            languages=frozenset(map(_language, names("language", filters.get("language", ())))),
            since=moment("since", filters.get("since"), zone),
            until=moment("until", filters.get("until"), zone, last=True),
            without=frozenset(names("without", filters.get("without", ()))),
            picture=picture,
            least_score=least,
        )

    def __bool__(self) -> bool:
        return self is not EVERYTHING and self != EVERYTHING

    def least(self, usual: float) -> float:
        """Return the least score that is asked for, or the usual one."""
        return usual if self.least_score is None else self.least_score

    def condition(self, store: Store) -> Filter | None:
        """Return the filter of what is asked for, but for the ids to leave out; None where that is all."""
        named = (("section", self.sections), ("kind", self.kinds), ("language", self.languages))
        parts: list[Filter] = [Field(name).isin(map(code, wanted)) for name, wanted in named if wanted]
        if self.since is not None:
            parts.append(Field("published") >= self.since)
        if self.until is not None:
            parts.append(Field("published") <= self.until)
        if self.picture:
            parts.append(Field("pictured") == 1)
        if self.tags:
            parts.append(Field("num").isin(store.tagged(map(code, self.tags)).tolist()))
        return reduce(and_, parts) if parts else None

    def among(self, store: Store, nums: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return which of some stories (n,) pass; nothing else of the archive is read."""
        where = replace(self, tags=frozenset()).condition(store)
        passes = np.ones(len(nums), np.bool_)
        if where is not None:
            passes = where.mask({name: store.field(name, nums) for name in where.fields})
        if self.tags:
            passes &= carrying(
                store.codes("tags", nums), np.array([code(tag) for tag in self.tags], np.uint32)
            )
        return passes

    def allows(self, story: Story) -> bool:
        """Return whether a story is one of those that are asked for."""
        published = story.published.timestamp()
        return (
            (not self.sections or fold(story.section) in self.sections)
            and (not self.kinds or fold(story.kind) in self.kinds)
            and (not self.tags or not self.tags.isdisjoint(map(fold, story.tags)))
            and (not self.languages or language_of(story).key in self.languages)
            and (self.since is None or published >= self.since)
            and (self.until is None or int(published) <= self.until)
            and story.id not in self.without
            and (not self.picture or has_picture(story))
        )


EVERYTHING = AnswerFilter()


def has_picture(story: Story) -> bool:
    """Return whether there is a picture to be shown."""
    return story.image is not None and bool(story.image.url)


def fold(text: str | None) -> str:
    """Return a name in the form in which all spellings agree."""
    return (text or "").strip().casefold()


def names(name: str, given: object) -> Sequence[str]:
    """Return one text or several as several; raise `QuestionError` for what is neither."""
    some = [given] if isinstance(given, str) else given
    if isinstance(some, Iterable):
        found = list(some)
        if all(isinstance(each, str) and each.strip() for each in found):
            return found
    raise QuestionError(f"{name} is {shown(given)}; give a text, or several")


def _folded(name: str, given: object) -> frozenset[str]:
    return frozenset(map(fold, names(name, given)))


def _language(tag: str) -> str:
    key = language_key(tag)
    if not key:
        raise QuestionError(f"language {shown(tag)} is none; give a BCP 47 tag such as en")
    return key


def moment(name: str, given: object, zone: tzinfo | None, *, last: bool = False) -> int | None:
    """Return a moment in epoch seconds; of a day the first one, or the last."""
    if given is None:
        return None
    try:
        at = _time(given, zone or UTC)
        is_day = len(given.strip()) == _DAY if isinstance(given, str) else not isinstance(given, datetime)
        return int((at + _TO_ITS_END if last and is_day else at).timestamp())
    except (ValueError, OverflowError) as error:
        way_out = "give a day, as 2024-05-01, or a time in RFC 3339, as 2024-05-01T12:00:00Z"
        raise QuestionError(f"{name} is {shown(given)}; {way_out}") from error


def _time(given: object, zone: tzinfo) -> datetime:
    match given:
        case datetime():
            return given if given.tzinfo else given.replace(tzinfo=zone)
        case date():
            return datetime.combine(given, time(), zone)
        case str():
            return parse_time(given.strip(), zone)
    raise ValueError("no moment")
