"""Archives of crawled pages: the pages that were there become stories, a torn file says where it is torn."""

from __future__ import annotations

import io
import logging

import pytest
from hypothesis import given, settings
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from recommender.errors import ExtraMissingError
from recommender.ingest import warc
from recommender.ingest.warc import Warc

from .mutations import bears, found, mutated, read, refusals
from .test_htmlpage import page


def archive(*answers: tuple[str, str, str, bytes], gzip: bool = False) -> bytes:
    """Return a WARC of answers: address, status, type and body of each."""
    file = io.BytesIO()
    writer = WARCWriter(file, gzip=gzip)
    for url, status, type_, body in answers:
        headers = StatusAndHeaders(status, [("Content-Type", type_)], protocol="HTTP/1.1")
        writer.write_record(
            writer.create_warc_record(url, "response", payload=io.BytesIO(body), http_headers=headers)
        )
    return file.getvalue()


PAGES = (
    ("https://town.example/2022/council", "200 OK", "text/html; charset=utf-8", page()),
    ("https://town.example/gone", "404 Not Found", "text/html", b"<html>no</html>"),
    ("https://town.example/1.jpg", "200 OK", "image/jpeg", b"\xff\xd8"),
)


@pytest.mark.parametrize("gzip", [False, True])
def test_pages_that_were_there_become_stories_at_their_addresses(gzip):
    raw = archive(*PAGES, gzip=gzip)
    assert Warc().recognises(raw[:100], "x")
    (item,) = found(read(Warc(), raw))
    assert item.story.url == "https://town.example/2022/council"
    assert item.origin.revision


def test_an_archive_without_pages_says_what_it_holds():
    (refusal,) = refusals(read(Warc(), archive(*PAGES[1:])))
    assert "answer 404" in refusal
    assert "image/jpeg" in refusal


def test_a_torn_archive_says_so():
    assert refusals(read(Warc(), archive(*PAGES, gzip=True)[:400]))


def test_nothing_of_a_broken_archive_is_written_to_the_terminal(capsys, monkeypatch):
    monkeypatch.setattr(logging.root, "handlers", [])  # pytest's own, which would take what is logged
    bears(Warc(), archive(*PAGES).replace(b"https://town", b"https:// \x1b[2J town"))
    raw = archive(*PAGES, gzip=True)
    bears(Warc(), raw[:500] + raw[520:] + raw)
    bears(Warc(), archive(*PAGES).replace(b"Content-Length: ", b"Content-Length: 1"))
    assert capsys.readouterr() == ("", "")


def test_the_way_out_of_a_missing_extra_is_said(monkeypatch):
    monkeypatch.setattr(warc.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ExtraMissingError, match="pip install"):
        read(Warc(), archive(*PAGES))


@settings(max_examples=60, deadline=None)
@given(mutated(archive(*PAGES)) | mutated(archive(*PAGES, gzip=True)))
def test_any_broken_archive_is_borne(raw):
    bears(Warc(), raw)
