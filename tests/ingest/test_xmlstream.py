"""XML however broken: what is whole comes out, nothing of the document type does, in bounded memory."""

from __future__ import annotations

import io
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recommender.ingest import xmlstream
from recommender.ingest.xmlstream import LARGEST, XmlPieces, root_of, text_in

from .mutations import mutated

WHOLE = b"""<?xml version="1.0"?><rss><channel>
<item><title>One &amp; a half</title></item>
<item><title><![CDATA[Two & <b></item>]]></title></item></channel></rss>"""


def titles(raw: bytes) -> list[str]:
    pieces = XmlPieces(io.BytesIO(raw), "item")
    return [text_in(item.find("title")) for item, _ in pieces.elements() if item is not None]


def test_elements_come_out_in_order():
    assert titles(WHOLE) == ["One & a half", "Two & <b></item>"]


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        (b"R&D and a=1&b=2", "R&D and a=1&b=2"),
        (b"caf&eacute;&nbsp;bar", "café\xa0bar"),
        (b"&unknown; stays", "&unknown; stays"),
        (b"a\x0bb\x00c", "abc"),
        (b"it\x92s", "it\u2019s"),
        (b"&lt;b&gt; &amp;amp; &#8217;", "<b> &amp; \u2019"),
        (b"<![CDATA[ a & b &nbsp; ]]>", "a & b &nbsp;"),
    ],
)
def test_the_usual_mistakes_cost_nothing(title, expected):
    """Not even once the parser has recovered from another one."""
    after = b"<rss><item><title>x</b></title></item><item><title>" + title + b"</title></item></rss>"
    assert titles(after) == ["x", expected]


def test_no_entity_of_the_document_type_is_read(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("hidden")
    bomb = b"".join(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10) for n in range(1, 12))
    head = b'<!DOCTYPE rss [<!ENTITY e0 "ha">%s<!ENTITY f SYSTEM "file://%s">]>' % (
        bomb,
        str(secret).encode(),
    )
    assert titles(head + b"<rss><item><title>&e11;&f;</title></item></rss>") == ["&e11;&f;"]


def test_what_stands_in_pieces_is_read_as_what_stands_in_one(monkeypatch):
    whole = titles(WHOLE)
    for size in (1, 2, 3, 7):
        monkeypatch.setattr(xmlstream, "_CHUNK", size)
        monkeypatch.setattr(xmlstream, "HEAD", size)
        assert titles(WHOLE) == whole


def test_memory_stays_flat_over_a_large_file():
    item = b"<item><title>" + b"words " * 200 + b"</title></item>"

    def peak(count: int) -> int:
        pieces = io.BytesIO(b"<rss>" + item * count + b"</rss>")
        tracemalloc.start()
        read = sum(1 for _ in XmlPieces(pieces, "item").elements())
        top = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert read == count
        return top

    assert peak(4_000) < 2 * peak(1_000)


def test_what_is_torn_off_or_swallows_the_next_is_no_whole_element():
    torn = b"<rss><item><title>a</title><item><title>b</title></item><item><title>c"
    pieces = [(piece.whole, piece.large) for piece in XmlPieces(io.BytesIO(torn), "item")]
    assert pieces == [(False, False), (True, False), (False, False)]


def test_an_element_larger_than_any_story_costs_itself_alone():
    large = b"<rss><item>" + b"x" * (LARGEST + 1) + b"</item><item><title>b</title></item></rss>"
    assert [piece.large for piece in XmlPieces(io.BytesIO(large), "item")] == [True, False]
    assert titles(large) == ["b"]


@pytest.mark.parametrize(
    ("head", "root"),
    [
        (WHOLE, "rss"),
        (b"\n\n<!-- c --><?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]><atom:feed>", "feed"),
        ("<rdf:RDF>".encode("utf-16"), "rdf"),
        (b"<!doctype html><html>", "html"),
        (b"{}", ""),
        (b"", ""),
    ],
)
def test_the_root_tells_what_a_document_is(head, root):
    assert root_of(head)[0] == root


@settings(max_examples=150)
@given(mutated(WHOLE) | st.binary(max_size=200))
def test_any_bytes_are_borne(raw):
    titles(raw)
    root_of(raw)
