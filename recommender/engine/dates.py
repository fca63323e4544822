"""Dates as readers read them: in a publisher's language, zone and digits. Knows no stories."""

from __future__ import annotations

import functools
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel import Locale

# Babel writes the digits of ASCII; these are those of the numbering systems that CLDR prefers for some.
_DIGITS = {
    "arab": "٠١٢٣٤٥٦٧٨٩",
    "arabext": "۰۱۲۳۴۵۶۷۸۹",
    "beng": "০১২৩৪৫৬৭৮৯",
    "deva": "०१२३४५६७८९",
    "mymr": "၀၁၂၃၄၅၆၇၈၉",
}


def day(time: datetime, language: str, zone: tzinfo) -> str:
    """Return the day of an aware time, such as ``13 Oct 2022``, as `language` (a BCP 47 tag) writes it."""
    from babel.dates import format_skeleton  # JSON needs no dates in words, and no 40 ms of import

    locale = _locale(language)
    text = format_skeleton("yMMMd", time.astimezone(zone), locale=locale)
    digits = _DIGITS.get(locale.default_numbering_system)
    return text.translate(str.maketrans("0123456789", digits)) if digits else text


def is_language(tag: str) -> bool:
    """Return whether dates can be written in a language."""
    from babel import UnknownLocaleError

    try:
        _locale(tag)
    except (UnknownLocaleError, ValueError):
        return False
    return True


@functools.cache
def _locale(language: str) -> Locale:
    from babel import Locale

    return Locale.parse(language, sep="-")
