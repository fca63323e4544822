"""Which strings are safe to show a reader as plain text or as a link. Knows nothing of stories."""

from __future__ import annotations

import html
import re
import unicodedata
from html.entities import html5
from urllib.parse import urlsplit

# C0 without tab, line feed and carriage return; DEL and C1; lone surrogates (text that was not UTF-8);
# the two bidi overrides, which can make any text read as another (CVE-2021-42574, "Trojan Source").
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202d\u202e]")
_CONTROLS = bytes(byte for byte in (*range(0x20), 0x7F) if byte not in b"\t\n\r")
_C1 = re.compile(b"\xc2[\x80-\x9f]")
_LONG = 500  # characters
_ACTING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]"
)
_LINE_BREAKS = re.compile("[\t\n\r\u2028\u2029]")
_BIDI = re.compile("[\u202a\u202b\u202c\u2066-\u2069]")
_BIDI_MARKS = "\u202a\u202b\u202c\u2066\u2067\u2068\u2069"  # seven looks are faster than a pattern
_BIDI_CLOSER = {
    "\u202a": "\u202c",
    "\u202b": "\u202c",
    "\u2066": "\u2069",
    "\u2067": "\u2069",
    "\u2068": "\u2069",
}
# With its semicolon only: "R&D;" is none of the names, "?a=1&copy=2" has none, and both stay as they are.
_REFERENCE = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|([A-Za-z][A-Za-z0-9]{1,31}));")
# What nearly all are, told at once.
_USUAL_URL = re.compile(r"https?://[a-z0-9]+(?:[.-]+[a-z0-9]+)*((?:/[\w~%./-]*)?)(?:\?[\w=&%.-]*)?", re.ASCII)
_SPACE_OR_BACKSLASH = re.compile(r"[\s\\]")

# Elements of the HTML standard (html.spec.whatwg.org, "Index of elements", and obsolete ones), SVG, MathML.
_ELEMENTS = (
    "a abbr acronym address applet area article aside audio b base bdi bdo bgsound big blink blockquote "
    "body br button canvas caption center cite code col colgroup data datalist dd del details dfn "
    "dialog dir div dl dt em embed fieldset figcaption figure font footer form frame frameset h1 h2 h3 "
    "h4 h5 h6 head header hgroup hr html i iframe image img input ins kbd label legend li link main map "
    "mark marquee math menu meta meter nav nobr noembed noframes noscript object ol optgroup option "
    "output p param picture plaintext pre progress q rp rt ruby s samp script search section select "
    "slot small source span strike strong style sub summary sup svg table tbody td template textarea "
    "tfoot th thead time title tr track tt u ul var video wbr xmp"
)
TAG_NAME = f"(?:{'|'.join(_ELEMENTS.split())})"
"""A pattern of the names of elements."""
# An HTML parser (nh3.is_html, 0.3.8) was tried for the same question and left out: it takes "<placeholder>"
# and "a<b and c>d" for tags, misses one that is cut off ("<img src=x onerror=alert(1)"), and needs 1.1 us
# for 4 kB of plain text, where `markup_in` needs .1.
_MARKUP = re.compile(
    rf"<{TAG_NAME}\s*/?>"  # <b>, <br/>
    rf"|<{TAG_NAME}/[^<\s]"  # <svg/onload=...
    r"|<[a-z][^\s<>/]*[\s/][^<>]*="  # <img src=..., closed or not; <x onclick=...
    r"|</[a-z]"  # </anything
    r"|<!--|<!\[cdata\[|<!doctype|<\?(?:xml|php)",
    re.IGNORECASE,
)

_HOLDS_NO_TEXT = re.compile(r"<(script|style)\b[^<>]*>.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_TAG_END = re.compile(r">|(?=<)")


def visible(text: str) -> str:
    """Return a text as a terminal or a log may show it: what would act on it is written out, as JSON does.

    That are control characters but the tab and the line feed, bidi controls, line ends that are not shown as
    such, tags and lone surrogates. In a JSON document it changes no value.
    """
    if text.isascii() and text.isprintable():
        return text
    return _ACTING.sub(_written_out, text)


def _written_out(found: re.Match[str]) -> str:
    units = found.group().encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[place : place + 4]}" for place in range(0, len(units), 4))


def forbidden_character(text: str) -> str | None:
    """Return the first character that no text may hold, as ``U+0000 NAME``, or None.

    Forbidden are control characters other than tab and line ends, lone surrogates and bidi overrides.
    """
    if _is_plain(text):
        return None
    found = _FORBIDDEN.search(text)
    return None if found is None else _named(found.group())


def _is_plain(text: str) -> bool:
    """Tell whether a text holds nothing that is forbidden; False where it takes a longer look to tell.

    A body is looked at as bytes: a third of the time.
    """
    if len(text) < _LONG:
        return text.replace("\n", "").isprintable()  # no control, no surrogate, no mark of direction
    try:
        raw = text.encode()
    except UnicodeEncodeError:  # a surrogate
        return False
    return (
        len(raw.translate(None, _CONTROLS)) == len(raw)
        and _C1.search(raw) is None
        and "\u202d" not in text
        and "\u202e" not in text
    )


def line_break(text: str) -> str | None:
    """Return the first character that breaks a line (or is a tab), as ``U+000A``, or None."""
    found = _LINE_BREAKS.search(text)
    return None if found is None else _named(found.group())


def unbalanced_bidi(text: str, *, lone_closers: bool) -> str | None:
    """Return the first bidi embedding or isolate that is left open, or None.

    An open one would go on past the text and turn what the page shows after it. With `lone_closers`,
    a closer without an opener is let pass: on its own it does nothing (Unicode Annex 9, X6a and X7).
    """
    if text.isascii() or _holds_none(text, _BIDI_MARKS):
        return None
    opened: list[str] = []
    for found in _BIDI.finditer(text):
        character = found.group()
        if character in _BIDI_CLOSER:
            opened.append(character)
        elif opened and _BIDI_CLOSER[opened[-1]] == character:
            opened.pop()
        elif opened or not lone_closers:
            return _named(character)
    return _named(opened[-1]) if opened else None


def _holds_none(text: str, marks: str) -> bool:
    for mark in marks:  # noqa: SIM110 (a generator would take three times as long)
        if mark in text:
            return False
    return True


def is_simple(text: str) -> bool:
    """Tell whether a text is one line of letters and marks: nothing to decode, drop or refuse. Most are."""
    return text.isprintable() and "&" not in text and "<" not in text


def markup_in(text: str) -> str | None:
    """Return the start of the first HTML tag, comment or declaration in `text`, or None.

    ``a < b``, ``<3`` and ``<placeholder>`` are text: only what a browser would act on counts.
    """
    if "<" not in text:
        return None
    found = _MARKUP.search(text)
    return None if found is None else found.group()


def without_tags(text: str) -> str:
    """Return a text without its HTML tags, comments and declarations, and what scripts and styles hold.

    None is left: what a tag that goes leaves behind and is one again goes too.
    """
    while (tag := _MARKUP.search(text)) is not None:
        parts, place = [], 0
        while tag is not None:
            parts.append(text[place : tag.start()])
            place = _after(text, tag)
            tag = _MARKUP.search(text, place)
        text = " ".join(" ".join([*parts, text[place:]]).split()) if parts else text
    return text


def _after(text: str, tag: re.Match[str]) -> int:
    """Return where the text goes on after a tag: past its end, or where another begins before that."""
    opening = tag.group().lower()
    if opening.startswith("<!--"):
        ends = text.find("-->", tag.end())
        return len(text) if ends < 0 else ends + 3
    if closed := _HOLDS_NO_TEXT.match(text, tag.start()):
        return closed.end()
    if opening.endswith(">"):
        return tag.end()
    end = _TAG_END.search(text, tag.end())
    return len(text) if end is None else end.end()


def without_forbidden(text: str) -> str:
    """Return a text without the characters that no text may hold."""
    return text if forbidden_character(text) is None else _FORBIDDEN.sub("", text)


def without_bidi(text: str) -> str:
    """Return a text without bidi embeddings and isolates, and what closes them."""
    return _BIDI.sub("", text)


def holds_reference(text: str) -> bool:
    """Tell whether a text holds HTML's character references, ``&amp;`` or ``&#8217;``."""
    return "&" in text and any(_character(found) for found in _REFERENCE.finditer(text))


def decoded(text: str) -> str:
    """Return `text` with its HTML character references (``&amp;``, ``&#8217;``) decoded, once."""
    return _REFERENCE.sub(lambda found: _character(found) or found.group(), text) if "&" in text else text


def encoded(text: str) -> str:
    """Return the text that `decoded` makes `text` of: a ``&`` that would be decoded becomes ``&amp;``."""
    if "&" not in text:
        return text
    return _REFERENCE.sub(
        lambda found: found.group().replace("&", "&amp;", 1) if _character(found) else found.group(), text
    )


def usual_path(url: str) -> str | None:
    """Return the path of an address that is whole and spelt as nearly all are: joining does not change it.

    None where it takes a longer look to tell.
    """
    found = _USUAL_URL.fullmatch(url)
    return None if found is None or url.endswith("?") else found[1]


def is_web_url(text: str) -> bool:
    """Tell whether `text` is an absolute http(s) URL with a host, and nothing that misleads about its goal.

    Credentials, white space, backslashes (which browsers read as slashes) and invisible characters make it
    not one.
    """
    if _USUAL_URL.fullmatch(text):
        return True
    if _SPACE_OR_BACKSLASH.search(text) or forbidden_character(text) or _BIDI.search(text):
        return False
    try:
        parts = urlsplit(text)
        port_is_a_number = parts.port is None or parts.port >= 0
    except ValueError:  # a torn IPv6 host or a port that is no number
        return False
    return (
        parts.scheme in {"http", "https"}
        and bool(parts.hostname)
        and "@" not in parts.netloc
        and port_is_a_number
    )


def _character(reference: re.Match[str]) -> str:
    """Return what a reference stands for; empty where HTML knows no such name or number."""
    name = reference[1]
    return html.unescape(reference.group()) if name is None or f"{name};" in html5 else ""


def _named(character: str) -> str:
    name = unicodedata.name(character, "")
    return f"U+{ord(character):04X} {name}".rstrip()
