"""Dates by the names of months: the date that was meant, or none."""

from __future__ import annotations

from datetime import date

import pytest
from babel import Locale
from babel.dates import format_date
from hypothesis import given
from hypothesis import strategies as st

from recommender.ingest.months import in_english

LANGUAGES = [
    "ar",
    "bg",
    "bn",
    "cs",
    "da",
    "de",
    "el",
    "en",
    "es",
    "fi",
    "fr",
    "he",
    "hi",
    "hr",
    "hu",
    "id",
    "it",
]
LANGUAGES += ["nb", "nl", "pl", "pt", "ro", "ru", "sv", "sw", "ta", "tr", "uk", "ur", "vi"]


@given(
    st.sampled_from(LANGUAGES),
    st.sampled_from(["medium", "long", "full"]),
    st.dates(date(1900, 1, 1), date(2100, 1, 1)),
)
def test_a_date_in_any_language_is_that_date_or_none(language, style, day):
    text = format_date(day, style, Locale.parse(language))
    english = in_english(text)
    assert english is None or english.removesuffix(" 00:00").endswith(f"{day.day} {day:%b} {day.year}"), text


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("jeu., 13 oct. 2022 17:47:00 +0200", "13 Oct 2022 17:47:00+0200"),
        ("mar., 13 d\u00e9c. 2022", "13 Dec 2022 00:00"),
        ("Quinta-feira, 13 de outubro de 2022", "13 Oct 2022 00:00"),
        ("13 \u0985\u0995\u09cd\u099f\u09cb\u09ac\u09b0 2022, 17:47", "13 Oct 2022 17:47"),
        ("Wed, 13 October 2022", "Wed, 13 Oct 2022 00:00"),
    ],
)
def test_dates_of_feeds_and_pages(text, english):
    assert in_english(text) == english


@pytest.mark.parametrize(
    "text",
    ["3 listopad 2022", "13 oct 22", "oct 2022", "13 oct 2022 or 2023", "13 oct nov 2022", "13 oct 22 5 pm"],
)
def test_what_does_not_say_which_day_is_none(text):
    assert in_english(text) is None
