"""What two stories both name, in words an editor would call a name. Knows no arrays; of languages, English.

Whatever is named stands in both texts, outside of what both hold word for word.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

from recommender.analysis.normalization import normalised
from recommender.analysis.words import STOP_WORDS, marks, name_terms, names, title_names, tokens
from recommender.ranking.reader_text import KNOWN, ReaderText, without_standing_text

Rarity = Callable[[str], float]

MOST_THINGS = 3
LEAST_RARITY = 1.5
"""Inverse document frequency, less 1, from which a name tells something: one story in five has it."""

WORD_RARITY = 2.3
"""The same for a common word, which must be rarer to be a subject: one story in ten has it."""

LONG = 1000
"""Characters of text from which on a source's own names are looked for in its candidates: it is read once for
all of its block. A shorter one may hold a name only where nothing tells it from another word."""

MOST_NAMES = 300
"""Names of one story that are looked for in another, the most telling first: a long report has 200."""

OPENING = 500
"""Characters of a text in which its subject is named."""

BEFORE = 16
"""Characters before a name that are looked at: room for "through the" or "21st"."""

_WORD = re.compile(r"\w[\w'\u2019-]*\w")
_POSSESSIVE = re.compile(r"['\u2019]s$")
_JOINERS = frozenset({"of", "and", "for", "de", "la", "van", "von", "bin", "al", "the", "der"})
# A name that a full stop cut: "Federal Reserve of St. Louis".
_CUT = frozenset({"st", "mt", "ft", "jr", "sr", "dr", "mr", "mrs", "ms", "gov", "sen", "rep", "gen", "lt"})
_COMPOUND = re.compile(r"-[a-z]{3,}$")  # "Idea-related", "API-generating": an adjective
_ROMAN = re.compile(r"[IVX]{2,}")  # "World War II"
_ORDINAL = re.compile(r"\d(?:st|nd|rd|th)\s+$")  # "21st Century IDEA"
_WHERE = frozenset(
    {"in", "at", "along", "near", "off", "from", "across", "into", "over", "through", "toward", "towards"}
)
_OFFICE_FIRST = frozenset({"assistant", "deputy", "associate", "acting", "senior", "chief", "executive"})
_OFFICE_LAST = frozenset(
    {"chief", "director", "manager", "officer", "secretary", "administrator", "minister", "coordinator"}
    | {
        "president",
        "chairman",
        "chairwoman",
        "chair",
        "commissioner",
        "analyst",
        "specialist",
        "editor",
        "lead",
    }
)


def _listed_words(name: str) -> frozenset[str]:
    lines = (resources.files("recommender") / "data" / name).read_text("utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))


NO_NAMES = _listed_words("no_names.txt")
"""Written with a capital, and no name of anybody or anything."""

NO_SUBJECTS = _listed_words("no_subjects.txt")
"""Rare in headlines, and what no story is about: what happens to people, counts, times."""


class Name(NamedTuple):
    """A name of a story: its term, as it is first written there, and how rare it is."""

    key: str
    text: str
    rarity: float


def shared_names(source: ReaderText, target: ReaderText, rarity: Rarity, column: str = "") -> list[str]:
    """Return names that stand in both stories, the most telling first, at most `MOST_THINGS`.

    Parameters
    ----------
    source, target : ReaderText
    rarity : callable
        Takes a term; returns its inverse document frequency, less 1.
    column : str
        What both headlines begin with, which is named for itself.
    """
    named, other = (source, target) if len(source.text) >= LONG else (target, source)
    telling = [name for name in _telling(named, rarity) if name.key not in column.casefold()]
    headline = target.headline.casefold()
    # What stands in the headline is the subject; of two names the longer one says more.
    telling.sort(key=lambda name: -name.rarity * (1 + (name.key in headline)) * (1 + (" " in name.key)))
    own, others = without_standing_text(named, other)
    chosen = list[str]()
    for name in telling[:MOST_NAMES]:
        if (
            not any(_is_same(name.text, one, source, target) for one in chosen)
            and others.says(name.text)
            and own.says(name.text)
            and not _is_a_word(name.text, source, target)
            and not _is_title(name.text, source, target)
            and _stands_whole(name.text, own)
            and _stands_whole(name.text, others)
        ):
            chosen.append(name.text)
            if len(chosen) == MOST_THINGS:
                break
    return chosen


def shared_words(source: ReaderText, target: ReaderText, rarity: Rarity, column: str = "") -> list[str]:
    """Return the rare words that stand in both headlines, the rarest first."""
    names_itself = _WORD.findall(column)
    words = [word for word in dict.fromkeys(_WORD.findall(target.headline)) if word not in names_itself]
    terms = {word: tokens(word) for word in words}
    telling = [word for word in words if terms[word] and _tells(terms[word][0], rarity)]
    headline = ReaderText(source.headline, "")
    shared = [word for word in telling if headline.says(word, exactly=False)]
    return sorted(shared, key=lambda word: -rarity(terms[word][0]))[:MOST_THINGS]


def subject(things: list[str], source: ReaderText, target: ReaderText) -> str:
    """Return the first of the things that the target's headline is about and the source opens with."""
    opening = ReaderText(source.headline, source.text[:OPENING])
    short = marks(normalised(target.headline))
    for one in things:
        forms = [one, *(mark for mark in short if _is_same(mark, one, source, target))]
        if any(_is_told_of(form, target.headline) for form in forms) and opening.says(one):
            return one
    return ""


def _is_told_of(name: str, headline: str) -> bool:
    """Return whether a headline names a thing other than to say where something happened."""
    places = (match.start() for match in _whole(name).finditer(headline))
    before = (headline[max(0, place - BEFORE) : place].casefold() for place in places)
    return any(_WHERE.isdisjoint(words.removesuffix("the ").split()[-1:]) for words in before)


def _whole(name: str) -> re.Pattern[str]:
    """Return the pattern of a name that is no part of an address: "USA.gov" names no country."""
    words = r"\s+".join(map(re.escape, name.split()))
    return re.compile(rf"(?<![\w@/]){words}(?!\w|\.\w)")


def _stands_whole(name: str, reader_text: ReaderText) -> bool:
    """Return whether a name stands in a story as it is, not as a part of an address or behind an ordinal."""
    return any(
        not _ORDINAL.search(text, max(0, match.start() - BEFORE), match.start())
        for text in (reader_text.headline, reader_text.text)
        for match in _whole(name).finditer(text)
    )


@lru_cache(KNOWN)
def _telling(reader_text: ReaderText, rarity: Rarity) -> tuple[Name, ...]:
    """Return the names of a story that are rare enough to be a subject."""
    found = [
        _POSSESSIVE.sub("", name) for name in (*names(reader_text.text), *title_names(reader_text.headline))
    ]
    written = {name.casefold(): name for name in reversed(found)}
    terms = dict.fromkeys(term for term in name_terms(found) if term in written)
    rare = ((term, rarity(term)) for term in terms if is_name(written[term]))
    return tuple(Name(term, written[term], value) for term, value in rare if value >= LEAST_RARITY)


def is_name(text: str) -> bool:
    """Return whether capitalised words can be a name: no weekday, no office, no adjective, nothing cut off.

    >>> [is_name(text) for text in ("Ann Lee", "Prime Minister", "UTC", "Federal Reserve of St")]
    [True, False, False, False]
    """
    term = text.casefold()
    words = [word.replace("\u2019", "'").partition("'")[0] for word in term.split()]
    if term in NO_NAMES or not any(map(str.isalpha, term)) or len(words[-1]) == 1:
        return False
    if all(len(word) <= 1 or word in STOP_WORDS or word in NO_NAMES or word in _JOINERS for word in words):
        return False
    if (
        words[-1] in _CUT
        or words[-1] in STOP_WORDS
        or _COMPOUND.search(text)
        or _ROMAN.fullmatch(text)
        or (words[0] in NO_NAMES and words[0] != term.split()[0])
    ):
        return False
    if len(words) == 3 and words[1] == "and":
        return False  # two names, or one: nothing tells
    return not (len(words) > 1 and (words[0] in _OFFICE_FIRST or words[-1] in _OFFICE_LAST))


def _is_a_word(text: str, source: ReaderText, target: ReaderText) -> bool:
    """Return whether a name of one word stands in lower case in either story, too, or is a handle there."""
    if " " in text:
        return False
    if marks(text):
        return any(f"@{text}" in story.text for story in (source, target))
    word = text.lower()
    return source.says(word) or target.says(word)


def _is_title(text: str, *stories: ReaderText) -> bool:
    """Return whether a name of several words is all that a headline says: one story cites the other."""
    if " " not in text:
        return False
    for story in stories:
        words = story.headline.split()
        while words and words[0].casefold() in STOP_WORDS:
            words = words[1:]
        if " ".join(words) == text:
            return True
    return False


def _is_same(one: str, other: str, *stories: ReaderText) -> bool:
    """Return whether one name holds the other, or is short for it."""
    short, long = sorted((one, other), key=len)
    if short in long or set(short.split()) <= set(long.split()):
        return True  # "Prime Minister Lee" is Prime Minister Ann Lee
    if " " in short or " " not in long:
        return False
    letters = short.rstrip("s").casefold()
    words = long.replace("-", " ").casefold().split()
    for parts in (words, [word for word in words if word not in _JOINERS]):
        initials = "".join(word[0] for word in parts)
        if letters in initials if len(letters) > 2 else initials.endswith(letters):
            return True
    return any(f"{long} ({short})" in story.text for story in stories)


def _tells(term: str, rarity: Rarity) -> bool:
    return is_name(term) and term not in NO_SUBJECTS and rarity(term) >= WORD_RARITY
