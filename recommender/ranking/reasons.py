"""Why a story stands in a slot, in words an editor accepts, and what it is to the reader. Knows no arrays.

A reason is given only where it is true of both texts; where nothing can be said, nothing is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from recommender.analysis.series import label_of, same_series, series_of
from recommender.analysis.wording import PLAIN, Wording
from recommender.ranking.form_features import LIVE_KINDS, OPINION_KINDS
from recommender.ranking.naming import MOST_THINGS, Rarity, shared_names, shared_words, subject
from recommender.ranking.reader_text import ReaderText

MOST = 3
"""Reasons a slot: what an editor reads at a glance."""

LEAST_SIGNAL = 0.1
"""What a feature must add beyond the pool's median to be given as a reason, in units of the score."""

NEWS = timedelta(days=7)
"""How long before a story another one is part of the same coverage; what is older is background."""

FOLLOWING = timedelta(days=30)
"""How long after a story another one is an update to it; what is newer came later."""

SIMILAR = 0.8
"""How probably related two stories are at least that share no name and are said to be similar."""

BESIDE = 6
"""Characters between "What is" and what is explained: room for an article."""

EXPLAINER_KINDS = frozenset({"explainer", "guide", "how-to", "faq", "q-and-a"})
_EXPLAINS = re.compile(
    r"^how (?:to|does|do|did|is|are|can)\b|^why\b|^what (?:is|are|does|do)\b|^what to know\b"
    r"|^explain(?:ed|er)\b|\bexplained[.!]?$|\bexplainer\b|\bguide to\b|\bintroduction to\b"
    r"|\bq&a\b|\bfaqs?\b",
    re.IGNORECASE,
)
_SLUG = re.compile(r"[a-z0-9]+(?:[-_.][a-z0-9]+)*")  # "ann-lee", "alee": a key in a CMS, no name
_NO_COLUMNS = frozenset({"update", "updated", "breaking", "live", "video", "watch", "photos", "exclusive"})
_BY_SIGNAL = {
    "author_links": "The author has linked to it before",
    "neighbour_links": "Stories like this one link to it",
    "in_links": "Often linked in earlier stories",
}
NOTHING_TO_NAME = "On a similar subject"


class Role(StrEnum):
    """What the link is to the reader; nothing where time does not tell, as of a text that is asked about."""

    UPDATE = "update"
    LATER = "later coverage"
    EARLIER = "earlier coverage"
    BACKGROUND = "background"
    EXPLAINER = "explainer"
    OPINION = "opinion"
    SERIES = "same series"
    NONE = ""


_LEADS = {
    Role.UPDATE: "The latest on {thing}",
    Role.LATER: "What came after on {thing}",
    Role.EARLIER: "Earlier on {thing}",
    Role.BACKGROUND: "The background on {thing}",
    Role.EXPLAINER: "Explains {thing}",
    Role.OPINION: "A view on {thing}",
    Role.NONE: "On {thing}",
}


@dataclass(frozen=True, slots=True)
class Why:
    """A slot's role and reasons; ``things`` are what the reasons name, each in both stories."""

    role: Role
    reasons: tuple[str, ...]
    things: tuple[str, ...]


def why(
    source: ReaderText,
    target: ReaderText,
    signals: Mapping[str, float],
    rarity: Rarity,
    related: float = 0.0,
    say: Wording = PLAIN,
) -> Why:
    """Say why a story is related to the source.

    Parameters
    ----------
    source, target : ReaderText
    signals : mapping of str to float
        What each feature added to the target's score, beyond the median of the pool.
    rarity : callable
        Takes a term; returns its inverse document frequency, less 1.
    related : float
        How probable it is that the two are related, 0 to 1.
    say : Wording
        In whose words.
    """
    column = _column(source, target)
    things = shared_names(source, target, rarity, column)
    words = [] if things else shared_words(source, target, rarity, column)
    role = role_of(source, target)
    first = lead(role, source, target, things, say)
    reasons = [first, say("Of the same column, {column}", column=column) if column else ""]
    if len(things) > 1 or (things and things[0] not in first):
        reasons.append(say("Both name {things}", things=say.listed(things)))
    if words:
        reasons.append(say("Both speak of {things}", things=say.listed(words)))
    by = _readable(_common(source.authors, target.authors), source, target)
    reasons += [say("Also by {author}", author=author) for author in by[:1]]
    strongest = sorted(_BY_SIGNAL, key=lambda name: -signals.get(name, 0))
    reasons += [say(_BY_SIGNAL[name]) for name in strongest if signals.get(name, 0) >= LEAST_SIGNAL]
    tags = list(dict.fromkeys(re.sub("[-_]", " ", tag) for tag in _common(source.tags, target.tags)))
    if tags and not things and not words:
        reasons.append(say("Both under {tags}", tags=say.listed(tags[:MOST_THINGS])))
    reader_text = tuple(reason for reason in reasons if reason)[:MOST]
    if not reader_text and related >= SIMILAR:
        reader_text = (say(NOTHING_TO_NAME),)
    return Why(role, reader_text, (*things, *words))


def role_of(source: ReaderText, target: ReaderText) -> Role:
    """Return what the target is to a reader of the source."""
    if same_series(series_of(source.headline), series_of(target.headline)):
        return Role.SERIES
    if target.kind in OPINION_KINDS and source.kind not in OPINION_KINDS:
        return Role.OPINION
    if target.kind in EXPLAINER_KINDS or _EXPLAINS.search(target.headline):
        return Role.EXPLAINER
    if source.published is None or target.published is None:
        return Role.NONE
    after = target.published - source.published
    if not after:
        return Role.NONE
    if after > timedelta(0):
        live = target.kind in LIVE_KINDS  # is written on for as long as it is live
        return Role.UPDATE if after <= FOLLOWING or live else Role.LATER
    return Role.EARLIER if -after <= NEWS else Role.BACKGROUND


def lead(role: Role, source: ReaderText, target: ReaderText, things: list[str], say: Wording = PLAIN) -> str:
    """Return the first reason, which says what the target is, on which subject; nothing without a subject."""
    if role is Role.SERIES:
        part = series_of(target.headline).part
        which = "Later in the series" if _later(source, target) else "Earlier in the series"
        return say(which + ": part {part}", part=part) if part else say(which)
    on = subject(things, source, target)
    told = on and (role is not Role.EXPLAINER or _is_explained(on, target))
    return say(_LEADS[role], thing=on) if told else ""


def _is_explained(thing: str, target: ReaderText) -> bool:
    """Return whether it is the thing that is explained: it stands beside the words that say so."""
    asked, place = _EXPLAINS.search(target.headline), target.headline.find(thing)
    if asked is None or place < 0:
        return asked is None
    return abs(place - asked.end()) <= BESIDE or abs(asked.start() - place - len(thing)) <= BESIDE


def _later(source: ReaderText, target: ReaderText) -> bool:
    """Return whether the target is the later part: by its number, where both have one, else by its time."""
    mine, theirs = series_of(source.headline).part, series_of(target.headline).part
    if mine and theirs:
        return theirs > mine
    return (
        source.published is not None and target.published is not None and target.published > source.published
    )


def _column(source: ReaderText, target: ReaderText) -> str:
    """Return the words before the colon that both headlines begin with, if they do."""
    label, other = label_of(source.headline), label_of(target.headline)
    same = label.casefold() == other.casefold()
    return label if same and label.casefold() not in _NO_COLUMNS else ""


def _readable(authors: Iterable[str], *stories: ReaderText) -> list[str]:
    """Return authors by their names; a CMS's key only where it is a name that a story writes out."""
    found = []
    for author in authors:
        name = author
        if _SLUG.fullmatch(author):
            name = " ".join(part.capitalize() for part in re.split("[-_.]", author))
            if " " not in name or not any(story.says(name) for story in stories):
                continue
        found.append(name)
    return found


def _common(mine: Iterable[str], theirs: Iterable[str]) -> list[str]:
    known = {each.strip().casefold() for each in mine}
    return [each.strip() for each in theirs if each.strip() and each.strip().casefold() in known]
