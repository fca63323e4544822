"""What may be shown as plain text or linked to."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recommender.story.text_safety import (
    decoded,
    encoded,
    forbidden_character,
    is_web_url,
    line_break,
    markup_in,
    unbalanced_bidi,
    usual_path,
    visible,
)

SAFE_CONTROLS = {"\t", "\n", "\r"}
OVERRIDES = {"\u202d", "\u202e"}


@given(st.characters(codec=None, categories=None))
def test_forbidden_are_exactly_control_characters_surrogates_and_overrides(character):
    control = unicodedata.category(character) in {"Cc", "Cs"} and character not in SAFE_CONTROLS
    expected = control or character in OVERRIDES
    assert (forbidden_character(f"a{character}b") is not None) == expected
    assert (forbidden_character(f"{'Words. ' * 100}{character}b") is not None) == expected


@given(
    st.from_regex(r"https?://[a-z.:-]{1,9}(/[A-Za-z%.~/;-]{0,9})?([?][a-z=&.]{0,4})?(#a?)?", fullmatch=True)
)
def test_an_address_that_is_spelt_as_most_are_stays_as_it_is_wherever_it_is_joined(url):
    path = usual_path(url)
    if path is not None:
        assert is_web_url(url)
        assert urljoin("https://b.example/c/d", url) == url
        assert urlsplit(url).path == path


def test_a_forbidden_character_is_named():
    assert forbidden_character("a\u202eb") == "U+202E RIGHT-TO-LEFT OVERRIDE"
    assert forbidden_character("a\x00b") == "U+0000"


@pytest.mark.parametrize("text", ["one\ntwo", "one\rtwo", "one\ttwo", "one\u2028two", "one\u2029two"])
def test_line_breaks_are_found(text):
    assert line_break(text) is not None
    assert line_break(text[:3]) is None


@pytest.mark.parametrize(
    ("text", "open_character"),
    [
        ("plain", None),
        ("\u2067\u05d0\u2069 and \u202a b \u202c", None),
        ("\u2067\u202b\u05d0\u202c\u2069", None),
        ("\u2067\u05d0", "U+2067 RIGHT-TO-LEFT ISOLATE"),
        ("\u202b\u05d0\u2069", "U+2069 POP DIRECTIONAL ISOLATE"),
        ("\u2067\u202b\u05d0\u2069\u202c", "U+2069 POP DIRECTIONAL ISOLATE"),
        ("a\u202c", "U+202C POP DIRECTIONAL FORMATTING"),
    ],
)
def test_bidi_marks_must_be_paired(text, open_character):
    assert unbalanced_bidi(text, lone_closers=False) == open_character


def test_a_lone_closer_passes_in_prose_but_an_open_mark_does_not():
    assert unbalanced_bidi("a\u202c b\u2069", lone_closers=True) is None
    assert unbalanced_bidi("a\u202c b\u2066", lone_closers=True) == "U+2066 LEFT-TO-RIGHT ISOLATE"


@pytest.mark.parametrize(
    "text",
    [
        "<b>bold</b>",
        "</b> left over",
        "Sale<br/>now",
        "<SCRIPT>alert(1)</SCRIPT>",
        "<script src=//evil>",
        "<img src=x onerror=alert(1)",
        "<svg/onload=alert(1)>",
        "<x onclick=alert(1)>",
        "<my-tag/style='a'>",
        "a <!-- note",
        "<!DOCTYPE html>",
        "<![CDATA[x]]>",
        "<?php echo 1 ?>",
    ],
)
def test_markup_is_found(text):
    assert markup_in(text) is not None


@pytest.mark.parametrize(
    "text",
    [
        "a < b",
        "a<b and c>d",
        "I <3 news",
        "<3",
        "use <placeholder> here",
        "1 << 2",
        "->x<-",
        "p<.05",
        "Q&A &amp; more",
        "",
    ],
)
def test_text_with_angle_brackets_is_text(text):
    assert markup_in(text) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://digital.gov/2010/10/22/a/",
        "http://localhost:8080/x?y=1#z",
        "https://en.wikinews.org/wiki/Bus,_Russia;_seven",
        "https://[::1]/",
        "https://пример.испытание/новость",
    ],
)
def test_web_urls(url):
    assert is_web_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\nscript:alert(1)",
        " https://a.example/",
        "data:text/html,x",
        "//a.example/x",
        "/x",
        "a.example",
        "https:///x",
        "https:x",
        "https://user@a.example/",
        "https://bank.example:pw@evil.example/",
        "https://bank.example\\@evil.example/",
        "https://a.example/a b",
        "https://a.example/\x00",
        "https://a.example/\u202egpj.exe",
        "https://a.example/\u2066x",
        "https://a.example:port/",
        "https://[::1/",
        "ftp://a.example/",
    ],
)
def test_what_is_no_web_url(url):
    assert not is_web_url(url)


REFERENCES = [
    "&amp;",
    "&#8217;",
    "&#x2019;",
    "&lt;",
    "&",
    "#8217;",
    "amp;",
    ";",
    "&copy",
    "&notit;",
    "AT&T",
    "&#1;",
]
SENT = st.lists(st.sampled_from(REFERENCES) | st.text(max_size=5), max_size=6).map("".join)


@given(SENT)
def test_what_was_escaped_is_decoded_once(text):
    assert decoded(html.escape(text)) == text
    assert decoded(encoded(text)) == text


@given(SENT)
def test_only_what_would_be_decoded_is_encoded(text):
    assert (encoded(text) == text) == (decoded(text) == text)


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("Ferry &amp; Co", "Ferry & Co"),
        ("Mayor&#8217;s plan", "Mayor\u2019s plan"),
        ("Mayor&#x2019;s plan", "Mayor\u2019s plan"),
        ("a &lt; b", "a < b"),
        ("&amp;amp;", "&amp;"),
    ],
)
def test_character_references_are_characters(sent, read):
    assert decoded(sent) == read


@pytest.mark.parametrize(
    "text", ["AT&T", "R&D;", "Q&A", "?a=1&copy=2&lang=en", "&notit;", "fish & chips", "&#;"]
)
def test_an_ampersand_of_its_own_stays(text):
    assert decoded(text) == encoded(text) == text


@given(st.text())
def test_what_is_made_visible_acts_on_no_terminal_and_no_document(text: str) -> None:
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", visible(text))
    assert json.loads(visible(json.dumps(text, ensure_ascii=False))) == text


def test_what_is_made_visible_is_readable() -> None:
    assert visible("a\x1b[31m\u202eb\U000e0041\nইলিশ") == "a\\u001b[31m\\u202eb\\udb40\\udc41\nইলিশ"
