"""News in JSON of the IPTC, ninjs 1 to 3, and what agencies add to it. Knows the standard, no agency.

In version 1 a headline is ``headline``, in version 2 ``headlines``; version 3 writes ``versionCreated``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import BinaryIO

from recommender.ingest.base import CuratedLink, Found, Options, Refused
from recommender.ingest.documents import Json, at, first, names_all, objects, stories_in, text, texts
from recommender.ingest.item import Item
from recommender.story.story import Status

KIND = "ninjs"
_MARKS = (
    "versioncreated",
    "body_xhtml",
    "body_text",
    "representationtype",
    "pubstatus",
    "altids",
    "contentcreated",
)
_STANDARD = re.compile(rb"ninjs[-_ /.]|\"ninjs\"|TTNINJS", re.IGNORECASE)
# What is sent beside texts; a composite is a text with its pictures.
_NO_TEXT = frozenset(
    {"picture", "graphic", "audio", "video", "event", "planning", "package", "place", "component"}
)
_READ = frozenset({"pubstatus", "embargoed", "expires"})
"""Fields that say what readers may see, in the standard's own words; others may stand beside them."""
_CANCELED = frozenset({"canceled", "cancelled"})


class Ninjs:
    """Items of a news agency in JSON."""

    kind = KIND

    def recognises(self, head: bytes, name: str) -> bool:
        """Tell by names that only the standard has."""
        lower = head.lower()
        return names_all(head, "uri") and (
            any(names_all(lower, mark) for mark in _MARKS) or bool(_STANDARD.search(head))
        )

    def read(self, file: BinaryIO, options: Options) -> Iterator[Found | Refused]:
        """Yield the texts."""
        yield from stories_in(file, options, "text in ninjs", _items)


def _items(document: object) -> Iterator[Item | str]:
    if not isinstance(document, Mapping):
        return
    wrapped = objects(document, "items") if "uri" not in document else []
    for values in wrapped or [document]:
        # Names in lower case: version 3 differs from 2 by them.
        news = {name.lower(): value for name, value in values.items()}
        type_ = text(news, "type")
        if type_ in _NO_TEXT:
            yield type_
        elif not text(news, "uri"):
            yield "object without a uri"
        else:
            yield _item(news, type_)


def _item(news: Json, type_: str) -> Item:
    updated = text(news, "versioncreated")
    published = first(news, "firstpublished", "firstcreated", "contentcreated", "versioncreated")
    picture = next((one for one in objects(news, "associations") if text(one, "type") == "picture"), {})
    item = Item(
        kind=KIND,
        guid=text(news, "uri"),
        cms_id=text(news, "uri"),
        type=type_,
        revision=text(news, "version") or updated,
        url=text(news, "canonical_url"),
        headline=text(news, "headline") or _main(news, "headlines") or _starting(news, "headline_", "title"),
        deck=first(news, "description_text", "description_xhtml", "summary") or _main(news, "descriptions"),
        body=_body(news),
        published=published,
        updated=updated if updated != published else "",
        embargo=text(news, "embargoed"),
        expires=text(news, "expires"),
        tags=_names(news, "subject", "subjects") + texts(news, "keywords"),
        section=next(iter(_names(news, "genre", "genres", "service")), ""),
        authors=_authors(news),
        image=_rendition(picture),
        caption=first(picture, "description_text", "caption") or _main(picture, "descriptions"),
        language=text(news, "language"),
        curated=_related(news),
    )
    show_as(item, text(news, "pubstatus") or "usable")
    item.obey({name: value for name, value in news.items() if name not in _READ})
    return item


def show_as(item: Item, status: str) -> None:
    """Say what readers may see of an item by the ``pubstatus`` of the IPTC."""
    if status in _CANCELED:
        item.hide(f"its pubstatus is {status!r}", Status.RETRACTED)
    elif status != "usable":
        item.hide(f"its pubstatus is {status!r}")


def _main(news: Json, name: str) -> str:
    """Return the text of role ``main``, else the first."""
    entries = objects(news, name)
    entries.sort(key=lambda entry: text(entry, "role") != "main")
    return next((value for entry in entries if (value := text(entry, "value"))), "")


def _starting(news: Json, *starts: str) -> str:
    """Return the first text whose name begins so: version 1 lets anyone add to a name."""
    return next(
        (
            value
            for start in starts
            for name in news
            if name.startswith(start) and (value := text(news, name))
        ),
        "",
    )


def _body(news: Json) -> str:
    """Return the body in HTML where there is one, else as text."""
    for name in ("body_html", "body_xhtml", "body_html5", "body_text"):
        if value := text(news, name):
            return value
    bodies = {
        text({key.lower(): value for key, value in body.items()}, "contenttype"): text(body, "value")
        for body in reversed(objects(news, "bodies"))
    }
    order = ("text/html", "application/xhtml+xml", "text/plain")
    known = next((bodies[type_] for type_ in order if bodies.get(type_)), "")
    return known or _starting(news, "body_") or next(filter(None, bodies.values()), "")


def _names(news: Json, *fields: str) -> list[str]:
    return [name for field in fields for entry in objects(news, field) if (name := text(entry, "name"))]


def _authors(news: Json) -> list[str]:
    byline = first(news, "byline", "by")
    return [byline] if byline else _names(news, "authors", "creators", "infosources")


def _rendition(picture: Json) -> str:
    hrefs = [text(rendition, "href") for rendition in objects(picture, "renditions")]
    return next(filter(None, hrefs), "")


def _related(news: Json) -> list[CuratedLink]:
    """Return the texts that are associated with it."""
    return [
        CuratedLink(target=uri, anchor=first(entry, "headline", "title") or _main(entry, "headlines") or None)
        for entry in objects(news, "associations")
        if text(entry, "type") in ("text", "composite")
        and (uri := text(entry, "uri"))
        and at(news, "uri") != uri
    ]
