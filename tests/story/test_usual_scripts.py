"""What is known of languages by two letters is what the libraries say of them."""

from __future__ import annotations

import pytest
from babel import Locale, UnknownLocaleError
from langcodes import Language

from recommender.analysis.wording import is_right_to_left
from recommender.story.languages import language_key
from recommender.story.usual_scripts import SCRIPTS

ALIASES = {"nb": "no", "nn": "no", "bs": "sh", "hr": "sh", "sr": "sh", "iw": "he", "tl": "fil", "mo": "ro"}


@pytest.mark.parametrize("language", sorted(SCRIPTS))
def test_each_language_is_itself_in_its_script(language: str) -> None:
    known = Language.get(language)
    assert known.prefer_macrolanguage().language == language
    assert known.maximize().script == SCRIPTS[language]
    assert language_key(language) == language_key(f"{language}-XX") == language


@pytest.mark.parametrize("language", sorted(SCRIPTS))
def test_each_language_runs_as_cldr_says(language: str) -> None:
    try:
        order = str(Locale.parse(language).character_order)
    except UnknownLocaleError:
        order = "left-to-right"
    assert is_right_to_left(language) == (order == "right-to-left")


@pytest.mark.parametrize(("tag", "key"), ALIASES.items())
def test_what_has_another_key_is_still_asked_for(tag: str, key: str) -> None:
    assert tag not in SCRIPTS
    assert language_key(tag) == key


@pytest.mark.parametrize("tag", ["en-GB", "en-US", "en-001"])
def test_english_of_any_region_runs_from_left_to_right(tag: str) -> None:
    assert not is_right_to_left(tag)
    assert str(Locale.parse(tag, sep="-").character_order) == "left-to-right"
