"""Which capitalised words are no name, and which words no subject. Pure functions; knows no archive."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib import resources

from recommender.analysis.languages import ENGLISH, STOP_WORDS, writing_of

KNOWN = 1 << 14
"""Names of which it is remembered whether they are names: some 2 MB."""

JOINERS = frozenset({"of", "and", "for", "de", "la", "van", "von", "bin", "al", "the", "der"})
"""Words within names that initials leave out."""

# A name that a full stop cut: "Federal Reserve of St. Louis".
_CUT = frozenset({"st", "mt", "ft", "jr", "sr", "dr", "mr", "mrs", "ms", "gov", "sen", "rep", "gen", "lt"})
_COMPOUND = re.compile(r"-[a-z]{3,}$")  # "Idea-related", "API-generating": an adjective
_ROMAN = re.compile(r"[IVX]{2,}")  # "World War II"
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


@lru_cache(KNOWN)  # a newsroom writes of the same people and places
def is_name(text: str, language: str = ENGLISH) -> bool:
    """Return whether capitalised words can be a name: no weekday, no office, no adjective, nothing cut off.

    That is known of English; of other languages, their function words.

    >>> [is_name(text) for text in ("Ann Lee", "Prime Minister", "UTC", "Federal Reserve of St")]
    [True, False, False, False]
    """
    if language != ENGLISH:
        return _is_word(text, language)
    term = text.casefold()
    words = [word.replace("\u2019", "'").partition("'")[0] for word in term.split()]
    if term in NO_NAMES or not any(map(str.isalpha, term)) or len(words[-1]) == 1:
        return False
    if all(len(word) <= 1 or word in STOP_WORDS or word in NO_NAMES or word in JOINERS for word in words):
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


def _is_word(text: str, language: str) -> bool:
    """Return whether words hold a letter, and one that is no function word."""
    stop_words = writing_of(language).stop_words
    words = text.casefold().split()
    return any(map(str.isalpha, text)) and any(len(word) > 1 and word not in stop_words for word in words)
