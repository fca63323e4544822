"""Words without their endings, where that helps. Knows no texts.

Snowball (PyStemmer) in the languages where it won: 30 to 70 texts of each were to find their other halves by
TF-IDF among the others. Mean reciprocal rank of whole words, and what stems add: Russian .38 +.08, Tamil
.60 +.15, Nepali .37 +.06, Lithuanian .38 +.04, Serbian .38 +.04, Turkish .47 +.03, Czech .36 +.03,
Portuguese .35 +.02, Norwegian .37 +.02, Arabic .43 +.01. It lost, or hardly changed anything, in Dutch,
Catalan, Finnish, Armenian, Irish, Hindi, Greek, German, Danish, Polish, Romanian, Persian, Swedish, Spanish,
Estonian, Italian, Indonesian, French and Basque. English stays as its weights were learned.
Snowball has no Bangla, no Korean and no Telugu, and takes too much off Hindi; endings of case and number are
taken off here.
Of languages with many endings of which nothing better is known the beginnings of words stand for the
words, in Hebrew and Amharic without the particles that are written before them. Twelve short stories on four
subjects, each asked for the two others on its own by words alone (tests/engine/subjects.txt), found whole and
by beginnings: Armenian 7 and 20 of 24, Amharic 9 and 21, Kannada 10 and 22, Gujarati 11 and 20, Malayalam 13
and 20, Georgian 14 and 17, Hebrew 15 and 24, Sinhala 15 and 22, Ukrainian 15 and 21, Greek 21 and 24; none of
another subject.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, partial
from itertools import islice
from typing import TYPE_CHECKING

import regex

from recommender.analysis.writing_systems import CLUSTER

if TYPE_CHECKING:
    from Stemmer import Stemmer

Stem = Callable[[list[str]], list[str]]

_SNOWBALL = {
    "ar": "arabic", "cs": "czech", "lt": "lithuanian", "ne": "nepali", "no": "norwegian", "pt": "portuguese",
    "ru": "russian", "sh": "serbian", "ta": "tamil", "tr": "turkish",
}  # fmt: skip
_LEAST = 2  # clusters that are left of a word
_ENDINGS = {
    # Stress (ই, ও), case (কে, র, ের, তে, ে, য়), number (রা, দের, গুলো, গুলি) and article (টি, টা, টুকু).
    "bn": regex.compile(
        "(?<!্)(?:গুলোকে|গুলোর|গুলোতে|গুলিকে|গুলির|গুলো|গুলি|দেরকে|দের|টিকে|টির|টিতে|টাকে|টার|টাতে|টি|টা|টুকু|খানা"
        "|য়ের|ের|েরা|েরই|রা|কে|তে|য়ে|য়|ে|র|ই|ও)$"
    ),
    # Plural and oblique cases.
    "hi": regex.compile("(?:ियों|ियाँ|ियां|ाओं|ाएँ|ाएं|ुओं|ों|ें)$"),
    # Plural (들), case and topic, and the forms of 하다 and 되다, which make verbs of nouns.
    "ko": regex.compile(
        "(?:에게서는|에게서|에게는|에게도|에게|에서는|에서도|에서|에는|에도|에|으로는|으로도|으로|로는|로|부터|까지|처럼|보다|이나|라고"
        "|은|는|이|가|을|를|의|과|와|도|만|들"
        "|했습니다|합니다|했으며|했지만|했다고|했다|한다고|한다|하다|하는|하고|하며|하면서|하기|하지|해야|해서|할|한|해"
        "|됐습니다|됩니다|되었다|됐다|된다|되다|되는|되고|되며|될|된|돼|입니다|이라고|이다|였다|이었다)$"
    ),
    # Plural, case, and the last vowel, which both change; a letter that follows itself is the word's own.
    "te": regex.compile(
        "(?:(?<!ల్)లు|(?<!ల్)ల(?:ను|కు|తో|పైన|పై|లోని|లోకి|లో|చే|కోసం|నుంచి|నుండి)?|ల్లో(?:ని|కి)?"
        "|(?<!ల్)లో(?:ని|కి)?|(?<!న్)(?:ను|ని|న)|(?<!క్)(?:కు|కి)|(?<!త్)తో|పైన|పై|గా|నుంచి|నుండి"
        "|ాన్ని|ానికి|\u0c02|ా|ి|ీ|ు|ే|్)$"
    ),
}
_BEGINNINGS = {
    **dict.fromkeys(
        ("am", "as", "gu", "kn", "ml", "mr", "or", "pa", "si", "ti"), 3
    ),  # a letter is a syllable
    **dict.fromkeys(("be", "bg", "el", "he", "hy", "ka", "kk", "ky", "mk", "mn", "tg", "uk"), 5),
}
"""Clusters at the beginning of a word that stand for it."""

_PARTICLES = {"am": "የበለከ", "he": "ובהלמכש"}
"""Letters that are words of their own and written together with the next one, whose own letters they may be:
taken off while `_LEAST_NAMED` are left, so that a word loses the same with and without a particle."""

_LEAST_NAMED = {"am": 3, "he": 4}
_LETTERS = regex.compile(r"[\p{Bengali}\p{Devanagari}\p{Telugu}\p{Hangul}]+")
_LONGEST = 64  # letters: what has more is no word, and none of it is kept
_MOST_ENDINGS = 2  # one after the other: "নির্বাচনেরও"


@lru_cache(64)
def stemmer_of(language: str) -> Stem | None:
    """Return what takes the endings off casefolded words of a language, or None where words stay whole."""
    if language in _ENDINGS:
        return partial(_without_endings, language)
    name = _SNOWBALL.get(language)
    if name is None:
        return None
    from Stemmer import Stemmer  # only where there are such languages

    return _of_snowball(Stemmer(name))


def term_maker_of(language: str) -> Stem | None:
    """Return what makes the forms of a word one term: by their endings, or in some languages by beginnings.

    Terms are compared and never shown; names, whose sounds are told across languages, are no such terms.
    """
    return partial(_beginnings, language) if language in _BEGINNINGS else stemmer_of(language)


def stemmed(word: str, language: str) -> str:
    """Return a casefolded word of any language without its ending, as far as one is known for it.

    To match phrases, where "ferries" has to be "ferry": what is counted and ranked is cut by `term_maker_of`.

    >>> stemmed("ferries", "en") == stemmed("ferry", "en")
    True
    """
    stem = stemmer_of(language) or _any_stemmer(language)
    return stem([word])[0] if stem else word


@lru_cache(64)
def _any_stemmer(language: str) -> Stem | None:
    from Stemmer import Stemmer

    try:
        return _of_snowball(Stemmer(language))  # it knows ISO 639-1
    except KeyError:
        return None


def _of_snowball(stemmer: Stemmer) -> Stem:
    def stem(words: list[str]) -> list[str]:
        return list(stemmer.stemWords(words))

    return stem


def _without_endings(language: str, words: list[str]) -> list[str]:
    return [_stem(word, language) if len(word) <= _LONGEST else word for word in words]


@lru_cache(1 << 15)
def _stem(word: str, language: str) -> str:
    if not _LETTERS.fullmatch(word):
        return word
    for _ in range(_MOST_ENDINGS):
        stem = _ENDINGS[language].sub("", word)
        if stem == word or len(CLUSTER.findall(stem)) < _LEAST:
            break
        word = stem
    return word


def _beginnings(language: str, words: list[str]) -> list[str]:
    return [word if word.isascii() else _beginning(word[:_LONGEST], language) for word in words]


@lru_cache(1 << 15)
def _beginning(word: str, language: str) -> str:
    particles, least = _PARTICLES.get(language, ""), _LEAST_NAMED.get(language, 0)
    taken = min(len(word) - len(word.lstrip(particles)), len(word) - least)
    word = word[max(taken, 0) :]
    return "".join(islice((cluster.group() for cluster in CLUSTER.finditer(word)), _BEGINNINGS[language]))
