"""Which way a text runs, for those who have to be told. Knows no stories and no pages."""

from __future__ import annotations

import unicodedata

LEFT_TO_RIGHT, RIGHT_TO_LEFT = "ltr", "rtl"
_RIGHT = frozenset({"R", "AL"})


def direction(text: str) -> str:
    """Return ``rtl`` or ``ltr``: that of the first letter that has one, as browsers take ``dir="auto"``."""
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind == "L":
            return LEFT_TO_RIGHT
        if kind in _RIGHT:
            return RIGHT_TO_LEFT
    return LEFT_TO_RIGHT
