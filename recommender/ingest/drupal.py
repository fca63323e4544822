"""Nodes of Drupal as its JSON:API gives them, with what they include. Knows no site's own fields by name."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from recommender.ingest.base import ContentType, Found, Options, Refused
from recommender.ingest.documents import Json, at, first, names_all, objects, starts_json, stories_in, text
from recommender.ingest.item import Item

KIND = "drupal"
_NODE = re.compile(rb'"type"\s*:\s*"node--')
_SOURCE = "content_translation_source"  # which nodes have where a site translates them
_NO_STORY = frozenset({"page", "landing_page", "webform", "book", "basic_page"})
_SECTION = re.compile(r"section|categor|channel|rubri|topic|ressort", re.IGNORECASE)
_IMAGE = re.compile(r"image|picture|media|photo|hero|teaser", re.IGNORECASE)
_BODY = re.compile(r"body|text|content", re.IGNORECASE)
_TAG = re.compile(r"[a-z]{2}(-[a-z0-9]+)*")
_MOST_NESTED = 5  # paragraphs in paragraphs
_DECK = re.compile(r"summary|deck|teaser|intro|lead|subtitle|standfirst|excerpt", re.IGNORECASE)


class Drupal:
    """Nodes in JSON."""

    kind = KIND

    def recognises(self, head: bytes, name: str) -> bool:
        """Tell by the standard's name, or by the type of its nodes."""
        return names_all(head, "jsonapi") or (starts_json(head) and bool(_NODE.search(head)))

    def read(self, file: BinaryIO, options: Options) -> Iterator[Found | Refused]:
        """Yield the nodes that are stories."""
        yield from stories_in(file, options, "node of Drupal", _items)


def is_story(bundle: str) -> bool:
    """Return whether nodes of a type are stories."""
    return bundle not in _NO_STORY


def _items(document: object) -> Iterator[Item | str]:
    data = at(document, "data")
    nodes = objects([data]) if isinstance(data, Mapping) else objects(document, "data")
    if text(document, "type").startswith("node--"):  # an array of nodes
        nodes = objects([document])
    included = {(text(one, "type"), text(one, "id")): one for one in objects(document, "included")}
    for node in nodes:
        kind, _, bundle = text(node, "type").partition("--")
        if kind == "node" and is_story(bundle):
            yield _item(node, bundle, included)
        else:
            yield text(node, "type") or "object without a type"


def _item(node: Json, bundle: str, included: Mapping[tuple[str, str], Json]) -> Item:
    values = at(node, "attributes")
    related = _Related(node, included)
    sections = related.names("taxonomy_term", _SECTION)
    tags = [name for name in related.names("taxonomy_term") if name not in sections[:1]]
    body = _long(values, _BODY, "body") or related.paragraphs()
    uuid, site = text(node, "id"), _site(text(node, "links", "self", "href"))
    language = text(values, "langcode")
    is_translation = at(values, "default_langcode") is False
    alias = text(values, "path", "alias") or (
        f"/node/{nid}" if (nid := text(values, "drupal_internal__nid")) else ""
    )
    item = Item(
        kind=KIND,
        guid=f"{uuid}-{language}" if is_translation else uuid,
        cms_id=text(values, "drupal_internal__nid") or text(node, "id"),
        type=bundle,
        revision=text(values, "drupal_internal__vid"),
        url=_address(site, alias, language),
        base=site,
        headline=text(values, "title"),
        deck=text(values, "body", "summary") or _long(values, _DECK, "field_summary"),
        body=body,
        content_type=ContentType.HTML,
        published=first(values, "published_at", "created"),
        updated=text(values, "changed"),
        expires=text(values, "unpublish_on"),
        section=sections[0] if sections else "",
        tags=tags,
        authors=related.names("user"),
        image=related.image(),
        language=language,
        translation_key=uuid if is_translation or at(values, _SOURCE) is not None else "",
    )
    _show(item, values)
    return item


def _show(item: Item, values: object) -> None:
    """Say what readers may see: what is published, and not on its way to it in a workflow."""
    state = text(values, "moderation_state")
    if at(values, "status") is not True:
        item.hide("its status is not true")
    elif state and state != "published":
        item.hide(f"its moderation state is {state!r}")


class _Related:
    """What a node refers to, as far as the answer includes it."""

    def __init__(self, node: Json, included: Mapping[tuple[str, str], Json]) -> None:
        self._included = included
        fields = at(node, "relationships")
        self._fields = dict(fields) if isinstance(fields, Mapping) else {}

    def names(self, kind: str, fields: re.Pattern[str] | None = None) -> list[str]:
        """Return the names of terms or users that some fields refer to; not of who made the revision."""
        return [
            name
            for field, entry in self._entries(self._fields)
            if text(entry, "type").startswith(f"{kind}--") and (fields is None or fields.search(field))
            and field not in ("revision_uid", "node_type")
            and (name := first(at(entry, "attributes"), "name", "display_name"))
        ]  # fmt: skip

    def image(self) -> str:
        """Return the address of the first picture, also of a medium that holds one."""
        for field, entry in self._entries(self._fields):
            if _IMAGE.search(field):
                files = [entry, *(inner for _, inner in self._entries(at(entry, "relationships")))]
                for one in files:
                    if text(one, "type") == "file--file":
                        return text(one, "links", "download", "href") or text(one, "attributes", "uri", "url")
        return ""

    def paragraphs(self) -> str:
        """Return the text of a node that is put together of paragraphs, also of those in paragraphs."""
        return "\n".join(self._texts(self._fields))

    def _texts(self, fields: object, depth: int = 0) -> Iterator[str]:
        for _, entry in self._entries(fields) if depth < _MOST_NESTED else ():
            if not text(entry, "type").startswith("paragraph--"):
                continue
            values = at(entry, "attributes")
            for name, value in values.items() if isinstance(values, Mapping) else ():
                if not name.startswith("field_"):
                    continue
                if found := text(value, "processed") or text(value, "value"):
                    yield found
                elif isinstance(value, str) and " " in value:  # no key of a style
                    yield f"<p>{html.escape(value)}</p>"
            yield from self._texts(at(entry, "relationships"), depth + 1)

    def _entries(self, fields: object) -> Iterator[tuple[str, Json]]:
        for field, value in fields.items() if isinstance(fields, Mapping) else ():
            data = at(value, "data")
            for entry in objects([data]) if isinstance(data, Mapping) else objects(value, "data"):
                found = self._included.get((text(entry, "type"), text(entry, "id")))
                if found is not None:
                    yield field, found


def _long(values: object, fields: re.Pattern[str], usual: str) -> str:
    """Return the text of the usual field, else of the first whose name says that it is one."""
    names = [usual, *(name for name in values if fields.search(name))] if isinstance(values, Mapping) else []
    for name in names:
        if found := text(values, name, "processed") or text(values, name, "value"):
            return found
        if name.startswith("field_") and (found := text(values, name)):
            return found
    return ""


def _address(site: str, alias: str, language: str) -> str:
    """Return the address of a page, which stands below the site as its API does: maybe below a language.

    What is not translated is given in its own language below another one's, and is no other page there.
    """
    above, _, last = site.rstrip("/").rpartition("/")
    if _TAG.fullmatch(last) and "//" in above.rstrip("/") and last != language.lower():
        site = above
    return f"{site.rstrip('/')}{alias}" if site and alias.startswith("/") else alias


def _site(address: str) -> str:
    """Return the address of the site that an API's own address is of."""
    return address.partition("/jsonapi")[0] + "/" if "/jsonapi" in address else ""
