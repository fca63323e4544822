"""Whether a name or a word stands whole in a text, found without making a pattern. Knows no stories."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

import regex

from recommender.analysis.writing_systems import MARK, is_part_of_word, is_unspaced

# What `re.IGNORECASE` takes for an ASCII letter besides its two cases (CPython, `_casefix.py`).
_ALSO_ASCII = {"\u0130": "i", "\u0131": "i", "\u017f": "s", "\u212a": "k"}

_LETTERS = re.compile(r"\w+")


def stands(text: str, parts: Sequence[str]) -> bool:
    r"""Return whether words stand in a text one after the other, with white space between, no letter around.

    The same as a search for the pattern ``(?<!\w)part\s+part(?!\w)``, in a hundredth of the time that the
    pattern takes to be made, but that marks on letters count as letters, and that scripts without spaces
    need none.

    Parameters
    ----------
    text : str
        Where to look.
    parts : sequence of str
        Words without white space, as they are written.
    """
    start = text.find(parts[0]) if parts else -1
    while start >= 0:
        if _begins(text, start):
            end = _end(text, start, parts)
            if end is not None and _ends(text, end):
                return True
        # Within a run of letters no word begins: "AA" is not looked for at each of a thousand As.
        within = None if is_unspaced(text[start]) else _LETTERS.match(text, start)
        start = text.find(parts[0], within.end() if within else start + 1)
    return False


def whole_places(text: str, name: str) -> Iterator[int]:
    r"""Yield where a name in ASCII stands whole in a text, no part of an address: "USA.gov" names no country.

    The same as the matches of the pattern ``(?<![\w@/])part\s+part(?!\w|\.\w)``.
    """
    parts = name.split()
    start = text.find(parts[0]) if parts else -1
    while start >= 0:
        end, before = _end(text, start, parts), text[start - 1 : start]
        if end is None or _is_letter(before) or before in ("@", "/") or _goes_on(text, end):
            start = text.find(parts[0], start + 1)
        else:
            yield start
            start = text.find(parts[0], end)


def _goes_on(text: str, end: int) -> bool:
    """Return whether a letter, or a dot and a letter, follow a place."""
    return _is_letter(text[end : end + 1]) or (
        text[end : end + 1] == "." and _is_letter(text[end + 1 : end + 2])
    )


def _is_letter(character: str) -> bool:
    r"""Return whether a pattern takes a character for a ``\w``; no character is none."""
    return character.isalnum() or character == "_"


def stands_in_any_case(text: str, word: str) -> bool:
    r"""Return whether a word stands in a text, in capitals or not.

    The same as a search for the pattern ``(?<!\w)word(?!\w)`` with `re.IGNORECASE`.
    """
    if not word.isascii():  # rare enough in a headline for the pattern, which knows all scripts' cases
        found = regex.finditer(regex.escape(word), text, regex.IGNORECASE)
        return any(_is_free(text, match.start(), match.end()) for match in found)
    return stands(folded(text), [word.lower()])


@lru_cache(2)  # one headline and one text are asked for many words in turn
def folded(text: str) -> str:
    """Return a text in lower case, character by character: its length stays."""
    if not text.isascii():
        for also, letter in _ALSO_ASCII.items():  # four looks: a table is applied to each character
            text = text.replace(also, letter)
    return text.lower()


def _end(text: str, start: int, parts: Sequence[str]) -> int | None:
    """Return where the last part ends if all follow each other from ``start`` on."""
    end = start + len(parts[0])
    for part in parts[1:]:
        begin = end
        while text[begin : begin + 1].isspace():
            begin += 1
        if begin == end or not text.startswith(part, begin):
            return None
        end = begin + len(part)
    return end


def _is_free(text: str, start: int, end: int) -> bool:
    return _begins(text, start) and _ends(text, end)


def _begins(text: str, start: int) -> bool:
    """Return whether no word goes on at a place; where a script has no spaces, any letter begins one."""
    return start == 0 or not is_part_of_word(text[start - 1]) or is_unspaced(text[start])


def _ends(text: str, end: int) -> bool:
    """Return whether no word goes on behind a place; a mark goes on in any script."""
    if end >= len(text) or not is_part_of_word(text[end]):
        return True
    return is_unspaced(text[end - 1]) and not MARK.match(text[end])
