"""What makes a series is the same words around the number, in both headlines; a number alone makes none."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from recommender.analysis.series import same_series, series_of

PARTS = [
    (
        "Build Empathy With Interviews, Part 1: Preparation",
        "Build empathy with interviews, part 2: Conversation",
    ),
    ("A Picture Is Worth a Thousand Tokens: Part II", "A Picture Is Worth a Thousand Tokens"),
    ("Product management at 18F, part 1 - New engagements", "Product management at 18F, part 4 - 10x"),
    ("What is a “Customer Centric” Culture \u2013 Part 2", "What is a “Customer Centric” Culture"),
    ("A case study from the SmartPay team (Part 1)", "A case study from the SmartPay team (Part 3)"),
    ("Using Tilix - Part 1 on openSUSE", "Using Tilix \u2013 Part 2 on openSUSE"),
    ("Demographics (part one)", "Demographics (part two)"),
    ("Harbour history, part 2 of 3: the wall", "Harbour history, part 3 of 3: the gate"),
    ("Gov Analytics Breakdown #1 \u2013 Browsers", "Gov Analytics Breakdown #2: Mobile Is Bigger"),
    ("The Dovetail #10: Updates", "The Dovetail #11: Updates"),
    ("openSUSE Weekly News #93 is out!", "openSUSE Weekly News #95 is out!"),
    ("Harbour Notes, Vol. 2", "Harbour Notes, Vol. 3: ships"),
    ("ডেঙ্গু পরিস্থিতি, Part 3", "ডেঙ্গু পরিস্থিতি, Part 4"),
]
NO_PARTS = [
    ("Apartment #5: the fire began in the kitchen", "Apartment #12: the poems of a night porter"),
    ("Hotel Room #5: a novel", "Hotel Room #12: a film"),
    ("Striker back to #1 in the scoring list", "Striker back to #5 in the scoring list"),
    ("Alabama ranked #3", "Alabama ranked #5"),
    ("Toy maker files for Chapter 11 bankruptcy", "Toy maker files for Chapter 7 bankruptcy"),
    ("Airline in Chapter 11: what now", "Airline in Chapter 7: what now"),
    ("Guardians Vol. 3 tops the box office", "Guardians Vol. 2 opens in May"),
    ("ডেঙ্গু পরিস্থিতি #3", "বাজেট, Part 4"),
    ("Part 2: the code", "Part 3: the tests"),
    ("Vol. 3", "Vol. 4"),
    ("#3", "#4"),
    ("3", "4"),
    ("?", "!"),
    ("Windows 11 is slow", "Windows 10 is slow"),
    ("Boeing 737 lands", "Boeing 747 lands"),
    ("Euro 2024 begins", "Euro 2020 begins"),
    ("Top 10 songs", "Top 20 songs"),
    ("Day 5 of the siege", "Day 6 of the siege"),
    ("Part-time work rises", "Part-time work falls"),
    ("Covid-19 in 3 charts", "Covid-19 in 5 charts"),
    ("City win 2-1", "City win 3-1"),
    ("Formula 1 returns", "Formula 2 returns"),
    ("Flight #370 lost", "Flight #17 lost"),
    ("BÖLÜM: Part İ", "BÖLÜM: Part \u0131"),
    ("Harbour, part 2", "Harbour, part 2"),
    ("Upgrade to part 2.0", "Upgrade to part 3.1"),
]


@pytest.mark.parametrize(("one", "other"), PARTS)
def test_the_same_words_around_the_number_make_a_series(one: str, other: str) -> None:
    assert same_series(series_of(one), series_of(other))
    assert same_series(series_of(other), series_of(one))


@pytest.mark.parametrize(("one", "other"), NO_PARTS)
def test_a_number_alone_makes_none(one: str, other: str) -> None:
    assert not same_series(series_of(one), series_of(other))


def test_which_part_it_is() -> None:
    said = ("2", "ii", "IV", "nine", "IX", "12")
    assert [series_of(f"The wall, part {n}").part for n in said] == [2, 2, 4, 9, 9, 12]
    assert [series_of(f"The wall, part {n}").part for n in ("vx", "iiii", "X2", "of us", "two-thirds")] == [
        0
    ] * 5


MARKERS = st.sampled_from(["Part", "#", "Vol.", "Episode", "\uff30\uff21\uff32\uff34"])
HEADLINES = st.text() | st.builds(
    "{}{} {}{}".format, st.text(max_size=9), MARKERS,
    st.text("ivxIVX\u0131İⅷ12²sS\u017f", max_size=4), st.text(max_size=9),
)  # fmt: skip


@given(HEADLINES, HEADLINES)
@example("BÖLÜM: Part İ", "episode s\u0131x")
@settings(max_examples=200)
def test_any_headline_is_read_and_none_is_another_part_of_itself(one: str, other: str) -> None:
    first, second = series_of(one), series_of(other)
    assert first.part >= 0
    assert not same_series(first, first)
    assert same_series(first, second) == same_series(second, first)
    if same_series(first, second):
        assert first.words
        assert first.words == second.words
