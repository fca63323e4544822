"""Why a story stands where it does, for a glance: likelihood in words, a bar of what carried it, its age."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from recommender.analysis.languages import ENGLISH
from recommender.desk.retold import retold, said_by
from recommender.desk.wording import N_, PLAIN, Words
from recommender.engine.block import Slot
from recommender.engine.page_style import PageStyle
from recommender.engine.question import ChosenStory
from recommender.story.story import Story

STRONG, GOOD, FAIR = 0.3, 0.12, 0.05
"""Probabilities of a writer's link from which a slot is called so; docs/ranking.md has how far they can be
trusted."""

MOST = 2 / 3  # from here on one in one would be the nearest

LEAST_SHARE = 0.05  # of what speaks for a story; less is not worth a place in its bar

GROUPS: Mapping[str, tuple[str, ...]] = {
    "words": (
        "rarest_pairs",
        "rarest_in_window",
        "headline_said",
        "rarest_shared",
        "window_words",
        "headline_in_window",
        "headline_in_story",
        "tags",
        "words",
        "bigrams",
        "said",
    ),
    "names": ("names",),
    "meaning": ("passage", "chunk_to_headline", "plain_dense", "dense", "passage_to_text"),
    "time": (
        "between",
        "gap_prior",
        "since_instalment",
        "fading_recency",
        "early_recency",
        "recency",
        "recent_links",
        "gap",
        "fresh",
    ),
    "kind": ("same_template", "same_series", "same_author", "same_kind", "opinion", "live"),
    "links": ("neighbour_links", "author_links", "in_links"),
}
"""Which features of the ranking are one thing to an editor."""

LABELS: Mapping[str, str] = {
    "words": N_("rare words"),
    "names": N_("names"),
    "meaning": N_("meaning"),
    "time": N_("time"),
    "kind": N_("form and author"),
    "links": N_("earlier links"),
}
_GROUP_OF = {feature: group for group, features in GROUPS.items() for feature in features}
_HOUR, _DAY, _YEAR = 3600, 86_400, 365.25 * 86_400  # seconds


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the bar: which group, where it begins and how long it is, in hundredths of the bar."""

    group: str
    begin: float
    length: float
    share: int

    @property
    def label(self) -> str:
        """What the group is called."""
        return LABELS[self.group]


@dataclass(frozen=True, slots=True)
class Carried:
    """What carried a story: the parts of its bar, longest first, and what speaks against it."""

    parts: tuple[Part, ...] = ()
    against: tuple[str, ...] = ()


def likelihood(score: float) -> str:
    """Return in a word how probable it is that a writer would set the link."""
    words = ((STRONG, N_("strong")), (GOOD, N_("good")), (FAIR, N_("fair")))
    return next((word for least, word in words if score >= least), N_("weak"))


def odds(score: float, words: Words = PLAIN) -> str:
    """Return the same as people count: one in so many."""
    if score >= MOST:
        return words("most")
    if score < 1 / 200:
        return words("almost none")
    return words("about 1 in %(number)s", number=max(1, round(1 / score)))


def carried(chosen: ChosenStory, most: float) -> Carried:
    """Return the bar of a story whose length is a share of the longest, `most` (see `weight`)."""
    sums = _sums(chosen)
    total = sum(value for value in sums.values() if value > 0)
    if not total or not most:
        return Carried(against=_against(sums))
    parts, begin = [], 0.0
    for group, value in sorted(sums.items(), key=lambda item: -item[1]):
        if value < LEAST_SHARE * total:
            continue
        length = 100 * value / most
        parts.append(Part(group, round(begin, 1), round(length, 1), round(100 * value / total)))
        begin += length
    return Carried(tuple(parts), _against(sums))


def weight(chosen: ChosenStory) -> float:
    """Return how much speaks for a story, in units of the score."""
    return sum(value for value in _sums(chosen).values() if value > 0)


def _sums(chosen: ChosenStory) -> dict[str, float]:
    sums: dict[str, float] = {}
    for feature, value in chosen.signals.items():
        group = _GROUP_OF.get(feature)
        if group is not None:
            sums[group] = sums.get(group, 0.0) + value
    return sums


def _against(sums: Mapping[str, float]) -> tuple[str, ...]:
    """Return the groups that take a tenth or more of what all together give or take."""
    least = 0.1 * sum(abs(value) for value in sums.values())
    return tuple(LABELS[group] for group, value in sums.items() if value < -least)


def age(story: Story, beside: Story, words: Words = PLAIN) -> str:
    """Return how long before or after another story one was published, in words."""
    apart = (story.published - beside.published).total_seconds()
    if abs(apart) < _HOUR:
        return words("at the same time")
    time = span(abs(apart), words.tag)
    return words("%(time)s later", time=time) if apart > 0 else words("%(time)s earlier", time=time)


def span(seconds: float, language: str = ENGLISH) -> str:
    """Return a length of time in words, in one unit."""
    for unit, length, least in (("year", _YEAR, 2 * _YEAR), ("month", _YEAR / 12, _YEAR / 6)):
        if seconds >= least:
            return _counted(seconds / length, unit, language)
    unit, length = ("day", _DAY) if seconds >= _DAY else ("hour", _HOUR)
    return _counted(seconds / length, unit, language)


def _counted(number: float, unit: str, language: str) -> str:
    from babel.units import format_unit  # read in 30 ms, and only for a page

    return format_unit(round(number), f"duration-{unit}", locale=language)


def minute(at: datetime, now: float, language: str = ENGLISH) -> str:
    """Return a moment of today as its hour, any other one with its day."""
    fresh = timedelta(seconds=now - at.timestamp()) < timedelta(hours=20)
    if fresh:
        return f"{at:%H:%M}"
    from babel.dates import format_datetime

    return format_datetime(at, "d MMM y, HH:mm", locale=language)


@dataclass(frozen=True, slots=True)
class Explained:
    """A slot, or a runner-up, with what its row at the desk says; `spoken` is the language of its reasons."""

    slot: Slot
    likelihood: str
    odds: str
    age: str
    carried: Carried
    reasons: tuple[str, ...]
    spoken: str
    is_below: bool = False


def explained(
    slots: tuple[Slot, ...],
    chosen: Mapping[str, ChosenStory],
    story: Story,
    most: float,
    style: PageStyle,
    least: float = 0.0,
    words: Words = PLAIN,
) -> list[Explained]:
    """Return slots with what is to be said of each; a score below `least` is too low for a slot.

    `style` is that of the archive's pages, in whose language reasons are kept.
    """
    rows, told = [], said_by(style, story)
    for slot in slots:
        found = chosen.get(slot.story.id)
        score = found.score if found is not None and not slot.fallback else slot.score
        said = (likelihood(score), odds(score, words)) if found is not None or score else ("", "")
        bar = carried(found, most) if found is not None and not slot.fallback else Carried()
        reasons, spoken = retold(slot.reasons, told, words, (story, slot.story))
        then = age(slot.story, story, words)
        rows.append(Explained(slot, *said, then, bar, reasons, spoken, score < least))
    return rows
