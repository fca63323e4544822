"""Words, names and figures of most texts found in one walk in C. Knows no archive.

A text in which letters have marks, or stand without spaces between words, is read by the patterns of `words`,
`names` and `facts`; so is any where nothing could be compiled. Both find the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache, lru_cache

import numpy as np
import regex
from numpy.typing import NDArray

from index.storage.kernels.sources import require
from recommender.analysis.languages import ENGLISH, writing_of
from recommender.analysis.writing_systems import MARK, UNSPACED, folded

try:
    require("scanning")
    from index.storage.kernels import scanning
except ImportError:  # or it could not be compiled where this was installed
    COMPILED = False
else:
    COMPILED = True

Ids = NDArray[np.uint32]

OPENERS = "\"'([\u201c\u2018\u201e\u00ab\u2039\u00bf\u00a1-\u2013\u2014 "
"""What may stand before the first word of a sentence."""

PARTICLES = ("of", "and", "for", "de", "la", "van", "von", "bin", "al")
ARTICLES = ("the", "la", "der")
"""Words in small letters within a name, and what may follow them."""

OTHER_PARTICLES = (
    *(
        "de",
        "del",
        "della",
        "di",
        "da",
        "do",
        "dos",
        "das",
        "du",
        "des",
        "la",
        "le",
        "van",
        "von",
        "zu",
        "zum",
    ),
    *("bin", "al", "el", "af", "av", "\u0434\u0435"),
)
OTHER_ARTICLES = ("la", "las", "los", "der", "den")
"""The same but for English."""

_WORD, _DIGIT, _SPACE, _JOINS, _FOLDED_WORD, _FOLDED_DIGIT, _UNFIT, _CAPITAL, _ENDS, _OPENS, _ODD = (
    1 << place for place in range(11)
)
_MOST_LETTERS = 3  # of what one letter is folded to
_RUN = re.compile(r"\w+")
_IS_WORD, _IS_DIGIT, _IS_SPACE = re.compile(r"\w"), re.compile(r"\d"), re.compile(r"\s")
_ON_A_KEY = re.compile(r"[\u20d0-\u20ff\ufe00-\ufe0f]")
_IS_CAPITAL, _IS_END = regex.compile(r"\p{Lu}"), regex.compile(r"[.!?:\n\p{Sentence_Terminal}]")
# Where the patterns of other languages than English may see another thing in a character.
_ELSEWHERE = [
    (regex.compile(r"\w"), _IS_WORD),
    (regex.compile(r"\d"), _IS_DIGIT),
    (regex.compile(r"\s"), _IS_SPACE),
    (regex.compile(r"[\p{M}\u200c\u200d]"), _ON_A_KEY),
]
JOINED = regex.compile(r"[\w.,]")
"""Before a figure: it is part of something else."""


def kind_of(character: str) -> tuple[int, str]:
    """Return what the walks ask of a character, and what it is folded to."""
    plain = folded(character.casefold())
    letters = [*filter(_IS_WORD.match, plain)]
    kinds = {
        _WORD: _IS_WORD.match(character),
        _DIGIT: _IS_DIGIT.match(character),
        _SPACE: _IS_SPACE.match(character),
        _JOINS: JOINED.match(plain[-1:]),
        _FOLDED_WORD: letters,
        _FOLDED_DIGIT: len(plain) == 1 and _IS_DIGIT.match(plain),
        _UNFIT: MARK.search(character + character.casefold())
        or UNSPACED.search(character + plain)
        or not 0 < len(plain) <= _MOST_LETTERS
        or (len(plain) > 1 and "".join(letters) != plain)
        or _IS_DIGIT.search(plain[1:])
        or (_IS_DIGIT.match(plain) and not plain.isascii()),
        _CAPITAL: _IS_CAPITAL.match(character),
        _ENDS: _IS_END.match(character),
        _OPENS: character in OPENERS,
        _ODD: any(bool(one.match(character)) != bool(other.match(character)) for one, other in _ELSEWHERE),
    }
    return sum(kind for kind, is_so in kinds.items() if is_so), plain


def term_hashes(text: str, language: str, begun: int, most: int) -> tuple[Ids, Ids] | None:
    """Return the hashes of a normalised text's words and of pairs of neighbours; None where patterns have to.

    Parameters
    ----------
    text, language : str
    begun : int
        Checksum of what stands before each.
    most : int
        Words that are read.
    """
    if not COMPILED:
        return None
    words = _stop_words(language)
    found: tuple[Ids, Ids] | None = scanning.word_hashes(_scanned(text), words, begun, most)
    return found


def words_in(text: str, language: str, most: int) -> list[str] | None:
    """Return the words of a normalised text as they are folded, without stop words, or None."""
    if not COMPILED:
        return None
    found: list[str] | None = scanning.words(_scanned(text), _stop_words(language), most)
    return found


def names_in(text: str, language: str, is_mark: Callable[[str], object]) -> list[str] | None:
    """Return the names of a normalised text without marks, as `names` does, or None.

    Parameters
    ----------
    text, language : str
    is_mark : callable
        Whether a word is a name by its form.
    """
    if not COMPILED:
        return None
    found: list[str] | None = scanning.names(_scanned(text), _style_of(language), is_mark)
    return found


def figures(text: str) -> list[str] | None:
    """Return the figures of a normalised text in digits of ASCII that go on nothing before them, or None."""
    if not COMPILED:
        return None
    found: list[str] | None = scanning.figures(_scanned(text))
    return found


def first_run(text: str) -> str:
    """Return the first run of letters and figures of a text, a run of whatever holds that whole."""
    found = _RUN.search(text)
    return found.group() if found else ""


class Phrases:
    """Words, or words one after the other, that are looked for in many texts."""

    def __init__(self, phrases: Iterable[str]) -> None:
        self._phrases = [*dict.fromkeys(phrases)]
        self._compiled = scanning.Words(self._phrases) if COMPILED else None

    def runs_in(self, text: str) -> list[str]:
        """Return those that may be runs of letters and figures in a text: all that are, and few others."""
        found = None
        if self._compiled is not None:
            found = scanning.runs_among(_scanned(text), self._compiled)
        if found is None:
            return [phrase for phrase in self._phrases if phrase in text]
        return [self._phrases[place] for place in found]

    def may_open(self, text: str, words: int, least: int) -> bool:
        """Return whether any may be the first `words` of a sentence of a text, `least` characters long."""
        if self._compiled is None:
            return True
        return scanning.opens_with(_scanned(text), self._compiled, words, least) is not False


@lru_cache(maxsize=2)  # a story's headline and its text: each is looked through for three things
def _scanned(text: str) -> scanning.Text:
    return scanning.Text(text, _characters())


@cache
def _characters() -> scanning.Characters:
    return scanning.Characters(kind_of)


@lru_cache(64)
def _stop_words(language: str) -> scanning.Words:
    return scanning.Words(writing_of(language).stop_words)


@lru_cache(64)
def _style_of(language: str) -> scanning.Style:
    writing, is_english = writing_of(language), language == ENGLISH
    return scanning.Style(
        PARTICLES if is_english else OTHER_PARTICLES,
        ARTICLES if is_english else OTHER_ARTICLES,
        _stop_words(language),
        is_english=is_english,
        has_capitals=writing.capitals,
        nouns_in_capitals=writing.nouns_in_capitals,
        is_greek=language == "el",
    )
