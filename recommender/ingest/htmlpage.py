"""One page of a site as HTML: what it says of its story in JSON-LD, OpenGraph and tags, and the story's text.

Knows what pages have in common, and no publisher's own markup. The text is found by trafilatura where that is
installed, else in the page's ``article`` element.
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import BinaryIO
from urllib.parse import urlsplit

from lxml import etree, html

from recommender.ingest.addresses import absolute, same_site
from recommender.ingest.base import ContentType, CuratedLink, Found, Options, Refused
from recommender.ingest.charset import text_of
from recommender.ingest.documents import text
from recommender.ingest.item import Item, story_of
from recommender.ingest.jsonld import address_in, keywords_in, name_in, names_in
from recommender.ingest.page_head import PageHead
from recommender.ingest.refusals import checked, refused
from recommender.ingest.times import read_time
from recommender.ingest.xmlstream import root_of
from recommender.story.hiding import tells_robots_off
from recommender.story.markup import read_body
from recommender.story.timestamps import TimeFormatError

KIND = "page"
LARGEST = 8 << 20  # bytes of one page
_MOST_OF_IT = 0.5  # of the text that the page itself declares, what was found must have this share
_HTML_ROOTS = frozenset({"html", "head", "body"})
_HEADING = re.compile(r"<h1[\s>]", re.IGNORECASE)
_BEGINNING = 2_000  # characters of a text that may begin with its headline
_EXTRACTOR = "trafilatura"
# Of what pages declare in tags, the surest first.
_PUBLISHED = (
    "article:published_time", "og:article:published_time", "datepublished", "parsely-pub-date",
    "article:published", "article.published", "og:pubdate", "publish_date", "publication_date",
    "article_date_original", "vr:published_time", "cxenseparse:recs:publishtime", "rnews:datepublished",
    "dcterms.issued", "dcterms.date",
    "sailthru.date", "dc.date.issued", "dcterms.created", "dc.date", "pubdate", "publish-date", "date",
)  # fmt: skip
_UPDATED = ("article:modified_time", "og:updated_time", "datemodified", "dcterms.modified", "lastmod")
_TAGS = ("article:tag", "news_keywords", "parsely-tags", "sailthru.tags", "keywords")
_SECTION = ("article:section", "parsely-section", "category", "section")
_AUTHOR = ("author", "parsely-author", "article:author", "dc.creator", "byl", "sailthru.author")


class HtmlPage:
    """A page."""

    kind = KIND

    def recognises(self, head: bytes, name: str) -> bool:
        """Tell by the document's root."""
        root, text_ = root_of(head)
        return root in _HTML_ROOTS or text_.lstrip()[:14].lower().startswith("<!doctype html")

    def read(self, file: BinaryIO, options: Options) -> Iterator[Found | Refused]:
        """Yield the page's story."""
        raw = file.read(LARGEST + 1)
        yield from checked([read_page(raw, options)], options, "story in a page")


def read_page(
    raw: bytes,
    options: Options,
    *,
    url: str = "",
    number: int = 1,
    declared: str = "",
    revision: str = "",
    translations: Sequence[str] = (),
) -> Found | Refused:
    """Return the story of a page, or why it is none.

    Parameters
    ----------
    raw : bytes
        The page.
    options : Options
    url : str
        Where it was found, if that is known.
    number : int
        Its place in what it came from.
    declared : str
        The encoding that its server named.
    revision : str
        When it was fetched.
    translations : sequence of str
        Where it is told in other languages, as far as that was said beside it.
    """
    if len(raw) > LARGEST:
        return refused(
            number, "page", raw[:60], f"has more than {LARGEST:,} bytes", "save the story's page alone"
        )
    page, note = text_of(raw, declared or None)
    try:
        root = html.document_fromstring(
            page.replace("\x00", "").encode(), parser=html.HTMLParser(encoding="utf-8")
        )
    except (etree.ParserError, ValueError):
        return refused(number, "page", raw[:60], "holds no HTML", "check that it is the right file")
    said = PageHead(root)
    item = _item(said, url, options)
    item.revision = revision
    item.translations += translations
    if not item.url and (foreign := said.elsewhere(options.url)):
        way_out = "read it at its own address, or save it with that as its canonical one"
        return refused(number, "address", foreign, "is of another site: the page is a copy", way_out)
    if (state := said.state()) not in ("", "published"):
        item.hide(f"its status is {state!r}")
    if tells_robots_off(" ".join(said.metas("robots") + said.metas("googlebot"))):
        item.unlist("it asks robots not to list it (noindex)")
    item.curated = _curated(root, item.url or item.base)
    item.number, item.body = number, _without_heading(_body(root, page, item.body))
    item.notes.append(note)
    return story_of(item, options)


def _item(said: PageHead, url: str, options: Options) -> Item:
    story, canonical = said.story, said.link("canonical")
    known = url or (options.url if urlsplit(options.url).path.strip("/") else "")
    site = known or options.url
    told = (
        said.meta("og:url"),
        address_in(story.get("url")),
        address_in(story.get("mainEntityOfPage")),
        canonical,
    )
    whole = [address for one in told if (address := absolute(one, site))]
    # A copy names the original: at a site that is known, only what is of it can be the page's own.
    own = known or next((one for one in whole if not site or same_site(one, site)), "")
    authors = names_in(story.get("author")) or [name for name in said.metas(*_AUTHOR) if "://" not in name]
    return Item(
        kind=KIND,
        type=said.meta("og:type") or "page",
        url=own,
        base=own or options.url,
        guid="",
        headline=name_in(story.get("headline")) or said.meta("og:title", "twitter:title") or said.heading(),
        deck=name_in(story.get("description")) or said.meta("og:description", "description"),
        body=text(story, "articleBody"),
        published=_readable(
            [
                text(story, "datePublished"),
                said.meta(*_PUBLISHED),
                said.time("datePublished"),
                said.only_time(),
            ],
            options,
        ),
        updated=_readable(
            [text(story, "dateModified"), said.meta(*_UPDATED), said.time("dateModified")], options
        ),
        expires=text(story, "expires") or said.meta("article:expiration_time"),
        section=name_in(story.get("articleSection")) or said.meta(*_SECTION),
        tags=keywords_in(story.get("keywords")) or keywords_in(said.metas(*_TAGS)),
        authors=authors,
        image=address_in(story.get("image")) or said.meta("og:image", "og:image:url", "twitter:image"),
        caption=said.meta("og:image:alt"),
        site_language=name_in(story.get("inLanguage")) or said.root.get("lang", "") or said.meta("og:locale"),
        canonical=canonical,
        translations=said.translations(),
    )


def _readable(times: list[str], options: Options) -> str:
    """Return the first time that can be read, else the first: some give the zone that others leave out."""
    given = [time for time in times if time]
    for time in given:
        with suppress(TimeFormatError, ValueError, OverflowError):
            read_time(time, options.zone)
            return time
    return next(iter(given), "")


def _body(root: html.HtmlElement, page: str, declared: str) -> str:
    """Return the story's text as HTML; what the page declares where much less of it is found."""
    found = _extracted(page) or _article(root)
    if declared and len(_words(found)) < _MOST_OF_IT * len(declared.split()):
        return declared
    return found


def _curated(root: html.HtmlElement, url: str) -> list[CuratedLink]:
    """Return the related stories that editors set in the article: the extractor leaves their blocks out."""
    body = read_body(_article(root), ContentType.HTML, url or None)
    return [
        CuratedLink(target=anchor.address, anchor=anchor.words or None, listed=listed)
        for anchors, listed in ((body.curated, False), (body.listed, True))
        for anchor in anchors
    ]


def _without_heading(markup: str) -> str:
    """Return a text without the headline that it begins with."""
    heading = _HEADING.search(markup, 0, _BEGINNING)
    end = markup.find("</h1>", heading.end()) if heading else -1
    return f"{markup[: heading.start()]}{markup[end + len('</h1>') :]}" if heading and end >= 0 else markup


def _extracted(page: str) -> str:
    if not _has_extractor():
        return ""
    from trafilatura import extract  # read in 0.8 s, and only where a page is

    try:
        found = extract(
            page, output_format="html", favor_precision=True, include_links=True, include_comments=False,
            include_tables=True, deduplicate=False,
        )  # fmt: skip
    except (ValueError, TypeError, AttributeError, LookupError, RecursionError, etree.LxmlError):
        return ""
    return str(found or "")


def _article(root: html.HtmlElement) -> str:
    """Return the longest ``article`` element, else the main part; the body where nothing else finds one."""
    for name in ("article", "main", *(() if _has_extractor() else ("body",))):
        parts = list(root.iter(name))
        if parts:
            longest = max(parts, key=lambda part: len(part.text_content()))
            return str(html.tostring(longest, encoding="unicode"))
    return ""


def _has_extractor() -> bool:
    return importlib.util.find_spec(_EXTRACTOR) is not None


def _words(markup: str) -> list[str]:
    try:
        return (
            "".join(map(str, html.document_fromstring(markup).itertext())).split() if markup.strip() else []
        )
    except (etree.ParserError, ValueError):
        return []
