"""WordPress exports (WXR, "Tools, Export"): posts as they stream by, whatever is broken between them.

Knows the format and the states of a post, not the site that it came from.
"""

from __future__ import annotations

import html
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import BinaryIO

from lxml import etree

from recommender.ingest.base import ContentType, Found, Options, Refused
from recommender.ingest.item import Item, story_of
from recommender.ingest.refusals import broken, checked
from recommender.ingest.wordpress_common import (
    NO_SECTION,
    WPML_GROUP,
    WPML_LANGUAGE,
    is_export,
    is_story,
    paragraphs,
    show_as,
    translated_guids,
    translation_key,
)
from recommender.ingest.xmlstream import XmlPieces, mended, name_of, root_of, text_in, tree
from recommender.story.addresses import normal_url
from recommender.story.timestamps import TimeFormatError, parse_time

KIND = "wordpress"
_CHUNK = 1 << 20
_POLYLANG = (
    "post_translations"  # its taxonomy: a term a group, described by what PHP makes of ids by language
)
_PHP_NUMBER = re.compile(r";i:(\d{1,18});")
_ATTACHMENT = re.compile(rb"<wp:attachment_url>\s{0,40}(?:<!\[CDATA\[)?([^<\]]{1,4000})")
_POST_ID = re.compile(rb"<wp:post_id>\s{0,40}(?:<!\[CDATA\[)?\s{0,40}(\d{1,20})")
_LINE_BREAK = re.compile(r"[\r\n]")
_MOST_PICTURES = 200_000  # attachments whose addresses are remembered: 40 MB


class WordPressExport:
    """The XML file that WordPress writes of a site."""

    kind = KIND

    def recognises(self, head: bytes, name: str) -> bool:
        """Tell whether a file names WordPress's own elements."""
        root, text = root_of(head)
        return root == "rss" and is_export(text)

    def read(self, file: BinaryIO, options: Options) -> Iterator[Found | Refused]:
        """Yield the posts. Pages, attachments and settings are no stories and are passed over."""
        with _seekable(file) as whole:
            reader = _Reader(options, _pictures(whole))
            pieces = XmlPieces(whole, "item")
            yield from checked(reader.read(pieces), options, "post of WordPress")


@contextmanager
def _seekable(file: BinaryIO) -> Iterator[BinaryIO]:
    """Give a file that can be read twice: a pipe, or what is unpacked, by way of a file of its own."""
    if file.seekable():
        yield file
        return
    with tempfile.TemporaryFile() as copy:
        shutil.copyfileobj(file, copy, _CHUNK)
        copy.seek(0)
        yield copy


def _picture(item: bytes) -> tuple[str, str] | None:
    """Return the id and the address of an attachment."""
    url, id_ = _ATTACHMENT.search(item), _POST_ID.search(item)
    if url is None or id_ is None:
        return None
    return id_[1].decode(), html.unescape(url[1].decode("utf-8", "replace").strip())


def _pictures(file: BinaryIO) -> dict[str, str]:
    """Return the addresses of attachments by their ids: most stand behind the posts that show them."""
    start, rest = file.tell(), b""
    found: dict[str, str] = {}
    while (piece := file.read(_CHUNK)) and len(found) < _MOST_PICTURES:
        *items, rest = (rest + piece).split(b"<item>")
        found.update(filter(None, map(_picture, items)))
        rest = rest[-_CHUNK:]  # an item that is longer is no attachment
    found.update(filter(None, [_picture(rest)]))
    file.seek(start)
    return found


class _Reader:
    def __init__(self, options: Options, pictures: dict[str, str]) -> None:
        self._options, self._site, self._language = options, options.url, ""
        self._pictures = pictures
        self._names: dict[str, str] = {}  # of authors, by their login
        self._groups: dict[str, list[int]] = {}  # ids of posts that are translations of each other

    def read(self, pieces: XmlPieces) -> Iterator[Found | Refused]:
        """Yield the posts among the items."""
        self._note(tree(mended(pieces.head)))
        for number, (element, piece) in enumerate(pieces.elements(), start=1):
            if element is None or not piece.whole:
                yield broken(number, piece)
            else:
                yield from self._item(number, _Fields(element), pieces.note)

    def _note(self, root: etree._Element | None) -> None:
        """Take what stands about the site before its posts."""
        channel = None if root is None else root.find("channel")
        for element in () if channel is None else channel:
            name = name_of(element)
            if name == "author":
                fields = _Fields(element)
                login = fields.get("author_login")
                self._names[login] = fields.get("author_display_name") or login
            elif name == "term" and (fields := _Fields(element)).get("term_taxonomy") == _POLYLANG:
                ids = _PHP_NUMBER.findall(fields.get("term_description"))
                self._groups[fields.get("term_slug")] = [int(each) for each in ids]
            elif name == "language":
                self._language = text_in(element)
            elif name in ("base_blog_url", "link") and not self._site:
                self._site = text_in(element)

    def _item(self, number: int, post: _Fields, note: str) -> Iterator[Found | Refused]:
        type_ = post.get("post_type") or "post"
        if not is_story(type_):
            self._options.passed[type_] += 1
            return
        yield story_of(self._made(number, type_, post, note), self._options)

    def _made(self, number: int, type_: str, post: _Fields, note: str) -> Item:
        id_ = post.get("post_id")
        link = post.get("link")
        sections = [name for name in post.terms("category") if name.lower() not in NO_SECTION]
        group = self._groups.get(post.slug(_POLYLANG), ())
        item = Item(
            kind=KIND,
            number=number,
            guid=post.get("guid"),
            cms_id=id_,
            type=type_,
            revision=post.get("post_modified_gmt"),
            url=link or (f"/?p={id_}" if id_ and self._site else ""),
            base=self._site,
            headline=post.get("title"),
            deck=post.get("excerpt:encoded"),
            body=paragraphs(post.get("content:encoded")),
            content_type=ContentType.HTML,
            published=_time(post, "post_date"),
            updated=_time(post, "post_modified"),
            section=sections[0] if sections else "",
            tags=[*post.terms("post_tag"), *sections[1:]],
            authors=post.terms("author")
            or [self._names.get(login, login) for login in [post.get("creator")]],
            image=self._pictures.get(post.meta.get("_thumbnail_id", ""), ""),
            language=post.slug("language") or post.meta.get(WPML_LANGUAGE, ""),
            site_language=self._language,
            translations=translated_guids(group, id_, post.get("guid")),
            translation_key=translation_key(group, id_, post.get("guid") or link)
            or self._key(post.slug(_POLYLANG) or post.meta.get(WPML_GROUP, "")),
            canonical=post.meta.get("_yoast_wpseo_canonical", ""),
            notes=[note],
        )
        show_as(item, post.get("status"), locked=post.has_password())
        item.obey(post.meta, doubtful=False)
        if post.meta.get("_yoast_wpseo_meta-robots-noindex") == "1":
            item.unlist("robots are told not to list it (noindex)")
        return item

    def _key(self, group: str) -> str:
        """Return the key of a group of translations, which another site may have, too."""
        return group and f"{normal_url(self._site)} {group}"


@lru_cache(256)
def _local_name(tag: str) -> str:
    return tag.rpartition("}")[2]


class _Fields:
    """The children of an element by their names: of "encoded", which stands twice, with the prefix."""

    def __init__(self, element: etree._Element) -> None:
        self._texts: dict[str, str] = {}
        self._terms: list[tuple[str, str]] = []
        self._slugs: dict[str, str] = {}
        self.meta: dict[str, str] = {}
        for child in element:
            tag = child.tag
            if not isinstance(tag, str):
                continue
            name = _local_name(tag)
            if name == "category":
                domain = child.get("domain", "category")
                self._terms.append((domain, child.text or ""))
                self._slugs.setdefault(domain, child.get("nicename", "").strip())
            elif name == "postmeta":
                pair = {name_of(one): text_in(one) for one in child}
                self.meta[pair.get("meta_key", "")] = pair.get("meta_value", "")
            elif name != "comment":
                if name == "encoded":
                    name = "content:encoded" if "content" in tag else "excerpt:encoded"
                self._texts.setdefault(name, (child.text or "") if not len(child) else text_in(child))

    def get(self, name: str) -> str:
        """Return a text without white space around it."""
        return self._texts.get(name, "").strip()

    def has_password(self) -> bool:
        """Tell whether a password is set: a single space is one, line breaks of a tidied file are none."""
        password = self._texts.get("post_password", "")
        return bool(password.strip() or (password and not _LINE_BREAK.search(password)))

    def terms(self, domain: str) -> list[str]:
        """Return the names of the terms of one taxonomy."""
        return [name for domain_, name in self._terms if domain_ == domain]

    def slug(self, domain: str) -> str:
        """Return what the first term of a taxonomy is called in addresses."""
        return self._slugs.get(domain, "")


def _time(post: _Fields, name: str) -> str:
    """Return a time: UTC's where it is no zero, else the site's own; of a post without either its feed's."""
    for text, zone in ((post.get(f"{name}_gmt"), "Z"), (post.get(name), "")):
        if text and not text.startswith(("0000", "-")):  # "-0001-11-30" is a zero that was computed with
            return f"{text}{zone}"
    feed = post.get("pubDate") if name == "post_date" else ""
    try:
        parse_time(feed)
    except TimeFormatError:
        return post.get(name)
    return feed
