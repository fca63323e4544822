"""What passes between the steps of a question: whose block is asked for, what was chosen, what is held."""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Protocol, Self, SupportsIndex

from recommender.errors import QuestionError, shown
from recommender.story.addresses import EVERYWHERE, AddressRules
from recommender.story.link_policy import Standing
from recommender.story.story import Story

Clock = Callable[[], float]  # returns now, epoch seconds
Drafts = Mapping[int, Story | None]  # stories as they would be, by num; None: as if it were not held
NO_DRAFTS: Drafts = {}


class HeldStory(Protocol):
    """A story as it is held, and what the link policy reads of it."""

    @property
    def story(self) -> Story:
        """The story."""

    @property
    def standing(self) -> Standing:
        """Where it stands."""


Read = Callable[[Collection[int]], Mapping[int, HeldStory]]
"""Returns the stories of some nums that are held, by num."""


@dataclass(frozen=True, slots=True)
class ReadStory:
    """A story that was just read."""

    story: Story
    standing: Standing

    @classmethod
    def of(cls, story: Story, addresses: AddressRules = EVERYWHERE) -> Self:
        """Return what the link policy reads of a story, and the story."""
        return cls(story, Standing.of(story, addresses=addresses))


@dataclass(frozen=True, slots=True)
class BlockQuestion:
    """Whose block is asked for: a story of the view, and at most how many slots."""

    num: int
    source: Standing
    headline: str
    k: int


@dataclass(frozen=True, slots=True)
class ChosenStory:
    """A story that was chosen.

    Attributes
    ----------
    num : int
    score : float
        How probable the link is, 0 to 1, where the ranker is calibrated; else its score.
    others : tuple of int
        Nums of its other versions, newest first.
    signals : mapping of str to float
        What each feature added to its score beyond the median of the pool.
    related : float
        How probable it is that it is related at all, 0 to 1.
    fallback : bool
        It is here for being new, not for being related.
    """

    num: int
    score: float
    others: tuple[int, ...] = ()
    signals: Mapping[str, float] = field(default_factory=dict, hash=False)
    related: float = 0.0
    fallback: bool = False

    @property
    def versions(self) -> tuple[int, ...]:
        """All of its nums, the one to show first."""
        return (self.num, *self.others)


MOST_SLOTS = 10_000


def whole(value: object) -> int | None:
    """Return a whole number of any kind (also NumPy's) as an int, and None of anything else."""
    return operator.index(value) if isinstance(value, SupportsIndex) else None


def slots_of(k: int) -> int:
    """Return a number of slots.

    Raises
    ------
    QuestionError
        When it is no whole number, less than 1, or more than anybody reads.
    """
    if (number := whole(k)) is None or number < 1:
        raise QuestionError(f"k is {shown(k)}; give a whole number from 1 up")
    if number > MOST_SLOTS:
        raise QuestionError(f"k is {shown(k)}; give {MOST_SLOTS:,} at most")
    return number


def headline_and_rest(text: object) -> tuple[str, str]:
    """Return the first line of a text that is asked about, and what follows it.

    Raises
    ------
    QuestionError
        When it is no text, or holds no word.
    """
    if not isinstance(text, str):
        raise QuestionError(f"the text is {shown(text)}; give a phrase, a paragraph or a draft")
    if not any(character.isalnum() for character in text):
        raise QuestionError(f"the text {text[:40]!r} holds no word; give a phrase, a paragraph or a draft")
    headline, _, rest = text.strip().partition("\n")
    return headline, rest
