"""News in NITF of the IPTC, alone or within NewsML-G2. Knows the standard, no agency."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO

from lxml import etree

from recommender.ingest.base import ContentType, Found, Options, Refused
from recommender.ingest.item import Item, story_of
from recommender.ingest.ninjs import show_as
from recommender.ingest.refusals import broken, checked
from recommender.ingest.xmlstream import XmlPieces, name_of, root_of, text_in

KIND = "nitf"
_NAME = re.compile(r"[A-Za-z][\w.-]*")  # recovery takes others for names, too, and refuses to write them
_HTML = {
    "hl2": "h2",
    "hedline": "h2",
    "block": "div",
    "bq": "blockquote",
    "nitf-table": "table",
    "note": "aside",
}
_NO_TEXT = frozenset({"media", "media-reference", "media-caption", "media-producer", "media-metadata"})


class Nitf:
    """A document in NITF."""

    kind = KIND

    def recognises(self, head: bytes, name: str) -> bool:
        """Tell by the document's root."""
        return root_of(head)[0] == "nitf"

    def read(self, file: BinaryIO, options: Options) -> Iterator[Found | Refused]:
        """Yield the story of each document."""
        yield from checked(_stories(XmlPieces(file, "nitf"), options), options, "text in NITF")


def _stories(pieces: XmlPieces, options: Options) -> Iterator[Found | Refused]:
    for number, (element, piece) in enumerate(pieces.elements(), start=1):
        if element is None or not piece.whole:
            yield broken(number, piece)
            continue
        item = Item(kind=KIND, number=number, type="nitf", notes=[pieces.note])
        read_nitf(element, item)
        show_as(item, _status(element))
        if _status(element) == "embargoed" and not item.embargo:
            item.hide("it is embargoed without a release date")
        yield story_of(item, options)


def read_nitf(root: etree._Element, item: Item) -> None:
    """Take what a document in NITF says where the item does not say it yet."""
    media = _first(root, "media")  # before the text is taken: media are no part of it
    item.image = item.image or _attribute(media, "media-reference", "source")
    item.caption = item.caption or text_in(_first(media, "media-caption"))
    item.guid = item.guid or _attribute(root, "doc-id", "id-string")
    item.cms_id = item.cms_id or item.guid
    item.revision = item.revision or _attribute(root, "du-key", "version")
    item.url = item.url or _attribute(root, "pubdata", "ex-ref")
    item.headline = item.headline or text_in(_first(root, "hl1")) or text_in(_first(root, "title"))
    item.deck = item.deck or text_in(_first(root, "abstract")) or text_in(_within(root, "hedline", "hl2"))
    if not item.body:
        item.body, item.content_type = markup_of(_content(root)), ContentType.HTML
    item.published = (
        item.published
        or _attribute(root, "date.issue", "norm")
        or _attribute(root, "pubdata", "date.publication")
        or _attribute(root, "story.date", "norm")
    )
    item.embargo = item.embargo or _attribute(root, "date.release", "norm")
    item.expires = item.expires or _attribute(root, "date.expire", "norm")
    item.section = item.section or _attribute(root, "pubdata", "position.section")
    item.tags = item.tags or [one.get("key", "") for one in _all(root, "keyword")]
    item.authors = item.authors or _authors(root)
    item.language = item.language or root.get("{http://www.w3.org/XML/1998/namespace}lang", "")


def markup_of(element: etree._Element | None) -> str:
    """Return what an element holds as HTML, without namespaces, attributes but links, and media."""
    if element is None:
        return ""
    for one in list(element.iter()):
        name = name_of(one)
        parent = one.getparent()
        if name in _NO_TEXT and parent is not None and one is not element:
            _drop(one, parent)
        elif name:
            href = one.get("href")
            one.attrib.clear()
            one.tag = _HTML.get(name, name) if _NAME.fullmatch(name) else "span"
            if href:
                one.set("href", href)
    etree.cleanup_namespaces(element)
    inner = "".join(etree.tostring(child, encoding="unicode") for child in element)
    return (element.text or "") + inner


def _content(root: etree._Element) -> etree._Element | None:
    """Return the text; where a document has its beginning and the whole beside it, the whole."""
    content = _first(root, "body.content")
    blocks = [] if content is None else [one for one in content if name_of(one) == "block"]
    return next((one for one in blocks if one.get("class") == "full_text"), content)


def _drop(element: etree._Element, parent: etree._Element) -> None:
    """Take an element out, and leave what follows it."""
    before = element.getprevious()
    if element.tail and before is not None:
        before.tail = (before.tail or "") + element.tail
    elif element.tail:
        parent.text = (parent.text or "") + element.tail
    parent.remove(element)


def _status(root: etree._Element) -> str:
    """Return the management status, in the words of ninjs: a document that says nothing may be used."""
    status = _attribute(root, "docdata", "management-status").lower() or "usable"
    return "usable" if status == "embargoed" and _attribute(root, "date.release", "norm") else status


def _authors(root: etree._Element) -> list[str]:
    line = _first(root, "byline")
    persons = [" ".join(text_in(one).split()) for one in _all(line, "person")]
    return persons or [" ".join(text_in(line).split()).removeprefix("By ")]


def _all(root: etree._Element | None, name: str) -> list[etree._Element]:
    return [] if root is None else [one for one in root.iter() if name_of(one) == name]


def _first(root: etree._Element | None, name: str) -> etree._Element | None:
    return next(iter(_all(root, name)), None)


def _within(root: etree._Element, outer: str, name: str) -> etree._Element | None:
    return _first(_first(root, outer), name)


def _attribute(root: etree._Element | None, name: str, attribute: str) -> str:
    found = _first(root, name)
    return "" if found is None else (found.get(attribute) or "")
