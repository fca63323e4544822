"""What a newsroom steers in all blocks: stories put forward or back, too old, tags that say nothing.

Acts at once and without learning anything: candidates are left out or moved, and scores stay what they are.
Knows no SQL, and not who decided it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property, reduce
from operator import and_

import msgspec
import numpy as np
from numpy.typing import NDArray

from index.filters import Field, Filter
from recommender.analysis.encoded import Encoded
from recommender.analysis.words import code
from recommender.engine.question import HeldStory
from recommender.engine.requested_filters import EVERYTHING, AnswerFilter, fold, has_picture
from recommender.features.feature_store import Store
from recommender.ranking.model import TYPICAL
from recommender.ranking.reader_text import ReaderText
from recommender.story.story import Story

DAY = 86_400  # seconds

Nums = NDArray[np.int64]
Floats = NDArray[np.float32]


class SteeringAct(StrEnum):
    """What is done to the stories that a rule is about, wherever they would be linked to."""

    BOOST = "boost"
    BURY = "bury"
    LIMIT_AGE = "limit-age"
    IGNORE_TAG = "ignore-tag"
    REQUIRE_PICTURE = "require-picture"


@dataclass(frozen=True, slots=True, kw_only=True)
class SteeringRule:
    """One rule.

    Attributes
    ----------
    num : int
        The name by which it is ended.
    act : SteeringAct
    which : AnswerFilter
        The stories that it is about, by section, tag, kind and language; or the tags that are ignored.
    stories : frozenset of str
        Ids of those stories instead, or besides: each must be one of them.
    strength : float
        How far stories are moved, in standard deviations of the scores of what could stand there.
    days : int
        How old they may be.
    ends : int or None
        The last second at which it holds, epoch seconds; None: until it is taken back.
    """

    num: int
    act: SteeringAct
    which: AnswerFilter = EVERYTHING
    stories: frozenset[str] = frozenset()
    strength: float = 0.0
    days: int = 0
    ends: int | None = None

    def concerns(self, story: Story) -> bool:
        """Return whether it is about a story."""
        return (not self.stories or story.id in self.stories) and self.which.allows(story)

    def too_old_from(self, story: Story) -> int | None:
        """Return from when a story is too old to be linked to, epoch seconds; None where it never is."""
        if self.act is not SteeringAct.LIMIT_AGE or not self.concerns(story):
            return None
        return int(story.published.timestamp()) + self.days * DAY + 1

    def refuses(self, story: Story, now: int) -> bool:
        """Return whether a story may not be linked to at `now`."""
        if self.act is SteeringAct.REQUIRE_PICTURE:
            return self.concerns(story) and not has_picture(story)
        until = self.too_old_from(story)
        return until is not None and now >= until


@dataclass(frozen=True)
class Steering:
    """All rules that hold at one moment."""

    rules: tuple[SteeringRule, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.rules)

    @cached_property
    def digest(self) -> str:
        """What changes when blocks may have to be made otherwise; empty where nothing is steered."""
        if not self.rules:
            return ""
        parts = [_said(rule) for rule in self.rules]
        return hashlib.blake2b(msgspec.json.encode(parts, order="sorted"), digest_size=8).hexdigest()

    def at(self, now: int) -> Steering:
        """Return what holds at `now`, epoch seconds."""
        if not self.rules:
            return self
        return Steering(tuple(rule for rule in self.rules if rule.ends is None or now <= rule.ends))

    def changes(self, stories: Sequence[Story], now: int) -> list[int]:
        """Return when time changes what is steered: a rule ends, or one of these stories becomes too old."""
        times = [rule.ends + 1 for rule in self.rules if rule.ends is not None]
        ages = (rule.too_old_from(story) for rule in self.rules for story in stories)
        return [time for time in (*times, *ages) if time is not None and time > now]

    def allows(self, story: Story, now: int) -> bool:
        """Return whether a story may be linked to at `now`."""
        return not any(rule.refuses(story, now) for rule in self.rules)

    @property
    def named(self) -> frozenset[str]:
        """The ids of all stories that rules are about."""
        return frozenset(id for rule in self.rules for id in rule.stories)

    def condition(self, store: Store, now: int, nums: Mapping[str, int]) -> Filter | None:
        """Return the filter of what may be linked to; None where all may.

        Parameters
        ----------
        store : Store
        now : int
            Epoch seconds.
        nums : mapping of str to int
            The nums of `named`.
        """
        parts = []
        for rule in self.rules:
            if rule.act not in (SteeringAct.LIMIT_AGE, SteeringAct.REQUIRE_PICTURE):
                continue
            passes = (
                Field("published") >= now - rule.days * DAY
                if rule.act is SteeringAct.LIMIT_AGE
                else Field("pictured") == 1
            )
            about = rule.which.condition(store)
            if rule.stories:
                named = Field("num").isin(nums[id] for id in rule.stories if id in nums)
                about = named if about is None else about & named
            parts.append(passes if about is None else passes | ~about)
        return reduce(and_, parts) if parts else None

    def lifts(self, store: Store, nums: Nums, named: Mapping[str, int]) -> Floats | None:
        """Return how far each of `nums` is moved up, or down below 0, (n,); None where none is."""
        moved = np.zeros(len(nums), np.float32)
        for rule in self.rules:
            if rule.act in (SteeringAct.BOOST, SteeringAct.BURY):
                sign = 1 if rule.act is SteeringAct.BOOST else -1
                about = rule.which.among(store, nums)
                if rule.stories:
                    about &= np.isin(nums, [named[id] for id in rule.stories if id in named])
                moved[about] += sign * rule.strength
        return moved if moved.any() else None

    @cached_property
    def ignored_tags(self) -> frozenset[str]:
        """The tags that say nothing about how alike stories are."""
        return frozenset(
            tag for rule in self.rules if rule.act is SteeringAct.IGNORE_TAG for tag in rule.which.tags
        )

    def unlikened(self, source: Encoded) -> Encoded:
        """Return a story without the tags that say nothing."""
        if not self.ignored_tags:
            return source
        ignored = np.array([code(tag) for tag in self.ignored_tags], np.uint32)
        return replace(source, tags=source.tags[~np.isin(source.tags, ignored)])

    def untold(self, text: ReaderText) -> ReaderText:
        """Return what a story says to readers, without the tags that say nothing."""
        if not self.ignored_tags:
            return text
        return replace(text, tags=tuple(tag for tag in text.tags if fold(tag) not in self.ignored_tags))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What may come up besides what the link policy says: what a caller asks for, and the newsroom steers.

    Attributes
    ----------
    only : AnswerFilter
    steering : Steering
        What holds now.
    named : mapping of str to int
        The nums of the stories that are steered by their ids.
    now : int
        Epoch seconds.
    """

    only: AnswerFilter
    steering: Steering
    named: Mapping[str, int]
    now: int

    def conditions(self, store: Store) -> list[Filter]:
        """Return the filters that all that comes up passes."""
        found = (self.only.condition(store), self.steering.condition(store, self.now, self.named))
        return [each for each in found if each is not None]

    def among(self, held: Mapping[int, HeldStory]) -> dict[int, HeldStory]:
        """Return those of the stories that may come up: a filter of codes may let others pass."""
        return {num: one for num, one in held.items() if self._allows(one.story)}

    def lifts(self, store: Store, nums: Nums) -> Floats | None:
        """Return how far each of `nums` is moved; see `Steering.lifts`."""
        return self.steering.lifts(store, nums, self.named) if self.steering else None

    def _allows(self, story: Story) -> bool:
        return self.only.allows(story) and self.steering.allows(story, self.now)


def steered(scores: Floats, lifts: Floats) -> Floats:
    """Return scores (n,) moved by `lifts` standard deviations of the `TYPICAL` ones."""
    return np.asarray(scores + lifts * scores[:TYPICAL].std(), np.float32)


def _said(rule: SteeringRule) -> list[object]:
    which = rule.which
    by_name = (which.sections, which.tags, which.kinds, which.languages, rule.stories)
    return [rule.act.value, *map(sorted, by_name), rule.strength, rule.days, rule.ends]


NO_STEERING = Steering()
