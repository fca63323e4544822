"""relatedLink stands on the page, and the article is what the page is about."""

from __future__ import annotations

from dataclasses import replace

from recommender.export.json_ld import web_page
from tests.export.blocks import ARABIC, SOURCE, TARGET, UNLINKED, a_block


def test_the_links_are_of_the_page() -> None:
    page = web_page(a_block(TARGET, UNLINKED, ARABIC))
    assert (page["@type"], page["url"]) == ("WebPage", SOURCE.url)
    assert page["relatedLink"] == [TARGET.url, ARABIC.url]
    article = page["mainEntity"]
    assert isinstance(article, dict)
    assert article["@type"] == "NewsArticle"
    assert "relatedLink" not in article


def test_an_opinion_is_one() -> None:
    article = web_page(a_block(source=replace(SOURCE, kind="opinion")))["mainEntity"]
    assert isinstance(article, dict)
    assert article["@type"] == "OpinionNewsArticle"


def test_a_page_without_an_address_has_a_name_all_the_same() -> None:
    page = web_page(a_block(TARGET, source=replace(SOURCE, url=None, id="a b")))
    assert page["@id"] == "urn:story:a%20b"
    assert "url" not in page


def test_translations_are_of_the_article() -> None:
    article = web_page(a_block(TARGET, translations=[ARABIC, UNLINKED]))["mainEntity"]
    assert isinstance(article, dict)
    named = {"@type": "NewsArticle", "url": ARABIC.url, "inLanguage": "ar"}
    assert article["workTranslation"] == [named]
