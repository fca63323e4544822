"""The blocks that an editor rates today: some weak ones, some new ones, some at random; drawn once a day.

What is drawn depends on the day, the person and the archive alone, and is kept until the day is over.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import chain, islice
from typing import Any

import numpy as np

from recommender.errors import RelatedError
from recommender.newsroom.block_cache import BlockCache
from recommender.newsroom.ratings import Ratings
from recommender.newsroom.state import NewsroomState

SHEET = 20  # blocks: a quarter of an hour
WEAK, NEW = 6, 6  # of them; the rest is drawn from all, so that the whole is seen as readers see it
NEWEST = 100  # stories among which the new ones are drawn
LOOKED_AT = 30  # blocks among which the weak ones are found where no measurement tells of any
TRIES = 120  # stories that are looked at for one sheet at most: in some archives few have blocks
_KEY = "rating_sheets"  # setting: by editor
_PASSED = "passed"  # of a sheet: the ids of blocks without slots that were passed over; missing: none


class Stratum(StrEnum):
    """Why a block stands on the sheet."""

    WEAK = "weak"
    NEW = "new"
    ANY = "any"


class EntryState(StrEnum):
    """How far an editor is with a block of the sheet."""

    OPEN = "open"
    RATED = "rated"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class SheetEntry:
    """One block of a sheet: of which story (its id), why it is there, and what the editor did with it."""

    id: str
    stratum: Stratum
    state: EntryState


@dataclass(frozen=True, slots=True)
class RatingSheet:
    """What an editor rates on a day.

    Attributes
    ----------
    day : str
        Such as ``2026-03-03``, in the zone of the page.
    entries : tuple of SheetEntry
        In the order in which they are shown.
    grades : mapping of (str, str) to int
        What the editor thinks of slots, by the ids of source and target, on whatever day they said so.
    """

    day: str
    entries: tuple[SheetEntry, ...]
    grades: Mapping[tuple[str, str], int]

    def next_open(self, after: int = -1) -> int | None:
        """Return the place of the next block that nothing was said of, from the start again at the end."""
        places = [place for place, entry in enumerate(self.entries) if entry.state is EntryState.OPEN]
        return next((place for place in places if place > after), places[0] if places else None)


class RatingSheets:
    """The sheets of one archive's editors."""

    def __init__(self, state: NewsroomState, ratings: Ratings, block_cache: BlockCache) -> None:
        self._state, self._ratings, self._blocks = state, ratings, block_cache

    def of(self, by: str) -> RatingSheet | None:
        """Return an editor's sheet of today; None where it was not drawn."""
        kept = self._kept(by)
        return self._sheet(by, kept) if kept else None

    def begin(self, by: str, worst: Sequence[str]) -> RatingSheet:
        """Return an editor's sheet of today, drawn now where it was not."""
        if (held := self.of(by)) is not None:
            return held
        day = self._day()
        drawn = {"day": day, "at": int(self._state.engine.clock()), "blocks": self._draw(by, day, worst)}

        def kept(held: Any) -> dict[str, Any]:  # noqa: ANN401 (any JSON)
            todays = {name: each for name, each in (held or {}).items() if each["day"] == day}
            return {by: drawn} | todays  # the first who draws has drawn

        sheets: Any = self._state.catalog.change_setting(_KEY, kept)
        return self._sheet(by, sheets[by])

    def asked(self, by: str) -> dict[str, int]:
        """Return since when an editor's sheet of today asks for blocks (epoch seconds), by their stories."""
        kept = self._kept(by)
        return dict.fromkeys((id for id, _ in kept["blocks"]), kept["at"]) if kept else {}

    def pass_over(self, id: str, by: str) -> None:
        """Note that an editor passed over a block of today's sheet that has no slot to say it of."""

        def passed(held: Any) -> dict[str, Any]:  # noqa: ANN401 (any JSON)
            sheets: dict[str, Any] = held or {}
            mine = sheets.get(by)
            if not mine or mine["day"] != self._day() or id in mine.get(_PASSED, ()):
                return sheets
            return sheets | {by: mine | {_PASSED: [*mine.get(_PASSED, ()), id]}}

        self._state.catalog.change_setting(_KEY, passed)

    def _kept(self, by: str) -> Mapping[str, Any] | None:
        kept = (self._state.catalog.setting(_KEY) or {}).get(by)
        return kept if kept and kept["day"] == self._day() else None

    def _day(self) -> str:
        engine = self._state.engine
        return datetime.fromtimestamp(engine.clock(), engine.look.timezone).date().isoformat()

    def _sheet(self, by: str, kept: Mapping[str, Any]) -> RatingSheet:
        held = self._state.catalog.nums_of([id for id, _ in kept["blocks"]])
        blocks = [(id, Stratum(stratum)) for id, stratum in kept["blocks"] if id in held]
        grades: dict[tuple[str, str], int] = {}
        passed = set(kept.get(_PASSED, ()))
        states = {id: EntryState.SKIPPED if id in passed else EntryState.OPEN for id, _ in blocks}
        for row in self._ratings.rows([id for id, _ in blocks], by):
            if row.grade is not None:
                grades[row.source, row.target] = row.grade
            if row.at >= kept["at"] and states[row.source] is not EntryState.RATED:
                states[row.source] = EntryState.SKIPPED if row.grade is None else EntryState.RATED
        entries = tuple(SheetEntry(id, stratum, states[id]) for id, stratum in blocks)
        return RatingSheet(kept["day"], entries, grades)

    def _draw(self, by: str, day: str, worst: Sequence[str]) -> list[tuple[str, str]]:
        """Return ids of stories with blocks, and why each was chosen, in a random order."""
        random = np.random.default_rng(np.frombuffer(hashlib.sha256(f"{day} {by}".encode()).digest(), "<u4"))
        nums = self._public()
        newest = nums[np.argsort(-self._published()[nums], kind="stable")][:NEWEST]
        any_ = self._with_blocks(self._ids(random.permutation(nums)))
        new = self._with_blocks(self._ids(random.permutation(newest)))
        weak = self._with_blocks(random.permutation(np.array(worst, object)).tolist())
        chosen: dict[str, Stratum] = {}

        def take(blocks: Iterator[tuple[str, float]], stratum: Stratum, upto: int) -> None:
            for id, _ in blocks:
                if len(chosen) >= upto:
                    return
                chosen.setdefault(id, stratum)

        if not worst:
            some = list(islice(any_, LOOKED_AT))
            weak, any_ = iter(sorted(some, key=lambda block: block[1])), chain(some, any_)
        take(weak, Stratum.WEAK, WEAK)
        take(new, Stratum.NEW, len(chosen) + NEW)
        take(any_, Stratum.ANY, SHEET)
        in_order = random.permutation(len(chosen))
        drawn = list(chosen.items())
        return [(drawn[place][0], drawn[place][1].value) for place in in_order.tolist()]

    def _published(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        return np.asarray(self._state.archive.view.store.column("published"), np.int64)

    def _public(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        view, now = self._state.archive.catch_up(), int(self._state.engine.clock())
        nums, store = view.store.nums, view.store
        seen = (store.column("visible_from")[nums] <= now) & (store.column("visible_until")[nums] > now)
        return np.asarray(nums[seen], np.int64)

    def _ids(self, nums: np.ndarray[Any, np.dtype[np.int64]]) -> list[str]:
        first = nums[:TRIES].tolist()
        ids = self._state.catalog.ids_of(first)
        return [ids[num] for num in first if num in ids]

    def _with_blocks(self, ids: Sequence[str]) -> Iterator[tuple[str, float]]:
        """Yield those that have something to rate, with the score of the least slot."""
        for id in ids:
            try:
                block = self._blocks.preview(id)
            except RelatedError:  # gone meanwhile, or set aside
                continue
            scores = [slot.score for slot in block.slots if not slot.pinned]
            if scores:
                yield id, min(scores)
