"""Times of sites: the site's zone before an abbreviation, and nothing guessed."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.ingest.times import read_time
from recommender.story.timestamps import NaiveTimeError, TimeFormatError

DHAKA, DELHI, LONDON = ZoneInfo("Asia/Dhaka"), ZoneInfo("Asia/Kolkata"), ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        ("2016/6/29", DHAKA, "2016-06-28T18:00Z"),
        ("Thu, 13 Oct 2022 17:47:00 BST", DHAKA, "2022-10-13T11:47Z"),
        ("Thu, 13 Oct 2022 17:47:00 BST", LONDON, "2022-10-13T16:47Z"),
        ("13 Oct 2022 17:47 IST", DELHI, "2022-10-13T12:17Z"),
        ("Thursday, 13 October 2022 05:47 PM", DHAKA, "2022-10-13T11:47Z"),
        ("October 13, 2022 at 5:47 p.m.", DHAKA, "2022-10-13T11:47Z"),
        ("13 Oct 2022", DHAKA, "2022-10-12T18:00Z"),
        ("20130709T103700Z", None, "2013-07-09T10:37Z"),
        ("20021202T0800-0500", None, "2002-12-02T13:00Z"),
        ("1611938898", None, "2021-01-29T16:48:18Z"),
        ("1611938898000", None, "2021-01-29T16:48:18Z"),
        ("Thu, 13 Oct 2022 17:47:00 +0600", LONDON, "2022-10-13T11:47Z"),
        ("Thu, 13 Oct 2022 17:47:00 GMT", DHAKA, "2022-10-13T17:47Z"),
        ("Thu,13 Oct 2022 17:47:00 GMT+0600", None, "2022-10-13T11:47Z"),
        ("Thu, 13 Oct 2022 17:47:00 GMT+6", None, "2022-10-13T11:47Z"),
        ("2022-10-13T17:47:00+6:00", None, "2022-10-13T11:47Z"),
        ("Thu Oct 13 17:47:00 2022", DHAKA, "2022-10-13T11:47Z"),
        ("Thursday, 13-Oct-22 17:47:00 GMT", None, "2022-10-13T17:47Z"),
        ("13.10.2022 17:47", DHAKA, "2022-10-13T11:47Z"),
        ("10/13/2022 5:47 PM", DHAKA, "2022-10-13T11:47Z"),
        ("2022\u5e7410\u670813\u65e5 17:47", DHAKA, "2022-10-13T11:47Z"),
        ("\u09e8\u09e6\u09e8\u09e8-\u09e7\u09e6-\u09e7\u09e9T17:47:00+06:00", None, "2022-10-13T11:47Z"),
        ("\u0427\u0442, 13 \u043e\u043a\u0442 2022 17:47:00 +0600", None, "2022-10-13T11:47Z"),
    ],
)
def test_a_time_is_read_in_the_zone_of_the_site(text, zone, expected):
    assert read_time(text, zone).time == datetime.fromisoformat(expected)


@pytest.mark.parametrize(
    "text", ["Thu, 13 Oct 2022 17:47:00 BST", "13 Oct 2022 17:47 IST", "1 May 2022 10:00 CST"]
)
def test_an_abbreviation_without_a_zone_of_the_site_is_refused(text):
    with pytest.raises(TimeFormatError, match="stands for several"):
        read_time(text, None)


def test_a_zone_that_was_believed_is_said():
    assert "BST" in read_time("Thu, 13 Oct 2022 17:47:00 BST", DHAKA).note
    assert read_time("Thu, 13 Oct 2022 17:47:00 +0600", DHAKA).note == ""


@pytest.mark.parametrize("text", ["2016/6/29", "October 13, 2022", "13 Oct 2022"])
def test_a_time_without_any_zone_is_refused(text):
    with pytest.raises(NaiveTimeError):
        read_time(text, None)


@pytest.mark.parametrize(
    "text",
    [
        "0000-00-00 00:00:00", "0000-00-00", "0", "0001-01-01T00:00:00", "1970-01-01T00:00:00Z", "1970-01-01",
        "Thu, 01 Jan 1970 00:00:00 +0000", "1899-12-30", "Mon, 30 Nov -0001 00:00:00 +0000",
        "-0001-11-30T00:00:00Z",
    ],
)  # fmt: skip
def test_the_zero_of_a_database_is_no_time(text):
    with pytest.raises(TimeFormatError):
        read_time(text, DHAKA)


@pytest.mark.parametrize(
    "text",
    [
        "03/04/2024",
        "4.3.2024 10:00",
        "13/13/2022",
        "Wed, 13 Oct 2022 17:47:00 +0600",
        "2022-10-13 13:00 PM",
        "yesterday",
        "2024-02-30",
    ],
)
def test_what_may_be_two_moments_or_none_is_refused(text):
    with pytest.raises(TimeFormatError):
        read_time(text, DHAKA)


@given(
    st.text(max_size=40) | st.from_regex(r"\d{1,14}|\d{4}-\d\d-\d\d[T ]\d\d:\d\d [A-Z]{1,6}", fullmatch=True)
)
def test_any_text_is_a_time_in_utc_or_refused(text):
    try:
        time = read_time(text, DHAKA).time
    except TimeFormatError:
        return
    assert time.tzinfo is UTC
