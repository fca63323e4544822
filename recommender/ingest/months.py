"""Dates with the name of a month in one of the languages of newsrooms, by the names of Unicode's CLDR.

A name that is one month in one language and another in the next (listopad) is none.
"""

from __future__ import annotations

from functools import cache

import regex

# Of which CLDR has names in letters; several where a language has several sets.
_LOCALES = (
    "ar ar_DZ ar_IQ ar_LB ar_MA bg bn ca cs da de de_AT el en es et fa fi fr he hi hr hu id it lt lv mr ms "
    "nb nl pl pt pt_PT ro ru sk sl sr sr_Latn sv sw ta te th tr uk ur vi"
)
_ENGLISH = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# What stands between the parts of a date.
_BESIDE = frozenset(
    {
        "de", "del", "of", "the", "am", "um", "uhr", "om", "at", "a", "à", "às", "las", "alle", "ore", "kl",
        "klo", "godz", "o", "h", "ngày", "năm", "pukul", "lúc", "року",
        "г", "года", "в", "р",  # noqa: RUF001 (Cyrillic)
    }
)  # fmt: skip
_ENGLISH_DAYS = frozenset({"mon", "tue", "wed", "thu", "fri", "sat", "sun"})
_CLOCK = regex.compile(r"(?<!\d)\d{1,2}:\d\d(?::\d\d)?(?!\d)(?:\s*(?:z|[+-]\d\d:?\d\d)\s*$)?")
_WORD = regex.compile(r"[\p{L}\p{M}]+")
_NUMBER = regex.compile(r"\d+")
_LONGEST_DAY = 2  # figures
_LONGEST = 100  # characters


def in_english(text: str) -> str | None:
    """Return a date, and the clock that may follow it, as mails write them; None where it is no such date.

    >>> in_english("Чт, 13 окт 2022 17:47:00 +0300")
    '13 Oct 2022 17:47:00+0300'
    """
    names, months = _names()
    plain = text.casefold()
    found = list(names.finditer(plain)) if len(plain) <= _LONGEST else []
    if len(found) > 1:  # "mar. 13 déc. 2022" is a Tuesday
        found = [one for one in found if _bare(one) not in _weekdays()]
    if len(found) != 1:
        return None
    rest = f"{plain[: found[0].start()]} {plain[found[0].end() :]}"
    if clock := _CLOCK.search(rest):
        rest = f"{rest[: clock.start()]} {rest[clock.end() :]}"
    words, numbers = set(_WORD.findall(rest)), _NUMBER.findall(rest)
    day = next((number for number in numbers if len(number) <= _LONGEST_DAY), "")
    year = next((number for number in numbers if len(number) == len("2022")), "")
    if len(numbers) != len((day, year)) or not (day and year and words <= _BESIDE | _weekdays()):
        return None
    # A weekday in English is checked by who reads this.
    weekday = "".join(f"{word.title()}, " for word in words & _ENGLISH_DAYS)
    at = "".join(clock.group().split()).upper() if clock else "00:00"
    return f"{weekday}{day} {_ENGLISH[months[_bare(found[0])] - 1]} {year} {at}"


def _bare(found: regex.Match[str]) -> str:
    return found.group().strip(".")


@cache
def _names() -> tuple[regex.Pattern[str], dict[str, int]]:
    """Return what finds the name of a month, and which it is."""
    said: dict[str, set[int]] = {}
    for months in _of_all("months"):
        for month, name in months.items():
            said.setdefault(name.casefold().strip("."), set()).add(month)
    sure = {name: min(months) for name, months in said.items() if len(months) == 1 and _WORD.search(name)}
    longest = "|".join(map(regex.escape, sorted(sure, key=len, reverse=True)))
    return regex.compile(rf"(?<![\p{{L}}\p{{M}}])(?:{longest})\.?(?![\p{{L}}\p{{M}}])"), sure


@cache
def _weekdays() -> frozenset[str]:
    return frozenset(
        word for days in _of_all("days") for name in days.values() for word in _WORD.findall(name.casefold())
    )


def _of_all(what: str) -> list[dict[int, str]]:
    from babel import Locale  # reads 40 files: only where a date needs it

    return [
        getattr(Locale.parse(name), what)[context][width]
        for name in _LOCALES.split()
        for context in ("format", "stand-alone")
        for width in ("wide", "abbreviated")
    ]
