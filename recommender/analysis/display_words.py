"""The words of a text as they are written, for people to read. Knows no stories.

Where a script puts no space between words they are found by ICU's dictionaries, if PyICU is installed; else
none are, and nothing is said of words that nobody can tell. What is compared never depends on it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module

import regex

from recommender.analysis.languages import ENGLISH
from recommender.analysis.writing_systems import MARK, MARKS, UNSPACED

_FIRST = r"(?![\uff9e\uff9f])"  # two letters that are marks on the one before, to Unicode
_LAST = r"(?![\u200c\u200d\u20d0-\u20ff\ufe00-\ufe0f])"  # a key with a figure on it is none in a word
_ENGLISH_WORD = re.compile(rf"{_FIRST}\w[\w'\u2019-]*\w{_LAST}")
_WORD = regex.compile(
    rf"{_FIRST}[\p{{L}}\p{{N}}_][[\p{{L}}\p{{N}}_'\u2019-]||{MARKS}]*[[\p{{L}}\p{{N}}_]||{MARKS}](?![\p{{M}}\u200c\u200d])",
    regex.V1,
)
_HANGUL = regex.compile(r"[\p{Hangul}]+")
_LEAST = 2  # characters of a word

Segmenter = Callable[[str], list[str]]


def written_words(text: str, language: str = ENGLISH) -> list[str]:
    """Return the words of a text in order, as they are written.

    >>> written_words("The well-known mayor's plan")
    ['The', 'well-known', "mayor's", 'plan']
    """
    if text.isascii() or (language == ENGLISH and not MARK.search(text)):
        return _ENGLISH_WORD.findall(text)
    found: list[str] = []
    for word in _WORD.findall(text):
        if UNSPACED.search(_HANGUL.sub("", word)):
            found += _segmented(word, language)
        else:
            found.append(word)
    return found


def _segmented(run: str, language: str) -> list[str]:
    segmenter = _segmenter(language)
    return [word for word in segmenter(run) if len(word) >= _LEAST] if segmenter else []


@lru_cache(64)
def _segmenter(language: str) -> Segmenter | None:
    """Return what cuts a run of letters into words, or None without PyICU."""
    try:
        icu = import_module("icu")
    except ImportError:
        return None
    locale = icu.Locale(language)

    def cut(run: str) -> list[str]:
        words = icu.BreakIterator.createWordInstance(locale)  # one a call: it holds its text
        text = icu.UnicodeString(run)
        words.setText(text)
        ends = list(words)
        return [str(text[start:end]) for start, end in zip([0, *ends], ends, strict=False)]

    return cut
