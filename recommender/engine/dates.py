"""Dates as readers read them: in a publisher's language, zone and digits. Knows no stories."""

from __future__ import annotations

import functools
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel import Locale

_BRITISH = "en-GB"  # usual: written without Babel, which takes a twentieth of a second to begin
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sept", "Oct", "Nov", "Dec")  # CLDR
_YEARS = 1024  # of an archive's years and languages: more than any has

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
    if language == _BRITISH:
        local = time.astimezone(zone)
        return f"{local.day} {_MONTHS[local.month - 1]} {local.year}"
    return _written("yMMMd", time, language, zone)


def year(time: datetime, language: str, zone: tzinfo) -> str:
    """Return the year of an aware time as `language` writes it, such as ``2022``, ``2022年`` or ``২০২২``."""
    return _year(time.astimezone(zone).year, language)


@functools.lru_cache(_YEARS)
def _year(number: int, language: str) -> str:
    return _written("y", datetime(number, 7, 1, tzinfo=UTC), language, UTC)


def _written(skeleton: str, time: datetime, language: str, zone: tzinfo) -> str:
    """Return a time as a language writes the parts that a skeleton of CLDR names."""
    from babel.dates import format_skeleton  # JSON needs no dates in words, and no 40 ms of import

    locale = _locale(language)
    text = format_skeleton(skeleton, time.astimezone(zone), locale=locale)
    digits = _DIGITS.get(locale.default_numbering_system)
    return text.translate(str.maketrans("0123456789", digits)) if digits else text


def is_language(tag: str) -> bool:
    """Return whether dates can be written in a language."""
    if tag == _BRITISH:
        return True
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
