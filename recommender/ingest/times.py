"""Times as sites write them: what RFC 3339 and RFC 822 leave open is settled by the site's zone, or refused.

Knows no stories.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple

from recommender.story.timestamps import NaiveTimeError, TimeFormatError, parse_time

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
_TIGHT_COMMA = re.compile(r",(?=\S)")
_GMT_OFFSET = re.compile(r"(?:GMT|UTC) ?([+-]\d\d:?\d\d)$")
_TWELVE = re.compile(r"\b(\d{1,2}):(\d\d)(:\d\d)?\s?([AaPp])\.?[Mm]\.?", re.ASCII)
_NO_TIME = re.compile(r"(?:[A-Za-z]{3},?\s+)?(\d{1,2}) ([A-Za-z]{3}) (\d{4})", re.ASCII)
_NUMBER = re.compile(r"\d{9,13}", re.ASCII)
_MILLISECONDS = 12  # figures from which a number counts milliseconds: in seconds it would be the year 5138
_EPOCHS = ((1970, 1, 1), (1899, 12, 30), (1900, 1, 1))  # the zeros of Unix, of spreadsheets and of SQL Server
_BEFORE_CHRIST = re.compile(r"(?:\w{3}, )?\d{1,2} \w{3} -\d{4}|-\d{4}-")
_NOON = 12
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
    text = " ".join(text.split())
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
    if any(_is_zero(time.astimezone(local)) for local in (UTC, zone or UTC)):
        raise _EMPTY
    return Time(time, note)


def _is_zero(time: datetime) -> bool:
    return (time.year, time.month, time.day) in _EPOCHS and time.hour == time.minute == time.second == 0


def _plain(text: str) -> str:
    """Return a time in a form that `parse_time` reads, where it has one that says the same."""
    if _NUMBER.fullmatch(text):
        seconds = int(text) / (1_000 if len(text) >= _MILLISECONDS else 1)
        return datetime.fromtimestamp(seconds, UTC).isoformat()
    if found := _COMPACT.fullmatch(text):
        year, month, day, hour, minute, second, offset = found.groups()
        clock = f"T{hour}:{minute}:{second or '00'}{offset or ''}" if hour else ""
        return f"{year}-{month}-{day}{clock}"
    text = _GMT_OFFSET.sub(r"\1", _TIGHT_COMMA.sub(", ", text))
    text = _LONG_NAME.sub(lambda found: found[1], text)
    text = _TWELVE.sub(_of_a_day, text)
    if found := _ENGLISH.fullmatch(text):
        text = f"{found['day']} {found['month']} {found['year']} {(found['rest'] or '').strip()}".strip()
    return _NO_TIME.sub(r"\1 \2 \3 00:00", text) if _NO_TIME.fullmatch(text) else text


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
