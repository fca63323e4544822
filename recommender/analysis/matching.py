"""Whether a name or a word stands whole in a text, found without making a pattern. Knows no stories."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

# What `re.IGNORECASE` takes for an ASCII letter besides its two cases (CPython, `_casefix.py`).
_ALSO_ASCII = {"\u0130": "i", "\u0131": "i", "\u017f": "s", "\u212a": "k"}

_LETTERS = re.compile(r"\w+")


def stands(text: str, parts: Sequence[str]) -> bool:
    r"""Return whether words stand in a text one after the other, with white space between, no letter around.

    The same as a search for the pattern ``(?<!\w)part\s+part(?!\w)``, in a hundredth of the time that the
    pattern takes to be made.

    Parameters
    ----------
    text : str
        Where to look.
    parts : sequence of str
        Words without white space, as they are written.
    """
    start = text.find(parts[0]) if parts else -1
    while start >= 0:
        if not _is_letter(text, start - 1):
            end = _end(text, start, parts)
            if end is not None and not _is_letter(text, end):
                return True
        # Within a run of letters no word begins: "AA" is not looked for at each of a thousand As.
        within = _LETTERS.match(text, start)
        start = text.find(parts[0], within.end() if within else start + 1)
    return False


def stands_in_any_case(text: str, word: str) -> bool:
    r"""Return whether a word stands in a text, in capitals or not.

    The same as a search for the pattern ``(?<!\w)word(?!\w)`` with `re.IGNORECASE`.
    """
    if not word.isascii():  # rare enough in a headline for the pattern, which knows all scripts' cases
        return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE) is not None
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


def _is_letter(text: str, place: int) -> bool:
    return 0 <= place < len(text) and (text[place].isalnum() or text[place] == "_")
