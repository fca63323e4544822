"""The front of the desk: the latest stories, a search over headlines and meaning, filters for both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import numpy as np
from starlette.responses import Response

from recommender.archive.card_index import Names
from recommender.desk import attention
from recommender.desk.desk import Desk
from recommender.desk.page import Visit
from recommender.engine import listing
from recommender.engine.listing import Visibility
from recommender.engine.requested_filters import AnswerFilter, FilterFields
from recommender.errors import QuestionError
from recommender.story.link_policy import state
from recommender.story.story import Status, Story

ON_PAGE = 30  # stories on a page
FOUND = 20  # by the headline, and as many by meaning
LONGEST = 300  # characters of a search
MOST_PAGES = 1_000
PLAIN = Status.PUBLISHED.value  # the state that is not worth a word


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is asked for: words, and filters as they stand in the form."""

    q: str = ""
    section: str = ""
    kind: str = ""
    language: str = ""
    status: str = ""
    since: str = ""
    until: str = ""
    page: int = 1

    @classmethod
    def of(cls, visit: Visit) -> Query:
        """Read the address."""
        names = ("q", "section", "kind", "language", "status", "since", "until")
        given = {name: visit.asked(name)[:LONGEST].strip() for name in names}
        page = visit.asked("page", "1")
        number = int(page) if page.isascii() and page.isdigit() and len(page) < 6 else 1
        if given["status"] not in set(Visibility):
            given["status"] = ""
        return cls(**given, page=min(max(number, 1), MOST_PAGES))

    @property
    def is_filtered(self) -> bool:
        """Whether any filter is set."""
        return any((self.section, self.kind, self.language, self.status, self.since, self.until))

    def only(self, desk: Desk) -> AnswerFilter:
        """Return the filters as the engine takes them; raise `QuestionError` for one that is none."""
        names = ("section", "kind", "language", "since", "until")
        fields: FilterFields = {name: value for name in names if (value := getattr(self, name))}  # type: ignore[assignment]
        return AnswerFilter.of(fields, desk.newsroom.settings.timezone)

    def address(self, page: int) -> str:
        """Return the address of another page of the same."""
        names = ("q", "section", "kind", "language", "status", "since", "until")
        given = {name: value for name in names if (value := getattr(self, name))}
        return f"/desk?{urlencode(given | {'page': page})}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """What is on the page: stories with their states, and of a search those found by meaning alone."""

    stories: list[tuple[Story, str]]
    near: list[tuple[Story, str]]
    total: int
    names: Names
    problem: str = ""


async def show(desk: Desk, visit: Visit) -> Response:
    """Show the latest stories, or those that are searched for."""
    query = Query.of(visit)
    found = await desk.read(_front, desk, query)
    template = "front_list.html" if visit.asked("part") == "list" else "front.html"
    values: dict[str, Any] = {"query": query, "found": found, "on_page": ON_PAGE, "due": attention.due(desk)}
    return desk.page(visit, template, **values)


def _front(desk: Desk, query: Query) -> Front:
    names = desk.cards.names()
    try:
        only = query.only(desk)
    except QuestionError as error:
        return Front(stories=[], near=[], total=0, names=names, problem=error.plain)
    archive, now = desk.newsroom.archive, int(desk.service.clock())
    nums = listing.held(archive, only)
    if query.status:
        nums = listing.seen_as(archive.view.store, nums, Visibility(query.status), now)
    if not query.q:
        listed = listing.newest(archive, nums, ON_PAGE, (query.page - 1) * ON_PAGE)
        return Front(stories=_told(listed.stories, now), near=[], total=listed.total, names=names)
    heads = [num for num in desk.cards.search(query.q, FOUND * 5) if _holds(nums, num)][:FOUND]
    stories = archive.catalog.by_nums(heads)
    by_head = [stories[num] for num in heads if num in stories]
    near = _near(desk, query, only, {story.id for story in by_head})
    total = len(by_head) + len(near)
    return Front(stories=_told(by_head, now), near=_told(near, now), total=total, names=names)


def _holds(nums: np.ndarray[tuple[int], np.dtype[np.int64]], num: int) -> bool:
    """Return whether a num is among some, ascending."""
    place = int(np.searchsorted(nums, num))
    return place < len(nums) and int(nums[place]) == num


def _near(desk: Desk, query: Query, only: AnswerFilter, but: set[str]) -> list[Story]:
    """Return public stories that are about what is searched for."""
    wanted = query.status in ("", Visibility.PUBLIC)
    if not wanted or not any(character.isalnum() for character in query.q):
        return []
    near = desk.newsroom.nearest(query.q, FOUND, only=only)
    return [story for story in near if story.id not in but]


def _told(stories: list[Story] | tuple[Story, ...], now: int) -> list[tuple[Story, str]]:
    told = ((story, state(story, now)) for story in stories)
    return [(story, "" if words == PLAIN else words) for story, words in told]
