"""Whether a deck is only the beginning of the body, and would be read twice. Knows no stories."""

from __future__ import annotations

import unicodedata

_DECK_START = 80  # characters; two different paragraphs that agree for so long have not been seen


def begins_with(body: str, deck: str) -> bool:
    """Return whether `body` begins with the start of `deck`, at the end of a word unless that was cut.

    The words of the first `_DECK_START` characters are compared, whatever the white space between them.
    """
    whole, start = _start(body), _start(deck)
    after = whole[len(start) : len(start) + 1]
    inside_a_word = after and unicodedata.category(after)[0] in "LMN"
    return whole.startswith(start) and (len(start) == _DECK_START or not inside_a_word)


def _start(text: str) -> str:
    # So many words have at least as many characters; the rest of a long body need not be cut into words.
    return " ".join(text.split(maxsplit=_DECK_START)[:_DECK_START])[:_DECK_START]
