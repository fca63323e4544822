"""Elements out of XML as it comes in, however broken: in bounded memory, without entities, files and network.

Each element of the wanted names is cut out of the text first and parsed alone, so that what is broken in one
costs no other: where one end tag is wrong, libxml2's recovery closes an element too many, up to the root, and
leaves out what follows. Knows XML, not what is in it.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from functools import cache
from html.entities import html5
from typing import NamedTuple, Protocol

from lxml import etree

from recommender.ingest.charset import HEAD, WINDOWS, letters_of

_CHUNK = 1 << 18
_LARGEST_HEAD = 1 << 20  # characters before the first element
LARGEST = 4 << 20  # characters of one element, twice what the body of a story may have
# What XML 1.0 cannot hold, and exports hold nevertheless.
_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_CONTROLS = bytes(byte for byte in range(0x20) if byte not in b"\t\n\r")
_DECLARATION = re.compile(r"<\?xml\s[^>]{0,300}\?>")
_DOCTYPE = re.compile(r"<!DOCTYPE(?:[^\[<>]|\[[^\]]*(?:\]|$))*>?", re.IGNORECASE)
_CDATA = "<![CDATA["
_REFERENCE = re.compile(r"&(?:#\d{1,7};|#[xX][0-9a-fA-F]{1,6};|([A-Za-z][A-Za-z0-9]{1,31});)?")
# As numbers: once libxml2 has recovered from one mistake it drops every reference by name, "&amp;" too.
_OF_XML = {"amp": "&#38;", "lt": "&#60;", "gt": "&#62;", "quot": "&#34;", "apos": "&#39;"}
_BEFORE_ROOT = re.compile(r"\s+|<\?.*?\?>|<!--.*?-->", re.DOTALL)
_ROOT = re.compile(r"<(?:[\w.-]+:)?([A-Za-z][\w.-]*)[^<>]*>?")
_PAGE = re.compile(r"<(?:!doctype|html|head|body|rss|feed)\b", re.IGNORECASE)
_LONGEST_JUNK = 4_000  # characters before a document
_LONGEST_TAG = 4_000  # characters of a start tag
_LONGEST_MARK = 128  # characters of what an element is told by


class Readable(Protocol):
    """What bytes come from, as a binary file or the rest of one."""

    def read(self, size: int, /) -> bytes:
        """Return at most so many bytes, none at the end."""


class Piece(NamedTuple):
    """The text of one element; whether it has its end, and is not larger than may be."""

    text: str
    whole: bool = True
    large: bool = False


class XmlPieces:
    """A file of XML, cut into its elements of some names.

    Parameters
    ----------
    file : binary file
    *names : str
        Without their prefixes. An element of one of them holds no other.

    Attributes
    ----------
    note : str
        What was believed about its encoding; nothing where it is as it should be.
    head : str
        What stands before the first element.
    """

    def __init__(self, file: Readable, *names: str) -> None:
        first = _filled(file, HEAD)
        encoding, self.note = letters_of(first)
        self._file, self._pending = file, first
        self._decoder = codecs.getincrementaldecoder(encoding)(errors=WINDOWS)
        self._openings = [f"{before}{one}" for one in names for before in "<:"]
        name = rf"((?:[\w.-]{{1,40}}:)?(?:{'|'.join(map(re.escape, names))}))"
        self._open = re.compile(rf"<{name}(?=[\s/>])")
        self._marks = re.compile(rf"<!\[CDATA\[|\]\]>|</{name}\s{{0,9}}>|<{name}(?=[\s/>])")
        self._text, self._ended = "", False
        self._start = self._place = 0  # where the next element begins, and where to look for its end
        self._in_cdata = False
        self.head = self._read_head()
        self.envelope = self._envelope()

    def __iter__(self) -> Iterator[Piece]:
        while (piece := self._next()) is not None:
            yield piece

    def elements(self) -> Iterator[tuple[etree._Element | None, Piece]]:
        """Yield each element, parsed; None for one that cannot be."""
        start, end = self.envelope
        for piece in self:
            root = None if piece.large else tree(f"{start}{mended(piece.text)}{end}")
            yield (root[0] if root is not None and len(root) else None), piece

    def _read_head(self) -> str:
        while (found := self._open.search(self._text)) is None and len(self._text) < _LARGEST_HEAD:
            if not self._more():
                break
        self._start = found.start() if found else len(self._text)
        head = self._text[: self._start]
        return _DOCTYPE.sub("", _DECLARATION.sub("", without_junk(head).lstrip("\ufeff \t\r\n"), count=1))

    def _envelope(self) -> tuple[str, str]:
        """Return the start and the end of a document in which an element finds its namespaces."""
        place = _root_place(self.head)
        found = _ROOT.match(self.head, place)
        if found is None or not found.group().endswith(">"):
            return "<root>", "</root>"
        start = found.group().removesuffix(">").removesuffix("/")
        name = re.match(r"<([\w:.-]+)", start)
        return f"{start}>", f"</{name[1]}>" if name else ""

    def _next(self) -> Piece | None:
        """Return the next element, and free its memory."""
        while (found := self._open.search(self._text, self._start)) is None:
            self._start = len(self._text) if self._ended else max(self._start, len(self._text) - _LONGEST_TAG)
            if not self._more():
                return None
        self._start, name = found.start(), found[1]
        tag = self._text.find(">", self._start, self._start + _LONGEST_TAG)
        if tag > 0 and self._text[tag - 1] == "/":
            return self._cut(tag + 1, whole=True)
        if (end := self._plain_end(name)) is not None:
            return self._cut(end, whole=True)
        self._place, self._in_cdata = found.end(), False
        while (mark := self._end(name)) is None:
            if len(self._text) - self._start > LARGEST or not self._more():
                return self._cut(len(self._text), whole=False)
        return self._cut(*mark)

    def _cut(self, end: int, whole: bool) -> Piece:
        start, self._start = self._start, end
        large = end - start > LARGEST
        return Piece(self._text[start : start + _LONGEST_TAG if large else end], whole, large)

    def _plain_end(self, name: str) -> int | None:
        """Return where an element ends that is all there and as it should be: most are, and soon seen.

        Letters are found far sooner than a pattern.
        """
        closing, text, start = f"</{name}>", self._text, self._start + len(name)
        following = text.find(f"<{name}", start)
        end = text.find(closing, start, following if following > 0 else len(text))
        if end < 0 or text.count(_CDATA, start, end) != text.count("]]>", start, end):
            return None
        if any(text.find(opening, start + 1, end) > 0 for opening in self._openings):
            return None
        return end + len(closing)

    def _end(self, name: str) -> tuple[int, bool] | None:
        """Return where an element ends, by its end tag or by the next element.

        None while neither has come; what was looked at is not looked at again.
        """
        for mark in self._marks.finditer(self._text, self._place):
            self._place = mark.end()
            said = mark.group()
            if said == "]]>":
                self._in_cdata = False
            elif self._in_cdata:
                continue
            elif said == "<![CDATA[":
                self._in_cdata = True
            elif mark[1] == name:
                return mark.end(), True
            elif mark[2]:
                return mark.start(), False
        self._place = max(self._place, len(self._text) - _LONGEST_MARK)
        return None

    def _more(self) -> bool:
        if self._ended:
            return False
        piece, self._pending = self._pending or self._file.read(_CHUNK), b""
        self._text = self._text[self._start :] + self._decoder.decode(piece, final=not piece)
        self._start, self._place = 0, max(0, self._place - self._start)
        self._ended = not piece
        return not self._ended


def mended(text: str) -> str:
    """Return a piece of XML without its usual mistakes, and without any reference by a name.

    What XML cannot hold is left out; a lone ampersand is meant as one; HTML's names become letters. So no
    name is left for a document type to define by ten others, or by a file.
    """
    text = _without_controls(text)
    if "&" not in text:
        return text
    first, *others = text.split(_CDATA)
    parts = [_REFERENCE.sub(_reference, first)]
    for other in others:
        inside, end, after = other.partition("]]>")
        parts += [_CDATA, inside, end, _REFERENCE.sub(_reference, after)]
    return "".join(parts)


def _without_controls(text: str) -> str:
    """Return a text without what XML cannot hold: bytes show three times as fast that most hold none."""
    raw = text.encode("utf-8", "surrogatepass")
    doubtful = len(raw.translate(None, _CONTROLS)) < len(raw) or b"\xed" in raw or b"\xef" in raw
    return _NO_XML.sub("", text) if doubtful else text


def without_declaration(text: str) -> str:
    """Return a document without its declaration, which names another encoding, and what XML cannot hold."""
    return _without_controls(_DECLARATION.sub("", without_junk(text).lstrip("\ufeff \t\r\n"), count=1))


def tree(text: str) -> etree._Element | None:
    """Return the root of a small document, recovered; None where there is none."""
    try:
        return etree.fromstring(text.encode("utf-8", "ignore"), _parser())
    except etree.XMLSyntaxError:
        return None


@cache
def _parser() -> etree.XMLParser:
    return etree.XMLParser(
        encoding="utf-8", recover=True, resolve_entities=False, no_network=True, load_dtd=False,
        huge_tree=False, remove_comments=True, remove_pis=True,
    )  # fmt: skip


def text_in(element: etree._Element | None) -> str:
    """Return all text of an element, and of what is in it; empty where there is none."""
    if element is None:
        return ""
    return ((element.text or "") if not len(element) else "".join(map(str, element.itertext()))).strip()


def name_of(element: etree._Element) -> str:
    """Return the name of an element without its namespace."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def root_of(head: bytes) -> tuple[str, str]:
    """Return the name of the root of a document that begins so, in lower case, and its first letters.

    The name is empty where it is no XML; a page of HTML has a root too.
    """
    text = without_junk(head.decode(letters_of(head).encoding, WINDOWS).removeprefix("\ufeff"))
    root = _ROOT.match(text, _root_place(text))
    return (root[1].lower() if root else ""), text


def without_junk(text: str) -> str:
    """Return a document without what a server has written before it: warnings of its own, as a rule."""
    start = text.find("<?xml", 0, _LONGEST_JUNK)
    return text if start < 0 or _PAGE.search(text, 0, start) else text[start:]


def _root_place(text: str) -> int:
    place = 0
    while before := _BEFORE_ROOT.match(text, place) or _DOCTYPE.match(text, place):
        place = before.end()
    return place


def _reference(found: re.Match[str]) -> str:
    """Return a reference as a number or a letter, and an ampersand that makes none as what it means."""
    name = found[1]
    if name is None:
        return found.group() if len(found.group()) > 1 else _OF_XML["amp"]
    return _OF_XML.get(name) or html5.get(f"{name};") or f"{_OF_XML['amp']}{name};"


def _filled(file: Readable, size: int) -> bytes:
    """Return the first bytes of a file, of a pipe too."""
    pieces, missing = [], size
    while missing > 0 and (piece := file.read(missing)):
        pieces.append(piece)
        missing -= len(piece)
    return b"".join(pieces)
