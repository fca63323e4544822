"""WordPress exports of the seeds' stories, for what measures and shows how they are read."""

from __future__ import annotations

from xml.sax.saxutils import escape

HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:wp="http://wordpress.org/export/1.2/"><channel><link>https://news.example</link>
<language>en-US</language><wp:wxr_version>1.2</wp:wxr_version>
"""
END = "</channel></rss>"
_ITEM = """<item><title>{headline}</title><link>{link}</link>
<dc:creator><![CDATA[desk]]></dc:creator><guid isPermaLink="false">{guid}</guid>
<content:encoded><![CDATA[{body}]]></content:encoded><excerpt:encoded><![CDATA[{deck}]]></excerpt:encoded>
<wp:post_id>{number}</wp:post_id><wp:post_date_gmt>{time}</wp:post_date_gmt>
<wp:status>publish</wp:status><wp:post_type>post</wp:post_type><wp:post_password></wp:post_password>
<category domain="category" nicename="news"><![CDATA[News]]></category></item>
"""


def item(number: int, *, headline: str, deck: str, body: str, link: str, guid: str, time: str) -> str:
    """Return one post; its body is HTML, its time in UTC."""
    return _ITEM.format(
        number=number, headline=escape(headline), deck=escape(deck), body=body.replace("]]>", "]]&gt;"),
        link=escape(link), guid=escape(guid), time=time,
    )  # fmt: skip
