"""Points in time: RFC 3339 in and out, and the spellings of it that feeds and CMSs send. Knows no stories.

What two readers could take for two moments is refused: day and month in figures alone, names of zones.
No library reads just these: dateutil guesses the order of 03/04/2024 and passes over zones that it does not
know, ciso8601 and `whenever` read ISO 8601 alone, and `email.utils` of the standard library takes a 32nd.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

# What nearly all send, for the standard library to read: four times faster than piece by piece.
_USUAL = re.compile(
    r"[1-9]\d{3}-\d\d-\d\d[T ]\d\d:\d\d:[0-5]\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:[0-5]\d)", re.ASCII
)
_SECONDS = r"(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d+))?)?"
# PostgreSQL leaves out minutes of 0; Java names the zone behind the offset, which counts (RFC 9557, 3.4).
_OFFSET = r"(?: ?(?P<offset>[Zz]|UTC?|GMT|[+\u2212-]\d{2}(?::?\d{2})?)(?:\[[A-Za-z0-9/_+-]{1,40}\])?)?"
_ISO = re.compile(
    r"(?P<year>\d{4})(?P<between>[-/])(?P<month>\d{1,2})(?P=between)(?P<day>\d{1,2})"
    rf"(?:[Tt ](?P<hour>\d{{1,2}}):(?P<minute>\d{{2}}){_SECONDS}{_OFFSET})?",
    re.ASCII,
)
# RFC 822, section 5, as RFC 1123 and 5322 have it: "Thu, 13 Oct 2022 17:47:00 +0600". A comment may follow.
_MAIL = re.compile(
    r"(?:(?P<weekday>[A-Za-z]{3}), +)?(?P<day>\d{1,2}) (?P<name>[A-Za-z]{3}) (?P<year>\d{4}|\d{2})"
    rf" (?P<hour>\d{{1,2}}):(?P<minute>\d{{2}}){_SECONDS}{_OFFSET}(?: \([A-Z]{{1,5}}\))?",
    re.ASCII,
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_CENTURY = 50  # RFC 5322, section 4.3: two figures below it are of this century

_AMBIGUOUS = re.compile(r"\d{1,2}(?P<between>[./-])\d{1,2}(?P=between)\d{2,4}\b", re.ASCII)
_ZERO = re.compile(r"-?0{1,4}[01]?-\d\d-\d\d|[0 :./-]*0[0 :./-]*$", re.ASCII)
_ZONE_NAME = re.compile(r"\d ?(?P<name>(?!UTC?$|GMT$|Z$)[A-Za-z]{1,5})$")
_LEAP_SECOND = 60
_LAST_MINUTE = 59
_LAST_OFFSET = 24 * 60  # minutes; RFC 3339 writes hours up to 23
_EXAMPLE = '"2022-10-13T17:47:00+06:00"'


class TimeFormatError(ValueError):
    """A text that is no time, or that does not say which.

    Parameters
    ----------
    problem, way_out : str
        What is wrong with it, and what to send instead.
    """

    def __init__(
        self, problem: str = "is no date and time", way_out: str = f"send RFC 3339, such as {_EXAMPLE}"
    ) -> None:
        self.problem, self.way_out = problem, way_out
        super().__init__(f"a time that {problem}; {way_out}")


WHETHER = ("says whether, not when", "send the time; a story that is not public has a status, such as draft")
"""What is wrong with a time that is true or false, and what to send instead."""
_WHETHER = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n"})


class NaiveTimeError(TimeFormatError):
    """A time without an offset, where no time zone is known either."""

    def __init__(self) -> None:
        way_out = f"add it ({_EXAMPLE}), or set the time zone of the archive or command"
        super().__init__("has no offset from UTC", way_out)


def parse_time(text: str, zone: tzinfo | None = None) -> datetime:
    """Read a time; return it in UTC.

    Parameters
    ----------
    text : str
        RFC 3339 (``2022-10-13T17:47:00+06:00``), also without seconds, colon in the offset, or leading
        zeros, with an offset in hours, a zone in brackets behind it, with slashes, or a comma before any
        number of decimals; or RFC 822 and its successors
        (``Thu, 13 Oct 2022 17:47:00 +0600``). Without an offset, or only a date (its first moment), when
        `zone` is given.
    zone : tzinfo or None
        The time zone of times that name none.

    Raises
    ------
    NaiveTimeError
        If `text` has no offset and `zone` is None.
    TimeFormatError
        If `text` is not such a time, may be two, or lies outside the years 1 to 9999 in UTC.
    """
    if _USUAL.fullmatch(text):
        with suppress(ValueError, OverflowError):  # read below, for its error
            return datetime.fromisoformat(text).astimezone(UTC)
    form = _ISO.fullmatch(text) or _MAIL.fullmatch(text)
    if form is None or text.startswith(("0000", "0001")):
        raise _refusal(text)
    parts = form.groupdict()
    offset = _offset(parts["offset"])
    year, month, day = _date(parts)
    second = int(parts["second"] or 0)
    leap = second == _LEAP_SECOND  # datetime has none: it becomes the next minute's first second
    micro = int((parts["fraction"] or "0")[:6].ljust(6, "0"))
    try:
        local = datetime(
            year, month, day, int(parts["hour"] or 0), int(parts["minute"] or 0), second - leap, micro,
            tzinfo=offset or zone or UTC,
        )  # fmt: skip
        if parts.get("weekday") and parts["weekday"].lower() != _WEEKDAYS[local.weekday()]:
            raise TimeFormatError(f"is no {parts['weekday']}", "correct the date, or leave out the weekday")
        moment = (local + timedelta(seconds=int(leap))).astimezone(UTC)
    except OverflowError as error:
        raise TimeFormatError("lies outside the years 1 to 9999") from error
    except ValueError as error:
        if isinstance(error, TimeFormatError):
            raise
        raise TimeFormatError(f"is no date and time ({error})") from error
    if offset is None and zone is None:
        raise NaiveTimeError
    return moment


def is_zero(time: datetime, days: tuple[date, ...] = (date(1970, 1, 1),)) -> bool:
    """Return whether a time is the first moment of one of the days that databases write for none."""
    return time.date() in days and time.hour == time.minute == time.second == 0


def format_time(time: datetime) -> str:
    """Return an aware `time` in RFC 3339, in UTC with a ``Z``."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _date(parts: dict[str, str]) -> tuple[int, int, int]:
    if "name" not in parts:
        return int(parts["year"]), int(parts["month"]), int(parts["day"])
    name = parts["name"].lower()
    if name not in _MONTHS:
        raise TimeFormatError
    year = int(parts["year"])
    if len(parts["year"]) == len("22"):
        year += 2000 if year < _CENTURY else 1900
    return year, 1 + _MONTHS.index(name), int(parts["day"])


def _offset(text: str | None) -> timezone | None:
    if text is None:
        return None
    if text[0].isalpha():
        return UTC
    hours, minutes = int(text[1:3]), int(text[3:].lstrip(":") or 0)
    whole = hours * 60 + minutes
    if minutes > _LAST_MINUTE:
        raise TimeFormatError(f"has an offset of {minutes} minutes", f"send RFC 3339, such as {_EXAMPLE}")
    if whole >= _LAST_OFFSET:
        raise TimeFormatError("has an offset of more than a day", f"send RFC 3339, such as {_EXAMPLE}")
    return timezone(timedelta(minutes=whole if text[0] == "+" else -whole))


def _refusal(text: str) -> TimeFormatError:
    """Return the error of what is no time, with the way out of the mistakes that are made often."""
    if text.strip().lower() in _WHETHER:
        return TimeFormatError(*WHETHER)
    if _ZERO.match(text):
        return TimeFormatError("is an empty date of a database", "leave it out, or send the real one")
    if _AMBIGUOUS.match(text):
        return TimeFormatError(
            "may be read as day and month, or as month and day", "send 2024-12-31, year first"
        )
    if found := _ZONE_NAME.search(text):
        return TimeFormatError(
            f"names a zone, {found['name']}, that stands for several", f"send its offset, such as {_EXAMPLE}"
        )
    return TimeFormatError()
