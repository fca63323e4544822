"""Pages: what they say of their story in three ways, its text alone, and no copy taken for the original."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given, settings

from recommender.ingest import htmlpage
from recommender.ingest.htmlpage import LARGEST, HtmlPage
from recommender.story.story import NEVER, visible_window

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


@pytest.mark.parametrize(
    ("name", "content", "unlisted"),
    [
        ("robots", "NOINDEX,follow", True), ("googlebot", "none", True), ("robots", "index, follow", False),
        ("robots", "max-image-preview:large", False), ("googlebot-news", "noindex", False),
    ],
)  # fmt: skip
def test_no_block_leads_to_a_page_that_asks_not_to_be_listed(name, content, unlisted):
    (item,) = found(read(HtmlPage(), page(f'{LD}<meta name="{name}" content="{content}">')))
    assert item.story.never_link_to == unlisted
    assert any("noindex" in note for note in item.notes) == unlisted
    assert visible_window(item.story) != NEVER


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
    assert "of another site" in refusals(read(HtmlPage(), elsewhere, url="https://town.example"))[0]
    own = found(read(HtmlPage(), elsewhere, url="https://town.example/2022/council"))[0]
    assert own.story.id == "https://town.example/2022/council"


def test_the_language_of_a_template_is_not_believed_against_the_text():
    assert found(read(HtmlPage(), page()))[0].story.language == "en"
    german = TEXT.replace("the council met the", "der Rat der Stadt traf gestern die").replace(
        "and spoke for hours", "und"
    )
    (item,) = found(read(HtmlPage(), page().replace(TEXT.encode(), german.encode())))
    assert item.story.language is None
    assert any("not believed" in note for note in item.notes)


def test_a_time_with_its_zone_comes_before_one_without():
    head = LD.replace("09:53:00Z", "11:53:00") + OPEN_GRAPH
    assert found(read(HtmlPage(), page(head)))[0].story.published.hour == 9


def test_a_page_without_a_story_is_refused_by_name():
    assert "published is missing" in refusals(read(HtmlPage(), page("<title>Front page</title>")))[0]
    assert refusals(read(HtmlPage(), b""))
    assert "more than" in refusals(read(HtmlPage(), b"<html>" + b"x" * (LARGEST + 1)))[0]


def test_it_is_told_by_its_root():
    assert HtmlPage().recognises(page(), "x")
    assert not HtmlPage().recognises(b"<rss><html/></rss>", "page.html")


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ('<time datetime="2022-05-09T09:53:00Z">May 9</time>', 9),
        (
            '<time datetime="2022-05-01"></time><time class="entry-date" datetime="2022-05-09T09:53:00Z">',
            9,
        ),
        (
            '<time datetime="2022-05-01T00:00:00Z">x</time><time datetime="2022-05-09T09:53:00Z">y</time>',
            None,
        ),
    ],
)
def test_a_time_in_the_text_counts_where_it_is_surely_the_storys(times, expected):
    items = read(HtmlPage(), page(times))
    if expected is None:
        assert "published is missing" in refusals(items)[0]
    else:
        assert found(items)[0].story.published.day == expected


def test_related_stories_that_editors_set_in_an_article_are_curated():
    block = (
        '<p><strong>Read more:</strong> <a href="/2022/mayor">The mayor in her own words</a></p></article>'
    )
    (item,) = found(read(HtmlPage(), page().replace(b"</article>", block.encode())))
    assert "https://town.example/2022/mayor" in {link.target for link in item.curated}
    assert "own words" not in item.story.body


def test_a_preview_that_says_so_is_hidden():
    for state, hidden in (("Draft", True), ("https://schema.org/Incomplete", True), ("Published", False)):
        head = LD.replace('"keywords"', f'"creativeWorkStatus": "{state}", "keywords"')
        assert (visible_window(found(read(HtmlPage(), page(head)))[0].story) == NEVER) is hidden


def test_deep_nesting_is_borne():
    bears(HtmlPage(), b"<html><body>" + b"<div>" * 20_000 + b"x")


@settings(max_examples=60, deadline=None)
@given(mutated(page()))
def test_any_broken_page_is_borne(raw):
    bears(HtmlPage(), raw)
    assert sys.getrecursionlimit() >= 1_000
