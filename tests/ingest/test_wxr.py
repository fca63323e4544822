"""WordPress exports: what is published is a story, what is hidden stays so, whatever is broken beside it."""

from __future__ import annotations

import io
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings

from recommender.ingest.base import Options
from recommender.ingest.wxr import WordPressExport
from recommender.story.story import NEVER, Status, visible_window

from .mutations import bears, found, mutated, read, refusals

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:wp="http://wordpress.org/export/1.2/"><channel><title>The Town Paper</title><link>https://town.example</link>
<language>en-GB</language><wp:wxr_version>1.2</wp:wxr_version><wp:author><wp:author_login>{login}</wp:author_login>
<wp:author_display_name><![CDATA[The desk]]></wp:author_display_name></wp:author>
"""
END = "</channel></rss>"


def post(number: int = 1, **fields: str) -> str:
    """Return one item, published unless its fields say otherwise."""
    values = {
        "title": f"Council &amp; mayor, part {number}",
        "link": f"https://town.example/{number}/",
        "guid": f"https://town.example/?p={number}",
        "dc:creator": "<![CDATA[desk]]>",
        "content:encoded": "<![CDATA[<p>The council met &amp; voted.</p>]]>",
        "excerpt:encoded": "<![CDATA[<p>A vote.</p>]]>",
        "wp:post_id": str(number),
        "wp:post_date": "2022-05-09 11:53:00",
        "wp:post_date_gmt": "2022-05-09 09:53:00",
        "wp:status": "publish",
        "wp:post_type": "post",
        "wp:post_password": "",
        **fields,
    }
    extra = values.pop("extra", "")
    return f"<item>{''.join(f'<{name}>{value}</{name}>' for name, value in values.items())}{extra}</item>\n"


def export(*posts: str) -> bytes:
    return (HEAD.replace("{login}", "desk") + "".join(posts) + END).encode()


def one(**fields: str):
    (only,) = found(read(WordPressExport(), export(post(**fields))))
    return only


@pytest.mark.parametrize(("value", "unlisted"), [("1", True), ("2", False), ("0", False)])
def test_no_block_leads_to_a_post_that_robots_are_told_not_to_list(value, unlisted):
    key = "_yoast_wpseo_meta-robots-noindex"
    meta = f"<wp:meta_key>{key}</wp:meta_key><wp:meta_value>{value}</wp:meta_value>"
    assert one(extra=f"<wp:postmeta>{meta}</wp:postmeta>").story.never_link_to == unlisted


def test_a_post_becomes_a_story_with_all_that_wordpress_says_of_it():
    category = '<category domain="category" nicename="news"><![CDATA[News]]></category>'
    tag = '<category domain="post_tag" nicename="budget"><![CDATA[Budget &amp; tax]]></category>'
    thumbnail = (
        "<wp:postmeta><wp:meta_key>_thumbnail_id</wp:meta_key><wp:meta_value>7</wp:meta_value></wp:postmeta>"
    )
    picture = post(
        7, **{"wp:post_type": "attachment", "wp:status": "inherit"},
        extra="<wp:attachment_url>https://town.example/hall.jpg?a=1&amp;b=2</wp:attachment_url>",
    )  # fmt: skip
    (item,) = found(read(WordPressExport(), export(post(extra=category + tag + thumbnail), picture)))
    story = item.story
    assert story.headline == "Council & mayor, part 1"
    assert story.deck == "A vote."
    assert story.published == datetime(2022, 5, 9, 9, 53, tzinfo=UTC)
    assert (story.section, story.tags, story.authors) == ("News", ("Budget & tax",), ("The desk",))
    assert story.language == "en-GB"
    assert story.image
    assert story.image.url == "https://town.example/hall.jpg?a=1&b=2"
    assert story.url == "https://town.example/1/"
    assert (item.origin.kind, item.origin.id, item.origin.type) == ("wordpress", "1", "post")


@pytest.mark.parametrize(
    "status", ["draft", "pending", "private", "future", "auto-draft", "inherit", "in-progress", ""]
)
def test_what_is_not_published_never_becomes_public(status):
    """Whatever its time: an unknown status is hidden too."""
    assert visible_window(one(**{"wp:status": status}).story) == NEVER


def test_pictures_are_found_in_what_can_be_read_only_once_too():
    class Pipe(io.BytesIO):
        def seekable(self):
            return False

    meta = (
        "<wp:postmeta><wp:meta_key>_thumbnail_id</wp:meta_key><wp:meta_value>7</wp:meta_value></wp:postmeta>"
    )
    kind, url = {"wp:post_type": "attachment"}, "https://town.example/hall.jpg"
    picture = post(7, extra=f"<wp:attachment_url>{url}</wp:attachment_url>", **kind)
    (item,) = WordPressExport().read(Pipe(export(post(extra=meta), picture)), Options())
    assert item.story.image.url == url


def test_a_post_with_a_password_never_becomes_public():
    assert visible_window(one(**{"wp:post_password": "<![CDATA[sesame]]>"}).story) == NEVER


def test_a_trashed_post_is_taken_back():
    assert one(**{"wp:status": "trash"}).story.status is Status.RETRACTED


@pytest.mark.parametrize("zero", ["0000-00-00 00:00:00", ""])
def test_a_zero_date_is_refused(zero):
    times = {"wp:post_date": zero, "wp:post_date_gmt": zero, "pubDate": "Mon, 30 Nov -0001 00:00:00 +0000"}
    (refusal,) = refusals(read(WordPressExport(), export(post(**times))))
    assert "published" in refusal


def test_the_local_time_counts_only_in_the_zone_of_the_site():
    zero = export(post(**{"wp:post_date_gmt": "0000-00-00 00:00:00"}))
    (item,) = found(read(WordPressExport(), zero, zone=UTC))
    assert item.story.published == datetime(2022, 5, 9, 11, 53, tzinfo=UTC)
    assert "offset" in refusals(read(WordPressExport(), zero))[0]


def test_what_is_no_story_is_passed_over_and_a_file_without_stories_says_so():
    page = post(2, **{"wp:post_type": "page"})
    assert len(found(read(WordPressExport(), export(page, post())))) == 1
    (refusal,) = refusals(read(WordPressExport(), export(page), name="site.xml"))
    assert "1 x page" in refusal
    assert "site.xml" in refusal


def test_one_address_is_one_story_over_http_and_https():
    again = post(1, guid="http://www.town.example/?p=1", title="Again")
    items = read(WordPressExport(), export(post(), again))
    assert "twice" in refusals(items)[0]


def test_a_copy_of_another_site_is_noted_not_taken():
    key = "<wp:meta_key>_yoast_wpseo_canonical</wp:meta_key>"
    meta = f"<wp:postmeta>{key}<wp:meta_value>{{}}</wp:meta_value></wp:postmeta>"
    copy = one(extra=meta.format("https://agency.example/original"))
    assert copy.story.canonical_url is None
    assert "agency.example" in " ".join(copy.notes)
    assert (
        one(extra=meta.format("https://town.example/own")).story.canonical_url == "https://town.example/own"
    )


def test_what_is_broken_costs_only_itself():
    torn = post(2).replace("</title>", "</b></wp:x>")
    items = read(WordPressExport(), export(post(1), torn, post(3), "<item><title>cut off", post(4)))
    assert {"https://town.example?p=1", "https://town.example?p=3", "https://town.example?p=4"} <= {
        item.story.id for item in items if hasattr(item, "story")
    }
    assert any("torn off" in refusal for refusal in refusals(items))


def test_paragraphs_that_only_blank_lines_mark_are_paragraphs():
    body = one(**{"content:encoded": "<![CDATA[First <b>one</b>.\n\nSecond one.]]>"}).story.body
    assert "one</b>.\n\nSecond" not in body
    assert "Second one." in body


def test_it_is_told_by_its_own_elements():
    assert WordPressExport().recognises(export(post()), "anything")
    assert WordPressExport().recognises(export(post()).decode().encode("utf-16"), "anything")
    assert not WordPressExport().recognises(b"<rss><channel><item/></channel></rss>", "export.xml")


@settings(max_examples=150, deadline=None)
@given(mutated(export(post(1), post(2, **{"wp:status": "draft"}), post(3))))
def test_any_broken_export_is_borne(raw):
    bears(WordPressExport(), raw)


@pytest.mark.parametrize("password", ["<![CDATA[ ]]>", "x", "<![CDATA[0]]>"])
def test_any_password_hides_a_post(password):
    (item,) = found(read(WordPressExport(), export(post(**{"wp:post_password": password}))))
    assert visible_window(item.story) == NEVER


def test_the_line_breaks_of_a_tidied_file_are_no_password():
    (item,) = found(read(WordPressExport(), export(post(**{"wp:post_password": "\n      "}))))
    assert item.story.status is Status.PUBLISHED


def test_a_zero_that_was_computed_with_is_no_time_in_utc():
    times = {"wp:post_date_gmt": "-0001-11-30 00:00:00", "wp:post_date": "2022-05-09 11:53:00"}
    (item,) = found(read(WordPressExport(), export(post(**times)), zone=UTC))
    assert item.story.published == datetime(2022, 5, 9, 11, 53, tzinfo=UTC)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("<p>code: a[b[0]]]]><![CDATA[> end</p>", "code: a[b[0]]> end"),
        ("One.\n<!--nextpage-->\nTwo.\n<!--more Go on-->\nThree.", "One.\n\nTwo.\n\nThree."),
        ("""[caption id="a" caption="A &quot;b <a href='x'>c]d</a>"]<img src="a">c[/caption]Yes.""", "Yes."),
        ("One.\n\nhttps://video.example/watch?v=1\n\nTwo.", "One.\n\nTwo."),
    ],
)  # fmt: skip
def test_what_wordpress_writes_into_a_text_is_no_text(content, said):
    (item,) = found(read(WordPressExport(), export(post(**{"content:encoded": f"<![CDATA[{content}]]>"}))))
    assert item.story.body == said


def test_one_byte_of_another_encoding_does_not_spoil_the_file():
    raw = export(post(title="Caf\u00e9 \u2013 r\u00e9sum\u00e9 CUT")).replace(b"CUT", b"\xe9")
    (item,) = found(read(WordPressExport(), raw))
    assert item.story.headline == "Caf\u00e9 \u2013 r\u00e9sum\u00e9 \u00e9"
