"""Documents in NITF."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from recommender.ingest.nitf import Nitf
from recommender.story.story import NEVER, Status, visible_window

from .mutations import bears, found, mutated, read

DOCUMENT = """<?xml version="1.0"?><nitf><head><title>Title</title>
<docdata management-status="usable"><doc-id id-string="agency-1"/>
<date.issue norm="20220509T090000Z"/><key-list><keyword key="Budget"/></key-list></docdata>
<pubdata position.section="News"/></head><body><body.head><hedline><hl1>Council &amp; mayor</hl1>
<hl2>A vote.</hl2></hedline>
<byline>By <person>A. Reporter</person></byline></body.head><body.content><block><p>The council met.</p>
<media media-type="image"><media-reference source="https://a.example/1.jpg"/><media-caption>Hall</media-caption></media>
<p>It voted.</p></block></body.content></body></nitf>"""


def one(status: str = "usable", release: str = ""):
    raw = DOCUMENT.replace('"usable"', f'"{status}"').replace("<key-list>", f"{release}<key-list>")
    (only,) = found(read(Nitf(), raw.encode()))
    return only


def test_a_document_becomes_a_story():
    assert Nitf().recognises(DOCUMENT.encode(), "x")
    story = one().story
    assert (story.id, story.headline, story.deck) == ("agency-1", "Council & mayor", "A vote.")
    assert (story.section, story.tags, story.authors) == ("News", ("Budget",), ("A. Reporter",))
    assert "The council met." in story.body
    assert "It voted." in story.body
    assert "Hall" not in story.body
    assert story.image
    assert (story.image.url, story.image.caption) == ("https://a.example/1.jpg", "Hall")
    assert story.published.isoformat() == "2022-05-09T09:00:00+00:00"


@pytest.mark.parametrize("status", ["withheld", "embargoed", "odd"])
def test_what_may_not_be_used_is_hidden(status):
    assert visible_window(one(status).story) == NEVER


def test_a_release_date_holds_and_what_is_canceled_is_taken_back():
    release = '<date.release norm="29990101T000000Z"/>'
    for status in ("usable", "embargoed"):
        assert visible_window(one(status, release).story)[0] > 32_000_000_000
    assert one("canceled").story.status is Status.RETRACTED


@settings(max_examples=100, deadline=None)
@given(mutated(DOCUMENT.encode()))
def test_any_broken_document_is_borne(raw):
    bears(Nitf(), raw)


def test_of_a_beginning_and_the_whole_the_whole_is_the_text():
    twice = "<block class='lead'><p>The council met.</p></block><block class='full_text'>"
    raw = DOCUMENT.replace("<body.content><block>", f"<body.content>{twice}")
    (item,) = found(read(Nitf(), raw.encode()))
    assert item.story.body.count("The council met.") == 1


def test_what_only_recovery_takes_for_a_name_is_borne():
    bears(Nitf(), DOCUMENT.replace("<p>It voted.</p>", "<https://town.example>It voted.</p>").encode())
