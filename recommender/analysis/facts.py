"""What a story says alike in every language: figures, names by their sound, its picture. Knows no archive.

A name is written by the sounds of each script: "Zelensky" is জেলেনস্কি and Зеленский. What is left of it in
ASCII letters without vowels is nearly the same, and that is what is compared. Where a script has no capitals
any word may be a name; Chinese gives names by letters that sound otherwise, so figures alone tell there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import chain, islice
from urllib.parse import urlsplit

import numpy as np
import regex
from anyascii import anyascii
from numpy.typing import NDArray

from index.storage.kernels.text_hashes import counted, hashes
from recommender.analysis.languages import writing_of
from recommender.analysis.normalization import MAX_CHARACTERS, normalised
from recommender.analysis.scanning import JOINED, figures
from recommender.analysis.stemming import stemmer_of
from recommender.analysis.writing_systems import MARKS, UNSPACED, folded

MOST = 96  # facts of a story: what comes later is seldom in its translation
_MOST_WORDS = 400  # words that are looked at where any may be a name
_LEAST_SOUNDS = 3  # consonants: two stand in any text
_LEAST_FIGURES = 2

_FIGURE = re.compile(r"[0-9]+(?:[.,][0-9]+)*")
_WORD = regex.compile(rf"[\p{{L}}||{MARKS}]{{3,}}|[\p{{Katakana}}\u30fc]{{3,}}", regex.V1)
_FIRM = np.uint32(1)
_GROUPED = regex.compile(r"(?<=\d)[.,](?=(?:\d{2,3}[.,])*\d{3}$)")
_SPELLINGS = (
    ("sch", "s"), ("tch", "c"), ("sh", "s"), ("ch", "c"), ("ph", "f"), ("kh", "k"), ("gh", "g"), ("th", "t"),
    ("dh", "d"), ("bh", "b"), ("ck", "k"), ("q", "k"), ("x", "ks"), ("z", "j"), ("w", "v"), ("tz", "c"),
)  # fmt: skip
_NASALS = {0x0982: "ng", 0x0902: "n"}  # of Bangla and of Devanagari
_SOFT = regex.compile(r"c(?![eiyh])")
_SILENT = regex.compile(r"[^bcdfgjklmnprstv]|(?<!^)v$")
_TWICE = regex.compile(r"(.)\1+")


def facts(
    headline: str, text: str, names: Iterable[str], language: str, picture: str | None = None
) -> list[str]:
    """Return what a story says alike in every language, at most `MOST`.

    Parameters
    ----------
    headline, text : str
    names : iterable of str
        Those that are told by capitals.
    language : str
        As which the story is read.
    picture : str, optional
        The address of its picture.

    >>> facts("Zelensky met 45 envoys", "", ["Zelensky"], "en")
    ['45', 'jlnsk']
    >>> facts("জেলেনস্কির সঙ্গে ৪৫ দূতের বৈঠক", "", [], "bn")[:2]
    ['45', 'jlnsk']
    """
    words = _sounds(" ".join(names).split(), language)
    if not writing_of(language).capitals:
        said = islice(_WORD.findall(_said(headline, text)), _MOST_WORDS)
        words = chain(words, _sounds(said, language))
    found = chain([_name_of(picture)] if picture else [], _figures(headline, text), words)
    return list(islice(dict.fromkeys(filter(None, found)), MOST))


def _said(headline: str, text: str) -> str:
    """Return both as one text in one spelling."""
    return folded(_joined(headline, text).casefold())


def _joined(headline: str, text: str) -> str:
    """Return both as one normalised text; each of them alone is kept from when it was read for its words."""
    if len(headline) + len(text) < MAX_CHARACTERS:  # no letter composes over a line's end
        return f"{normalised(headline)}\n{normalised(text)}"[:MAX_CHARACTERS]
    return normalised(f"{headline}\n{text}")


def is_firm(codes: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Return which codes of facts (m,) are of figures and pictures, and not of names."""
    return np.asarray(codes & _FIRM == _FIRM)


def fact_codes(facts: Iterable[str]) -> NDArray[np.uint32]:
    """Return the codes of facts, ascending: 32 bits, of which the last one tells figures from names."""
    told = list(facts)
    names = np.fromiter(map(str.isalpha, told), np.bool_, len(told))
    codes, _ = counted(hashes(told) & ~_FIRM | ~names * _FIRM)
    return codes


def _figures(headline: str, text: str) -> Iterator[str]:
    """Yield the figures of a story, in digits of ASCII."""
    scanned = _scanned(headline, text)
    for found in _figures_of(_said(headline, text)) if scanned is None else scanned:
        plain = found if found.isdigit() else _GROUPED.sub("", found).replace(",", ".")
        if len(plain) >= _LEAST_FIGURES:
            yield plain


def _scanned(headline: str, text: str) -> list[str] | None:
    """Return the figures of a story where they are found without patterns."""
    parts = normalised(headline), normalised(text)
    if sum(map(len, parts)) >= MAX_CHARACTERS:  # the rest of both together is left out
        return None
    found = [figures(part) for part in parts]
    return None if None in found else [figure for each in found if each for figure in each]


def _figures_of(said: str) -> Iterator[str]:
    for found in _FIGURE.finditer(said):
        if not (found.start() and JOINED.match(said, found.start() - 1)):
            yield found.group()


def _sounds(words: Iterable[str], language: str) -> Iterator[str]:
    """Yield how words of a language sound without their endings."""
    words = [word.casefold() for word in dict.fromkeys(words)]
    if stem := stemmer_of(language):
        words = stem(words)
    return map(sound_of, words)


@lru_cache(maxsize=1 << 15)  # the same names in story after story; some 5 MB
def sound_of(word: str) -> str:
    """Return the consonants of a word as they sound in any script, nothing where those are too few."""
    plain = word.lower()
    if not word.isascii():
        if UNSPACED.search(word) and not regex.search(r"\p{Katakana}", word):
            return ""
        plain = anyascii(word.translate(_NASALS)).lower()
    plain = _SOFT.sub("k", plain)
    for spelling, sound in _SPELLINGS:
        plain = plain.replace(spelling, sound)
    plain = _TWICE.sub(r"\1", _SILENT.sub("", plain))
    return plain if len(plain) >= _LEAST_SOUNDS else ""


def _name_of(address: str) -> str:
    """Return the name of a picture's file, whatever its address: editions show one under several."""
    return urlsplit(address).path.rpartition("/")[2].casefold()
