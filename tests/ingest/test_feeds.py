"""Feeds of all versions: entries become stories, a large or broken feed loses none without a word."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.ingest import feeds
from recommender.ingest.feeds import Feed
from recommender.story.story import NEVER, visible_window

from .mutations import bears, found, mutated, read, refusals

RSS = b"""<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/"><channel>
<title>Town</title><link>https://town.example/</link><language>en-GB</language>
<item><title>Council &amp;amp; mayor</title><link>/news/1</link><guid isPermaLink="false">town-1</guid>
<pubDate>Thu, 13 Oct 2022 17:47:00 +0600</pubDate>
<dc:creator>A. Reporter</dc:creator><category>Budget</category>
<description>A &lt;b&gt;vote&lt;/b&gt;.</description>
<content:encoded><![CDATA[<p>The council met.</p>]]></content:encoded>
<media:content url="https://town.example/hall.jpg" medium="image"/>
</item>
<item><title>Second</title><link>https://town.example/2?a=1&b=2</link>
<pubDate>Fri, 14 Oct 2022 17:47:00 BST</pubDate><description>Only this.</description></item>
</channel></rss>"""
ATOM = b"""<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de"><title>Stadt</title>
<entry><title type="html">Rat &amp;lt;neu&amp;gt;</title><id>tag:stadt.example,2022:1</id>
<link rel="alternate" href="https://stadt.example/1"/><published>2022-10-13T10:00:00Z</published>
<updated>2022-10-14T10:00:00Z</updated><author><name>R. Edakteur</name></author>
<content type="html">&lt;p&gt;Der Rat tagt.&lt;/p&gt;</content></entry></feed>"""
RDF = b"""<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://town.example"><title>T</title></channel>
<item rdf:about="https://town.example/1"><title>Old</title><link>https://town.example/1</link>
<dc:date>2003-01-02T10:00:00Z</dc:date><description>Text.</description></item></rdf:RDF>"""


def test_an_entry_of_rss_becomes_a_story():
    item = read(Feed(), RSS)[0]
    story = item.story
    assert (story.id, story.url) == ("town-1", "https://town.example/news/1")
    assert story.headline == "Council & mayor"
    assert story.deck == "A vote."
    assert "The council met." in story.body
    assert story.published == datetime(2022, 10, 13, 11, 47, tzinfo=UTC)
    assert (story.tags, story.authors, story.language) == (("Budget",), ("A. Reporter",), "en-GB")
    assert story.image
    assert story.image.url == "https://town.example/hall.jpg"


def test_an_abbreviated_zone_is_the_sites_or_refused():
    assert "BST" in refusals(read(Feed(), RSS))[0]
    second = found(read(Feed(), RSS, zone=ZoneInfo("Asia/Dhaka")))[1]
    assert second.story.published == datetime(2022, 10, 14, 11, 47, tzinfo=UTC)
    assert any("BST" in note for note in second.notes)


def test_the_full_text_comes_before_the_summary_and_a_summary_alone_is_the_text():
    first, second = found(read(Feed(), RSS, zone=UTC))
    assert "vote" not in first.story.body
    assert (second.story.body, second.story.deck) == ("Only this.", "")


def test_atom_and_rdf_are_read_too():
    (atom,) = found(read(Feed(), ATOM))
    assert (atom.story.id, atom.story.language) == ("tag:stadt.example,2022:1", "de")
    assert atom.story.updated == datetime(2022, 10, 14, 10, tzinfo=UTC)
    assert "Der Rat tagt." in atom.story.body
    (rdf,) = found(read(Feed(), RDF))
    assert (rdf.story.id, rdf.story.published.year) == ("https://town.example/1", 2003)


@pytest.mark.parametrize("feed", [RSS, ATOM, RDF])
def test_a_large_feed_read_in_pieces_gives_what_a_small_one_does(feed, monkeypatch):
    whole = [item.story for item in found(read(Feed(), feed, zone=UTC))]
    monkeypatch.setattr(feeds, "_WHOLE", 10)
    monkeypatch.setattr(feeds, "_PIECE", 10)
    assert [item.story for item in found(read(Feed(), feed, zone=UTC))] == whole


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "iso-8859-1"])
def test_any_declared_encoding_is_read(encoding):
    feed = RSS.decode().replace('"1.0"?>', f'"1.0" encoding="{encoding}"?>').replace("council", "Straße")
    assert "Straße" in found(read(Feed(), feed.encode(encoding), zone=UTC))[0].story.body


def test_an_entry_without_a_time_or_an_id_is_refused_by_name():
    items = read(
        Feed(), b"<rss><channel><item><title>x</title></item><item><guid>a</guid><title>y</title></item>"
    )
    first, second = refusals(items)
    assert "id is missing" in first
    assert "published is missing" in second


def test_a_draft_stays_hidden():
    draft = ATOM.replace(
        b"<author>",
        b'<app:control xmlns:app="http://www.w3.org/2007/app"><app:draft>yes</app:draft></app:control><author>',
    )
    assert all(visible_window(item.story) == NEVER for item in found(read(Feed(), draft)))


@pytest.mark.parametrize("raw", [b"<rss version='2.0'></rss", b"<feed/>", b"", b"<rss><item><title><![CD"])
def test_a_feed_without_stories_says_so(raw):
    assert refusals(read(Feed(), raw))


def test_entries_that_the_parser_loses_are_told():
    lost = b"<rss><channel><item><title>x</title><description><script>" + b"<item>" * 20 + b"</script>"
    assert any("20" in refusal or "21" in refusal for refusal in refusals(read(Feed(), lost)))


def test_it_is_told_by_its_root():
    assert all(Feed().recognises(feed, "x") for feed in (RSS, ATOM, RDF, RSS.decode().encode("utf-16")))
    assert not Feed().recognises(b"<!doctype html><html><rss>", "feed.xml")
    assert not Feed().recognises(b"{}", "feed.xml")


@settings(max_examples=150, deadline=None)
@given(mutated(RSS) | mutated(ATOM) | mutated(RDF) | st.binary(max_size=100))
def test_any_broken_feed_is_borne(raw):
    bears(Feed(), raw)


def test_what_a_picture_is_called_is_no_text():
    picture = (
        '<media:group><media:content url="https://town.example/b.jpg" medium="image">'
        "<media:description>The hall.</media:description></media:content></media:group>"
    )
    raw = RSS.replace(b"<description>Only this.", picture.encode() + b"<description>Only this.")
    story = found(read(Feed(), raw, zone=ZoneInfo("Asia/Dhaka")))[1].story
    assert story.body == "Only this."
    assert story.image
    assert story.image.caption == "The hall."


def test_an_author_is_called_by_name_not_by_address():
    author = b"<author>desk@town.press (The desk)</author>"
    item = read(Feed(), RSS.replace(b"<dc:creator>A. Reporter</dc:creator>", author))[0]
    assert item.story.authors == ("The desk",)


@pytest.mark.parametrize(
    "junk", [b"\n\n", b"\nNotice: Undefined index in /feed.php on line 2\n", b"<br />\n<b>Warning</b>: x"]
)
def test_what_a_server_has_written_before_a_feed_does_no_harm(junk):
    assert Feed().recognises(junk + RSS, "feed")
    assert read(Feed(), junk + RSS)[0].story.id == "town-1"


@pytest.mark.parametrize("zero", ["Thu, 01 Jan 1970 00:00:00 GMT", "1899-12-30", "1900-01-01T00:00:00Z"])
def test_the_zero_of_a_database_is_refused(zero):
    raw = RSS.replace(b"Thu, 13 Oct 2022 17:47:00 +0600", zero.encode())
    assert "empty date" in refusals(read(Feed(), raw, zone=ZoneInfo("Asia/Dhaka")))[0]
