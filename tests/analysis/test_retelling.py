"""What was said in one language is said in another, with its values."""

from __future__ import annotations

import re

import pytest

from recommender.analysis.retelling import LONGEST, Retelling
from recommender.analysis.wording import (
    AND,
    COMMA,
    Wording,
    languages_said,
    messages_said,
    wording_of,
)

TEXTS = "The Department of Health and Human Services and the MVP team met Ann Lee, of the GSA.".casefold()
NAMES = ["Health and Human Services", "MVP"]
VALUE = re.compile(r"\{(\w+)\}")


def is_said(name: str) -> bool:
    return name.casefold() in TEXTS


@pytest.mark.parametrize("told", languages_said())
def test_every_message_is_found_again_in_every_language(told: str) -> None:
    before = wording_of(told)
    for key in languages_said():
        say = wording_of(key)
        again = Retelling(before, say)
        for message in messages_said():
            if message in (AND, COMMA):
                continue
            values = {name: "GSA" for name in VALUE.findall(message)}
            alike = {  # "The latest on" and "The latest in" are the same words in Japanese
                say.template(each).format(**dict.fromkeys(VALUE.findall(each), "GSA"))
                for each in messages_said()
                if VALUE.sub("", before.template(each)) == VALUE.sub("", before.template(message))
            }
            found = again(before(message, **values), is_said)
            assert found is not None
            assert found.replace("\u2068", "").replace("\u2069", "") in alike


@pytest.mark.parametrize(
    "things", [["MVP"], NAMES, NAMES[::-1], ["Ann Lee", "GSA", "MVP"], [*NAMES, "GSA"], ["GSA", *NAMES]]
)
def test_things_are_told_apart_though_a_name_holds_an_and(things: list[str]) -> None:
    english, german = wording_of("en"), wording_of("de")
    said = english("Both name {things}", things=english.listed(things))
    assert Retelling(english, german)(said, is_said) == german(
        "Both name {things}", things=german.listed(things)
    )


def test_what_is_no_message_stays_as_it_is() -> None:
    again = Retelling(wording_of("en"), wording_of("bn"))
    assert again("Because the desk says so", is_said) is None
    assert again("On " + "x" * LONGEST, is_said) is None


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ({"The latest on {thing}": "{thing}: the latest on {thing}"}, "MVP: the latest on MVP"),
        ({"Both name {things}": "Same names"}, "Same names"),
        ({"On {thing}": "{things}, again"}, "MVP, again"),
    ],
)
def test_a_newsrooms_own_words_that_have_other_values_are_left_as_they_are(
    own: dict[str, str], said: str
) -> None:
    again = Retelling(Wording(own), wording_of("de"))
    assert again(said, is_said) is None
    assert again("Also by Ann Lee", is_said) == "Auch von Ann Lee"
