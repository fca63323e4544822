"""Points in time as RFC 3339 writes them, in and out. Knows nothing of stories."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

_FORM = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})"
    r"(?:[Tt ](?P<minute>\d{2}:\d{2}):(?P<second>\d{2})(?P<fraction>\.\d+)?"
    r"(?P<offset>[Zz]|[+-]\d{2}:\d{2})?)?",
    re.ASCII,
)
_LEAP_SECOND = "60"


class NaiveTimeError(ValueError):
    """A time without an offset, where no time zone is known either."""


def parse_time(text: str, zone: tzinfo | None = None) -> datetime:
    """Read an RFC 3339 time; return it in UTC.

    Parameters
    ----------
    text : str
        ``2022-10-13T17:47:00+06:00``. Without an offset, or only a date (its first moment), when
        `zone` is given.
    zone : tzinfo or None
        The time zone of times that name none.

    Raises
    ------
    NaiveTimeError
        If `text` has no offset and `zone` is None.
    ValueError
        If `text` is not such a time, or lies outside the years 1 to 9999 in UTC.
    """
    form = _FORM.fullmatch(text)
    if form is None:
        raise ValueError("not an RFC 3339 time")
    offset = (form["offset"] or "").upper()
    if not offset and zone is None:
        raise NaiveTimeError("a time without an offset")
    leap = form["second"] == _LEAP_SECOND  # datetime has none: it becomes the next minute's first second
    second = "59" if leap else form["second"]
    clock = f"T{form['minute']}:{second}{form['fraction'] or ''}" if form["minute"] else ""
    try:
        local = datetime.fromisoformat(f"{form['day']}{clock}{offset}") + timedelta(seconds=int(leap))
        return (local if local.tzinfo else local.replace(tzinfo=zone)).astimezone(UTC)
    except OverflowError as error:
        raise ValueError("a time outside the years 1 to 9999") from error


def format_time(time: datetime) -> str:
    """Return an aware `time` in RFC 3339, in UTC with a ``Z``."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")
