"""How blocks are shown is chosen in one table, and changes no block."""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from recommender.engine.page_style import PageStyle, load_page_style
from recommender.errors import SettingsError
from recommender.settings import load_settings


def test_the_table_and_the_environment(tmp_path: Path) -> None:
    (tmp_path / "related.toml").write_text(
        'zone = "Asia/Dhaka"\n[page]\nheading = "আরও পড়ুন"\nlanguage = "bn"\n'
    )
    settings = load_settings(tmp_path, {})
    look = load_page_style(tmp_path, settings.zone, {"RELATED_PAGE_DECK_LENGTH": "90"})
    assert look == PageStyle(heading="আরও পড়ুন", language="bn", zone="Asia/Dhaka", deck_length=90)
    assert look.timezone == ZoneInfo("Asia/Dhaka")
    assert settings.digest == load_settings(None, {"RELATED_ZONE": "Asia/Dhaka"}).digest


def test_dates_may_be_shown_in_another_zone_than_naive_ones_are_read_in(tmp_path: Path) -> None:
    (tmp_path / "related.toml").write_text('[page]\nzone = "Europe/Berlin"\n')
    assert load_page_style(tmp_path, "Asia/Dhaka", {}).timezone == ZoneInfo("Europe/Berlin")
    assert load_page_style(tmp_path / "none", "", {}).timezone == ZoneInfo("UTC")


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('heading = " "', "setting page.heading is blank; give what stands above a block"),
        (
            'language = "english"',
            "setting page.language is 'english'; give a language tag such as en, bn or pt",
        ),
        ('language = "story"\nwords = "own.po"', "setting page.words is for one language; take it out"),
        ('zone = "Mars"', "setting page.zone is 'Mars'; give an IANA zone"),
        (
            "age_label_after = 1000000000",
            "setting page.age_label_after is 1000000000; give days, 0 to 1,000,000",
        ),
        ("deck_length = 0", "setting page.deck_length is 0; give a whole number from 1 up"),
        (
            "deck_length = 99999999999999999999",
            "setting page.deck_length is 99999999999999999999; give 100,000",
        ),
        ('unlinked = "no"', "setting page.unlinked is 'no'; give leave-out or text"),
        ("headings = 1", "unknown setting 'headings'; did you mean heading?"),
    ],
)
def test_a_wrong_setting_is_told(tmp_path: Path, line: str, told: str) -> None:
    (tmp_path / "related.toml").write_text(f"[page]\n{line}\n")
    with pytest.raises(SettingsError) as caught:
        load_page_style(tmp_path, "", {})
    assert told in str(caught.value)


def test_a_block_may_speak_the_language_of_its_story(tmp_path: Path) -> None:
    (tmp_path / "related.toml").write_text('zone = "Asia/Dhaka"\n[page]\nlanguage = "story"\n')
    look = load_page_style(tmp_path, "Asia/Dhaka", {})
    bangla, french, armenian = (look.beside(key) for key in ("bn", "fr", "hy"))
    assert bangla == load_page_style(tmp_path, "Asia/Dhaka", {"RELATED_PAGE_LANGUAGE": "bn"})
    assert len({bangla.heading, french.heading, armenian.heading}) == 3
    assert (armenian.language, armenian.heading) == ("en-GB", "RELATED STORIES")
    assert look.beside("en").language == "en-GB", "as everywhere, where no other English is chosen"
    assert bangla.beside("fr") is bangla  # said once for all
    assert look.version not in ("", bangla.version)
    own = load_page_style(tmp_path, "", {"RELATED_PAGE_HEADING": "More"})
    assert {own.beside(key).heading for key in ("bn", "fr")} == {"More"}
