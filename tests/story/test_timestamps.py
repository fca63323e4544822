"""Points in time, in and out."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from email.utils import format_datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.story.timestamps import NaiveTimeError, TimeFormatError, format_time, parse_time

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
        ("2022-10-13T17:47:00+0600", datetime(2022, 10, 13, 11, 47, tzinfo=UTC)),
        ("2022-10-13T17:47+06:00", datetime(2022, 10, 13, 11, 47, tzinfo=UTC)),
        ("2022-10-13 17:47 +0600", datetime(2022, 10, 13, 11, 47, tzinfo=UTC)),
        ("2022-10-13 17:47:00+06", datetime(2022, 10, 13, 11, 47, tzinfo=UTC)),
        ("2022-10-13 05:47:00.25-06", datetime(2022, 10, 13, 11, 47, 0, 250_000, tzinfo=UTC)),
        ("2022-10-13T17:47:00+06:00[Asia/Dhaka]", datetime(2022, 10, 13, 11, 47, tzinfo=UTC)),
        ("2022-10-13T11:47Z[Etc/GMT+0]", datetime(2022, 10, 13, 11, 47, tzinfo=UTC)),
        ("2022-10-13T05:47:00\u221206:00", datetime(2022, 10, 13, 11, 47, tzinfo=UTC)),
        ("2022-10-13 11:47:00 UTC", datetime(2022, 10, 13, 11, 47, tzinfo=UTC)),
        ("2022-10-13 11:47:00,25Z", datetime(2022, 10, 13, 11, 47, 0, 250_000, tzinfo=UTC)),
        ("2022-10-13T11:47:00.1234567890123Z", datetime(2022, 10, 13, 11, 47, 0, 123_456, tzinfo=UTC)),
        ("2016-6-9T6:05:00Z", datetime(2016, 6, 9, 6, 5, tzinfo=UTC)),
        ("2016/06/09 06:05:00Z", datetime(2016, 6, 9, 6, 5, tzinfo=UTC)),
        ("Thu, 13 Oct 2022 17:47:00 +0600", datetime(2022, 10, 13, 11, 47, tzinfo=UTC)),
        ("13 Oct 2022 11:47 GMT", datetime(2022, 10, 13, 11, 47, tzinfo=UTC)),
        ("Thu, 13 Oct 22 11:47:00 UT", datetime(2022, 10, 13, 11, 47, tzinfo=UTC)),
        ("thu,  3 nov 2022 11:47:00 +0000 (UTC)", datetime(2022, 11, 3, 11, 47, tzinfo=UTC)),
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
        "2022-13-01T00:00:00Z",
        "2022-02-29T00:00:00Z",
        "2022-10-13T24:00:00Z",
        "2022-10-13T17:47:61Z",
        "2022-10-13T17:47:00+6",
        "2022-10-13T17:47:00[Asia/Dhaka]",
        "2022-10-13T17:47:00+24:00",
        "2022-W41-4",
        "٢٠٢٢-10-13T17:47:00Z",
        "0001-01-01T00:00:00+06:00",
        "9999-12-31T23:59:60Z",
        "9999-12-31T23:59:59-06:00",
        "2022-10-13T17:47:00Z\n",
        "2022-10/13T17:47:00Z",
        "22-10-13T17:47:00Z",
        "Fri, 13 Oct 2022 17:47:00 +0600",
        "Thu, 32 Oct 2022 17:47:00 +0600",
        "Thu, 13 Okt 2022 17:47:00 +0600",
        "2022-10-13T17:47:00+06:60",
        "2022-10-13T17:47:00+6000",
        "1665661620",
    ],
)
def test_what_is_no_time(text):
    with pytest.raises(TimeFormatError, match=r"a time that .+; .+"):
        parse_time(text)


@pytest.mark.parametrize(
    ("text", "way_out"),
    [
        ("03/04/2024", "send 2024-12-31, year first"),
        ("3.4.2024 12:00", "send 2024-12-31, year first"),
        ("13-04-24", "send 2024-12-31, year first"),
        ("0000-00-00 00:00:00", "leave it out, or send the real one"),
        ("0001-01-01T00:00:00Z", "leave it out, or send the real one"),
        ("-0001-11-30T00:00:00+00:00", "leave it out, or send the real one"),
        ("2022-10-13 17:47:00 BST", "names a zone, BST, that stands for several"),
        ("Thu, 13 Oct 2022 17:47:00 IST", "names a zone, IST, that stands for several"),
        ("Fri, 13 Oct 2022 17:47:00 +0600", "is no Fri"),
        ("2022-10-13T17:47:00+24:00", "has an offset of more than a day"),
        ("2022-10-13T17:47:00+24", "has an offset of more than a day"),
        ("2022-10-13T17:47:00+05:75", "has an offset of 75 minutes"),
        ("2022-02-29T00:00:00Z", "day is out of range for month"),
    ],
)
def test_what_may_be_two_times_is_refused_with_the_way_out(text, way_out):
    with pytest.raises(TimeFormatError, match=way_out):
        parse_time(text, ZoneInfo("Asia/Dhaka"))


@given(st.text(max_size=40) | st.from_regex(r"[0-9]{1,4}[-/.][0-9]{1,2}[-/.][0-9]{1,4}.{0,12}"))
def test_any_text_is_a_time_or_refused(text):
    with suppress(TimeFormatError):
        assert parse_time(text, UTC).tzinfo is UTC


@given(TIMES)
def test_mail_and_database_spellings_are_of_the_same_moment(time):
    time = time.replace(microsecond=0)
    assert parse_time(format_datetime(time)) == time
    assert parse_time(time.strftime("%Y/%-m/%-d %H:%M:%S%z")) == time


@pytest.mark.parametrize(
    "text", ["2024-02-30", "2024-13-01T00:00:00", "2023-02-29 10:00", "2024-01-01T25:00"]
)
def test_a_day_that_is_in_no_calendar_is_said_whatever_else_is_missing(text):
    with pytest.raises(TimeFormatError, match="is no date and time"):
        parse_time(text)


@pytest.mark.parametrize("text", ["no", "True", " yes "])
def test_what_is_no_time_but_a_yes_or_no_is_said(text):
    with pytest.raises(TimeFormatError, match="whether, not when"):
        parse_time(text)
