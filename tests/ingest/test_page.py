"""The text of a bdnews24.com page, against the specimen."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from recommender.errors import SourceError
from recommender.ingest.page import CuratedEntry, curated_stories, read_page, slug
from recommender.story.story import Image

TEXT = (Path(__file__).parents[2] / "seeds" / "bdnews24" / "article.txt").read_text("utf-8")
DHAKA = ZoneInfo("Asia/Dhaka")
PAGE = read_page(TEXT, zone=DHAKA, language="en")
PUBLISHED = datetime(2022, 10, 13, 11, 47, tzinfo=UTC)  # 05:47 PM in Dhaka


def test_the_story_is_the_pages_story():
    story = PAGE.story
    assert story.id == "kremlin-says-its-goals-in-ukraine-can-be-achieved-through-talks"
    assert story.headline == "Kremlin says its goals in Ukraine can be achieved through talks"
    assert story.deck == (
        "The comments are the latest in a series of statements this week stressing Moscow's openness to talks"
    )
    assert story.authors == ("Reuters",)
    assert story.published == story.updated == PUBLISHED
    paragraphs = story.body.split("\n\n")
    assert len(paragraphs) == 11
    assert paragraphs[0].startswith("Kremlin spokesman Dmitry Peskov was quoted")
    assert paragraphs[0].endswith("through negotiations.")
    assert paragraphs[-1].endswith("an attack on a vital bridge between Russia and annexed Crimea.")


@pytest.mark.parametrize("furniture", ["date 2022", "বাংলা", "Opinion", "Toufique", "RELATED", "Published :"])
def test_furniture_is_in_no_story(furniture):
    for story in (PAGE.story, *curated_stories(PAGE)):
        assert furniture not in " ".join(map(str, story.to_json().values()))


def test_the_block_has_its_four_entries_in_order():
    assert [entry.headline for entry in PAGE.curated] == [
        "Russia is prepared to quit Black Sea grains deal",
        "OPEC+ oil supply cuts could tip world into recession: IEA",
        "Germany, NATO allies aim to jointly procure air defence systems",
        "Russia warns of escalation as it strikes Ukraine towns",
    ]
    assert PAGE.curated[1] == CuratedEntry(
        caption="An oil pump jack pumps oil in a field near Calgary, Alberta, Canada on July 21, 2014.",
        headline="OPEC+ oil supply cuts could tip world into recession: IEA",
        deck="US President Joe Biden vowed unspecified 'consequences' for relations with Saudi Arabia "
        "after the OPEC+ move",
    )


def test_each_entry_becomes_a_short_story():
    stories = curated_stories(PAGE)
    assert [story.id for story in stories] == [
        "russia-is-prepared-to-quit-black-sea-grains-deal",
        "opec-oil-supply-cuts-could-tip-world-into-recession-iea",
        "germany-nato-allies-aim-to-jointly-procure-air-defence-systems",
        "russia-warns-of-escalation-as-it-strikes-ukraine-towns",
    ]
    for story, entry in zip(stories, PAGE.curated, strict=True):
        assert (story.headline, story.deck, story.image) == (
            entry.headline,
            entry.deck,
            Image(caption=entry.caption),
        )
        assert (story.published, story.body, story.url, story.kind) == (PUBLISHED, "", None, "news")


def test_id_and_url_may_be_given():
    story = read_page(TEXT, zone=DHAKA, id="n1", url="https://bdnews24.example/n1").story
    assert (story.id, story.url, story.language) == ("n1", "https://bdnews24.example/n1", None)


def test_agency_may_be_absent():
    page = read_page(TEXT.replace("    Reuters\n", ""), zone=DHAKA)
    assert (page.story.deck, page.story.authors) == (PAGE.story.deck, ())


def test_deck_update_and_block_may_be_absent():
    page = read_page(
        "Headline\nReuters\nPublished : 1 Jan 2022, 12:00 AM\n\nBody.\n\nOpinion\n\nSomeone", zone=DHAKA
    )
    assert page.curated == ()
    assert (page.story.deck, page.story.updated, page.story.body) == ("", None, "Body.")
    assert page.story.published == datetime(2021, 12, 31, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", 'the page has no line "Published : 13 Oct 2022, 05:47 PM"; give the text of a story page'),
        (
            TEXT.replace("13 Oct 2022, 05:47 PM", "yesterday"),
            "the page's time 'yesterday' is not written as \"13 Oct 2022, 05:47 PM\"",
        ),
        (
            TEXT[TEXT.index("    Reuters") :],
            "the page has 0 lines above its agency and time; it should have headline and deck",
        ),
        (
            TEXT.replace(
                "    Kyiv scrambles to acquire as many air defence units as it can to protect cities\n", ""
            ),
            "the page's block of related stories has 11 lines; "
            "each story should have caption, headline and deck, a line each",
        ),
        (
            f"One\nTwo\n{TEXT}",
            "the page has 4 lines above its agency and time; it should have headline and deck",
        ),
    ],
)
def test_a_page_of_another_shape_is_refused(text, message):
    with pytest.raises(SourceError) as caught:
        read_page(text, zone=DHAKA)
    assert str(caught.value) == message


def test_slugs():
    assert slug("Russia's “goals”: OPEC+ & more") == "russias-goals-opec-more"
    assert slug("Café déjà vu") == "cafe-deja-vu"
    assert slug("ঢাকা") != slug("চট্টগ্রাম")
    assert len(slug("word " * 40)) <= 80
    assert not slug("word " * 40).endswith("-")
    assert slug("x" * 200) == "x" * 80
