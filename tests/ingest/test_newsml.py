"""News of agencies in NewsML-G2, and the NITF within."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from recommender.ingest.newsml import NewsML
from recommender.story.story import NEVER, Status, visible_window

from .mutations import bears, found, mutated, read, refusals

XHTML = """<inlineXML contenttype="application/xhtml+xml"><html xmlns="http://www.w3.org/1999/xhtml"><head>
<title>T</title></head><body><p>The council met &amp; voted at
<a href="https://town.example/hall" class="x">the hall</a>.</p>
</body></html></inlineXML>"""
NITF = """<inlineXML contenttype="application/nitf+xml"><nitf><body><body.content><block><hl2>After</hl2>
<p>The council met &amp; voted.</p><media><media-caption>Hall</media-caption></media></block>
</body.content></body></nitf></inlineXML>"""
ESCAPED = (
    '<inlineData contenttype="text/html">&lt;p&gt;The council met &amp;amp; voted.&lt;/p&gt;</inlineData>'
)
PLAIN = '<inlineData contenttype="text/plain">The council met &amp; voted.</inlineData>'


def item(
    content: str = XHTML,
    meta: str = "",
    status: str = "stat:usable",
    class_: str = "ninat:text",
    version: int = 2,
) -> str:
    start = f'<newsItem xmlns="http://iptc.org/std/nar/2006-10-01/" guid="urn:agency:1" version="{version}"'
    return f"""{start} xml:lang="en">
<itemMeta><itemClass qcode="{class_}"/><versionCreated>2022-05-10T09:00:00+02:00</versionCreated>
<firstCreated>2022-05-09T09:00:00Z</firstCreated><pubStatus qcode="{status}"/>{meta}
<link rel="irel:seeAlso" residref="urn:agency:0"/></itemMeta>
<contentMeta><headline>Council &amp; mayor</headline>
<by>A. Reporter</by><description role="drol:summary">A vote.</description>
<subject qcode="medtop:1"><name>Budget</name></subject>
</contentMeta><contentSet>{content}</contentSet></newsItem>"""


def message(*items: str) -> bytes:
    itemset = f"<itemSet>{''.join(items)}</itemSet>"
    return f'<?xml version="1.0"?><newsMessage xmlns="http://iptc.org/std/nar/2006-10-01/">{itemset}</newsMessage>'.encode()


def one(**fields: str):
    (only,) = found(read(NewsML(), message(item(**fields))))
    return only


@pytest.mark.parametrize("content", [XHTML, NITF, PLAIN, ESCAPED])
def test_an_item_becomes_a_story_whatever_its_text_is_in(content):
    for raw in (message(item(content)), item(content).encode()):
        assert NewsML().recognises(raw, "x")
        (result,) = found(read(NewsML(), raw))
        story = result.story
        assert (story.id, story.headline, story.deck) == ("urn:agency:1", "Council & mayor", "A vote.")
        assert "The council met" in story.body
        assert "Hall" not in story.body
        assert (story.tags, story.authors, story.language) == (("Budget",), ("A. Reporter",), "en")
        assert story.published.isoformat() == "2022-05-09T09:00:00+00:00"
        assert result.origin.revision == "2"
        assert [link.target for link in result.curated] == ["urn:agency:0"]


@pytest.mark.parametrize(
    "fields", [{"status": "stat:withheld"}, {"status": "odd"}, {"meta": "<embargoed>later</embargoed>"}]
)
def test_what_may_not_be_used_is_hidden(fields):
    assert visible_window(one(**fields).story) == NEVER


def test_an_embargo_holds_and_what_is_canceled_is_taken_back():
    assert visible_window(one(meta="<embargoed>2999-01-01T00:00:00Z</embargoed>").story)[0] > 32_000_000_000
    assert (
        one(status="http://cv.iptc.org/newscodes/pubstatusg2/canceled").story.status is not Status.PUBLISHED
    )
    assert one(status="stat:canceled").story.status is Status.RETRACTED


def test_versions_come_out_in_their_order_and_pictures_are_named():
    results = found(read(NewsML(), message(item(version=1), item(version=2))))
    assert [result.origin.revision for result in results] == ["1", "2"]
    assert "1 x picture" in refusals(read(NewsML(), message(item(class_="ninat:picture"))))[0]


@settings(max_examples=100, deadline=None)
@given(mutated(message(item(NITF), item(XHTML, version=3))))
def test_any_broken_message_is_borne(raw):
    bears(NewsML(), raw)


def test_a_translation_names_its_original():
    said = '<link rel="irel:translatedFrom" residref="urn:agency:9"/>'
    assert one(meta=said).story.translations == ("urn:agency:9",)
    assert one().story.translations == ()
