"""Which series a headline says that it is a part of, and which part, or which column. Knows no stories.

A number alone makes no series: "Apartment #12", "Chapter 11 bankruptcy" and "back to #1" hold one. What makes
a series is the same words around the number, in both headlines.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from importlib import resources
from itertools import pairwise
from typing import NamedTuple

import regex

from recommender.analysis.normalization import normalised

# Letters of ASCII alone: those of other scripts fold to some of these. Figures are of any script.
_PART = re.compile(
    r"(?:(?P<word>\b(?:part|pt|episode|ep|vol|volume|chapter))\b\.?\s*|#)"
    r"(?P<number>(?u:\d){1,3}|[ivx]{1,4}|one|two|three|four|five|six|seven|eight|nine|ten)(?!\w|[.,-]\w)",
    re.ASCII | re.IGNORECASE,
)
# The words that number a part in other languages, and "part 2" in those that put the number first.
_PART_ELSEWHERE = regex.compile(
    r"(?<!\w)(?P<word>teil|folge|parte|cap[ií]tulo|episodio|epis[oó]dio|partie|épisode|volet|часть|серия"
    r"|частина|deel|część|भाग|পর্ব|খণ্ড|الجزء|الحلقة|bölüm|bagian|phần|ตอนที่|ภาค)(?:\s|[-\u2013#\u2116])*"
    r"(?P<number>\p{Nd}{1,3}|[ivx]{1,4}(?=\W|$))(?![\w\p{M}]|[.,-]\w)"
    r"|第(?P<number>\p{Nd}{1,3})(?P<word>[部回集話话章篇期弾])"
    r"|제?(?P<number>\p{Nd}{1,3})(?P<word>부|회|편)(?!\w)",
    regex.IGNORECASE,
)
_ROMAN_NUMBER = re.compile(r"x{0,3}(?:ix|iv|v?i{0,3})")
_OF_HOW_MANY = re.compile(r"\s*(?:of|/)\s*(?:\d{1,3}|[a-z]+)(?=\W|$)", re.ASCII | re.IGNORECASE)
_TITLE_ENDS = re.compile(r"\s*(?:$|[:;,.!?)\]|\u2013\u2014]|-\s)")
_NUMBER_WORDS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
_ROMAN = {"i": 1, "v": 5, "x": 10}
_COLON = re.compile("[:：]")  # noqa: RUF001 (full width)
_PARTS = frozenset({"part", "pt"})
"""Words that number nothing else but parts; a volume, a chapter and "#" need a title before them."""

_LEAST_TITLE = 2
_LEAST_SENTENCE = 3
"""Words before "#3" where a title ends behind the number, and where it goes on ("Notes #3 is out")."""

_NO_TITLE_FILE = resources.files("recommender") / "data" / "no_titles.txt"
_NO_TITLE = frozenset(_NO_TITLE_FILE.read_text("utf-8").split())
"""Words before a number that make it a rank, a section of the law, or the number of a thing."""


class Series(NamedTuple):
    """The words that the headlines of a series share, empty where none can be told, and which part it is."""

    words: str
    part: int


@lru_cache(4096)  # each story's is asked for with every story that it may be related to
def series_of(headline: str) -> Series:
    """Return a headline without its number in a series, and that number; 0 when it has none.

    >>> series_of("Modernizing IT, Part 2: the code")
    Series(words='modernizing it', part=2)
    >>> series_of("Apartment #12: poems of a porter")
    Series(words='apartment #12 poems of a porter', part=0)
    """
    headline = normalised(headline)
    for match in (*_PART.finditer(headline), *_PART_ELSEWHERE.finditer(headline)):
        number, before = _number(match["number"].lower()), _words(headline[: match.start()])
        rest = headline[match.end() :]
        if counted := _OF_HOW_MANY.match(rest):
            rest = rest[counted.end() :]
        # A subtitle is another one in each part; what goes on after the number must be the same.
        ends = _TITLE_ENDS.match(rest) is not None
        after = [] if ends else _words(rest)
        weak = match.re is _PART and (match["word"] or "#").lower() not in _PARTS
        if number and (before or after) and not (weak and not _is_title(before, ends)):
            return Series(" ".join([*before, *after]), number)
    return Series(" ".join(_words(headline)), 0)


def label_of(headline: str) -> str:
    r"""Return what stands before the first colon of a headline, of any script; nothing where there is none.

    >>> label_of("Trends on Tuesday: More Phones"), label_of("社説\uff1a川と町"), label_of("More phones")
    ('Trends on Tuesday', '社説', '')
    """
    parts = _COLON.split(headline, maxsplit=1)
    return parts[0].strip() if len(parts) > 1 else ""


def same_series(one: Series, other: Series) -> bool:
    """Return whether two headlines are of different parts of one series."""
    return one.words != "" and one.words == other.words and one.part != other.part


def _is_title(words: list[str], ends: bool) -> bool:
    return len(words) >= (_LEAST_TITLE if ends else _LEAST_SENTENCE) and words[-1] not in _NO_TITLE


def _words(text: str) -> list[str]:
    """Return the words of a text of any script, without the punctuation around them."""
    stripped = (_stripped(word) for word in text.casefold().split())
    return [word for word in stripped if word]


def _stripped(word: str) -> str:
    if word.isalnum():
        return word
    start, end = 0, len(word)
    while start < end and word[start] != "#" and not _is_letter(word[start]):
        start += 1
    while end > start and not _is_letter(word[end - 1]):
        end -= 1
    return word[start:end]


def _is_letter(character: str) -> bool:
    return unicodedata.category(character)[0] in "LMN"  # marks are letters' other halves in many scripts


def _number(text: str) -> int:
    """Return the number that a text of digits, letters or an English word is; 0 where it is none."""
    if text.isdecimal():
        return int(text)
    if text in _NUMBER_WORDS:
        return 1 + _NUMBER_WORDS.index(text)
    if not _ROMAN_NUMBER.fullmatch(text):
        return 0
    values = [_ROMAN[digit] for digit in text]
    # A smaller digit before a larger one is taken away: IV, IX.
    signs = [-1 if value < following else 1 for value, following in pairwise([*values, 0])]
    return sum(sign * value for sign, value in zip(signs, values, strict=True))
