"""Names in a text, by how they are written: capitals, acronyms, versions. Pure functions; knows no archive.

Where a script has no capitals nothing tells a name from another word; Latin acronyms and versions are found.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import regex

from recommender.analysis.languages import ENGLISH, Writing, writing_of
from recommender.analysis.normalization import normalised
from recommender.analysis.scanning import (
    ARTICLES,
    OPENERS,
    OTHER_ARTICLES,
    OTHER_PARTICLES,
    PARTICLES,
    names_in,
)
from recommender.analysis.writing_systems import MARKS, has_marks, is_part_of_word

# The end of a sentence, and the white space behind it. It begins with what is looked for, not with a look
# back, which would be taken at every character.
_BEHIND = r"(?:(?<=\n)\n*|(?<!\n)[\"'\u201d\u2019)\]]*\s+)"
_SENTENCE = re.compile(rf"[.!?:\n]{_BEHIND}")
_OTHER_SENTENCE = regex.compile(rf"[.!?:\n\p{{Sentence_Terminal}}]{_BEHIND}")
_GREEK_SENTENCE = regex.compile(rf"[.!?:;\n\p{{Sentence_Terminal}}]{_BEHIND}")  # its question mark
_MOST_MARK = 40  # characters: what is longer is an address or a token, not a name
_MIN_NAME = 3
_LOWER_WORD = regex.compile(r"(?<![\w'\u2019-])\p{Ll}{4,}")  # of a headline that is no title in capitals


@dataclass(frozen=True, slots=True)
class _Forms:
    """What names look like.

    Attributes
    ----------
    name : Pattern
        Capitalised words, at most eight, so that a text in capitals is not one name.
    mark : Pattern
        Acronyms, camel case and versions: "NASA", "HTML5", "GitHub", "2.0". It is tried on single words of
        bounded length: on a whole text it would take quadratic time.
    sign, word : Pattern
        Most words are passed over at once: what is a mark has a capital or a figure after its first letter.
    """

    name: re.Pattern[str] | regex.Pattern[str]
    mark: re.Pattern[str] | regex.Pattern[str]
    sign: re.Pattern[str] | regex.Pattern[str]
    word: re.Pattern[str] | regex.Pattern[str]


def _names_of(word: str, joiner: str) -> str:
    return rf"{word}(?:(?: {joiner})? {word}){{0,7}}"


def _joiner(particles: Iterable[str], articles: Iterable[str]) -> str:
    return rf"(?:{'|'.join(particles)})(?: (?:{'|'.join(articles)}))?"


_ENGLISH_PARTICLES = _joiner(PARTICLES, ARTICLES)
_ON_A_KEY = r"(?![\u20d0-\u20ff\ufe00-\ufe0f])"  # a figure that is drawn on a key is none in a word
_ENGLISH_FORMS = _Forms(
    re.compile(_names_of(rf"[A-Z][\w\u2019'&-]*{_ON_A_KEY}", _ENGLISH_PARTICLES)),
    re.compile(r"[A-Z][\w-]*[A-Z0-9][\w-]*|[A-Za-z][a-z]+[A-Z]\w*|\w*\d+(?:\.\d+)+"),
    re.compile(r"[A-Z\d](?<=[\w.-].)"),
    re.compile(rf"[\w.-]+{_ON_A_KEY}"),
)
_OTHER_PARTICLES = _joiner(OTHER_PARTICLES, OTHER_ARTICLES)


@lru_cache(2)
def _marked_forms(particles: str) -> _Forms:
    """Return what names look like where letters have marks: capitals of every script, no letter cut."""
    letter = rf"[[\w]||{MARKS}]"
    part = rf"[[\w\u2019'&-]||{MARKS}]"
    whole = r"(?![\p{M}\u200c\u200d])"
    return _Forms(
        regex.compile(_names_of(rf"\p{{Lu}}{part}*{whole}", particles), regex.V1),
        regex.compile(
            rf"\p{{Lu}}{part}*[\p{{Lu}}0-9]{part}*|\p{{L}}\p{{Ll}}+\p{{Lu}}{letter}*|\w*\d+(?:\.\d+)+",
            regex.V1,
        ),
        regex.compile(r"[\p{Lu}\d](?<=[\w.-].)"),
        regex.compile(rf"[[\w.-]||{MARKS}]+{whole}", regex.V1),
    )


def _forms(language: str, text: str) -> _Forms:
    if language != ENGLISH:
        return _marked_forms(_OTHER_PARTICLES)
    # Names of people are written in their own way in English, too.
    is_marked = not text.isascii() and has_marks(text)
    return _marked_forms(_ENGLISH_PARTICLES) if is_marked else _ENGLISH_FORMS


def names(text: str, language: str = ENGLISH) -> list[str]:
    """Return the names in a text as they are written: capitalised words in a sentence, acronyms, versions.

    >>> names("Today the White House met NASA about Python 3.11.")
    ['White House', 'NASA', 'Python', '3.11']
    >>> names("Ayer \u00c1ngela L\u00f3pez habl\u00f3 de la UE.", "es")
    ['\u00c1ngela L\u00f3pez', 'UE']
    """
    forms, text, writing = _forms(language, text), normalised(text), writing_of(language)
    if forms is _ENGLISH_FORMS or language != ENGLISH:
        found = names_in(text, language, forms.mark.fullmatch)
        if found is not None:
            return found
    # No name goes on over the end of a sentence, so the whole text is looked through once.
    starts = [0, *(end.end() for end in _ends(language).finditer(text))]
    here: list[tuple[int, str]] = []
    if writing.capitals:
        begins = _beginnings(text, starts, language)
        capitalised = ((match.start(), match.group()) for match in forms.name.finditer(text))
        here = [(at, name) for at, words in capitalised if (name := _name(words, at in begins, writing))]
    marked = list(_marks(text, forms))
    if not marked:
        return [name for _, name in here]
    return _by_sentence(starts, here, marked)


def _ends(language: str) -> re.Pattern[str] | regex.Pattern[str]:
    if language == ENGLISH:
        return _SENTENCE
    return _GREEK_SENTENCE if language == "el" else _OTHER_SENTENCE


def _beginnings(text: str, starts: list[int], language: str) -> frozenset[int]:
    """Return where sentences begin; but for English, behind quotes, dashes and signs that open them."""
    if language == ENGLISH:
        return frozenset(starts)
    begins = []
    for start in starts:
        place = start
        while text[place : place + 1] and text[place] in OPENERS:
            place += 1
        begins.append(place)
    return frozenset(begins)


def _by_sentence(starts: list[int], here: list[tuple[int, str]], marked: list[tuple[int, str]]) -> list[str]:
    """Return the names of each sentence, then its marks that are not among them."""
    sentences: dict[int, tuple[list[str], list[str]]] = {}
    for which, found in enumerate((here, marked)):
        for at, name in found:
            sentences.setdefault(bisect_right(starts, at), ([], []))[which].append(name)
    found_in_order: list[str] = []
    for _, (own, marks) in sorted(sentences.items()):
        known = frozenset(own)
        found_in_order += [*own, *(mark for mark in marks if mark not in known)]
    return found_in_order


def marks(text: str, language: str = ENGLISH) -> list[str]:
    """Return the words that are names by their form: acronyms, camel case, versions.

    >>> marks("Since HTML5 and USWDS 2.0, GitHub is used by NASA's teams.")
    ['HTML5', 'USWDS', '2.0', 'GitHub', 'NASA']
    """
    return [mark for _, mark in _marks(text, _forms(language, text))]


def _marks(text: str, forms: _Forms) -> Iterator[tuple[int, str]]:
    """Yield where each mark stands, and the mark."""
    end = 0
    for sign in forms.sign.finditer(text):
        if sign.start() < end:
            continue
        start = _word_start(text, sign.start(), end)
        found = forms.word.match(text, start)
        end = found.end() if found else sign.end()
        word = text[start:end].strip(".-")
        if len(word) <= _MOST_MARK and forms.mark.fullmatch(word):
            yield start, word


def _word_start(text: str, place: int, least: int) -> int:
    """Return where the word begins that goes on at ``place``."""
    while place > least and (text[place - 1] in ".-" or is_part_of_word(text[place - 1])):
        place -= 1
    return place


def _name(run: str, begins: bool, writing: Writing) -> str | None:
    """Return the name in a run of capitalised words, without a first word that only begins the sentence."""
    words = run.rstrip("'\u2019-").split()
    while words and words[0].casefold() in writing.stop_words:
        words, begins = words[1:], False
    if not words or (begins and len(words) == 1) or len(words[0]) < _MIN_NAME:
        return None
    if writing.nouns_in_capitals and len(words) == 1:
        return None
    return " ".join(words)


def name_terms(found: list[str]) -> list[str]:
    """Return the terms of names: each name whole and, of a longer one, each capitalised part."""
    terms = []
    for name in found:
        terms.append(name.casefold())
        words = name.split()
        if len(words) > 1:
            parts = [word.casefold() for word in words if len(word) >= _MIN_NAME and word[0].isupper()]
            terms += parts if len(parts) > 1 else ()
    return terms


def title_names(headline: str, language: str = ENGLISH) -> list[str]:
    """Return the terms of names in a headline.

    In English those are acronyms and versions: its capitals tell nothing where every word has one. Elsewhere
    a headline is a sentence, and so are its names, unless all of it is in capitals.
    """
    if language == ENGLISH or not _LOWER_WORD.search(headline):
        return [mark.casefold() for mark in marks(normalised(headline), language)]
    return name_terms(names(headline, language))
