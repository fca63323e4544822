"""News in NewsML-G2 of the IPTC: items one by one or in a message. Knows the standard, no agency."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from lxml import etree

from recommender.ingest.base import ContentType, CuratedLink, Found, Options, Refused
from recommender.ingest.item import Item, story_of
from recommender.ingest.ninjs import show_as
from recommender.ingest.nitf import markup_of, read_nitf
from recommender.ingest.refusals import broken, checked
from recommender.ingest.xmlstream import XmlPieces, name_of, root_of, text_in

KIND = "newsml"
_ROOTS = frozenset({"newsmessage", "newsitem", "newsml", "packageitem"})
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
_ORIGINAL = "translatedFrom"
_LINKS = frozenset({"seeAlso", "related", "isRelatedTo", "evolvedFrom", "derivedFrom"})
_SUMMARIES = frozenset({"", "summary", "abstract", "teaser"})


class NewsML:
    """Items of a news agency in XML."""

    kind = KIND

    def recognises(self, head: bytes, name: str) -> bool:
        """Tell by the document's root."""
        return root_of(head)[0] in _ROOTS

    def read(self, file: BinaryIO, options: Options) -> Iterator[Found | Refused]:
        """Yield the texts; pictures, packages and concepts are passed over."""
        yield from checked(_stories(XmlPieces(file, "newsItem"), options), options, "text in NewsML-G2")


def _stories(pieces: XmlPieces, options: Options) -> Iterator[Found | Refused]:
    for number, (element, piece) in enumerate(pieces.elements(), start=1):
        if element is None or not piece.whole:
            yield broken(number, piece)
            continue
        news = _News(element)
        class_ = news.code("itemClass") or "text"
        if class_ not in ("text", "composite"):
            options.passed[class_] += 1
            continue
        item = _item(news, class_)
        item.number = number
        item.notes.append(pieces.note)
        yield story_of(item, options)


class _News:
    """One item, by the names of its elements."""

    def __init__(self, element: etree._Element) -> None:
        self.element = element
        self._by_name: dict[str, list[etree._Element]] = {}
        for one in element.iter():
            self._by_name.setdefault(name_of(one), []).append(one)

    def all(self, name: str, within: str = "") -> list[etree._Element]:
        """Return the elements of a name, those in another."""
        return [
            one
            for one in self._by_name.get(name, [])
            if not within or within in map(name_of, one.iterancestors())
        ]

    def text(self, *names: str, within: str = "") -> str:
        """Return the first text of some elements."""
        found = (text_in(one) for name in names for one in self.all(name, within))
        return next(filter(None, found), "")

    def code(self, name: str, within: str = "itemMeta") -> str:
        """Return a code without its vocabulary: of ``stat:usable`` the end, of an address the last part."""
        return next((_code(one) for one in self.all(name, within)), "")


def _item(news: _News, class_: str) -> Item:
    root = news.element
    updated = news.text("versionCreated", within="itemMeta")
    published = news.text("firstCreated", within="itemMeta") or news.text("contentCreated") or updated
    item = Item(
        kind=KIND,
        guid=root.get("guid", ""),
        cms_id=root.get("guid", ""),
        type=class_,
        revision=root.get("version", ""),
        headline=news.text("headline", within="contentMeta"),
        deck=_summary(news),
        published=published,
        updated=updated if updated != published else "",
        embargo=news.text("embargoed", within="itemMeta"),
        tags=[name for one in news.all("subject", "contentMeta") if (name := _name(one))]
        + [text_in(one) for one in news.all("keyword", "contentMeta")],
        section=next((name for one in news.all("genre", "contentMeta") if (name := _name(one))), ""),
        authors=_authors(news),
        language=next((one.get("tag", "") for one in news.all("language", "contentMeta")), "")
        or root.get(_LANGUAGE, ""),
        curated=_links(news),
        translation_of=next(_linked(news, frozenset({_ORIGINAL})), ("", None))[0],
    )
    _read_content(news, item)
    show_as(item, news.code("pubStatus") or "usable")
    return item


def _read_content(news: _News, item: Item) -> None:
    """Take the text: XHTML or NITF where it is there, else plain text."""
    nitf = next(iter(news.all("nitf", "contentSet")), None)
    html = next((one for name in ("body", "html") for one in news.all(name, "inlineXML")), None)
    if nitf is not None:
        read_nitf(nitf, item)
    elif html is not None or news.all("inlineXML"):
        item.body = markup_of(html if html is not None else news.all("inlineXML")[0])
        item.content_type = ContentType.HTML
    else:
        data = next(iter(news.all("inlineData", "contentSet")), None)
        item.body = text_in(data)
        is_html = data is not None and "html" in data.get("contenttype", "")
        item.content_type = ContentType.HTML if is_html else ContentType.TEXT


def _summary(news: _News) -> str:
    for one in news.all("description", "contentMeta"):
        if one.get("role", "").rpartition(":")[2].lower() in _SUMMARIES:
            return text_in(one)
    return ""


def _authors(news: _News) -> list[str]:
    lines = [text_in(one) for one in news.all("by", "contentMeta")]
    return lines or [name for one in news.all("creator", "contentMeta") if (name := _name(one))]


def _links(news: _News) -> list[CuratedLink]:
    return [CuratedLink(target=target, anchor=anchor) for target, anchor in _linked(news, _LINKS)]


def _linked(news: _News, relations: frozenset[str]) -> Iterator[tuple[str, str | None]]:
    """Yield what a text has some relation to, and how that is called."""
    for one in news.all("link", "itemMeta"):
        target = one.get("residref") or one.get("href") or ""
        if target and one.get("rel", "").rpartition(":")[2] in relations:
            yield target, text_in(one) or None


def _name(element: etree._Element) -> str:
    """Return the first name of a concept."""
    return next((text_in(one) for one in element if name_of(one) == "name"), "")


def _code(element: etree._Element) -> str:
    code = element.get("qcode", "").rpartition(":")[2] or element.get("uri", "").rpartition("/")[2]
    return code or element.get("literal", "")
