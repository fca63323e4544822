"""The events of the last weeks as running stories, as readers may see them. Makes no block, writes nothing.

What is told of a thread is read off stories that the link policy allows at that moment and no others.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from index.filters import Field
from recommender.analysis.languages import spoken_of
from recommender.archive.archive import Archive
from recommender.archive.view import View, eligible
from recommender.engine.question import whole
from recommender.engine.requested_filters import moment
from recommender.engine.search_scope import passing
from recommender.errors import NotFoundError, QuestionError, shown
from recommender.features.hybrid_vectors import HybridModel
from recommender.features.language_groups import read_as
from recommender.newsroom.layout import CachedStory
from recommender.newsroom.state import NewsroomState
from recommender.newsroom.thread_records import Report, Thread, ThreadState
from recommender.newsroom.thread_settings import ThreadSettings
from recommender.ranking.copies import copies_among
from recommender.ranking.event_pairs import EventPairs
from recommender.ranking.naming import common_terms
from recommender.ranking.pool import Pool
from recommender.ranking.rarity import Rarities
from recommender.ranking.reader_text import ReaderText
from recommender.ranking.running_stories import running_stories
from recommender.story.languages import language_of
from recommender.story.link_policy import may_link
from recommender.story.story import Story

DAY = 24 * 3600
MOST_STORIES = 20_000
"""The newest stories that are looked at: an agency's month."""

RISING_DAYS = 2
"""A thread rises while these days have more reports than as many before them."""

TOLD = 8
"""Reports whose words name a thread: the first and the latest."""

Nums = NDArray[np.int64]
Day = str | date
"""A day, as 2024-05-01, or a time in RFC 3339, or either as an object."""


@dataclass(frozen=True, slots=True, eq=False)
class _Found:
    """The events among the stories that are looked at: what they were found by, and each as its reports.

    `about` remembers by which stories each thread was named, and how: a story that has changed is another.
    """

    hybrid: HybridModel
    seq: int
    nums: Nums
    events: Sequence[Sequence[Nums]]
    about: dict[str, tuple[Sequence[Story], tuple[str, ...]]] = field(default_factory=dict)


class _Window:
    """The events of one stretch of days, kept up as it moves on. Threads share it.

    Parameters
    ----------
    archive : Archive
    """

    def __init__(self, archive: Archive) -> None:
        self._archive, self._lock = archive, threading.Lock()
        self._pairs: EventPairs | None = None
        self._seq = 0
        self._found: _Found | None = None

    def events(self, view: View, hybrid: HybridModel, nums: Nums) -> _Found:
        """Return the events that stories tell. Found anew where anything has changed."""
        with self._lock:
            seq, found = view.seq, self._found
            if found and found.hybrid is hybrid and found.seq == seq and np.array_equal(found.nums, nums):
                return found
            if self._pairs is None or self._pairs.hybrid is not hybrid or self._pairs.store is not view.store:
                self._pairs = EventPairs(view.store, hybrid, self._archive.encoder)
                changed: Collection[int] = ()
            else:
                changed = [change.num for change in self._archive.catalog.changes(self._seq)]
            declared = self._archive.translations.of(view)
            pairs, self._seq = self._pairs.follow(nums, changed, declared), seq
            published = view.store.column("published")[nums]
            languages = read_as(view.store.column("language")[nums])
            running = running_stories(nums, published, languages, pairs)
            events = [_reports(view, hybrid, each, self._archive) for each in running]
            self._found = _Found(hybrid, seq, nums, events)
            return self._found


def _reports(view: View, hybrid: HybridModel, event: Nums, archive: Archive) -> list[Nums]:
    """Return an event as its reports, each with its versions, in order of publication."""
    if len(event) == 1:
        return [event]
    source, declared = view.store.item(int(event[0])), archive.translations.of(view)
    pool = Pool(source, event, view.store, hybrid, encoder=archive.encoder, declared=declared)
    free = np.ones(len(event), np.bool_)
    reports = []
    for place in range(len(event)):
        if free[place]:
            same = copies_among(pool, place, free)
            reports.append(event[same])
            free &= ~same
    return reports


class Threads:
    """Running stories of one newsroom. Threads of a process share it.

    Parameters
    ----------
    state : NewsroomState
    settings : ThreadSettings
    """

    def __init__(self, state: NewsroomState, settings: ThreadSettings) -> None:
        self._state, self._settings = state, settings
        # Who asks about an earlier day leaves the present as it is kept: thousands of stories compared.
        self._present, self._past = _Window(state.archive), _Window(state.archive)
        self._rarities = Rarities()

    def all(self, at: Day | None = None, least: int | None = None) -> list[Thread]:
        """Return the running stories of the days up to `at`, those with the newest report first.

        Parameters
        ----------
        at : str, date or datetime, optional
            Stories that were published later are left out; now by default.
        least : int, optional
            Reports that a thread has at least; the setting by default.

        Raises
        ------
        QuestionError
            When `at` is no moment, or `least` no whole number from 1 up.
        """
        fewest = self._settings.least if least is None else whole(least)
        if fewest is None or fewest < 1:
            raise QuestionError(f"least is {shown(least)}; give a whole number from 1 up")
        found = self._threads(at, fewest)
        return sorted(found, key=lambda thread: (thread.latest.published, thread.id), reverse=True)

    def of(self, story: str, at: Day | None = None, *, asked: str | None = None) -> Thread:
        """Return the thread that a story is part of, however short.

        Parameters
        ----------
        story : str
            Its id.
        at : str, date or datetime, optional
            As `all` has it.
        asked : str, optional
            By what it was asked for, where not by its id: nobody else is told the id of a hidden story.

        Raises
        ------
        NotFoundError
            When there is none, readers may not see it, or it is older than what is looked at.
        """
        known = self._state.context().find(story)
        for thread in self._threads(at, num=known.num) if known else ():
            if any(each.id == story for each in thread.stories):
                return thread
        raise NotFoundError(
            f"no thread has story {shown(asked or story)}: "
            f"threads tell of the last {self._settings.days} days"
        )

    def _threads(self, at: Day | None, least: int = 1, num: int | None = None) -> Iterator[Thread]:
        """Yield the running stories of so many reports and more, or the one that has the story `num`."""
        context = self._state.context()
        view = self._state.archive.catch_up()
        asked = moment("at", at, self._state.settings.timezone, last=True)
        before = context.now if asked is None else min(asked, context.now)
        nums, end = self._looked_at(view, context.now, before)
        if view.hybrid is None or not len(nums):
            return
        window = self._present if before == context.now else self._past
        found = window.events(view, view.hybrid, nums)
        for reports in found.events:
            if len(reports) < least or (num is not None and not any(num in each for each in reports)):
                continue
            held = context.cache.stories(np.concatenate(reports).tolist())
            known = {
                num: one
                for num, one in held.items()
                if may_link(None, one.standing, context.now, context.rules) is None
            }
            thread = self._thread(found, reports, known, end)
            if thread is not None and len(thread.reports) >= least:
                yield thread

    def _looked_at(self, view: View, now: int, before: int) -> tuple[Nums, int]:
        """Return the stories of the last days, and when they end, epoch seconds."""
        store, days = view.store, self._settings.days * DAY
        where = eligible(now, before)
        newest = store.recent(before, 1, lambda nums: passing(where, store, nums))
        if not len(newest):
            return newest, before
        last = int(store.column("published")[newest[0]])
        end = before if before - last <= days else last
        lately = where & (Field("published") >= end - days)
        return store.recent(end, MOST_STORIES, lambda nums: passing(lately, store, nums)), end

    def _thread(
        self, found: _Found, reports: Sequence[Nums], known: Mapping[int, CachedStory], end: int
    ) -> Thread | None:
        """Return a thread of those stories that may be shown; None where there are none."""
        told = [[known[num].story for num in each.tolist() if num in known] for each in reports]
        visible = sorted(filter(None, told), key=lambda stories: (stories[0].published, stories[0].id))
        if not visible:
            return None
        steps = tuple(Report(stories[0], tuple(stories[1:])) for stories in visible)
        about = self._about(found, [step.story for step in steps])
        times = [int(step.story.published.timestamp()) for step in steps]
        return Thread(about=about, state=self._state_of(times, end), reports=steps)

    def _about(self, found: _Found, stories: Sequence[Story]) -> tuple[str, ...]:
        """Return what stories in the language of the last have in common."""
        languages = [spoken_of(language_of(story).key) for story in stories]
        spoken = [story for story, each in zip(stories, languages, strict=True) if each == languages[-1]]
        if len(spoken) < 2:
            return ()
        some = [spoken[0], *spoken[1:][1 - TOLD :]]
        kept = found.about.get(stories[0].id)
        if kept is None or kept[0] != some:
            texts = [ReaderText.of(story) for story in some]
            kept = some, tuple(common_terms(texts, self._rarities.of(found.hybrid, languages[-1])))
            found.about[stories[0].id] = kept
        return kept[1]

    def _state_of(self, times: Sequence[int], end: int) -> ThreadState:
        if end - times[-1] >= self._settings.over_days * DAY:
            return ThreadState.OVER
        lately = sum(end - time < RISING_DAYS * DAY for time in times)
        before = sum(RISING_DAYS * DAY <= end - time < 2 * RISING_DAYS * DAY for time in times)
        return ThreadState.RISING if lately > before else ThreadState.STEADY
