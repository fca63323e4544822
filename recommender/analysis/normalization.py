"""One form for texts that look alike, in linear time whatever they are. Knows no stories."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

MAX_CHARACTERS = 160_000
"""Of a longer text the rest adds no new subject; it bounds one story's cost."""

# Marks above and below letters are put in order one by one, in quadratic time. No letter of any script has
# as many as this (Unicode Annex 15, Stream-Safe Text Format). All but two are no letters, and no white space.
_MOST_MARKS = 30
_RUN_OF_MARKS = re.compile(rf"(?:[^\w\s]|[\uff9e\uff9f]){{{_MOST_MARKS + 1},}}")
# In bytes all but letters, digits and spaces of ASCII is one sign, so that a run of marks is one of those:
# a look for it takes a twentieth of the pattern's time, and most texts have none.
_SIGN, _OTHER = b"x", b" "
_SIGNS = b"".join(
    _OTHER if place < 0x80 and re.match(r"[\w\s]", chr(place)) else _SIGN for place in range(256)
)


@lru_cache(maxsize=4)  # one story's texts are read for words, for names and for facts
def normalised(text: str) -> str:
    """Return the text in Unicode form NFKC, at most `MAX_CHARACTERS` before and after."""
    text = text[:MAX_CHARACTERS]
    if text.isascii():
        return text
    if _SIGN * (_MOST_MARKS + 1) in text.encode("utf-8", "surrogatepass").translate(_SIGNS):
        text = _RUN_OF_MARKS.sub(lambda run: run.group()[:_MOST_MARKS], text)
    return unicodedata.normalize("NFKC", text)[:MAX_CHARACTERS]  # one character may become eighteen
