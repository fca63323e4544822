"""A day is written as the publisher's language writes it, in the publisher's zone and digits."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from babel import Locale
from babel.dates import format_skeleton

from recommender.engine.dates import day, is_language

NIGHT_IN_DHAKA = datetime(2022, 10, 12, 20, 0, tzinfo=UTC)  # 02:00 on the 13th


def test_a_day_is_that_of_the_zone():
    assert day(NIGHT_IN_DHAKA, "en-GB", ZoneInfo("Asia/Dhaka")) == "13 Oct 2022"
    assert day(NIGHT_IN_DHAKA, "en-GB", UTC) == "12 Oct 2022"


@pytest.mark.parametrize(
    ("language", "written"),
    [
        ("en", "Oct 13, 2022"),
        ("de", "13. Okt. 2022"),
        ("pt-BR", "13 de out. de 2022"),
        ("bn", "১৩ অক্টো, ২০২২"),
        ("bn-BD", "১৩ অক্টো, ২০২২"),
        ("ar", "13 أكتوبر 2022"),
        ("ar-EG", "١٣ أكتوبر ٢٠٢٢"),
        ("fa", "۱۳ اکتبر ۲۰۲۲"),
        ("zh-Hant-TW", "2022年10月13日"),
    ],
)
def test_a_day_is_written_as_the_language_does(language, written):
    assert day(NIGHT_IN_DHAKA, language, ZoneInfo("Asia/Dhaka")) == written


def test_languages_that_dates_can_be_written_in():
    assert all(map(is_language, ["en", "bn", "pt-BR", "zh-Hant"]))
    assert not any(map(is_language, ["", "english", "xx", "../en", "e"]))


@pytest.mark.parametrize("month", range(1, 13))
def test_a_day_in_british_english_is_written_as_babel_does(month: int) -> None:
    time = datetime(2022, month, 3, 12, tzinfo=UTC)
    assert day(time, "en-GB", UTC) == format_skeleton("yMMMd", time, locale=Locale("en", "GB"))
