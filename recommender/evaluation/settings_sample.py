"""What settings would do to many blocks: some stories of the archive, asked about as on their day.

Knows no doors. The sample is the same for all settings that are tried, so that two of them differ by what
they do alone; it is asked piece by piece, as whoever waits for a page comes first. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from recommender.analysis.encoded import Encoded
from recommender.archive.view import eligible
from recommender.catalog.editor_actions import EditorActions
from recommender.engine.engine import SPARE, Engine
from recommender.engine.search_scope import Scope, spoken_alike
from recommender.engine.selection import Search
from recommender.evaluation import metrics
from recommender.evaluation.graded import Mean
from recommender.evaluation.tuning import anchors_of, masked, right_of
from recommender.newsroom import EditorDecisions
from recommender.newsroom.editor_decisions import decisions_from, event_of
from recommender.ranking.diversity import OneEvent
from recommender.ranking.pool import Pool
from recommender.settings import Settings
from recommender.story.link_policy import Standing

SIZE = 60  # stories: a second or two, and an interval of some hundredths
NEWEST = 600  # of which the sample is every tenth: what the newsroom publishes now
LEAST = 10  # stories with right answers below which a mean says nothing
DAY = 86_400  # seconds
ONE_EVENT = OneEvent(0.75, 14 * DAY)
"""What counts as a second report of an event here, whatever is tried: a yardstick has to stay the same."""


@dataclass(frozen=True, slots=True)
class SampleAnswer:
    """What a block of the sample is: agreement (nan: not known), slots, further reports of an event, days."""

    agreement: float
    slots: int
    crowded: int
    days: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class SampleFigures:
    """Settings that are tried beside those that hold, on the same stories.

    Attributes
    ----------
    stories : int
        How many were asked about.
    agreement, agreement_now, gain : Mean or None
        nDCG@5, and by how much it is better, paired; None where nothing says what is right.
    slots, slots_now : Mean
        Slots shown.
    crowded, crowded_now : float
        Share of the slots that hold a further report of an event which the block has already.
    days, days_now : float or None
        The middle age of what is linked to, beside its story.
    """

    stories: int
    agreement: Mean | None
    agreement_now: Mean | None
    gain: Mean | None
    slots: Mean
    slots_now: Mean
    crowded: float
    crowded_now: float
    days: float | None
    days_now: float | None


class SettingsSample:
    """The stories that are asked about, every one in the newest hundreds.

    Parameters
    ----------
    engine : Engine
        Open on the archive.

    Attributes
    ----------
    judged_by : str
        What says which links are right: ``links`` of the writers, ``blocks`` set by hand, or nothing.
    nums : list of int
        The stories, in order of time.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        right: Mapping[int, Sequence[int]] = {}
        self.judged_by = ""
        if engine.archive.catch_up().hybrid is not None:
            right, self.judged_by = right_of(engine, NEWEST)[1], "links"
            if len(right) < LEAST:
                right, self.judged_by = _set_by_hand(engine), "blocks"
            if len(right) < LEAST:
                right, self.judged_by = dict.fromkeys(_newest(engine), ()), ""
        places = np.linspace(0, len(right) - 1, min(SIZE, len(right))).astype(int)
        self.nums = np.array(list(right), np.int64)[places].tolist()
        self._right = {num: frozenset(right[num]) for num in self.nums}
        self._sources: dict[int, tuple[Encoded, Standing]] = {}

    def holds(self) -> bool:
        """Return whether all of its stories are still there."""
        store = self._engine.archive.view.store
        return bool(self.nums) and all(num in store for num in self.nums)

    def answers(self, nums: Sequence[int], settings: Settings) -> dict[int, SampleAnswer]:
        """Return what the blocks of some of its stories are under some settings."""
        self._read([num for num in nums if num not in self._sources])
        engine, view, now = self._engine.under(settings), self._engine.archive.view, int(self._engine.clock())
        known = [num for num in nums if num in self._sources and num in view.store]
        rules = settings.rules()
        searches = []
        for num in known:
            source, standing = self._sources[num]
            where = spoken_alike(eligible(now, source.published), standing, rules)
            scope = Scope(where, frozenset([num]), settings.least_score)
            searches.append(
                Search(source=source, scope=scope, most=settings.slots + SPARE, enough=settings.slots)
            )
        found = engine.selector.choose(view, searches)
        return {
            num: self._answer(num, np.array([pick.num for pick in picks], np.int64))
            for num, picks in zip(known, found, strict=True)
        }

    def _read(self, nums: Sequence[int]) -> None:
        """Read stories without the words of their links: these repeat the headlines of what they link to."""
        right = {num: self._right[num] for num in nums}
        stories = self._engine.archive.catalog.by_nums(list(nums))
        if self.judged_by == "links":
            sources = masked(self._engine, right, anchors_of(self._engine, right, None))
        else:
            store = self._engine.archive.view.store
            sources = {num: store.item(num) for num in nums if num in store}
        self._sources |= {
            num: (source, Standing.of(stories[num])) for num, source in sources.items() if num in stories
        }

    def _answer(self, num: int, picks: NDArray[np.int64]) -> SampleAnswer:
        right, view = self._right[num], self._engine.archive.view
        agreement = float("nan")
        if right:
            hits = metrics.gains([picks], [right])
            agreement = float(metrics.ndcg(hits, np.array([len(right)]), metrics.BLOCK)[0])
        source = self._sources[num][0]
        if view.hybrid is None or not len(picks):
            return SampleAnswer(agreement, 0, 0, ())
        encoder = self._engine.archive.encoder
        pool = Pool(source, picks, view.store, view.hybrid, lengths=view.lengths, encoder=encoder)
        above = [ONE_EVENT.of(pool, place, np.arange(place)) for place in range(len(picks))]
        days = tuple((pool.gaps / DAY).tolist())
        return SampleAnswer(agreement, len(picks), sum(bool(len(each)) for each in above), days)


def figures(tried: Mapping[int, SampleAnswer], now: Mapping[int, SampleAnswer]) -> SampleFigures:
    """Compare what settings would do with what is done now, on the stories that both were asked about."""
    both = [num for num in tried if num in now]
    ours, theirs = [tried[num] for num in both], [now[num] for num in both]
    judged = [place for place, each in enumerate(ours) if not np.isnan(each.agreement)]
    one, other = (np.array([some[place].agreement for place in judged]) for some in (ours, theirs))
    enough = len(judged) >= LEAST
    return SampleFigures(
        stories=len(both),
        agreement=_mean(one) if enough else None,
        agreement_now=_mean(other) if enough else None,
        gain=_mean(one - other) if enough else None,
        slots=_mean(np.array([each.slots for each in ours], np.float64)),
        slots_now=_mean(np.array([each.slots for each in theirs], np.float64)),
        crowded=_crowded(ours),
        crowded_now=_crowded(theirs),
        days=_days(ours),
        days_now=_days(theirs),
    )


def _mean(values: NDArray[np.float64]) -> Mean:
    if not len(values):
        return Mean(0.0, 0.0, 0.0)
    return Mean(float(values.mean()), *metrics.interval(values, metrics.resampled(len(values))))


def _crowded(answers: Sequence[SampleAnswer]) -> float:
    return sum(each.crowded for each in answers) / max(sum(each.slots for each in answers), 1)


def _days(answers: Sequence[SampleAnswer]) -> float | None:
    days = [day for each in answers for day in each.days]
    return float(np.median(days)) if days else None


def _set_by_hand(engine: Engine) -> dict[int, list[int]]:
    """Return the earlier stories that editors put into blocks, by block, in order of time."""
    rows = EditorActions(engine.archive.catalog).all()
    chosen = {source: _chosen(decisions_from(map(event_of, acts))) for source, acts in rows.items()}
    chosen = {source: ids for source, ids in chosen.items() if ids}
    nums = engine.archive.catalog.nums_of({*chosen, *(id for ids in chosen.values() for id in ids)})
    store = engine.archive.view.store
    published = store.column("published")

    def earlier(source: int, ids: Sequence[str]) -> list[int]:
        held = [nums[id] for id in ids if id in nums and nums[id] in store]
        return [num for num in held if published[num] <= published[source]]

    known = {nums[source]: ids for source, ids in chosen.items() if source in nums and nums[source] in store}
    right = {num: targets for num, ids in known.items() if (targets := earlier(num, ids))}
    return {num: right[num] for num in sorted(right, key=lambda num: (published[num], num))[-NEWEST:]}


def _chosen(decisions: EditorDecisions) -> list[str]:
    return list(dict.fromkeys((*decisions.curated, *decisions.pins.values())))


def _newest(engine: Engine) -> list[int]:
    """Return the newest stories that readers may see, in order of time."""
    view, now = engine.archive.view, int(engine.clock())
    scope = Scope.at(now)
    found = view.store.recent(now, NEWEST, lambda nums: scope.passing(view.store, nums))
    return [int(num) for num in found[::-1]]
