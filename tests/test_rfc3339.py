"""Points in time, in and out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.rfc3339 import NaiveTimeError, format_time, parse_time

OFFSETS = st.integers(-23 * 60 - 59, 23 * 60 + 59).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(datetime(1600, 1, 2), datetime(9999, 12, 30), timezones=OFFSETS)


@given(TIMES)
def test_reading_what_was_written_gives_the_same_moment(time):
    assert parse_time(format_time(time)) == time
    assert parse_time(time.isoformat()) == time
    assert parse_time(time.isoformat()).tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2022-10-13T17:47:00+06:00", datetime(2022, 10, 13, 11, 47, tzinfo=UTC)),
        ("2022-10-13t11:47:00z", datetime(2022, 10, 13, 11, 47, tzinfo=UTC)),
        ("2022-10-13 11:47:00.250Z", datetime(2022, 10, 13, 11, 47, 0, 250_000, tzinfo=UTC)),
        ("2016-12-31T23:59:60Z", datetime(2017, 1, 1, tzinfo=UTC)),
        ("2022-10-13T11:47:00-00:00", datetime(2022, 10, 13, 11, 47, tzinfo=UTC)),
    ],
)
def test_known_times(text, moment):
    assert parse_time(text) == moment


def test_a_time_without_offset_is_read_in_the_zone_given():
    dhaka = ZoneInfo("Asia/Dhaka")
    assert parse_time("2022-10-13T17:47:00", dhaka) == datetime(2022, 10, 13, 11, 47, tzinfo=UTC)
    assert parse_time("2022-10-13", dhaka) == datetime(2022, 10, 12, 18, tzinfo=UTC)
    assert parse_time("2022-10-13T17:47:00Z", dhaka) == datetime(2022, 10, 13, 17, 47, tzinfo=UTC)


def test_summer_time_is_that_of_the_day():
    new_york = ZoneInfo("America/New_York")
    assert parse_time("2024-01-15", new_york).hour == 5
    assert parse_time("2024-07-15", new_york).hour == 4


@pytest.mark.parametrize("text", ["2022-10-13T17:47:00", "2022-10-13"])
def test_without_a_zone_it_is_refused(text):
    with pytest.raises(NaiveTimeError):
        parse_time(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "13 Oct 2022",
        "20221013T174700Z",
        "2022-10-13T17:47Z",
        "2022-13-01T00:00:00Z",
        "2022-02-29T00:00:00Z",
        "2022-10-13T24:00:00Z",
        "2022-10-13T17:47:61Z",
        "2022-10-13T17:47:00+6",
        "2022-10-13T17:47:00+24:00",
        "2022-W41-4",
        "٢٠٢٢-10-13T17:47:00Z",
        "0001-01-01T00:00:00+06:00",
        "9999-12-31T23:59:60Z",
        "9999-12-31T23:59:59-06:00",
        "2022-10-13T17:47:00Z\n",
    ],
)
def test_what_is_no_time(text):
    with pytest.raises(ValueError, match=r"time|month|day|hour|minute|second|offset|range|isoformat"):
        parse_time(text)
