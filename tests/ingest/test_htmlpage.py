"""Pages: what they say of their story in three ways, its text alone, and no copy taken for the original."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings

from recommender.ingest import htmlpage
from recommender.ingest.htmlpage import LARGEST, HtmlPage

from .mutations import bears, found, mutated, read, refusals

LD = """<script type="application/ld+json">{"@type": "NewsArticle", "headline": "Council &amp; mayor",
"datePublished": "2022-05-09T09:53:00Z", "author": [{"name": "A. Reporter"}], "image": {"url": "/1.jpg"},
"keywords": "Budget, Tax", "articleSection": "News",}</script>"""
OPEN_GRAPH = """<meta property="og:title" content="Council &amp;amp; mayor">
<meta property="article:published_time" content="2022-05-09T09:53:00Z">
<meta name="author" content="A. Reporter">
<meta property="og:image" content="/1.jpg"><meta property="article:tag" content="Budget">
<meta property="article:tag" content="Tax"><meta property="article:section" content="News">"""
TEXT = "".join(
    f"<p>Paragraph {n}: the council met the <a href='/m/{n}'>mayor</a> and spoke for hours.</p>"
    for n in range(8)
)


def page(head: str = LD, url: str = "https://town.example/2022/council", canonical: str = "") -> bytes:
    link = f'<link rel="canonical" href="{canonical}">' if canonical else ""
    return f"""<!doctype html><html lang="en"><head><title>Town</title>
<meta property="og:url" content="{url}">{link}{head}</head><body>
<nav><a href="/">Home</a><a href="/sport">Sport</a></nav><article>
<h1>Council &amp; mayor</h1>{TEXT}</article><footer>Contact us. Imprint.</footer></body></html>""".encode()


@pytest.mark.parametrize("head", [LD, OPEN_GRAPH])
def test_what_a_page_says_of_its_story_is_read(head):
    (item,) = found(read(HtmlPage(), page(head)))
    story = item.story
    assert (story.id, story.headline) == ("https://town.example/2022/council", "Council & mayor")
    assert story.published.isoformat() == "2022-05-09T09:53:00+00:00"
    assert (story.section, story.tags, story.authors) == ("News", ("Budget", "Tax"), ("A. Reporter",))
    assert story.image


def test_only_the_text_of_the_story_is_its_body():
    body = found(read(HtmlPage(), page()))[0].story.body
    assert "Paragraph 7" in body
    assert not any(words in body for words in ("Imprint", "Sport", "Council & mayor", "Council &amp; mayor"))


def test_without_the_extractor_the_article_element_is_the_body(monkeypatch):
    monkeypatch.setattr(htmlpage.importlib.util, "find_spec", lambda name: None)
    body = found(read(HtmlPage(), page()))[0].story.body
    assert "Paragraph 7" in body
    assert "Imprint" not in body


def test_a_page_that_declares_more_text_than_is_found_is_believed():
    declared = "The whole story. " * 200
    head = LD.replace('"keywords"', f'"articleBody": "{declared}", "keywords"')
    assert "The whole story." in found(read(HtmlPage(), page(head)))[0].story.body


def test_a_copy_is_no_original():
    copy = found(read(HtmlPage(), page(canonical="https://agency.example/1")))[0]
    assert copy.story.canonical_url is None
    assert any("agency.example" in note for note in copy.notes)
    elsewhere = page(url="https://agency.example/1")
    assert "id is missing" in refusals(read(HtmlPage(), elsewhere, url="https://town.example"))[0]
    own = found(read(HtmlPage(), elsewhere, url="https://town.example/2022/council"))[0]
    assert own.story.id == "https://town.example/2022/council"


def test_english_in_a_template_is_not_believed_and_other_languages_are():
    assert found(read(HtmlPage(), page()))[0].story.language is None
    german = page().replace(b'lang="en"', b'lang="de"')
    assert found(read(HtmlPage(), german))[0].story.language == "de"


def test_a_page_without_a_story_is_refused_by_name():
    assert "published is missing" in refusals(read(HtmlPage(), page("<title>Front page</title>")))[0]
    assert refusals(read(HtmlPage(), b""))
    assert "more than" in refusals(read(HtmlPage(), b"<html>" + b"x" * (LARGEST + 1)))[0]


def test_it_is_told_by_its_root():
    assert HtmlPage().recognises(page(), "x")
    assert not HtmlPage().recognises(b"<rss><html/></rss>", "page.html")


def test_deep_nesting_is_borne():
    bears(HtmlPage(), b"<html><body>" + b"<div>" * 20_000 + b"x")


@settings(max_examples=60, deadline=None)
@given(mutated(page()))
def test_any_broken_page_is_borne(raw):
    bears(HtmlPage(), raw)
    assert sys.getrecursionlimit() >= 1_000
