"""Words that say when: months, days of the week and of the month, years. Pure functions; knows no archive."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from recommender.analysis.languages import ENGLISH
from recommender.analysis.words import term_id, tokens

YEARS = range(1900, 2100)
DAYS = range(1, 32)

# Of CLDR, as Babel has them; written here because Babel takes a twentieth of a second to begin.
_ENGLISH = (
    "January February March April May June July August September October November December "
    "Jan Feb Apr Jun Jul Aug Sept Oct Nov Dec "
    "Monday Tuesday Wednesday Thursday Friday Saturday Sunday"
)


@cache
def date_terms(language: str) -> NDArray[np.uint32]:
    """Return the ids of a language's words for dates, ascending; of one that CLDR does not know, of figures.

    >>> sorted(set(tokens("News Digest, 2 October 2023")) - {"news"})
    ['2023', 'digest', 'october']
    >>> np.isin([term_id("october"), term_id("2023"), term_id("digest")], date_terms("en")).tolist()
    [True, True, False]
    """
    figures = chain(map(str, YEARS), map(str, DAYS), (f"{day:02}" for day in DAYS))
    words = chain(_names(language), figures)
    found = {term_id(term, language) for word in words for term in tokens(word, language)}
    return np.array(sorted(found), np.uint32)


def _names(language: str) -> Iterator[str]:
    if language == ENGLISH:
        yield from _ENGLISH.split()
        return
    from babel import Locale, UnknownLocaleError

    try:
        locale = Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return
    for forms in (locale.months, locale.days):
        for use in ("format", "stand-alone"):
            yield from forms[use]["wide"].values()  # what is cut short may be a word: "sun", "mar"
