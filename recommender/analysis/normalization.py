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


@lru_cache(maxsize=4)  # one story's texts are read for words, for names and for facts
def normalised(text: str) -> str:
    """Return the text in Unicode form NFKC, at most `MAX_CHARACTERS` before and after."""
    text = text[:MAX_CHARACTERS]
    if text.isascii():
        return text
    safe = _RUN_OF_MARKS.sub(lambda run: run.group()[:_MOST_MARKS], text)
    return unicodedata.normalize("NFKC", safe)[:MAX_CHARACTERS]  # one character may become eighteen
