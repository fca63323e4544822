"""Posts of Ghost: its export, the answers of its APIs, and what tools that migrate to it write.

Knows Ghost's words, not where a site is.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO

import msgspec

from recommender.ingest.base import ContentType, Found, Options, Refused
from recommender.ingest.documents import Json, at, first, names_all, objects, stories_in, text
from recommender.ingest.item import Item
from recommender.ingest.mobiledoc import mobiledoc
from recommender.ingest.rendering import render

KIND = "ghost"
_POSTS = re.compile(rb'"posts"\s*:\s*\[')
_SITE = "__GHOST_URL__"  # what exports write for the site's address
_SHOWN = frozenset({"public", "members", "paid", "tiers", ""})  # whose headlines every reader sees
_MOST_NESTED = 50
_CARDS = {"html": ("html",), "callout": ("calloutText",), "toggle": ("heading", "content")}


class Ghost:
    """Posts in JSON."""

    kind = KIND

    def recognises(self, head: bytes, name: str) -> bool:
        """Tell by a list of posts, and what is told of them."""
        if not _POSTS.search(head) and not names_all(head, "db", "meta"):
            return False
        return names_all(head, "title") and any(
            names_all(head, name) for name in ("html", "lexical", "mobiledoc", "published_at", "exported_on")
        )

    def read(self, file: BinaryIO, options: Options) -> Iterator[Found | Refused]:
        """Yield the posts."""
        yield from stories_in(file, options, "post of Ghost", lambda document: _items(document, options.url))


def _items(document: object, site: str) -> Iterator[Item | str]:
    exports = [at(one, "data") for one in objects(document, "db")]
    for data in [*exports, at(document, "data"), at(document, "result"), document]:
        if posts := objects(data, "posts"):
            break
    else:
        return
    tables = _Tables(data)
    for post in posts:
        values = at(post, "data") if isinstance(post.get("data"), Mapping) else post
        if isinstance(values, Mapping):
            type_ = "page" if values.get("page") is True else text(values, "type") or "post"
            yield _item(values, text(post, "url"), tables, site) if type_ == "post" else type_


class _Tables:
    """The tables of an export that posts refer to."""

    def __init__(self, data: object) -> None:
        self._tags = self._joined(data, "tags", "posts_tags", "tag_id")
        self._authors = self._joined(data, "users", "posts_authors", "author_id")

    def tags(self, post: Json) -> list[Json]:
        """Return the tags of a post, the main one first; without those that only the desk sees."""
        tags = [_data(tag) for tag in objects(post, "tags")] or self._tags.get(text(post, "id"), [])
        return [
            tag
            for tag in tags
            if text(tag, "visibility") != "internal" and not text(tag, "name").startswith("#")
        ]

    def authors(self, post: Json) -> list[Json]:
        """Return the authors of a post."""
        own = objects(post, "authors") or objects([post.get("author")])
        return [_data(one) for one in own] or self._authors.get(text(post, "id"), [])

    @staticmethod
    def _joined(data: object, table: str, joins: str, key: str) -> dict[str, list[Json]]:
        rows = {text(row, "id"): row for row in objects(data, table)}
        found: dict[str, list[Json]] = {}
        for join in sorted(objects(data, joins), key=lambda join: text(join, "sort_order").zfill(9)):
            if (row := rows.get(text(join, key))) is not None:
                found.setdefault(text(join, "post_id"), []).append(row)
        return found


def _item(post: Json, address: str, tables: _Tables, site: str) -> Item:
    tags = [text(tag, "name") for tag in tables.tags(post)]
    slug, id_ = text(post, "slug"), text(post, "id")
    item = Item(
        kind=KIND,
        guid="" if id_.isdigit() else id_,  # numbers of older versions are those of other sites, too
        cms_id=first(post, "id", "comment_id"),
        type="post",
        revision=text(post, "updated_at"),
        url=(address or text(post, "url") or (f"/{slug}/" if slug else "")).replace(_SITE, site),
        headline=text(post, "title"),
        deck=first(post, "custom_excerpt", "excerpt"),
        body=_body(post).replace(_SITE, site),
        content_type=ContentType.HTML,
        published=_time(post, "published_at"),
        updated=_time(post, "updated_at"),
        section=tags[0] if tags else "",
        tags=tags[1:],
        authors=[text(one, "name") for one in tables.authors(post)],
        image=text(post, "feature_image").replace(_SITE, site),
        caption=text(post, "feature_image_caption"),
        language=text(post, "locale"),
        canonical=text(post, "canonical_url"),
    )
    if not item.guid and item.url.startswith("/") and not site:
        item.guid = slug
    _show(item, post)
    return item


def _show(item: Item, post: Json) -> None:
    """Say what readers may see. What is only mailed (``sent``) has no page."""
    status, visibility = text(post, "status"), text(post, "visibility")
    if status != "published":
        item.hide(f"its status is {status!r}" if status else "it has no status")
    elif visibility not in _SHOWN:
        item.hide(f"its visibility is {visibility!r}")


def _time(post: Json, name: str) -> str:
    """Return a time. Ghost's are UTC, whether or not they say so."""
    time = text(post, name)
    return f"{time}Z" if re.fullmatch(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?", time) else time


def _body(post: Json) -> str:
    if body := text(post, "html"):
        return body
    try:
        tree = msgspec.json.decode(text(post, "lexical") or "null")
    except (msgspec.DecodeError, RecursionError):
        tree = None
    parts: list[str] = []
    _write(at(tree, "root"), parts)
    return "\n".join(parts) or mobiledoc(text(post, "mobiledoc")) or text(post, "plaintext")


def _write(node: object, parts: list[str], depth: int = 0) -> None:
    """Write the paragraphs of Lexical, the editor's own format, as HTML."""
    children = objects(node, "children")
    if depth > _MOST_NESTED:
        return
    if any("text" in child or text(child, "type") == "link" for child in children):
        parts.append(f"<p>{''.join(_inline(child) for child in children)}</p>")
        return
    if text(node, "type") == "markdown":
        parts.append(render(text(node, "markdown")))
    elif text(node, "type") in _CARDS:
        parts += [f"<div>{found}</div>" for name in _CARDS[text(node, "type")] if (found := text(node, name))]
    for child in children:
        _write(child, parts, depth + 1)


def _inline(node: Json, depth: int = 0) -> str:
    own = html.escape(text(node, "text"))
    inner = own + "".join(
        _inline(child, depth + 1) for child in objects(node, "children") if depth < _MOST_NESTED
    )
    return (
        f'<a href="{html.escape(text(node, "url"))}">{inner}</a>' if text(node, "type") == "link" else inner
    )


def _data(value: Json) -> Json:
    """Return what tools wrap in ``data``."""
    inner = value.get("data")
    return inner if isinstance(inner, Mapping) else value
