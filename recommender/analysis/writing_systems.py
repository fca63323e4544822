"""How scripts write words: their marks, digits, spellings and clusters. Knows no language and no story."""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

import regex

# Vowel signs and accents that stand on a letter are part of its word; those that choose how an emoji is drawn
# are not. Joiners tie or part two letters within a word.
MARKS = r"[[\p{Mn}\p{Mc}\u200c\u200d]--[\ufe00-\ufe0f]]"
MARK = regex.compile(MARKS, regex.V1)

UNSPACED_SCRIPTS = (
    r"\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Yi}\u30fc\u3005"
)
UNSPACED = regex.compile(rf"[{UNSPACED_SCRIPTS}]+")
"""A run of scripts that put no space between words, and of Hangul, which puts endings to them."""

_OF_SOUNDS = regex.compile(r"[\p{Thai}\p{Lao}]")

_KANA = regex.compile(r"[\p{Hiragana}\p{Katakana}]")
_JAPANESE = regex.compile(r"(?P<whole>\p{Katakana}[\p{Katakana}\u30fc]*)|(?P<ending>[\p{Hiragana}\u30fc]+)")

CLUSTER = regex.compile(r"\X(?:(?<=[\p{L}\p{M}])\p{M}+)?")
"""What a reader takes for one character (UAX 29): a letter with its marks, with those of Burmese, too, that
UAX 29 leaves alone (the vowel aa and the visarga)."""

_SYLLABLE = regex.compile(
    rf"(?:{CLUSTER.pattern})(?:[\p{{Myanmar}}&&\p{{Lo}}]\u103a(?!\u1039)\p{{M}}*)*", regex.V1
)
"""The same with the consonants that end a syllable of Burmese: their vowel is struck out."""

_JOINERS = regex.compile(r"[\u200c\u200d]")
_DIGIT = regex.compile(r"[\p{Nd}--[0-9]]", regex.V1)
_VARIANT = regex.compile(
    r"[\u0307\u0591-\u05c7\u0610-\u061a\u0622\u0623\u0625\u0629\u0640\u0649\u064b-\u065f\u0670\u0671\u06a9\u06cc\u0451]"
)
# Spellings that one word comes in: short vowels that are mostly left out, the forms of alif, the letters that
# Persian and Arabic keyboards have twice, ya and ta marbuta at an end, the dots of Russian letters.
_VARIANTS = {
    **dict.fromkeys([*range(0x0591, 0x05C8), *range(0x0610, 0x061B), *range(0x064B, 0x0660), 0x0670, 0x0640]),
    **dict.fromkeys([0x0622, 0x0623, 0x0625, 0x0671], "\u0627"),
    0x0629: "\u0647",
    0x0649: "\u064a",
    0x06CC: "\u064a",
    0x06A9: "\u0643",
    0x0451: "\u0435",
}
_DOTTED_I = "i\u0307"
_ASCII = bytes(range(0x80))


def folded(text: str) -> str:
    """Return a casefolded text in one spelling: no joiners and short vowels, digits of ASCII.

    >>> folded("নির্বাচন ২০২৪")
    'নির্বাচন 2024'
    """
    others = beyond_ascii(text)
    if _VARIANT.search(others):
        text = text.replace(_DOTTED_I, "i").translate(_VARIANTS)
    if _JOINERS.search(others):
        text = _JOINERS.sub("", text)
    return _DIGIT.sub(_decimal, text) if _DIGIT.search(others) else text


def beyond_ascii(text: str) -> str:
    """Return the characters of a text that are not ASCII, in order: of most texts a few."""
    return text.encode("utf-8", "ignore").translate(None, _ASCII).decode()


def has_marks(text: str) -> bool:
    """Return whether a text holds any of `MARKS`."""
    return MARK.search(beyond_ascii(text)) is not None


def _decimal(found: regex.Match[str]) -> str:
    """Return the digit of ASCII that a digit stands for; of one that is newer than Python by its place."""
    digit = found.group()
    value = unicodedata.decimal(digit, None)
    if value is None:
        first = ord(digit)
        while _DIGIT.match(chr(first - 1)):
            first -= 1
        value = (ord(digit) - first) % 10  # the ten of a script stand in their order
    return str(value)


def is_unspaced(character: str) -> bool:
    """Return whether a character's script puts no space between words."""
    return UNSPACED.match(character) is not None


def is_part_of_word(character: str) -> bool:
    """Return whether a character is a letter, a figure, or a mark on one."""
    return (
        character.isalnum() or character == "_" or (not character.isascii() and bool(MARK.match(character)))
    )


def boundaries(text: str) -> Sequence[int]:
    """Return where a text's clusters begin, and its end."""
    if text.isascii() and "\r" not in text:
        return range(len(text) + 1)
    return [*(cluster.start() for cluster in CLUSTER.finditer(text)), len(text)]


def unit_boundaries(run: str) -> Sequence[int]:
    """Return where the letters begin of which terms are made, and the end: clusters, in Burmese syllables.

    >>> unit_boundaries("ကြောင်း"), boundaries("ကြောင်း")
    ([0, 7], [0, 4, 7])
    """
    return [*(unit.start() for unit in _SYLLABLE.finditer(run)), len(run)]


def gram_size(run: str) -> int:
    """Return how many neighbouring letters, each with its marks, make a term of a run without spaces.

    Two of Chinese, Japanese and Korean, whose letters are syllables or words, two syllables of Burmese, two
    of Khmer, where all vowels are marks on a letter; three of Thai and Lao, whose letters are sounds: two of
    those stand in texts of any subject.
    """
    return 3 if _OF_SOUNDS.match(run) else 2


def grams(run: str) -> Iterator[tuple[int, int]]:
    """Yield where the terms of a run without spaces begin and end.

    Japanese writes words of other languages in Katakana, which are whole, and endings, particles and what
    all texts have in common in Hiragana, which are left out where there is anything else.

    >>> [run[a:b] for run in ("选举委员", "ท่วมใหญ่", "新型ロケットを打ち上げた") for a, b in grams(run)]
    ['选举', '举委', '委员', 'ท่วม', 'วมใ', 'มให', 'ใหญ่', '新型', 'ロケット', '打', '上']
    """
    if not _KANA.search(run):
        yield from _neighbours(run, 0, len(run))
        return
    place, found = 0, False
    for part in _JAPANESE.finditer(run):
        if part.start() > place:
            yield from _neighbours(run, place, part.start())
        if part["whole"]:
            yield part.span()
        found |= part["whole"] is not None or part.start() > place
        place = part.end()
    if place < len(run):
        yield from _neighbours(run, place, len(run))
    elif not found:
        yield from _neighbours(run, 0, len(run))


def _neighbours(run: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield the terms of a part of a run: neighbouring letters, or all of it where it has too few."""
    places, size = [start + place for place in unit_boundaries(run[start:end])], gram_size(run[start:end])
    if len(places) <= size:
        yield start, end
        return
    yield from zip(places, places[size:], strict=False)


def widened(start: int, end: int, places: Sequence[int]) -> tuple[int, int]:
    """Return the smallest span of whole clusters that holds another; ``places`` are the `boundaries`."""
    first = places[max(bisect_right(places, start) - 1, 0)]
    return first, places[min(bisect_left(places, end), len(places) - 1)]
