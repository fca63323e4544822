"""Posts as WordPress's REST API gives them (``/wp-json/wp/v2/posts?_embed``), saved to a file.

Knows the format, not how it is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from recommender.ingest.base import ContentType, Found, Options, Refused
from recommender.ingest.documents import Json, at, names_all, objects, stories_in, text
from recommender.ingest.item import Item
from recommender.ingest.wordpress_common import (
    NO_SECTION,
    is_story,
    show_as,
    translated_guids,
    translation_key,
)
from recommender.story.hiding import tells_robots_off

_NUMBER = re.compile("[0-9]{1,18}")
KIND = "wordpress-json"
ORIGIN = "wordpress"


class WordPressJson:
    """Posts in JSON."""

    kind = KIND

    def recognises(self, head: bytes, name: str) -> bool:
        """Tell by what only WordPress calls its texts, or its users."""
        return names_all(head, "rendered", "title") or names_all(head, "avatar_urls", "slug")

    def read(self, file: BinaryIO, options: Options) -> Iterator[Found | Refused]:
        """Yield the posts."""
        yield from stories_in(file, options, "post of WordPress", posts)


def posts(document: object) -> Iterator[Item | str]:
    """Yield the post that a document is, or its type."""
    type_ = text(document, "type") or "post"
    if not isinstance(document, dict) or "content" not in document:
        yield "object without a content"
    elif is_story(type_):
        yield _item(document, type_)
    else:
        yield type_


def _item(post: Json, type_: str) -> Item:
    terms = _terms(post)
    sections = [name for name in terms.get("category", []) if name.lower() not in NO_SECTION]
    picture = next(iter(objects(post, "_embedded", "wp:featuredmedia")), {})
    writers = [text(one, "name") for one in objects(post, "_embedded", "author")]
    group, guid, own = _group(post), _rendered(post, "guid"), text(post, "id")
    item = Item(
        kind=ORIGIN,
        guid=_rendered(post, "guid"),
        cms_id=text(post, "id"),
        type=type_,
        revision=text(post, "modified_gmt"),
        url=text(post, "link"),
        headline=_rendered(post, "title"),
        deck=_rendered(post, "excerpt"),
        body=_rendered(post, "content"),
        content_type=ContentType.HTML,
        published=_time(post, "date"),
        updated=_time(post, "modified"),
        section=sections[0] if sections else "",
        tags=[*terms.get("post_tag", []), *sections[1:]],
        authors=terms.get("author") or writers,
        image=text(picture, "source_url") or text(post, "jetpack_featured_media_url"),
        caption=_rendered(picture, "caption"),
        language=text(post, "lang") or text(post, "wpml_current_locale"),
        canonical=text(post, "yoast_head_json", "canonical"),
        translations=[text(one, "href") for one in objects(post, "wpml_translations")]
        + translated_guids(group, own, guid),
        translation_key=translation_key(group, own, guid or text(post, "link")),
    )
    locked = at(post, "content", "protected") is True or bool(text(post, "password"))
    show_as(item, text(post, "status"), locked=locked)
    if tells_robots_off(text(post, "yoast_head_json", "robots", "index")):
        item.unlist("robots are told not to list it (noindex)")
    return item


def _group(post: Json) -> list[int]:
    """Return the ids of what Polylang says are translations of a post, its own among them."""
    named = at(post, "translations")
    values = named.values() if isinstance(named, Mapping) else ()
    return [int(number) for value in values if _NUMBER.fullmatch(number := str(value))]


def _terms(post: Json) -> dict[str, list[str]]:
    """Return the names of a post's terms by their taxonomies."""
    names: dict[str, list[str]] = {}
    groups = at(post, "_embedded", "wp:term")
    for group in groups if isinstance(groups, list) else ():
        for term in objects([group][0]) if isinstance(group, list) else ():
            names.setdefault(text(term, "taxonomy"), []).append(text(term, "name"))
    return names


def _rendered(post: Json, name: str) -> str:
    """Return a text as it is shown, or as an older or smaller answer gives it."""
    return text(post, name, "rendered") or text(post, name, "raw") or text(post, name)


def _time(post: Json, name: str) -> str:
    """Return a time: UTC's where it is no zero, else the site's own."""
    utc = text(post, f"{name}_gmt")
    if utc and not utc.startswith(("0000", "-")):
        return utc if utc.endswith("Z") else f"{utc}Z"
    return text(post, name)
