"""No reason names what is not in both stories, and the role is what the link is to a reader."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.analysis.name_lists import is_name
from recommender.ranking.naming import LONG
from recommender.ranking.reader_text import ReaderText
from recommender.ranking.reasons import FOLLOWING, MOST, NEWS, NOTHING_TO_NAME, SIMILAR, Role, role_of, why

DAY = datetime(2024, 5, 1, tzinfo=UTC)
SOURCE = ReaderText(
    "Council debates the flood wall",
    "On Monday the White House and Mayor Ann Lee spoke of the Harbour Act. NASA sent maps.",
    DAY,
    ("Bob Ray",),
    ("floods",),
    "news",
)


def rare(term: str) -> float:
    return 0.5 if term in {"mayor", "council"} else 4.0


def told(text: str, headline: str = "A quiet day", days: float = -30, **fields: object) -> ReaderText:
    return ReaderText(headline, text, DAY + timedelta(days=days), **fields)  # type: ignore[arg-type]


def test_names_what_both_name() -> None:
    found = why(SOURCE, told("Years ago Ann Lee opposed the Harbour Act. Tom Fox did not."), {}, rare)
    assert found.things == ("Ann Lee", "Harbour Act")
    assert found.reasons == ("Both name Ann Lee and Harbour Act",)


def test_a_story_is_on_a_subject_that_its_headline_names() -> None:
    other = told("Years ago Ann Lee opposed the Harbour Act.", "A portrait of Ann Lee")
    said = ("The background on Ann Lee", "Both name Ann Lee and Harbour Act")
    assert why(SOURCE, other, {}, rare).reasons == said
    newer = told("Ann Lee resigns.", "Ann Lee resigns", days=2)
    assert why(SOURCE, newer, {}, rare).reasons == ("The latest on Ann Lee",)
    text = ReaderText("Ann Lee and the wall", "Ann Lee spoke.")
    assert why(text, other, {}, rare).reasons == ("On Ann Lee",)


def test_a_possessive_is_the_same_name() -> None:
    found = why(SOURCE, told("They praised the Harbour Act\u2019s clauses and NASA\u2019s maps."), {}, rare)
    assert set(found.things) == {"Harbour Act", "NASA"}


def test_days_and_months_are_no_subject() -> None:
    assert why(SOURCE, told("It was on Monday in May."), {}, rare).things == ()


def test_what_only_looks_like_a_name_is_no_subject() -> None:
    text = (
        "So I'm here, said Eve. And It's late: at noon the F was lit, and Here\u2019s how. We met Alvaro S."
    )
    other = told(
        "Now I'm here, Eve said. But It's late: the F was lit, and Here\u2019s how. They saw Alvaro S."
    )
    assert why(ReaderText("Late", text, DAY), other, {}, rare).things == ("Eve",)


def test_a_long_source_is_read_for_names_once_and_a_short_one_not_at_all() -> None:
    short = ReaderText("Lee Group opens", "Lee Group opens in May.", DAY)
    other = told("They say that the Lee Group opens late.")
    assert why(short, other, {}, rare).things == ("Lee Group",)
    long = ReaderText("It opens", "So the Lee Group opens in May. " + "And so on, they say. " * 60, DAY)
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
    assert why(SOURCE, told("Quiet."), {}, rare).reasons == ()
    assert why(SOURCE, told("Quiet."), {}, rare, SIMILAR - 0.01).reasons == ()
    assert why(SOURCE, told("Quiet."), {}, rare, SIMILAR).reasons == (NOTHING_TO_NAME,)


def test_authors_and_tags_are_given_where_they_are_shared() -> None:
    other = told("Quiet.", authors=("Eve", "bob ray"), tags=("sport", "Floods"))
    assert why(SOURCE, other, {}, rare).reasons == ("Also by bob ray", "Both under Floods")
    by_key = replace(SOURCE, authors=("ann-lee", "bob_ray", "bray"), tags=("sea-walls",))
    other = told("Quiet.", authors=("bob_ray", "bray", "ann-lee"), tags=("sea-walls",))
    # Of the keys only one is a name that a story writes out.
    assert why(by_key, other, {}, rare).reasons == ("Also by Ann Lee", "Both under sea walls")


def test_links_are_a_reason_where_they_carried_the_score() -> None:
    signals = {"neighbour_links": 0.4, "in_links": 0.9, "author_links": 0.01}
    reasons = why(SOURCE, told("Quiet."), signals, rare).reasons
    assert reasons == ("Often linked in earlier stories", "Stories like this one link to it")


@pytest.mark.parametrize(
    ("target", "role"),
    [
        (told("x", days=3), Role.UPDATE),
        (told("x", days=FOLLOWING.days), Role.UPDATE),
        (told("x", days=FOLLOWING.days + 1), Role.LATER),
        (told("x", days=3000), Role.LATER),
        (told("x", days=3000, kind="live"), Role.UPDATE),
        (told("x", days=0), Role.NONE),
        (told("x", days=-2), Role.EARLIER),
        (told("x", days=-2, kind="live"), Role.EARLIER),
        (told("x", days=-NEWS.days), Role.EARLIER),
        (told("x", days=-NEWS.days - 1), Role.BACKGROUND),
        (told("x", days=-90), Role.BACKGROUND),
        (told("x", "How to build a flood wall", days=-90), Role.EXPLAINER),
        (told("x", "What is a flood wall?", days=-90), Role.EXPLAINER),
        (told("x", "The flood wall, explained", days=-90), Role.EXPLAINER),
        (told("x", "Who is building the wall", days=-90), Role.BACKGROUND),
        (told("x", "How the wall made us better", days=-90), Role.BACKGROUND),
        (told("x", days=-90, kind="explainer"), Role.EXPLAINER),
        (told("x", days=-90, kind="opinion"), Role.OPINION),
        (told("x", "Council debates the flood wall, part 2", days=-9), Role.SERIES),
    ],
)
def test_roles(target: ReaderText, role: Role) -> None:
    assert role_of(SOURCE, target) is role


def test_what_has_no_time_is_neither_older_nor_newer() -> None:
    asked = ReaderText("flood wall", "")
    assert role_of(asked, told("x")) is Role.NONE
    assert role_of(asked, told("x", kind="opinion")) is Role.OPINION


@given(
    st.floats(-4000, 4000), st.sampled_from(["", "live", "news", "guide"]), st.sampled_from(["x", "Why x"])
)
def test_no_update_is_older_than_its_source(days: float, kind: str, headline: str) -> None:
    other = told("x", headline, days=days, kind=kind)
    role = role_of(SOURCE, other)
    if role in (Role.UPDATE, Role.LATER):
        assert other.published > DAY  # type: ignore[operator]
    if role in (Role.EARLIER, Role.BACKGROUND):
        assert other.published < DAY  # type: ignore[operator]
    assert why(SOURCE, other, {}, rare).role is role


def test_the_parts_of_a_series_say_which_they_are() -> None:
    second = ReaderText("The wall, part 2", "x", DAY)
    assert why(second, told("x", "The wall, part 1"), {}, rare).reasons[0] == "Earlier in the series: part 1"
    assert why(second, told("x", "The wall"), {}, rare).reasons[0] == "Earlier in the series"


def test_a_column_is_named_once() -> None:
    first, second = (
        ReaderText(f"Harbour Notes: {n}", "See Harbour Notes. We met NASA.", DAY) for n in ("ships", "nets")
    )
    found = why(first, second, {}, rare)
    assert "Of the same column, Harbour Notes" in found.reasons
    assert found.things == ("NASA",)


NO_NAMES = (
    "UTC",
    "Yeah",
    "Monday",
    "Prime Minister",
    "Secretary of State",
    "Assistant Director for Open Doors",
    "Branch Chief",
    "British",
    "Federal Reserve of St",
    "Week\u2019s Idea",
    "Idea-related",
    "Supreme Court",
    "Getty Images",
    "Reuters",
    "Photo",
    "Today",
    "F",
    "Twitter and LinkedIn",
    "Support for People Through",
    "API-generating",
    "Week-long",
    "II",
    "Senate",
    "Join",
)
ALL_NAMES = ("Ann Lee", "NASA", "HTML5", "White House", "President Ann Lee", "Bhola", "New York")


@pytest.mark.parametrize("text", NO_NAMES)
def test_what_is_written_with_a_capital_and_is_no_name(text: str) -> None:
    assert not is_name(text)


@pytest.mark.parametrize("text", ALL_NAMES)
def test_what_is_a_name(text: str) -> None:
    assert is_name(text)


def test_a_part_of_an_address_or_of_a_name_behind_an_ordinal_is_no_name() -> None:
    text = "They saw GOVX.gov and then the 21st Century WRX, near Bhola. So @Foxnet told https://example.org/Harbour."
    other = told("We saw GOVX and GOVX.gov, the Century WRX, also Bhola. And it was Foxnet, or the Harbour.")
    assert set(why(ReaderText("Late", text, DAY), other, {}, rare).things) == {"WRX", "Bhola"}


def test_where_something_happened_is_not_what_a_story_is_about() -> None:
    one = ReaderText("A storm nears Bhola", "A storm nears Bhola. They fled Bhola.", DAY)
    other = [told("A storm at Bhola, they say.", each) for each in ("Storm in Bhola", "How Bhola prepares")]
    assert [why(one, each, {}, rare).reasons[0] for each in other] == [
        "Both name Bhola",
        "The background on Bhola",
    ]


def test_an_organisation_in_brackets_behind_a_person_is_not_the_person() -> None:
    text = "Content talks. Ann Lee (NASA Service Desk) met Tom Fox."
    other = told("Ann Lee (NASA Service Desk) wrote it for NASA.", "A study from NASA")
    said = why(ReaderText("Content", text, DAY), other, {}, rare).reasons
    assert not any(reason.endswith("on Ann Lee") for reason in said)


def test_a_person_with_and_without_a_first_name_is_one() -> None:
    text = "We met {0} Premier Ann Lee. And {0} Premier Lee said so."
    found = why(ReaderText("Late", text.format("her,"), DAY), told(text.format("also")), {}, rare).things
    assert len(found) == 1


def test_a_tag_is_given_once_however_it_is_written() -> None:
    tagged = replace(SOURCE, tags=("sea-walls", "sea walls", "floods"))
    other = told("Quiet.", tags=("sea-walls", "sea walls", "floods"))
    assert why(tagged, other, {}, rare).reasons == ("Both under sea walls and floods",)


def test_a_name_and_its_acronym_are_one_thing() -> None:
    one = "We met the Centers for Disease Control and Prevention. The CDC paid. The Ward Hut (WRX) too. WRX!"
    other = "They paid the Centers for Disease Control and Prevention, or CDC, later the Ward Hut, or WRX."
    found = why(ReaderText("Late", one, DAY), told(other), {}, rare).things
    assert found == ("Centers for Disease Control and Prevention", "Ward Hut")


def test_a_word_that_stands_in_lower_case_too_is_no_name() -> None:
    one, other = "We met Steps, then Bhola. In three steps.", "They saw Bhola. So did Steps."
    assert why(ReaderText("Late", one, DAY), told(other), {}, rare).things == ("Bhola",)


def test_what_both_texts_hold_as_standing_text_is_not_named() -> None:
    about = "Dr. Tom Fox is the Master in the Port of Ash. You can find out more about his {} at Foxnet. "
    one = ReaderText("Late", "We met Eve Ray. " + about.format("work"), DAY)
    other = told("They saw Eve Ray. " + about.format("own work"))
    assert why(one, other, {}, rare).things == ("Eve Ray",)


def test_a_story_that_cites_the_others_headline_shares_no_name_with_it() -> None:
    one = ReaderText("Late", "Read on: When Sharing Buttons Work, by NASA.", DAY)
    other = told("NASA says: When Sharing Buttons Work.", "When Sharing Buttons Work")
    assert why(one, other, {}, rare).things == ("NASA",)


def test_only_what_is_explained_is_said_to_be() -> None:
    one = ReaderText("NASA moves", "NASA moves to GitHub.", DAY)
    headlines = ("What is NASA?", "Guide to using GitHub: the story of NASA", "NASA, explained")
    said = [why(one, told("NASA and GitHub.", each), {}, rare).reasons[0] for each in headlines]
    assert said[0] == said[2] == "Explains NASA"
    assert said[1].startswith("Both name")


def test_no_name_begins_in_the_headline_and_ends_in_the_text() -> None:
    source = ReaderText("A day with Ann", "Lee spoke of the wall.", DAY)
    assert "Ann Lee" not in why(source, told("They saw Ann Lee."), {}, rare).things


NAMES = ("Ann Lee", "NASA", "Harbour Act", "White House", "Tom Fox", "HTML5", "Lee", "Act 2.0")
Texts = st.lists(st.sampled_from([*NAMES, "the", "saw", "Then.", "of"]), max_size=15).map(" ".join)


@given(Texts, Texts, Texts, Texts)
def test_no_reason_names_a_thing_that_is_not_in_both(h1: str, t1: str, h2: str, t2: str) -> None:
    source, target = ReaderText(h1, t1, DAY), ReaderText(h2, t2, DAY)
    found = why(source, target, {}, lambda term: 3.0)
    wholes = [f"{one.headline}\n{one.text}".casefold() for one in (source, target)]
    assert len(found.reasons) <= MOST
    for thing in found.things:
        assert all(re.search(rf"(?<!\w){re.escape(thing.casefold())}(?!\w)", whole) for whole in wholes)
    for name in NAMES:
        if any(name in reason for reason in found.reasons):
            assert all(name.casefold() in whole for whole in wholes)
