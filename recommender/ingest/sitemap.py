"""Sitemaps: lists of addresses with their dates. News sitemaps say headlines, too, and so hold short stories.

Knows the format (sitemaps.org, Google's news extension), not how pages are fetched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from lxml import etree

from recommender.ingest.addresses import absolute
from recommender.ingest.alternates import alternates, attributes, spelt
from recommender.ingest.base import Found, Options, Refused
from recommender.ingest.charset import text_of
from recommender.ingest.item import Item, story_of
from recommender.ingest.refusals import broken, checked
from recommender.ingest.xmlstream import XmlPieces, name_of, root_of, text_in

KIND = "sitemap"
_ROOTS = frozenset({"urlset", "sitemapindex"})
_LINE = re.compile(r"https?://\S+\s*")
_LARGEST = 50 << 20  # bytes of a list in plain text: sitemaps.org allows no more

_OTHERS = ("address of a page without a headline", "address of another sitemap")


class SitemapEntry(NamedTuple):
    """An address that a sitemap names: of a page, or of another sitemap.

    Parameters
    ----------
    url : str
        Absolute.
    modified : str
        As it is written; empty where nothing is.
    is_sitemap : bool
        It leads to another list.
    news : mapping of str to str
        What a news sitemap says of the page: ``title``, ``publication_date``, ``language``, ``keywords``.
    translations : tuple of str
        Where the page is found in other languages (``xhtml:link``), absolute.
    """

    url: str
    modified: str
    is_sitemap: bool
    news: dict[str, str]
    translations: tuple[str, ...] = ()


class Sitemap:
    """A sitemap in XML, or a list of addresses, one a line."""

    kind = KIND

    def recognises(self, head: bytes, name: str) -> bool:
        """Tell by the document's root, or by lines that are addresses."""
        root, text = root_of(head)
        lines = [line for line in text.split("\n")[:20] if line.strip()]
        return root in _ROOTS or (bool(lines) and all(map(_LINE.fullmatch, lines[:-1] or lines)))

    def read(self, file: BinaryIO, options: Options) -> Iterator[Found | Refused]:
        """Yield the pages whose headlines it says; of others it knows no more than where they are."""

        def stories() -> Iterator[Found | Refused]:
            for number, address in enumerate(addresses(file, options.url), start=1):
                if isinstance(address, Refused):
                    yield address
                elif address.news.get("title"):
                    yield story_of(_item(number, address), options)
                else:
                    options.passed[_OTHERS[address.is_sitemap]] += 1

        hint = ": import it by its address, or the pages themselves"
        yield from checked(stories(), options, "headline", hint)


def addresses(file: BinaryIO, base: str = "") -> Iterator[SitemapEntry | Refused]:
    """Yield the addresses in a sitemap, in its order and in bounded memory."""
    pieces = XmlPieces(file, "url", "sitemap")
    if root_of(pieces.head.encode())[0] not in _ROOTS:
        text, _ = text_of(pieces.head.encode() + file.read(_LARGEST))
        for line in text.splitlines():
            if url := absolute(line, base):
                yield SitemapEntry(url, "", False, {})
        return
    for number, (element, piece) in enumerate(pieces.elements(), start=1):
        if element is None or not piece.whole:
            yield broken(number, piece)
        elif address := _address(element, base):
            yield address


def _address(element: etree._Element, base: str) -> SitemapEntry | None:
    """Return the address that an element names: in ``loc``, or as some write it, without."""
    texts: dict[str, str] = {}
    for child in element.iter():
        parent = child.getparent()
        inside = "" if parent is None or parent is element else name_of(parent)
        if child is not element and inside in ("", "news", "publication"):
            texts.setdefault(
                name_of(child) if inside != "publication" else f"of_{name_of(child)}", text_in(child)
            )
    url = absolute(texts.get("loc") or (element.text or ""), base)
    if url is None:
        return None
    news = {name: texts[name] for name in ("title", "publication_date", "keywords") if texts.get(name)}
    news["language"] = texts.get("of_language", "")
    links = spelt(alternates(attributes(link) for link in element if name_of(link) == "link"))
    others = tuple(filter(None, (absolute(link, url) for link in links)))
    return SitemapEntry(url, texts.get("lastmod", ""), name_of(element) == "sitemap", news, others)


def _item(number: int, address: SitemapEntry) -> Item:
    return Item(
        kind=KIND,
        number=number,
        type="page",
        url=address.url,
        headline=address.news["title"],
        published=address.news.get("publication_date", ""),
        updated=address.modified,
        tags=[name.strip() for name in address.news.get("keywords", "").split(",")],
        site_language=address.news["language"],
        translations=[*address.translations],
    )
