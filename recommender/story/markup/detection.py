"""Whether a text is HTML: by tags that act as such, not by a ``<`` in it. Knows no tree."""

from __future__ import annotations

import re
from enum import StrEnum

from recommender.story.text_safety import TAG_NAME, decoded, holds_reference


class Form(StrEnum):
    """How a text is written."""

    PLAIN = "plain text"
    REFERENCES = "text with character references"
    HTML = "HTML"
    ESCAPED = "escaped HTML"


_TAG = re.compile(rf"<(/?)({TAG_NAME})(?=[\s/>])([^<>]*)>", re.IGNORECASE)
_BEGINS = re.compile(rf"\s*<(?:!--|!doctype\b|{TAG_NAME}(?=[\s/>])[^<>]*>)", re.IGNORECASE)
# What a sentence quotes stands between spaces, quotes or brackets: the <h1> and <h2> tags.
_QUOTING = " \t\"'`(\u201c\u2018\u00ab"
_NEEDS_NO_END = frozenset({"br", "hr", "li", "p"})
_ENDS_A_NAME = " \t,;.:)\"'"  # after Pin<P>, of a language that writes its types so
_EMPTY = frozenset({"img", "input", "source", "embed", "wbr"})


def form_of(text: str) -> Form:
    """Tell how a text is written.

    HTML begins with a tag, closes a tag that it has opened, breaks a line by one, or shows a picture. A tag
    that a sentence speaks of does none of these, and neither do ``a < b`` and ``<3``.
    """
    if "<" in text and _acts(text):
        return Form.HTML
    if not holds_reference(text):
        return Form.PLAIN
    # All of it was escaped once too often: nothing but what is quoted would begin with a tag.
    return Form.ESCAPED if _BEGINS.match(plain := decoded(text)) and _acts(plain) else Form.REFERENCES


def _acts(text: str) -> bool:
    if _BEGINS.match(text):
        return True
    opened: set[str] = set()
    for tag in _TAG.finditer(text):
        closes, name = tag[1], tag[2].lower()
        if closes and name in opened:
            return True
        before = text[tag.start() - 1] if tag.start() else "\n"
        after = text[tag.end() : tag.end() + 1]
        parts = before not in _QUOTING and (name == "br" or after not in _ENDS_A_NAME)
        if name in _NEEDS_NO_END and (parts or after.isalnum()):
            return True
        if name in _EMPTY and "=" in tag[3]:
            return True
        if not closes:
            opened.add(name)
    return False
