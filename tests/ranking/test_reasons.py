"""No reason names what is not in both stories, and the role is what the link is to a reader."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.ranking.reasons import LONG, MOST, NOTHING_TO_NAME, Role, Told, role_of, why

DAY = datetime(2024, 5, 1, tzinfo=UTC)
SOURCE = Told(
    "Council debates the flood wall",
    "On Monday the White House and Mayor Ann Lee spoke of the Harbour Act. NASA sent maps.",
    DAY,
    ("Bob Ray",),
    ("floods",),
    "news",
)


def rare(term: str) -> float:
    return 0.5 if term in {"mayor", "council"} else 4.0


def told(text: str, headline: str = "A quiet day", days: float = -30, **fields: object) -> Told:
    return Told(headline, text, DAY + timedelta(days=days), **fields)  # type: ignore[arg-type]


def test_names_what_both_name() -> None:
    found = why(SOURCE, told("Years ago Ann Lee opposed the Harbour Act. Tom Fox did not."), {}, rare)
    assert found.things == ("Ann Lee", "Harbour Act")
    assert found.reasons == ("The background on Ann Lee", "Both name Ann Lee and Harbour Act")


def test_a_possessive_is_the_same_name() -> None:
    found = why(SOURCE, told("They praised the Harbour Act\u2019s clauses and NASA\u2019s maps."), {}, rare)
    assert set(found.things) == {"Harbour Act", "NASA"}


def test_days_and_months_are_no_subject() -> None:
    assert why(SOURCE, told("It was on Monday in May."), {}, rare).things == ()


def test_what_only_looks_like_a_name_is_no_subject() -> None:
    text = (
        "So I'm here, said Eve. And It's late: at noon the F was lit, and Here\u2019s how. We met Alvaro S."
    )
    assert why(Told("Late", text, DAY), told(text), {}, rare).things == ("Eve",)


def test_a_long_source_is_read_for_names_once_and_a_short_one_not_at_all() -> None:
    short = Told("Lee Group opens", "Lee Group opens in May.", DAY)
    other = told("They say that the Lee Group opens late.")
    assert why(short, other, {}, rare).things == ("Lee Group",)
    long = Told("It opens", "So the Lee Group opens in May. " + "And so on, they say. " * 60, DAY)
    assert len(long.text) >= LONG
    assert why(long, other, {}, rare).things == ("Lee Group",)
    assert why(long, told("Nobody knows them."), {}, rare).things == ()


def test_what_stands_in_most_stories_is_no_subject() -> None:
    assert why(SOURCE, told("We saw the Mayor there, the Mayor."), {}, rare).things == ()


def test_where_nothing_can_be_named_a_rare_word_of_the_headline_is() -> None:
    found = why(SOURCE, told("Nothing else.", "A wall for the council"), {}, rare)
    assert found.things == ("wall",)
    assert found.reasons == ("Both speak of wall",)


def test_where_there_is_nothing_to_say_nothing_is_made_up() -> None:
    assert why(SOURCE, told("Quiet."), {}, rare).reasons == (NOTHING_TO_NAME,)


def test_authors_and_tags_are_given_where_they_are_shared() -> None:
    other = told("Quiet.", authors=("Eve", "bob ray"), tags=("sport", "Floods"))
    assert why(SOURCE, other, {}, rare).reasons == ("Also by bob ray", "Both under Floods")


def test_links_are_a_reason_where_they_carried_the_score() -> None:
    signals = {"neighbour_links": 0.4, "in_links": 0.9, "author_links": 0.01}
    reasons = why(SOURCE, told("Quiet."), signals, rare).reasons
    assert reasons == ("Often linked in earlier stories", "Stories like this one link to it")


@pytest.mark.parametrize(
    ("target", "role"),
    [
        (told("x", days=-2), Role.UPDATE),
        (told("x", days=3), Role.UPDATE),
        (told("x", days=-90), Role.BACKGROUND),
        (told("x", "How flood walls work", days=-90), Role.EXPLAINER),
        (told("x", days=-90, kind="explainer"), Role.EXPLAINER),
        (told("x", days=-90, kind="opinion"), Role.OPINION),
        (told("x", "Council debates the flood wall, part 2", days=-9), Role.SERIES),
    ],
)
def test_roles(target: Told, role: Role) -> None:
    assert role_of(SOURCE, target) is role


def test_the_parts_of_a_series_say_which_they_are() -> None:
    second = Told("The wall, part 2", "x", DAY)
    assert why(second, told("x", "The wall, part 1"), {}, rare).reasons[0] == "Earlier in the series: part 1"
    assert why(second, told("x", "The wall"), {}, rare).reasons[0] == "Earlier in the series"


def test_a_column_is_named_once() -> None:
    first, second = (
        Told(f"Harbour Notes: {n}", "See Harbour Notes. We met NASA.", DAY) for n in ("ships", "nets")
    )
    found = why(first, second, {}, rare)
    assert "Of the same column, Harbour Notes" in found.reasons
    assert found.things == ("NASA",)


def test_no_name_begins_in_the_headline_and_ends_in_the_text() -> None:
    source = Told("A day with Ann", "Lee spoke of the wall.", DAY)
    assert "Ann Lee" not in why(source, told("They saw Ann Lee."), {}, rare).things


NAMES = ("Ann Lee", "NASA", "Harbour Act", "White House", "Tom Fox", "HTML5", "Lee", "Act 2.0")
Texts = st.lists(st.sampled_from([*NAMES, "the", "saw", "Then.", "of"]), max_size=15).map(" ".join)


@given(Texts, Texts, Texts, Texts)
def test_no_reason_names_a_thing_that_is_not_in_both(h1: str, t1: str, h2: str, t2: str) -> None:
    source, target = Told(h1, t1, DAY), Told(h2, t2, DAY)
    found = why(source, target, {}, lambda term: 3.0)
    wholes = [f"{one.headline}\n{one.text}".casefold() for one in (source, target)]
    assert len(found.reasons) <= MOST
    for thing in found.things:
        assert all(re.search(rf"(?<!\w){re.escape(thing.casefold())}(?!\w)", whole) for whole in wholes)
    for name in NAMES:
        if any(name in reason for reason in found.reasons):
            assert all(name.casefold() in whole for whole in wholes)
