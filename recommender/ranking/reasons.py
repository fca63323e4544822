"""Why a story stands in a slot, in words an editor accepts, and what it is to the reader. Knows no arrays.

No reason names a thing that does not stand in both stories: whatever is named is looked for in both texts.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from recommender.finding import stands, stands_in_any_case
from recommender.lexical import STOP_WORDS, name_terms, names, title_names, tokens
from recommender.normal import MAX_CHARACTERS
from recommender.ranking.form import LIVE_KINDS, OPINION_KINDS
from recommender.series import same_series, series_of
from recommender.story import Story

MOST = 3
"""Reasons a slot: what an editor reads at a glance."""

MOST_THINGS = 3
LEAST_RARITY = 1.5
"""Inverse document frequency, less 1, from which a name tells something: one story in five has it."""

WORD_RARITY = 2.3
"""The same for a common word, which must be rarer to be a subject: one story in ten has it."""

LEAST_SIGNAL = 0.1
"""What a feature must add beyond the pool's median to be given as a reason, in units of the score."""

NEWS = timedelta(days=7)
"""How long a story is the latest on its subject; after a week it is background."""

EXPLAINER_KINDS = frozenset({"explainer", "guide", "how-to", "faq", "q-and-a"})
_EXPLAINS = re.compile(
    r"^(?:how|why|what|who)\b|\bexplain(?:ed|er|s)\b|\bguide to\b|\bintroduction to\b|\bq&a\b|\bfaqs?\b",
    re.IGNORECASE,
)
# Capitalised in every text and no subject of any.
_CALENDAR = frozenset(name.casefold() for name in (*calendar.day_name, *calendar.month_name) if name)
_WORD = re.compile(r"\w[\w'\u2019-]*\w")
_POSSESSIVE = re.compile(r"['\u2019]s$")
_BY_SIGNAL = {
    "author_links": "The author has linked to it before",
    "neighbour_links": "Stories like this one link to it",
    "in_links": "Often linked in earlier stories",
}

LONG = 1000
"""Characters of text from which on a source's own names are looked for in its candidates: it is read once for
all of its block. A shorter one may hold a name only where nothing tells it from another word."""

MOST_NAMES = 300
"""Names of one story that are looked for in another, the most telling first: a long report has 200."""

KNOWN = 2048
"""Stories whose texts and names are kept at hand: some 20 MB."""

NOTHING_TO_NAME = "On a similar subject"

Rarity = Callable[[str], float]


class Role(StrEnum):
    """What the link is to the reader."""

    UPDATE = "update"
    BACKGROUND = "background"
    EXPLAINER = "explainer"
    OPINION = "opinion"
    SERIES = "same series"


@dataclass(frozen=True, slots=True)
class Told:
    """What a reader sees of a story, or of a text that is asked about."""

    headline: str
    text: str
    published: datetime | None = None
    authors: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    kind: str = ""

    @staticmethod
    @lru_cache(KNOWN)  # one story stands in the blocks of many
    def of(story: Story) -> Told:
        """Return what is told by a story."""
        text = story.text[:MAX_CHARACTERS]  # where its names and words are taken from
        return Told(story.headline, text, story.published, story.authors, story.tags, story.kind)

    def says(self, thing: str, *, exactly: bool = True) -> bool:
        """Return whether a name (`exactly` as it is written) or a word stands in headline or text."""
        # One after the other: a name does not begin in the headline and end in the text.
        if not exactly:
            return stands_in_any_case(self.headline, thing) or stands_in_any_case(self.text, thing)
        parts = thing.split()
        return stands(self.headline, parts) or stands(self.text, parts)


@dataclass(frozen=True, slots=True)
class Why:
    """A slot's role and reasons; ``things`` are what the reasons name, each in both stories."""

    role: Role
    reasons: tuple[str, ...]
    things: tuple[str, ...]


def why(source: Told, target: Told, signals: Mapping[str, float], rarity: Rarity) -> Why:
    """Say why a story is related to the source.

    Parameters
    ----------
    source, target : Told
    signals : mapping of str to float
        What each feature added to the target's score, beyond the median of the pool.
    rarity : callable
        Takes a term; returns its inverse document frequency, less 1.
    """
    things = shared_names(source, target, rarity)
    words = [] if things else shared_words(source, target, rarity)
    role = role_of(source, target)
    reasons = [lead(role, source, target, things), *_form(source, target)]
    if len(things) > 1:
        reasons.append(f"Both name {_listed(things)}")
    if words:
        reasons.append(f"Both speak of {_listed(words)}")
    reasons += [f"Also by {author}" for author in _common(source.authors, target.authors)[:1]]
    strongest = sorted(_BY_SIGNAL, key=lambda name: -signals.get(name, 0))
    reasons += [_BY_SIGNAL[name] for name in strongest if signals.get(name, 0) >= LEAST_SIGNAL]
    tags = _common(source.tags, target.tags)
    if tags and not things and not words:
        reasons.append(f"Both under {_listed(tags[:MOST_THINGS])}")
    told = tuple(reason for reason in reasons if reason)[:MOST]
    return Why(role, told or (NOTHING_TO_NAME,), (*things, *words))


def role_of(source: Told, target: Told) -> Role:
    """Return what the target is to a reader of the source."""
    if same_series(series_of(source.headline), series_of(target.headline)):
        return Role.SERIES
    if target.kind in OPINION_KINDS and source.kind not in OPINION_KINDS:
        return Role.OPINION
    if target.kind in LIVE_KINDS or _is_news(source, target):
        return Role.UPDATE
    if target.kind in EXPLAINER_KINDS or _EXPLAINS.search(target.headline):
        return Role.EXPLAINER
    return Role.BACKGROUND


def _is_news(source: Told, target: Told) -> bool:
    if source.published is None or target.published is None:
        return False
    return target.published >= source.published - NEWS


def lead(role: Role, source: Told, target: Told, things: list[str]) -> str:
    """Return the first reason, which says what the target is, on which subject."""
    on = f" on {things[0]}" if things else ""
    if role is Role.SERIES:
        part = series_of(target.headline).part
        which = "Later" if _later(source, target) else "Earlier"
        return f"{which} in the series: part {part}" if part else f"{which} in the series"
    if role is Role.UPDATE:
        return f"The latest{on}" if on else ""
    if not on:
        return ""
    if role is Role.OPINION:
        return f"A view{on}"
    if role is Role.EXPLAINER:
        return f"Explains {things[0]}"
    return f"What came after{on}" if _later(source, target) else f"The background{on}"


def _later(source: Told, target: Told) -> bool:
    return (
        source.published is not None and target.published is not None and target.published > source.published
    )


def _form(source: Told, target: Told) -> list[str]:
    """Return the reason that both stories are of one column, if they are."""
    return [f"Of the same column, {column}" for column in _column(source, target)]


def _column(source: Told, target: Told) -> list[str]:
    (label, colon, _), (other, other_colon, _) = (
        source.headline.partition(":"),
        target.headline.partition(":"),
    )
    same = colon and other_colon and label.strip().casefold() == other.strip().casefold()
    return [label.strip()] if same else []


def shared_names(source: Told, target: Told, rarity: Rarity) -> list[str]:
    """Return names that stand in both stories, the most telling first, at most `MOST_THINGS`."""
    named, other = (source, target) if len(source.text) >= LONG else (target, source)
    column = " ".join(_column(source, target)).casefold()  # is named for itself
    telling = [name for name in _telling(named, rarity) if name.key not in column]
    headline = target.headline.casefold()
    # What stands in the headline is the subject; of two names the longer one says more.
    telling.sort(key=lambda name: -name.rarity * (1 + (name.key in headline)) * (1 + (" " in name.key)))
    chosen = list[str]()
    for name in telling[:MOST_NAMES]:
        known = any(name.text in one or one in name.text for one in chosen)
        if not known and other.says(name.text) and named.says(name.text):
            chosen.append(name.text)
            if len(chosen) == MOST_THINGS:
                break
    return chosen


class _Name(NamedTuple):
    """A name of a story: its term, as it is first written there, and how rare it is."""

    key: str
    text: str
    rarity: float


@lru_cache(KNOWN)
def _telling(told: Told, rarity: Rarity) -> tuple[_Name, ...]:
    """Return the names of a story that are rare enough to be a subject."""
    found = [_POSSESSIVE.sub("", name) for name in (*names(told.text), *title_names(told.headline))]
    written = {name.casefold(): name for name in reversed(found)}
    terms = dict.fromkeys(term for term in name_terms(found) if term in written)
    rare = ((term, rarity(term)) for term in terms if _is_subject(term))
    return tuple(_Name(term, written[term], value) for term, value in rare if value >= LEAST_RARITY)


def shared_words(source: Told, target: Told, rarity: Rarity) -> list[str]:
    """Return the rare words of the target's headline that the source says too, the rarest first."""
    column = _WORD.findall(" ".join(_column(source, target)))
    words = [word for word in dict.fromkeys(_WORD.findall(target.headline)) if word not in column]
    terms = {word: tokens(word) for word in words}
    telling = [word for word in words if terms[word] and _tells(terms[word][0], rarity, WORD_RARITY)]
    shared = [word for word in telling if source.says(word, exactly=False)]
    return sorted(shared, key=lambda word: -rarity(terms[word][0]))[:MOST_THINGS]


def _tells(term: str, rarity: Rarity, least: float) -> bool:
    return _is_subject(term) and rarity(term) >= least


def _is_subject(term: str) -> bool:
    """Return whether a term can be one: no weekday, no number, no initial, no "I'm" or "Here's"."""
    words = [word.replace("\u2019", "'").partition("'")[0] for word in term.split()]
    if term in _CALENDAR or not any(map(str.isalpha, term)) or len(words[-1]) == 1:
        return False
    return not all(len(word) <= 1 or word in STOP_WORDS for word in words)


def _common(mine: Iterable[str], theirs: Iterable[str]) -> list[str]:
    known = {each.strip().casefold() for each in mine}
    return [each.strip() for each in theirs if each.strip().casefold() in known]


def _listed(things: list[str]) -> str:
    return things[0] if len(things) == 1 else f"{', '.join(things[:-1])} and {things[-1]}"
