"""Times as sites write them: what RFC 3339 and RFC 822 leave open is settled by the site's zone, or refused.

Knows no stories.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, date, datetime, tzinfo
from typing import NamedTuple

from recommender.ingest.months import in_english
from recommender.story.timestamps import NaiveTimeError, TimeFormatError, is_zero, parse_time

_ZONE_NAME = re.compile(
    r"(?P<rest>.*\d(?:\s?[AaPp]\.?[Mm]\.?)?)\s+\(?(?P<name>(?!AM\b|PM\b)[A-Z]{2,5})\)?\s*", re.DOTALL
)
_COMPACT = re.compile(
    r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(?:(\d\d)(?:[.,]\d+)?)?\s*(Z|[+-]\d\d:?\d\d)?)?", re.ASCII
)
_LONG_NAME = re.compile(
    r"\b(Mon|Tue|Wed|Thu|Fri|Sat|Sun|Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
    r"(?:day|sday|nesday|rsday|urday|uary|ruary|ch|il|e|y|ust|t|tember|ober|ember)\b",
    re.IGNORECASE,
)
_ENGLISH = re.compile(
    r"(?:[A-Za-z]{3},?\s+)?(?P<month>[A-Za-z]{3})\.?\s+(?P<day>\d{1,2}),?\s+(?P<year>\d{4})(?:,|\s+at)?(?P<rest>\s.*)?",
    re.DOTALL,
)
# C's asctime, "Thu Oct 13 17:47:00 2022", and RFC 850, "Thursday, 13-Oct-22 17:47:00 UTC".
_OF_C = re.compile(
    r"[A-Z][a-z]{2} (?P<month>[A-Z][a-z]{2}) +(?P<day>\d{1,2}) (?P<clock>\d\d:\d\d:\d\d) (?P<year>\d{4})",
    re.ASCII,
)
_OF_USENET = re.compile(
    r"[A-Z][a-z]{2,8}, (?P<day>\d{1,2})-(?P<month>[A-Z][a-z]{2})-(?P<year>\d\d(?:\d\d)?)"
    r" (?P<clock>\d\d:\d\d:\d\d.*)",
    re.ASCII,
)
_TIGHT_COMMA = re.compile(r",(?=\S)")
_SHORT_OFFSET = re.compile(r"(:\d\d) ?(?:GMT|UTC)? ?([+-])(\d{1,2})(?::?(\d\d))?$", re.ASCII)
# Day and month in figures, year last: only where one of the two can be no month.
_IN_FIGURES = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?:,? (\d{1,2}:\d\d(?::\d\d)?))?", re.ASCII)
_CHINESE = re.compile(r"(\d{4})[年년] ?(\d{1,2})[月월] ?(\d{1,2})[日일] ?(\d{1,2}:\d\d(?::\d\d)?)?", re.ASCII)
_TWELVE = re.compile(r"\b(\d{1,2}):(\d\d)(:\d\d)?\s?([AaPp])\.?[Mm]\.?", re.ASCII)
_NO_TIME = re.compile(r"(?:[A-Za-z]{3},?\s+)?(\d{1,2}) ([A-Za-z]{3}) (\d{4})", re.ASCII)
_NUMBER = re.compile(r"\d{9,13}", re.ASCII)
_MILLISECONDS = 12  # figures from which a number counts milliseconds: in seconds it would be the year 5138
_EPOCHS = (date(1970, 1, 1), date(1899, 12, 30), date(1900, 1, 1))  # zeros: Unix, spreadsheets, SQL Server
_EPOCH_YEARS = frozenset({1899, 1900, 1969, 1970})  # of those days in UTC, whatever the zone
_BEFORE_CHRIST = re.compile(r"(?:\w{3}, )?\d{1,2} \w{3} -\d{4}|-\d{4}-")
_NOON = _MONTHS = 12
_LONGEST = 100  # characters
_EMPTY = TimeFormatError("is an empty date of a database", "leave it out, or send the real one")


class Time(NamedTuple):
    """A time in UTC, and what was believed to get at it."""

    time: datetime
    note: str = ""


def read_time(text: str, zone: tzinfo | None) -> Time:
    """Read a time.

    Parameters
    ----------
    text : str
        As `parse_time` takes it; also ``20130709T103700Z`` (wires), seconds since 1970 (databases), English
        names of months and days in full, times of twelve hours, and a zone by its abbreviation.
    zone : tzinfo or None
        The site's. It counts where a time names no zone, and where it names one by an abbreviation: BST is
        of Dhaka and of London, IST of India, Ireland and Israel.

    Raises
    ------
    TimeFormatError
        Where two readers could take it for two moments, or it is a database's zero.
    """
    text = _in_ascii(" ".join(text.split()))
    if len(text) > _LONGEST:
        raise TimeFormatError
    if _BEFORE_CHRIST.match(text):
        raise _EMPTY
    note = ""
    try:
        time = parse_time(text, zone)
    except TimeFormatError as error:
        plain, name = _zone_named(_plain(text))
        if plain == text:
            raise
        if name and zone is None:
            raise TimeFormatError(
                f"names a zone, {name}, that stands for several", "give the site's zone (--zone)"
            ) from error
        try:
            time = parse_time(plain, zone)
        except NaiveTimeError:
            raise
        except TimeFormatError:
            raise error from None
        note = f"zone {name} read as the site's, {zone}" if name else ""
    locals_ = (UTC, zone or UTC) if time.year in _EPOCH_YEARS else ()
    if any(is_zero(time.astimezone(local), _EPOCHS) for local in locals_):
        raise _EMPTY
    return Time(time, note)


def _in_ascii(text: str) -> str:
    """Return a text with the digits of any script as those of ASCII."""
    if text.isascii():
        return text
    return "".join(
        str(digit) if (digit := unicodedata.decimal(letter, None)) is not None else letter for letter in text
    )


def _plain(text: str) -> str:
    """Return a time in a form that `parse_time` reads, where it has one that says the same."""
    if _NUMBER.fullmatch(text):
        seconds = int(text) / (1_000 if len(text) >= _MILLISECONDS else 1)
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    if found := _COMPACT.fullmatch(text):
        year, month, day, hour, minute, second, offset = found.groups()
        clock = f"T{hour}:{minute}:{second or '00'}{offset or ''}" if hour else ""
        return f"{year}-{month}-{day}{clock}"
    text = _TWELVE.sub(_of_a_day, text)
    if found := _IN_FIGURES.fullmatch(text):
        return _of_figures(found)
    if found := _CHINESE.fullmatch(text):
        year, month, day, clock = found.groups()
        return f"{year}-{month}-{day}{f'T{clock}' if clock else ''}"
    text = _SHORT_OFFSET.sub(_full_offset, _TIGHT_COMMA.sub(", ", text))
    text = _LONG_NAME.sub(lambda found: found[1], text)
    if found := _ENGLISH.fullmatch(text):
        text = f"{found['day']} {found['month']} {found['year']} {(found['rest'] or '').strip()}".strip()
    if found := _OF_C.fullmatch(text) or _OF_USENET.fullmatch(text):
        return "{day} {month} {year} {clock}".format(**found.groupdict())
    if _NO_TIME.fullmatch(text):
        return _NO_TIME.sub(r"\1 \2 \3 00:00", text)
    return in_english(text) or text


def _full_offset(found: re.Match[str]) -> str:
    seconds, sign, hours, minutes = found.groups()
    return f"{seconds}{sign}{hours:0>2}:{minutes or '00'}"


def _of_figures(found: re.Match[str]) -> str:
    """Return a date with its year first, where its figures tell day and month apart; else as it is."""
    one, _, other, year, clock = found.groups()
    day, month = (one, other) if int(one) > _MONTHS else (other, one)
    told = int(day) > _MONTHS >= int(month)
    return f"{year}-{month}-{day}{f'T{clock}' if clock else ''}" if told else found.group()


def _zone_named(text: str) -> tuple[str, str]:
    """Return a time without the abbreviation of its zone, and that."""
    found = _ZONE_NAME.fullmatch(text)
    if found is None or found["name"] in ("UTC", "UT", "GMT"):
        return text, ""
    return found["rest"], found["name"]


def _of_a_day(found: re.Match[str]) -> str:
    hour, minute, second, half = found.groups()
    whole = int(hour) % _NOON + (_NOON if half in "Pp" else 0)
    # The clock has no thirteenth hour of a half: what is written so stays, to be refused.
    return f"{whole:02}:{minute}{second or ''}" if 1 <= int(hour) <= _NOON else found.group()
