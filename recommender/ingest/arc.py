"""Stories of Arc XP in ANS, the Arc Native Specification: one, a list, or an answer of its content API.

Knows the specification (github.com/washingtonpost/ans-schema), no publisher's own fields.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from recommender.ingest.base import ContentType, CuratedLink, Found, Options, Refused
from recommender.ingest.documents import Json, at, first, names_all, objects, starts_json, stories_in, text
from recommender.ingest.item import Item

KIND = "arc"
_TYPES = re.compile(
    rb'"type"\s*:\s*"(?:story|collection|results|interstitial_link|link_list|restricted|reference|redirect)"'
)
_VERSION = re.compile(rb'"version"\s*:\s*"0\.\d+\.\d+"')
_UNPUBLISHED = ("publishing", "scheduled_operations", "unpublish_edition")
_MOST_NESTED = 20  # lists in lists
_TAGS = {"text": "p", "correction": "p", "header": "h2", "code": "pre"}
_INNER = {"list": ("items",), "quote": ("content_elements",), "table": ("header", "rows")}


class Arc:
    """ANS in JSON."""

    kind = KIND

    def recognises(self, head: bytes, name: str) -> bool:
        """Tell by the types and the version of the specification."""
        if not starts_json(head):
            return False
        return bool(
            _TYPES.search(head) and (_VERSION.search(head) or b'"_id"' in head or b'"referent"' in head)
        ) or (names_all(head, "content_elements", "headlines"))

    def read(self, file: BinaryIO, options: Options) -> Iterator[Found | Refused]:
        """Yield the stories."""
        yield from stories_in(file, options, "story in ANS", _items)


def _items(document: object) -> Iterator[Item | str]:
    type_ = text(document, "type") or "object without a type"
    if type_ == "story" and isinstance(document, Mapping):
        yield _item(document)
    elif type_ in ("results", "collection") or (isinstance(document, Mapping) and "_id" not in document):
        inner = objects(document, "content_elements")
        for element in inner:
            yield from [_item(element)] if text(element, "type") == "story" else [text(element, "type")]
        if not inner:
            yield type_
    else:
        yield type_


def _item(story: Json) -> Item:
    sites = objects(story, "websites")
    body: list[str] = []
    curated = _related(story)
    _write(objects(story, "content_elements"), body, curated)
    picture = at(story, "promo_items", "basic")
    published = first(story, "first_publish_date", "publish_date", "display_date")
    item = Item(
        kind=KIND,
        guid=text(story, "_id"),
        cms_id=text(story, "_id"),
        type="story",
        revision=text(story, "revision", "revision_id") or text(story, "last_updated_date"),
        url=first(story, "canonical_url", "website_url")
        or next((text(one, "website_url") for one in sites), ""),
        headline=text(story, "headlines", "basic"),
        deck=text(story, "subheadlines", "basic") or text(story, "description", "basic"),
        body="\n".join(body),
        content_type=ContentType.HTML,
        published=published,
        updated=text(story, "last_updated_date"),
        embargo=_embargo(story),
        expires=next((text(one, "date") for one in objects(story, *_UNPUBLISHED)), ""),
        section=_section(story, sites),
        tags=[first(tag, "text", "slug") for tag in objects(story, "taxonomy", "tags")],
        authors=[first(one, "name", "byline") for one in objects(story, "credits", "by")],
        image=text(picture, "url") if text(picture, "type") == "image" else "",
        caption=text(picture, "caption"),
        language=text(story, "language"),
        curated=curated,
    )
    _show(item, story)
    return item


def _show(item: Item, story: Json) -> None:
    """Say what readers may see: a revision that is marked so, or a story whose status says so."""
    marked, status = at(story, "revision", "published"), text(story, "status")
    copied = at(story, "additional_properties", "has_published_copy") is True
    if marked is False:
        item.hide("its revision is not published")
    elif status and status != "published":
        item.hide(f"its status is {status!r}")
    elif marked is not True and not status and not copied:
        item.hide("nothing says that it is published")
    embargo = at(story, "content_restrictions", "embargo")
    if isinstance(embargo, Mapping) and embargo.get("active") is not False and not item.embargo:
        item.hide("it has an embargo without an end")


def _embargo(story: Json) -> str:
    embargo = at(story, "content_restrictions", "embargo")
    ended = at(embargo, "active") is False
    return "" if ended else text(embargo, "end_time")


def _section(story: Json, sites: list[Json]) -> str:
    primary = text(story, "taxonomy", "primary_section", "name")
    listed = [text(one, "name") for one in objects(story, "taxonomy", "sections")]
    of_sites = [text(one, "website_section", "name") for one in sites]
    return primary or next(filter(None, [*listed, *of_sites]), "")


def _write(elements: list[Json], body: list[str], curated: list[CuratedLink], depth: int = 0) -> None:
    """Write the elements of a body as HTML; links to other stories that stand between them are curated."""
    for element in elements if depth < _MOST_NESTED else ():
        type_, content = text(element, "type"), text(element, "content")
        if type_ in _TAGS:
            tag = _TAGS[type_]
            body.append(f"<{tag}>{content or text(element, 'text')}</{tag}>")
        elif type_ == "raw_html":
            body.append(content)
        elif type_ in ("interstitial_link", "link_list"):
            curated += _links(element)
        elif type_ in _INNER:
            for inner in _INNER[type_]:
                _write(_cells(element, inner), body, curated, depth + 1)


def _cells(element: Json, name: str) -> list[Json]:
    """Return the elements in another; of a table those of all rows, which have no type."""
    rows = element.get(name)
    flat = [cell for row in rows if isinstance(row, list) for cell in row] if isinstance(rows, list) else []
    cells = objects(element, name) + objects(flat)
    return [{"type": "text", **cell} for cell in cells] if element.get("type") == "table" else cells


def _links(element: Json) -> list[CuratedLink]:
    entries = [element, *objects(element, "items")]
    return [
        CuratedLink(target=url, anchor=text(entry, "content") or None)
        for entry in entries
        if text(entry, "type") == "interstitial_link" and (url := text(entry, "url"))
    ]


def _related(story: Json) -> list[CuratedLink]:
    """Return the stories that editors set beside it."""
    return [
        CuratedLink(target=target, anchor=text(entry, "headlines", "basic") or None)
        for entry in objects(story, "related_content", "basic")
        if text(entry, "type") in ("story", "reference")
        and text(entry, "referent", "type") in ("", "story")
        and (target := text(entry, "referent", "id") or first(entry, "_id", "canonical_url"))
    ]
